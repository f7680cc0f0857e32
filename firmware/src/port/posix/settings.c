/* SPDX-License-Identifier: Apache-2.0 */

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "setting_values.h"
#include "settings.h"

#define HOST_MAX 64

enum setting_id {
	SET_ID,
	SET_BROKER,
	SET_NAMESPACE,
	SET_TOKEN,
	SET_TOKEN_FILE,
	SET_CA,
	SET_CERT,
	SET_KEY,
	SET_DATA,
	SET_LABELS,
	SET_ALIVE_MS,
	SET_DRAIN_MS,
	SET_PROFILE,
	SET_LAB,
	SET_LOG_LEVEL,
	SET_FLASH_KIB,
	SET_FLASH_GEOMETRY,
	SET_SESSION,
	SET_COUNT,
};

static const struct {
	const char *name;
	const char *initial; /* NULL: none */
	const char *doc;
} table[SET_COUNT] = {
	[SET_ID] = {"id", NULL,
		    "Name of this proplet; MQTT user and client id too. Without it the host name."},
	[SET_BROKER] = {"broker", "mqtt://127.0.0.1:1883", "Broker."},
	[SET_NAMESPACE] = {"namespace", "default", "Second part of every topic."},
	[SET_TOKEN] = {"token", NULL, "Password at the broker."},
	[SET_TOKEN_FILE] = {"token-file", NULL,
			    "File that holds the password; better than a flag."},
	[SET_CA] = {"ca", NULL,
		    "PEM file of the authority that signed the certificate of the broker."},
	[SET_CERT] = {"cert", NULL, "PEM file of the own certificate."},
	[SET_KEY] = {"key", NULL, "PEM file of its key."},
	[SET_DATA] = {"data", NULL, "Folder of the flash file. Without it ~/.samara/agent."},
	[SET_LABELS] = {"labels", NULL, "What a selector can ask for: site=a,line=1."},
	[SET_ALIVE_MS] = {"alive-ms", "10000", "Promised interval between heartbeats."},
	[SET_DRAIN_MS] = {"drain-ms", "10000", "How long running tasks may go on when it stops."},
	[SET_PROFILE] = {"profile", NULL, "YAML file that names the hardware."},
	[SET_LAB] = {"lab", NULL,
		     "Socket of a virtual lab that has the hardware, in place of a profile."},
	[SET_LOG_LEVEL] = {"log-level", "info", "Least level of the log."},
	[SET_FLASH_KIB] = {"flash-kib", "1024",
			   "Size of the flash file; what it was when it was made."},
	[SET_FLASH_GEOMETRY] = {"flash-geometry", "4k", "Blocks of it: 4k or 128k."},
	[SET_SESSION] = {"session", "persistent",
			 "Whether the broker keeps the session: clean or persistent."},
};

static int apply(struct setting_context *context, enum setting_id which, const char *value)
{
	struct settings *settings = context->settings;

	switch (which) {
	case SET_ID:
		return setting_name(context, settings->id, sizeof(settings->id), value);
	case SET_BROKER:
		return setting_broker(context, value);
	case SET_NAMESPACE:
		return setting_name(context, settings->ns, sizeof(settings->ns), value);
	case SET_TOKEN:
		settings->has_token = *value != '\0';
		return setting_text(context, settings->token, sizeof(settings->token), value);
	case SET_TOKEN_FILE:
		return *value ? setting_token_file(context, value) : 0;
	case SET_CA:
		return setting_text(context, settings->ca, sizeof(settings->ca), value);
	case SET_CERT:
		return setting_text(context, settings->cert, sizeof(settings->cert), value);
	case SET_KEY:
		return setting_text(context, settings->key, sizeof(settings->key), value);
	case SET_DATA:
		return setting_text(context, settings->data, sizeof(settings->data), value);
	case SET_LABELS:
		return setting_labels(context, value);
	case SET_ALIVE_MS:
		return setting_number(context, &settings->alive_ms, value, 100, 3600000);
	case SET_DRAIN_MS:
		return setting_number(context, &settings->drain_ms, value, 0, 86400000);
	case SET_PROFILE:
		return setting_text(context, settings->profile, sizeof(settings->profile), value);
	case SET_LAB:
		return setting_text(context, settings->lab, sizeof(settings->lab), value);
	case SET_LOG_LEVEL:
		return setting_log_level(context, value);
	case SET_FLASH_KIB: {
		uint32_t kib = 0;
		int error = setting_number(context, &kib, value, 64, 16384);

		settings->flash_size = kib * 1024;
		return error;
	}
	case SET_FLASH_GEOMETRY:
		return setting_geometry(context, value);
	default:
		return setting_session(context, value);
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
		if (strlen(table[which].name) == len &&
		    strncmp(table[which].name, name, len) == 0) {
			return which;
		}
	}
	return -1;
}

/** What is set, and where. */
struct found {
	const char *value; /* NULL: the default */
	const char *from;
};

static int refuse_flag(const struct setting_context *context, const char *flag)
{
	size_t len = (size_t)snprintf(context->problem, context->size,
				      "flag \"%.*s\" is not a setting; known are",
				      SETTING_SHOWN_MAX, flag);

	for (int which = 0; which < SET_COUNT && len < context->size; which++) {
		len += (size_t)snprintf(context->problem + len, context->size - len, " --%s",
					table[which].name);
	}
	return -EINVAL;
}

