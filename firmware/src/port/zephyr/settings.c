/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include <zephyr/settings/settings.h>

#include "settings.h"

struct samara_settings samara_settings = {
	.id = CONFIG_SAMARA_ID,
	.ns = CONFIG_SAMARA_NAMESPACE,
	.host = CONFIG_SAMARA_BROKER_HOST,
	.token = CONFIG_SAMARA_TOKEN,
	.port = CONFIG_SAMARA_BROKER_PORT,
};

static const struct {
	const char *name;
	char *text;
	size_t size;
} texts[] = {
	{"id", samara_settings.id, sizeof(samara_settings.id)},
	{"namespace", samara_settings.ns, sizeof(samara_settings.ns)},
	{"host", samara_settings.host, sizeof(samara_settings.host)},
	{"token", samara_settings.token, sizeof(samara_settings.token)},
};

static int read_text(char *text, size_t size, size_t len, settings_read_cb read, void *arg)
{
	if (len >= size) {
		return -EINVAL;
	}
	ssize_t got = read(arg, text, len);

	text[got > 0 ? got : 0] = '\0';
	return got < 0 ? (int)got : 0;
}

static int set(const char *name, size_t len, settings_read_cb read, void *arg)
{
	for (size_t index = 0; index < ARRAY_SIZE(texts); index++) {
		if (strcmp(name, texts[index].name) == 0) {
			return read_text(texts[index].text, texts[index].size, len, read, arg);
		}
	}
	if (strcmp(name, "port") == 0 && len == sizeof(samara_settings.port)) {
		ssize_t got = read(arg, &samara_settings.port, len);

		return got < 0 ? (int)got : 0;
	}
	return -ENOENT;
}

SETTINGS_STATIC_HANDLER_DEFINE(samara, "samara", NULL, set, NULL, NULL);

int samara_settings_load(void)
{
	int error = settings_subsys_init();

	return error ? error : settings_load_subtree("samara");
}
