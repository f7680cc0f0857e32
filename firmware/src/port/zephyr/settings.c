/* SPDX-License-Identifier: Apache-2.0 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zephyr/settings/settings.h>

#include "settings.h"

#define TREE	   "samara"
#define PATH_BYTES 32

struct samara_settings samara_settings = {
	.id = CONFIG_SAMARA_ID,
	.ns = CONFIG_SAMARA_NAMESPACE,
	.host = CONFIG_SAMARA_BROKER_HOST,
	.token = CONFIG_SAMARA_TOKEN,
	.port = CONFIG_SAMARA_BROKER_PORT,
};

static bool is_printable(const char *text, size_t least, size_t most)
{
	size_t len = strlen(text);

	for (const char *letter = text; *letter; letter++) {
		if (!isprint((unsigned char)*letter)) {
			return false;
		}
	}
	return len >= least && len <= most;
}

static bool is_name(const char *text)
{
	size_t len = strlen(text);

	return len >= 1 && len <= 48 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len &&
	       isalnum((unsigned char)text[0]) && isalnum((unsigned char)text[len - 1]);
}

static bool is_host(const char *text)
{
	return is_printable(text, 1, sizeof(samara_settings.host) - 1) && !strchr(text, ' ');
}

static bool is_token(const char *text)
{
	return is_printable(text, 1, sizeof(samara_settings.token) - 1);
}

static bool is_port(const char *text)
{
	size_t len = strlen(text);

	return len >= 1 && len <= 5 && strspn(text, "0123456789") == len && atoi(text) >= 1 &&
	       atoi(text) <= UINT16_MAX;
}

static bool is_ssid(const char *text)
{
	size_t len = strlen(text);

	return len >= 1 && len < sizeof(samara_settings.wifi_ssid);
}

static bool is_psk(const char *text)
{
	return is_printable(text, 8, 63) ||
	       (strlen(text) == 64 && strspn(text, "0123456789abcdefABCDEF") == 64);
}

static bool is_pem(const char *text, const char *what)
{
	const char *begin = strstr(text, "-----BEGIN ");
	const char *end = begin ? strstr(begin, "-----END ") : NULL;

	return end && strstr(begin, what) && strstr(end, what);
}

static bool is_certificate(const char *text)
{
	return is_pem(text, "CERTIFICATE-----");
}

static bool is_key(const char *text)
{
	return is_pem(text, "PRIVATE KEY-----");
}

#define NAME_RULE    "1 to 48 of a-z 0-9 . _ -, with a letter or digit at both ends"
#define PLACE(field) .place = &samara_settings.field, .size = sizeof(samara_settings.field)

const struct samara_setting samara_setting_table[] = {
	{.name = "id",
	 .is_right = is_name,
	 .expected = NAME_RULE,
	 PLACE(id),
	 .fallback = CONFIG_SAMARA_ID},
	{.name = "namespace",
	 .is_right = is_name,
	 .expected = NAME_RULE,
	 PLACE(ns),
	 .fallback = CONFIG_SAMARA_NAMESPACE},
	{.name = "host",
	 .is_right = is_host,
	 .expected = "1 to 127 characters without a space",
	 PLACE(host),
	 .fallback = CONFIG_SAMARA_BROKER_HOST},
	{.name = "port",
	 .kind = SAMARA_SETTING_PORT,
	 .is_right = is_port,
	 .expected = "1 to 65535",
	 PLACE(port),
	 .fallback = STRINGIFY(CONFIG_SAMARA_BROKER_PORT)},
	{.name = "token",
	 .is_secret = true,
	 .is_right = is_token,
	 .expected = "1 to 127 characters",
	 PLACE(token),
	 .fallback = CONFIG_SAMARA_TOKEN},
	{.name = "ca",
	 .kind = SAMARA_SETTING_PEM,
	 .is_right = is_certificate,
	 .expected = "certificates in PEM, whole",
	 .size = CONFIG_SAMARA_PEM_MAX,
	 .fallback = ""},
	{.name = "cert",
	 .kind = SAMARA_SETTING_PEM,
	 .is_right = is_certificate,
	 .expected = "certificates in PEM, whole",
	 .size = CONFIG_SAMARA_PEM_MAX,
	 .fallback = ""},
	{.name = "key",
	 .kind = SAMARA_SETTING_PEM,
	 .is_secret = true,
	 .is_right = is_key,
	 .expected = "a private key in PEM, whole",
	 .size = CONFIG_SAMARA_PEM_MAX,
	 .fallback = ""},
	{.name = "wifi-ssid",
	 .is_right = is_ssid,
	 .expected = "1 to 32 bytes",
	 PLACE(wifi_ssid),
	 .fallback = ""},
	{.name = "wifi-psk",
	 .is_secret = true,
	 .is_right = is_psk,
	 .expected = "8 to 63 characters, or 64 hex digits",
	 PLACE(wifi_psk),
	 .fallback = ""},
};
const size_t samara_setting_count = ARRAY_SIZE(samara_setting_table);

const struct samara_setting *samara_setting_find(const char *name)
{
	for (size_t index = 0; index < samara_setting_count; index++) {
		if (strcmp(samara_setting_table[index].name, name) == 0) {
			return &samara_setting_table[index];
		}
	}
	return NULL;
}

static const char *path_of(const struct samara_setting *setting, char *path)
{
	(void)snprintf(path, PATH_BYTES, TREE "/%s", setting->name);
	return path;
}

int samara_setting_store(const struct samara_setting *setting, const char *text)
{
	char path[PATH_BYTES];
	uint16_t port = (uint16_t)atoi(text);

	return setting->kind == SAMARA_SETTING_PORT
		       ? settings_save_one(path_of(setting, path), &port, sizeof(port))
		       : settings_save_one(path_of(setting, path), text, strlen(text));
}

int samara_setting_clear(const struct samara_setting *setting)
{
	char path[PATH_BYTES];

	return settings_delete(path_of(setting, path));
}

int samara_setting_len(const struct samara_setting *setting)
{
	char path[PATH_BYTES];

	return (int)settings_get_val_len(path_of(setting, path));
}

int samara_setting_read(const struct samara_setting *setting, char *text, size_t size)
{
	char path[PATH_BYTES];
	uint16_t port;

	if (setting->kind == SAMARA_SETTING_PORT) {
		ssize_t got = settings_load_one(path_of(setting, path), &port, sizeof(port));

		return got == sizeof(port) ? snprintf(text, size, "%u", port)
					   : (got < 0 ? (int)got : -ENOENT);
	}
	ssize_t len = settings_load_one(path_of(setting, path), text, size - 1);

	text[len > 0 ? len : 0] = '\0';
	return (int)len;
}

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
	const struct samara_setting *setting = samara_setting_find(name);

	if (!setting) {
		return -ENOENT;
	}
	if (!setting->place) {
		return 0;
	}
	if (setting->kind == SAMARA_SETTING_TEXT) {
		return read_text(setting->place, setting->size, len, read, arg);
	}
	ssize_t got = len == setting->size ? read(arg, setting->place, len) : -EINVAL;

	return got < 0 ? (int)got : 0;
}

SETTINGS_STATIC_HANDLER_DEFINE(samara, TREE, NULL, set, NULL, NULL);

int samara_settings_load(void)
{
	int error = settings_subsys_init();

	return error ? error : settings_load_subtree(TREE);
}
