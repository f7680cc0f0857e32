/* SPDX-License-Identifier: Apache-2.0 */

/* Command `cell`: parts are set and read over the serial line. README.md beside this file has its
 * grammar. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zephyr/shell/shell.h>

#include "cell.h"

#define DIGITS	    3 /* of CELL_ONE */
#define NUMBER_SIZE 24

const struct cell_part *cell_part(size_t number)
{
	size_t on_buses = 0;

	while (cell_parts[on_buses]) {
		on_buses++;
	}
	return number < on_buses ? cell_parts[number] : cell_pin(number - on_buses);
}

/** @retval false It is no number, or has more digits than it can have. */
static bool parse_number(const char *text, int64_t *value)
{
	bool is_negative = text[0] == '-';
	const char *at = text + is_negative;
	int64_t sum = 0;
	int fraction = -1;

	for (; *at && sum < INT32_MAX; at++) {
		if (*at == '.' && fraction < 0) {
			fraction = 0;
		} else if (*at < '0' || *at > '9' || fraction == DIGITS) {
			return false;
		} else {
			sum = sum * 10 + (*at - '0');
			fraction += fraction >= 0;
		}
	}
	if (*at || at == text + is_negative || fraction == 0) {
		return false;
	}
	for (int digit = MAX(fraction, 0); digit < DIGITS; digit++) {
		sum *= 10;
	}
	*value = is_negative ? -sum : sum;
	return true;
}

/** Without zeros at its end. */
static const char *number_text(int64_t value, char *text)
{
	int64_t size = value < 0 ? -value : value;
	int len = snprintk(text, NUMBER_SIZE, "%s%d.%03d", value < 0 ? "-" : "",
			   (int)(size / CELL_ONE), (int)(size % CELL_ONE));

	while (text[len - 1] == '0') {
		text[--len] = '\0';
	}
	if (text[len - 1] == '.') {
		text[--len] = '\0';
	}
	return text;
}

static const char *text_of(const struct cell_property *property, int64_t value, char *text)
{
	if (property->is_flag) {
		return value ? "true" : "false";
	}
	return number_text(value, text);
}

static const struct cell_part *find_part(const struct shell *sh, const char *name)
{
	for (size_t number = 0; cell_part(number); number++) {
		if (strcmp(cell_part(number)->name, name) == 0) {
			return cell_part(number);
		}
	}
	shell_print(sh, "error no part %s", name);
	return NULL;
}

static bool find_property(const struct shell *sh, const struct cell_part *part, const char *name,
			  size_t *found)
{
	for (size_t index = 0; index < part->properties_count; index++) {
		if (strcmp(part->properties[index].name, name) == 0) {
			*found = index;
			return true;
		}
	}
	shell_print(sh, "error %s has no property %s", part->name, name);
	return false;
}

static bool parse_value(const struct shell *sh, const struct cell_property *property,
			const char *text, int64_t *value)
{
	char min[NUMBER_SIZE];
	char max[NUMBER_SIZE];

	if (property->is_flag) {
		*value = strcmp(text, "true") == 0;
		if (*value || strcmp(text, "false") == 0) {
			return true;
		}
		shell_print(sh, "error %s: %s is not true or false", property->name, text);
		return false;
	}
	if (parse_number(text, value) && *value >= property->min && *value <= property->max) {
		return true;
	}
	shell_print(sh, "error %s: %s is not %s to %s with %d digits behind the point at most",
		    property->name, text, number_text(property->min, min),
		    number_text(property->max, max), DIGITS);
	return false;
}

static int set(const struct shell *sh, const char *name, const char *property_name,
	       const char *text)
{
	const struct cell_part *part = find_part(sh, name);
	char number[NUMBER_SIZE];
	size_t index;
	int64_t value;

	if (!part || !find_property(sh, part, property_name, &index)) {
		return -ENOENT;
	}
	const struct cell_property *property = &part->properties[index];

	if (property->is_read_only) {
		shell_print(sh, "error %s of %s cannot be set", property->name, part->name);
		return -EPERM;
	}
	if (!parse_value(sh, property, text, &value)) {
		return -EINVAL;
	}
	part->set(part, index, value);
	shell_print(sh, "ok %s %s=%s", part->name, property->name,
		    text_of(property, value, number));
	return 0;
}

static int cmd_set(const struct shell *sh, size_t argc, char **argv)
{
	return set(sh, argv[1], argv[2], argv[3]);
}

static int cmd_press(const struct shell *sh, size_t argc, char **argv)
{
	return set(sh, argv[1], "pressed", "true");
}

static int cmd_release(const struct shell *sh, size_t argc, char **argv)
{
	return set(sh, argv[1], "pressed", "false");
}

static int cmd_read(const struct shell *sh, size_t argc, char **argv)
{
	const struct cell_part *part = find_part(sh, argv[1]);
	char number[NUMBER_SIZE];

	if (!part) {
		return -ENOENT;
	}
	shell_fprintf(sh, SHELL_NORMAL, "ok %s", part->name);
	for (size_t index = 0; index < part->properties_count; index++) {
		const struct cell_property *property = &part->properties[index];

		shell_fprintf(sh, SHELL_NORMAL, " %s=%s", property->name,
			      text_of(property, part->get(part, index), number));
	}
	shell_print(sh, "");
	return 0;
}

static int cmd_list(const struct shell *sh, size_t argc, char **argv)
{
	shell_fprintf(sh, SHELL_NORMAL, "ok");
	for (size_t number = 0; cell_part(number); number++) {
		const struct cell_part *part = cell_part(number);

		shell_fprintf(sh, SHELL_NORMAL, " %s=%s", part->name, part->chip);
	}
	shell_print(sh, "");
	return 0;
}

static int cmd_fault(const struct shell *sh, size_t argc, char **argv)
{
	k_panic();
	return 0;
}

SHELL_STATIC_SUBCMD_SET_CREATE(commands,
			       SHELL_CMD_ARG(list, NULL, "Parts and their chips", cmd_list, 1, 0),
			       SHELL_CMD_ARG(read, NULL, "PART", cmd_read, 2, 0),
			       SHELL_CMD_ARG(set, NULL, "PART PROPERTY VALUE", cmd_set, 4, 0),
			       SHELL_CMD_ARG(press, NULL, "PART", cmd_press, 2, 0),
			       SHELL_CMD_ARG(release, NULL, "PART", cmd_release, 2, 0),
			       SHELL_CMD_ARG(fault, NULL, "What a mistake in the image does",
					     cmd_fault, 1, 0),
			       SHELL_SUBCMD_SET_END);

SHELL_CMD_REGISTER(cell, &commands, "Parts behind the emulated buses", NULL);
