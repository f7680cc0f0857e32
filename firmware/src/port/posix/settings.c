/* SPDX-License-Identifier: Apache-2.0 */

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "settings.h"

struct context {
	struct settings *settings;
	const char *name; /* as the user wrote it */
	char *problem;
	size_t size;
};

static int wrong(const struct context *context, const char *value, const char *expected)
{
	snprintf(context->problem, context->size, "%s %s is not %s", context->name, value, expected);
	return -EINVAL;
}

static int set_text(const struct context *context, char *to, size_t size, const char *value)
{
	if (strlen(value) >= size) {
		return wrong(context, value, "short enough");
	}
	memcpy(to, value, strlen(value) + 1);
	return 0;
}

static bool is_name(const char *value)
{
	size_t len = strlen(value);

	if (len == 0 || len > 48 || !isalnum((unsigned char)value[0]) ||
	    !isalnum((unsigned char)value[len - 1])) {
		return false;
	}
	return strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

static int set_name(const struct context *context, char *to, size_t size, const char *value)
{
	return is_name(value) ? set_text(context, to, size, value)
			      : wrong(context, value,
				      "1 to 48 of a-z 0-9 . _ - with a letter or digit at both ends");
}

static int set_number(const struct context *context, uint32_t *to, const char *value, uint32_t min,
		      uint32_t max)
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

static int set_broker(const struct context *context, const char *value)
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
	const char *colon = strrchr(host, ':');
	size_t len = colon ? (size_t)(colon - host) : 0;

	if (len == 0 || len >= sizeof(settings->host) || memchr(host, '/', len) || memchr(host, '@', len)) {
		return wrong(context, value, expected);
	}
	char digits[8] = "";
	size_t count = strspn(colon + 1, "0123456789");

	if (count == 0 || count >= sizeof(digits) ||
	    (colon[1 + count] != '\0' && strcmp(&colon[1 + count], "/") != 0)) {
		return wrong(context, value, expected);
	}
	memcpy(digits, colon + 1, count);
	if (set_number(context, &port, digits, 1, 65535)) {
		return wrong(context, value, expected);
	}
	/* A literal address of IPv6 has brackets here, and none for the resolver. */
	bool brackets = host[0] == '[' && host[len - 1] == ']';

	memcpy(settings->host, host + brackets, len - 2u * brackets);
	settings->host[len - 2u * brackets] = '\0';
	settings->port = (int)port;
	return 0;
}

static int set_token_file(const struct context *context, const char *value)
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

static int set_labels(const struct context *context, const char *value)
{
	struct settings *settings = context->settings;
	static const char expected[] = "at most 8 labels k=v of a-z 0-9 . _ / -";
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-";

	settings->labels_count = 0;
	if (set_text(context, settings->label_text, sizeof(settings->label_text), value)) {
		return -EINVAL;
	}
	for (char *save, *pair = strtok_r(settings->label_text, ",", &save); pair;
	     pair = strtok_r(NULL, ",", &save)) {
		char *equals = strchr(pair, '=');

		if (!equals || settings->labels_count == SETTINGS_LABELS) {
			return wrong(context, value, expected);
		}
		*equals = '\0';
		if (strlen(pair) == 0 || strlen(pair) > 24 || strlen(equals + 1) > 32 ||
		    strspn(pair, letters) != strlen(pair) ||
		    strspn(equals + 1, letters) != strlen(equals + 1)) {
			return wrong(context, value, expected);
		}
		/* In the order of CBOR keys: shorter ones first, then by their bytes. */
		size_t at = settings->labels_count++;

		while (at > 0 && (strlen(settings->labels[at - 1].key) > strlen(pair) ||
				  (strlen(settings->labels[at - 1].key) == strlen(pair) &&
				   strcmp(settings->labels[at - 1].key, pair) > 0))) {
			settings->labels[at] = settings->labels[at - 1];
			at--;
		}
		settings->labels[at] = (struct agent_label){pair, equals + 1};
	}
	return 0;
}

static int set_log_level(const struct context *context, const char *value)
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
	return wrong(context, value, "trace, debug, info, warn, error, fatal or silent");
}

static int set_geometry(const struct context *context, const char *value)
{
	struct settings *settings = context->settings;

	if (strcmp(value, "4k") == 0) {
		settings->block_size = 4096;
		settings->write_size = 4;
	} else if (strcmp(value, "128k") == 0) {
		settings->block_size = 128 * 1024;
		settings->write_size = 32;
	} else {
		return wrong(context, value, "4k or 128k");
	}
	return 0;
}

