/* SPDX-License-Identifier: Apache-2.0 */

/* Command `samara`: what the agent has to be told, over the serial line. Each command ends with one
 * line that begins with `ok` or `error`. */

#include <errno.h>
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/shell/shell.h>
#include <zephyr/sys/reboot.h>

#include "settings.h"

/* For the answer to leave. */
#define ANSWER_MS 100
#define CTRL_C	  '\x03'
#define CTRL_D	  '\x04'

/** The PEM that is coming in, line by line. Shell's thread. */
static struct {
	const struct samara_setting *setting;
	char text[CONFIG_SAMARA_PEM_MAX];
	size_t len;
	size_t line; /* where the last one begins */
	bool is_full;
} pem;

/** A value that is stored, or the image's. Long enough for any but a PEM. */
static char value[MAX(sizeof(samara_settings.host), sizeof(samara_settings.token))];

static const struct samara_setting *find(const struct shell *sh, const char *name)
{
	const struct samara_setting *setting = samara_setting_find(name);

	if (setting) {
		return setting;
	}
	shell_fprintf(sh, SHELL_NORMAL, "error no setting %s, there are", name);
	for (size_t index = 0; index < samara_setting_count; index++) {
		shell_fprintf(sh, SHELL_NORMAL, " %s", samara_setting_table[index].name);
	}
	shell_print(sh, "");
	return NULL;
}

static int store(const struct shell *sh, const struct samara_setting *setting, const char *text)
{
	bool is_shown = !setting->is_secret && setting->kind != SAMARA_SETTING_PEM;

	if (!setting->is_right(text)) {
		shell_print(sh, "error %s: %s%sexpected %s", setting->name,
			    is_shown ? text : "this is not it", is_shown ? " is not it, " : ", ",
			    setting->expected);
		return -EINVAL;
	}
	int error = samara_setting_store(setting, text);

	if (error) {
		shell_print(sh, "error %s: it could not be stored: %s", setting->name,
			    strerror(-error));
		return error;
	}
	shell_print(sh, "ok %s is stored, and holds after samara restart", setting->name);
	return 0;
}

static void end_pem(const struct shell *sh)
{
	shell_set_bypass(sh, NULL);
	shell_print(sh, "");
	if (pem.is_full) {
		shell_print(sh, "error %s: more than %u bytes, which CONFIG_SAMARA_PEM_MAX allows",
			    pem.setting->name, CONFIG_SAMARA_PEM_MAX - 1);
	} else {
		(void)store(sh, pem.setting, pem.text);
	}
	memset(pem.text, 0, sizeof(pem.text));
}

static void end_line(const struct shell *sh)
{
	/* A carriage return and a newline are one end. */
	if (pem.len == pem.line) {
		return;
	}
	if (pem.len < sizeof(pem.text) - 1) {
		pem.text[pem.len++] = '\n';
	} else {
		pem.is_full = true;
	}
	pem.text[pem.len] = '\0';
	pem.line = pem.len;
	shell_fprintf(sh, SHELL_NORMAL, "\n%s> ", pem.setting->name);
}

static bool is_last(char letter)
{
	bool is_dot = pem.len == pem.line + 1 && pem.text[pem.line] == '.' &&
		      (letter == '\r' || letter == '\n');

	if (is_dot) {
		pem.len = pem.line;
		pem.text[pem.len] = '\0';
	}
	return is_dot || letter == CTRL_D;
}

static void take(const struct shell *sh, uint8_t *data, size_t len)
{
	for (size_t index = 0; index < len; index++) {
		char letter = (char)data[index];

		if (letter == CTRL_C) {
			shell_set_bypass(sh, NULL);
			shell_print(sh, "\nerror %s: given up", pem.setting->name);
			memset(pem.text, 0, sizeof(pem.text));
			return;
		}
		if (is_last(letter)) {
			end_pem(sh);
			return;
		}
		if (letter == '\r' || letter == '\n') {
			end_line(sh);
		} else if (pem.len < sizeof(pem.text) - 1) {
			pem.text[pem.len++] = letter;
		} else {
			/* What is too long is read to its end. */
			pem.is_full = true;
			pem.line = pem.len - 1;
			pem.text[pem.line] = letter;
		}
	}
}

static int cmd_set(const struct shell *sh, size_t argc, char **argv)
{
	const struct samara_setting *setting = find(sh, argv[1]);

	if (!setting) {
		return -ENOENT;
	}
	if (setting->kind != SAMARA_SETTING_PEM && argc == 3) {
		return store(sh, setting, argv[2]);
	}
	if (setting->kind != SAMARA_SETTING_PEM || argc == 3) {
		shell_print(sh, "error %s: expected %s, %s", setting->name, setting->expected,
			    argc == 3 ? "on lines of its own" : "on the same line");
		return -EINVAL;
	}
	pem.setting = setting;
	pem.len = pem.line = 0;
	pem.is_full = false;
	shell_set_bypass(sh, take);
	shell_fprintf(sh, SHELL_NORMAL, "its lines, and at the end a line with a dot\n%s> ",
		      setting->name);
	return 0;
}

static void show(const struct shell *sh, const struct samara_setting *setting)
{
	int len = samara_setting_len(setting);

	if (len <= 0 && setting->fallback[0] == '\0') {
		shell_print(sh, "%s: not set", setting->name);
	} else if (setting->is_secret || setting->kind == SAMARA_SETTING_PEM) {
		shell_print(sh, "%s: %d bytes", setting->name,
			    len > 0 ? len : (int)strlen(setting->fallback));
	} else if (len > 0 && samara_setting_read(setting, value, sizeof(value)) > 0) {
		shell_print(sh, "%s=%s", setting->name, value);
	} else {
		shell_print(sh, "%s=%s, of the image", setting->name, setting->fallback);
	}
}

static int cmd_show(const struct shell *sh, size_t argc, char **argv)
{
	for (size_t index = 0; index < samara_setting_count; index++) {
		show(sh, &samara_setting_table[index]);
	}
	shell_print(sh, "ok %s", CONFIG_BOARD_TARGET);
	return 0;
}

static int cmd_clear(const struct shell *sh, size_t argc, char **argv)
{
	const struct samara_setting *setting = find(sh, argv[1]);
	int error = setting ? samara_setting_clear(setting) : -ENOENT;

	if (setting && error) {
		shell_print(sh, "error %s: it could not be cleared: %s", setting->name,
			    strerror(-error));
	} else if (setting) {
		shell_print(sh, "ok %s is cleared, which holds after samara restart",
			    setting->name);
	}
	return error;
}

static int cmd_restart(const struct shell *sh, size_t argc, char **argv)
{
	shell_print(sh, "ok it starts again");
	k_msleep(ANSWER_MS);
	sys_reboot(SYS_REBOOT_COLD);
	return 0;
}

SHELL_STATIC_SUBCMD_SET_CREATE(
	commands, SHELL_CMD_ARG(set, NULL, "NAME VALUE, or NAME for a PEM", cmd_set, 2, 1),
	SHELL_CMD_ARG(show, NULL, "What is set; no secrets", cmd_show, 1, 0),
	SHELL_CMD_ARG(clear, NULL, "NAME", cmd_clear, 2, 0),
	SHELL_CMD_ARG(restart, NULL, "Start the board again", cmd_restart, 1, 0),
	SHELL_SUBCMD_SET_END);

SHELL_CMD_REGISTER(samara, &commands, "Settings of the agent", NULL);
