/* SPDX-License-Identifier: Apache-2.0 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "setting_values.h"

#define MQTT_PORT	1883
#define MQTTS_PORT	8883
#define LABEL_KEY_MAX	24
#define LABEL_VALUE_MAX 32

static int wrong(const struct setting_context *context, const char *value, const char *expected)
{
	bool is_long = strlen(value) > SETTING_SHOWN_MAX;

	if (context->is_secret) {
		snprintf(context->problem, context->size, "%s (from %s): its value is not %s",
			 context->name, context->from, expected);
	} else {
		snprintf(context->problem, context->size, "%s (from %s): \"%.*s%s is not %s",
			 context->name, context->from, SETTING_SHOWN_MAX, value,
			 is_long ? "..." : "\"", expected);
	}
	return -EINVAL;
}

int setting_text(const struct setting_context *context, char *to, size_t size, const char *value)
{
	if (strlen(value) >= size) {
		char expected[48];

		snprintf(expected, sizeof(expected), "a text of at most %zu bytes", size - 1);
		return wrong(context, value, expected);
	}
	memcpy(to, value, strlen(value) + 1);
	return 0;
}

static bool is_name(const char *value)
{
	size_t len = strlen(value);

	if (len == 0 || len > SETTING_NAME_MAX || !isalnum((unsigned char)value[0]) ||
	    !isalnum((unsigned char)value[len - 1])) {
		return false;
	}
	return strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

int setting_name(const struct setting_context *context, char *to, size_t size, const char *value)
{
	return is_name(value)
		       ? setting_text(context, to, size, value)
		       : wrong(context, value,
			       "1 to 48 of a-z 0-9 . _ -, with a letter or digit at both ends");
}

int setting_number(const struct setting_context *context, uint32_t *to, const char *value,
		   uint32_t min, uint32_t max)
{
	char expected[64];
	char *end;
	unsigned long long number = strtoull(value, &end, 10);

	if (*end != '\0' || !isdigit((unsigned char)*value) || number < min || number > max) {
		snprintf(expected, sizeof(expected), "an integer from %u to %u", min, max);
		return wrong(context, value, expected);
	}
	*to = (uint32_t)number;
	return 0;
}

int setting_broker(const struct setting_context *context, const char *value)
{
	struct settings *settings = context->settings;
	static const char expected[] = "mqtt://host:port or mqtts://host:port";
	const char *host = strstr(value, "://");
	size_t scheme = host ? (size_t)(host - value) : 0;
	uint32_t port = 0;

	settings->tls = scheme == 5 && strncmp(value, "mqtts", 5) == 0;
	if (!settings->tls && !(scheme == 4 && strncmp(value, "mqtt", 4) == 0)) {
		return wrong(context, value, expected);
	}
	host += 3;
	size_t all = strcspn(host, "/");
	const char *bracket = host[0] == '[' ? memchr(host, ']', all) : NULL;
	const char *colon = strchr(bracket ? bracket : host, ':');
	size_t len = colon && colon < host + all ? (size_t)(colon - host) : all;

	if (len == 0 || len >= sizeof(settings->host) || strpbrk(host, "@ \t\n") ||
	    (host[all] == '/' && host[all + 1] != '\0')) {
		return wrong(context, value, expected);
	}
	settings->port = settings->tls ? MQTTS_PORT : MQTT_PORT;
	if (len < all) {
		char digits[8] = "";
		size_t count = all - len - 1;

		if (count >= sizeof(digits)) {
			return wrong(context, value, expected);
		}
		memcpy(digits, host + len + 1, count);
		if (setting_number(context, &port, digits, 1, UINT16_MAX)) {
			return wrong(context, value, expected);
		}
		settings->port = (int)port;
	}
	/* A literal address of IPv6 has brackets here, and none for the resolver. */
	bool brackets = host[0] == '[' && host[len - 1] == ']';

	memcpy(settings->host, host + brackets, len - 2u * brackets);
	settings->host[len - 2u * brackets] = '\0';
	return 0;
}