static int set_session(const struct context *context, const char *value)
{
	context->settings->clean_session = strcmp(value, "clean") == 0;
	return context->settings->clean_session || strcmp(value, "persistent") == 0
		       ? 0
		       : wrong(context, value, "clean or persistent");
}

enum setting_id {
	SET_ID, SET_BROKER, SET_NAMESPACE, SET_TOKEN, SET_TOKEN_FILE, SET_CA, SET_CERT, SET_KEY,
	SET_DATA, SET_LABELS, SET_ALIVE_MS, SET_DRAIN_MS, SET_PROFILE, SET_LAB, SET_LOG_LEVEL,
	SET_FLASH_KIB, SET_FLASH_GEOMETRY, SET_SESSION, SET_COUNT,
};

static const struct {
	const char *name;
	const char *initial; /* NULL: none */
	const char *doc;
} table[SET_COUNT] = {
	[SET_ID] = {"id", NULL, "Name of this proplet; MQTT user and client id too. Without it the host name."},
	[SET_BROKER] = {"broker", "mqtt://127.0.0.1:1883", "Broker."},
	[SET_NAMESPACE] = {"namespace", "default", "Second part of every topic."},
	[SET_TOKEN] = {"token", NULL, "Password at the broker."},
	[SET_TOKEN_FILE] = {"token-file", NULL, "File that holds the password; better than a flag."},
	[SET_CA] = {"ca", NULL, "PEM file of the authority that signed the certificate of the broker."},
	[SET_CERT] = {"cert", NULL, "PEM file of the own certificate."},
	[SET_KEY] = {"key", NULL, "PEM file of its key."},
	[SET_DATA] = {"data", NULL, "Folder of the flash file. Without it ~/.samara/agent."},
	[SET_LABELS] = {"labels", NULL, "What a selector can ask for: site=a,line=1."},
	[SET_ALIVE_MS] = {"alive-ms", "10000", "Promised interval between heartbeats."},
	[SET_DRAIN_MS] = {"drain-ms", "10000", "How long running tasks may go on when it stops."},
	[SET_PROFILE] = {"profile", NULL, "YAML file that names the hardware."},
	[SET_LAB] = {"lab", NULL, "Socket of a virtual lab that has the hardware, in place of a profile."},
	[SET_LOG_LEVEL] = {"log-level", "info", "Least level of the log."},
	[SET_FLASH_KIB] = {"flash-kib", "1024", "Size of the flash file; what it was when it was made."},
	[SET_FLASH_GEOMETRY] = {"flash-geometry", "4k", "Blocks of it: 4k or 128k."},
	[SET_SESSION] = {"session", "persistent", "Whether the broker keeps the session: clean or persistent."},
};

static int apply(struct context *context, enum setting_id which, const char *value)
{
	struct settings *settings = context->settings;

	switch (which) {
	case SET_ID:
		return set_name(context, settings->id, sizeof(settings->id), value);
	case SET_BROKER:
		return set_broker(context, value);
	case SET_NAMESPACE:
		return set_name(context, settings->ns, sizeof(settings->ns), value);
	case SET_TOKEN:
		settings->has_token = *value != '\0';
		return set_text(context, settings->token, sizeof(settings->token), value);
	case SET_TOKEN_FILE:
		return *value ? set_token_file(context, value) : 0;
	case SET_CA:
		return set_text(context, settings->ca, sizeof(settings->ca), value);
	case SET_CERT:
		return set_text(context, settings->cert, sizeof(settings->cert), value);
	case SET_KEY:
		return set_text(context, settings->key, sizeof(settings->key), value);
	case SET_DATA:
		return set_text(context, settings->data, sizeof(settings->data), value);
	case SET_LABELS:
		return set_labels(context, value);
	case SET_ALIVE_MS:
		return set_number(context, &settings->alive_ms, value, 100, 3600000);
	case SET_DRAIN_MS:
		return set_number(context, &settings->drain_ms, value, 0, 86400000);
	case SET_PROFILE:
		return set_text(context, settings->profile, sizeof(settings->profile), value);
	case SET_LAB:
		return set_text(context, settings->lab, sizeof(settings->lab), value);
	case SET_LOG_LEVEL:
		return set_log_level(context, value);
	case SET_FLASH_KIB: {
		uint32_t kib = 0;
		int error = set_number(context, &kib, value, 64, 16384);

		settings->flash_size = kib * 1024;
		return error;
	}
	case SET_FLASH_GEOMETRY:
		return set_geometry(context, value);
	default:
		return set_session(context, value);
	}
}

static void env_name(char *text, size_t size, const char *name)
{
	size_t at = (size_t)snprintf(text, size, "SAMARA_");

	for (; *name && at + 1 < size; name++) {
		text[at++] = *name == '-' ? '_' : (char)toupper((unsigned char)*name);
	}
	text[at] = '\0';
}