static int read_flags(struct setting_context *context, int argc, char *const argv[],
		      struct found *found)
{
	for (int index = 1; index < argc; index++) {
		const char *flag = argv[index];
		size_t len = strncmp(flag, "--", 2) == 0 ? strcspn(flag + 2, "=") : 0;
		int which = len > 0 ? find(flag + 2, len) : -1;

		if (which < 0) {
			return refuse_flag(context, flag);
		}
		const char *value = flag[2 + len] == '=' ? &flag[3 + len]
				    : index + 1 < argc	 ? argv[++index]
							 : NULL;

		if (!value) {
			snprintf(context->problem, context->size, "--%s: a value is missing",
				 table[which].name);
			return -EINVAL;
		}
		found[which] = (struct found){value, "flag --"};
	}
	return 0;
}

static int read_all(struct setting_context *context, struct found *found)
{
	char name[48];

	for (int which = 0; which < SET_COUNT; which++) {
		env_name(name, sizeof(name), table[which].name);
		const char *variable = getenv(name);
		bool is_flag = found[which].value != NULL;

		if (!is_flag && variable && *variable) {
			found[which] = (struct found){variable, "environment variable "};
		}
		const char *value = found[which].value ? found[which].value : table[which].initial;

		context->name = table[which].name;
		context->is_secret = which == SET_TOKEN;
		snprintf(context->from, sizeof(context->from), "%s%s",
			 found[which].from ? found[which].from : "its default",
			 is_flag	     ? table[which].name
			 : found[which].from ? name
					     : "");
		if (value && apply(context, (enum setting_id)which, value)) {
			return -EINVAL;
		}
	}
	return 0;
}

/** A host name as a proplet's: `Line 3.local` becomes `line-3.local`. */
static void name_of_host(char *id, size_t size)
{
	char host[HOST_MAX + 1] = "";
	size_t len = 0;
	size_t skip = 0;

	(void)gethostname(host, sizeof(host) - 1);
	for (const char *at = host; *at && len < SETTING_NAME_MAX && len + 1 < size; at++) {
		char letter = (char)tolower((unsigned char)*at);

		if (isalnum((unsigned char)letter) || strchr("._-", letter)) {
			id[len++] = letter;
		} else if (len == 0 || id[len - 1] != '-') {
			id[len++] = '-';
		}
	}
	while (len > 0 && !isalnum((unsigned char)id[len - 1])) {
		len--;
	}
	id[len] = '\0';
	while (skip < len && !isalnum((unsigned char)id[skip])) {
		skip++;
	}
	memmove(id, id + skip, len - skip + 1);
	if (len == skip) {
		snprintf(id, size, "proplet");
	}
}

static int check(struct setting_context *context)
{
	struct settings *settings = context->settings;

	if (settings->profile[0] && settings->lab[0]) {
		snprintf(context->problem, context->size,
			 "lab: profile is set too, and only one of them counts");
		return -EINVAL;
	}
	if ((settings->cert[0] != '\0') != (settings->key[0] != '\0')) {
		snprintf(context->problem, context->size,
			 "cert and key: both or neither are expected");
		return -EINVAL;
	}
	if (settings->flash_size % settings->block_size != 0 ||
	    settings->flash_size / settings->block_size < 4) {
		snprintf(context->problem, context->size,
			 "flash-kib %u is not at least 4 whole blocks of %u",
			 settings->flash_size / 1024, settings->block_size);
		return -EINVAL;
	}
	return 0;
}

static enum settings_wish wish_of(int argc, char *const argv[])
{
	enum settings_wish wish = SETTINGS_RUN;

	for (int index = 1; index < argc && wish != SETTINGS_VERSION; index++) {
		wish = strcmp(argv[index], "--version") == 0 ? SETTINGS_VERSION
		       : strcmp(argv[index], "--help") == 0  ? SETTINGS_HELP
							     : wish;
	}
	return wish;
}

int settings_read(struct settings *settings, int argc, char *const argv[], enum settings_wish *wish,
		  char *problem, size_t size)
{
	struct setting_context context = {.settings = settings, .problem = problem, .size = size};
	struct found found[SET_COUNT] = {0};
	const char *home = getenv("HOME");

	memset(settings, 0, sizeof(*settings));
	*wish = wish_of(argc, argv);
	if (*wish != SETTINGS_RUN) {
		return 0;
	}
	name_of_host(settings->id, sizeof(settings->id));
	snprintf(settings->data, sizeof(settings->data), "%s/.samara/agent", home ? home : ".");
	int error = read_flags(&context, argc, argv, found);

	if (!error) {
		error = read_all(&context, found);
	}
	if (!error && found[SET_TOKEN].value && found[SET_TOKEN_FILE].value) {
		snprintf(problem, size,
			 "token-file: token is set too, and only one of them counts");
		error = -EINVAL;
	}
	return error ? error : check(&context);
}

void settings_help(void)
{
	printf("samara-agent: the proplet for gateways too small for Node\n\n");
	for (int which = 0; which < SET_COUNT; which++) {
		printf("  --%-16s %s%s%s%s\n", table[which].name, table[which].doc,
		       table[which].initial ? " (" : "",
		       table[which].initial ? table[which].initial : "",
		       table[which].initial ? ")" : "");
	}
	printf("\nEach is SAMARA_... in the environment too, in capitals with _ for -.\n");
}