int setting_token_file(const struct setting_context *context, const char *value)
{
	struct settings *settings = context->settings;
	FILE *file = fopen(value, "re");

	if (!file) {
		return wrong(context, value, "a file that can be read");
	}
	size_t len = fread(settings->token, 1, sizeof(settings->token), file);

	fclose(file);
	while (len > 0 && isspace((unsigned char)settings->token[len - 1])) {
		len--;
	}
	if (len == 0 || len >= sizeof(settings->token)) {
		return wrong(context, value, "a file that holds a token");
	}
	settings->token[len] = '\0';
	settings->has_token = true;
	return 0;
}

static bool is_label(const char *key, const char *value)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789._/-";
	static const char upper[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/:-";
	size_t len = strlen(key);

	return len >= 1 && len <= LABEL_KEY_MAX && strspn(key, letters) == len &&
	       isalnum((unsigned char)key[0]) && isalnum((unsigned char)key[len - 1]) &&
	       strlen(value) <= LABEL_VALUE_MAX && strspn(value, upper) == strlen(value);
}

static char *trimmed(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	for (len = strlen(text); len > 0 && isspace((unsigned char)text[len - 1]); len--) {
	}
	text[len] = '\0';
	return text;
}

/** In the order of CBOR keys: shorter ones first, then by their bytes. The last of one key counts.
 */
static bool put_label(struct settings *settings, const char *key, const char *value)
{
	size_t at = 0;
	int order = 1;

	for (; at < settings->labels_count; at++) {
		const char *other = settings->labels[at].key;

		order = strlen(other) != strlen(key) ? (strlen(other) < strlen(key) ? -1 : 1)
						     : strcmp(other, key);
		if (order >= 0) {
			break;
		}
	}
	if (at == settings->labels_count || order > 0) {
		if (settings->labels_count == SETTINGS_LABELS) {
			return false;
		}
		memmove(&settings->labels[at + 1], &settings->labels[at],
			(settings->labels_count - at) * sizeof(*settings->labels));
		settings->labels_count++;
	}
	settings->labels[at] = (struct agent_label){key, value};
	return true;
}

int setting_labels(const struct setting_context *context, const char *value)
{
	struct settings *settings = context->settings;
	char *save;

	settings->labels_count = 0;
	if (setting_text(context, settings->label_text, sizeof(settings->label_text), value)) {
		return -EINVAL;
	}
	for (char *pair = strtok_r(settings->label_text, ",", &save); pair;
	     pair = strtok_r(NULL, ",", &save)) {
		char *equals = strchr(pair, '=');

		if (*trimmed(pair) == '\0') {
			continue;
		}
		if (!equals) {
			return wrong(context, value, "k=v,k=v");
		}
		*equals = '\0';
		const char *key = trimmed(pair);
		const char *text = trimmed(equals + 1);

		if (!is_label(key, text) || !put_label(settings, key, text)) {
			return wrong(context, value, "at most 8 labels k=v of a-z 0-9 . _ / -");
		}
	}
	return 0;
}

int setting_log_level(const struct setting_context *context, const char *value)
{
	static const char *const levels[] = {"silent", "error", "warn", "info", "debug"};

	for (int level = 0; level < 5; level++) {
		if (strcmp(value, levels[level]) == 0) {
			context->settings->log_level = level;
			return 0;
		}
	}
	if (strcmp(value, "trace") == 0 || strcmp(value, "fatal") == 0) {
		context->settings->log_level = value[0] == 't' ? 4 : 1;
		return 0;
	}
	return wrong(context, value, "one of trace, debug, info, warn, error, fatal, silent");
}

int setting_geometry(const struct setting_context *context, const char *value)
{
	struct settings *settings = context->settings;

	if (strcmp(value, "4k") == 0) {
		settings->block_size = 4096;
		settings->write_size = 4;
	} else if (strcmp(value, "128k") == 0) {
		settings->block_size = 128 * 1024;
		settings->write_size = 32;
	} else {
		return wrong(context, value, "one of 4k, 128k");
	}
	return 0;
}

int setting_session(const struct setting_context *context, const char *value)
{
	context->settings->clean_session = strcmp(value, "clean") == 0;
	return context->settings->clean_session || strcmp(value, "persistent") == 0
		       ? 0
		       : wrong(context, value, "one of clean, persistent");
}