static int find(const char *name, size_t len)
{
	for (int which = 0; which < SET_COUNT; which++) {
		if (strlen(table[which].name) == len && strncmp(table[which].name, name, len) == 0) {
			return which;
		}
	}
	return -1;
}

static int read_flags(struct context *context, int argc, char *const argv[], enum settings_wish *wish)
{
	for (int index = 1; index < argc; index++) {
		const char *flag = argv[index];

		if (strcmp(flag, "--help") == 0 || strcmp(flag, "--version") == 0) {
			*wish = flag[2] == 'h' ? SETTINGS_HELP : SETTINGS_VERSION;
			return 0;
		}
		size_t len = strncmp(flag, "--", 2) == 0 ? strcspn(flag + 2, "=") : 0;
		int which = len > 0 ? find(flag + 2, len) : -1;

		if (which < 0) {
			snprintf(context->problem, context->size, "%s is no setting: see --help", flag);
			return -EINVAL;
		}
		const char *value = flag[2 + len] == '=' ? &flag[3 + len] : index + 1 < argc ? argv[++index] : NULL;

		context->name = table[which].name;
		if (!value) {
			snprintf(context->problem, context->size, "--%s: its value is missing", context->name);
			return -EINVAL;
		}
		int error = apply(context, (enum setting_id)which, value);

		if (error) {
			return error;
		}
	}
	return 0;
}

/** A host name as a proplet's: `Line 3.local` becomes `line-3.local`. */
static void name_of_host(char *id, size_t size)
{
	char host[65] = "";
	size_t len = 0;

	(void)gethostname(host, sizeof(host) - 1);
	for (const char *at = host; *at && len < 48 && len + 1 < size; at++) {
		char letter = (char)tolower((unsigned char)*at);
		bool is_fine = isalnum((unsigned char)letter) || letter == '.' || letter == '_' || letter == '-';

		if (len > 0 || isalnum((unsigned char)letter)) {
			id[len++] = is_fine ? letter : '-';
		}
	}
	while (len > 0 && !isalnum((unsigned char)id[len - 1])) {
		len--;
	}
	id[len] = '\0';
	if (len == 0) {
		snprintf(id, size, "proplet");
	}
}

static int check(struct context *context)
{
	struct settings *settings = context->settings;

	if (settings->profile[0] && settings->lab[0]) {
		snprintf(context->problem, context->size, "profile %s and lab %s: one of both is expected",
			 settings->profile, settings->lab);
		return -EINVAL;
	}
	if ((settings->cert[0] != '\0') != (settings->key[0] != '\0')) {
		snprintf(context->problem, context->size, "cert and key: both are expected, or none");
		return -EINVAL;
	}
	if (settings->flash_size % settings->block_size != 0 || settings->flash_size / settings->block_size < 4) {
		snprintf(context->problem, context->size, "flash-kib %u is not at least 4 whole blocks of %u",
			 settings->flash_size / 1024, settings->block_size);
		return -EINVAL;
	}
	return 0;
}

int settings_read(struct settings *settings, int argc, char *const argv[], enum settings_wish *wish,
		  char *problem, size_t size)
{
	struct context context = {.settings = settings, .problem = problem, .size = size};
	char name[64];
	int error = 0;

	memset(settings, 0, sizeof(*settings));
	*wish = SETTINGS_RUN;
	name_of_host(settings->id, sizeof(settings->id));
	snprintf(settings->data, sizeof(settings->data), "%s/.samara/agent",
		 getenv("HOME") ? getenv("HOME") : ".");
	for (int which = 0; which < SET_COUNT && !error; which++) {
		env_name(name, sizeof(name), table[which].name);
		const char *given = getenv(name);
		const char *value = given && *given ? given : table[which].initial;

		context.name = given && *given ? name : table[which].name;
		if (value) {
			error = apply(&context, (enum setting_id)which, value);
		}
	}
	if (!error) {
		error = read_flags(&context, argc, argv, wish);
	}
	return error || *wish != SETTINGS_RUN ? error : check(&context);
}

void settings_help(void)
{
	printf("samara-agent: the proplet for gateways too small for Node\n\n");
	for (int which = 0; which < SET_COUNT; which++) {
		printf("  --%-16s %s%s%s%s\n", table[which].name, table[which].doc,
		       table[which].initial ? " (" : "", table[which].initial ? table[which].initial : "",
		       table[which].initial ? ")" : "");
	}
	printf("\nEach is SAMARA_... in the environment too, in capitals with _ for -.\n");
}
