/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Chips that know what comes next: the lines of a row of test/contract/conformance.json, told over
 * the serial line. What reaches an emulated bus is compared with the next line, from its address to
 * its last byte; what is read is what the line says. README.md beside this file has the grammar.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zephyr/drivers/i2c.h>
#include <zephyr/kernel.h>
#include <zephyr/shell/shell.h>

#include "cell.h"
#include "table.h"

#define LINES_MAX  16
#define LINE_BYTES 128

const struct cell_part *const cell_parts[] = {NULL};

static K_MUTEX_DEFINE(mutex);
static char lines[LINES_MAX][LINE_BYTES];
static size_t count;
static size_t next;
/* The first thing that came and was not what the line said. */
static char wrong[2 * LINE_BYTES];

static void is_wrong(const char *line, const char *seen)
{
	if (wrong[0] == '\0') {
		(void)snprintf(wrong, sizeof(wrong), "%s came, expected %s", seen,
			       line ? line : "nothing");
	}
}

static const char *hex_of(const uint8_t *data, size_t len, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t index = 0; index < len && used + 3 < size; index++) {
		used += (size_t)snprintf(text + used, size - used, "%02x", data[index]);
	}
	return text;
}

static uint8_t byte_at(const char *hex)
{
	char text[] = {hex[0], hex[1], '\0'};

	return (uint8_t)strtoul(text, NULL, 16);
}

/** @retval NULL There are no more. */
static char *next_word(char **at)
{
	char *word = *at + strspn(*at, " ");
	char *end = word + strcspn(word, " ");

	*at = *end ? end + 1 : end;
	*end = '\0';
	return *word ? word : NULL;
}

/** The words of a segment as the table has them, and what is read where the line says so. */
static bool segment_is(char **at, const struct table_segment *segment)
{
	char expected[LINE_BYTES];
	char *word = next_word(at);
	char *answer = word ? strchr(word, '=') : NULL;
	int used;

	if (segment->is_read && !segment->is_written) {
		used = snprintf(expected, sizeof(expected), "r%u", (unsigned int)segment->len);
	} else {
		expected[0] = segment->is_read ? 'x' : 'w';
		(void)hex_of(segment->out, segment->len, expected + 1, sizeof(expected) - 1);
		used = (int)strlen(expected);
	}
	if (!word || strncmp(word, expected, (size_t)used) != 0 ||
	    (word[used] != '\0' && word[used] != '=')) {
		is_wrong(word, expected);
		return false;
	}
	if (segment->is_read && answer && strlen(answer + 1) != 2 * segment->len) {
		is_wrong(word, "another length");
		return false;
	}
	for (size_t index = 0; segment->is_read && answer && index < segment->len; index++) {
		segment->in[index] = byte_at(answer + 1 + 2 * index);
	}
	return true;
}

static int error_of(const char *word)
{
	return !word					? 0
	       : strcmp(word, "!nack-address") == 0	? -ENXIO
	       : strcmp(word, "!arbitration-lost") == 0 ? -EAGAIN
							: -EIO;
}

static int compare(char *line, const char *address, const struct table_segment *segments,
		   size_t segments_count)
{
	char *at = line;
	const char *device = next_word(&at);
	const char *target = address ? next_word(&at) : NULL;

	if (!device || (address && (!target || strcmp(address, target) != 0))) {
		is_wrong(target, address);
		return -EIO;
	}
	for (size_t index = 0; index < segments_count; index++) {
		if (!segment_is(&at, &segments[index])) {
			return -EIO;
		}
	}
	return error_of(next_word(&at));
}

int table_came(const char *address, const struct table_segment *segments, size_t segments_count)
{
	int error = -EIO;

	(void)k_mutex_lock(&mutex, K_FOREVER);
	if (next < count) {
		error = compare(lines[next++], address, segments, segments_count);
	} else {
		is_wrong(NULL, address ? address : "a segment");
	}
	(void)k_mutex_unlock(&mutex);
	return error;
}

static int cmd_add(const struct shell *sh, size_t argc, char **argv)
{
	size_t used = 0;

	(void)k_mutex_lock(&mutex, K_FOREVER);
	if (count == LINES_MAX) {
		(void)k_mutex_unlock(&mutex);
		shell_print(sh, "error there is no room for more than %d lines", LINES_MAX);
		return -ENOSPC;
	}
	lines[count][0] = '\0';
	for (size_t index = 1; index < argc && used < LINE_BYTES; index++) {
		used += (size_t)snprintf(lines[count] + used, LINE_BYTES - used, "%s%s",
					 index > 1 ? " " : "", argv[index]);
	}
	count += used < LINE_BYTES;
	(void)k_mutex_unlock(&mutex);
	if (used >= LINE_BYTES) {
		shell_print(sh, "error a line has %d characters at most", LINE_BYTES - 1);
		return -EINVAL;
	}
	shell_print(sh, "ok");
	return 0;
}

/** Everything is over, and forgotten. */
static int cmd_end(const struct shell *sh, size_t argc, char **argv)
{
	(void)k_mutex_lock(&mutex, K_FOREVER);
	if (wrong[0] != '\0') {
		shell_print(sh, "error %s", wrong);
	} else if (next < count) {
		shell_print(sh, "error nothing came, expected %s", lines[next]);
	} else {
		shell_print(sh, "ok %u", (unsigned int)count);
	}
	count = next = 0;
	wrong[0] = '\0';
	(void)k_mutex_unlock(&mutex);
	return 0;
}

SHELL_STATIC_SUBCMD_SET_CREATE(
	commands, SHELL_CMD_ARG(add, NULL, "LINE", cmd_add, 2, SHELL_OPT_ARG_CHECK_SKIP),
	SHELL_CMD_ARG(end, NULL, "Whether all of it came", cmd_end, 1, 0), SHELL_SUBCMD_SET_END);

SHELL_CMD_REGISTER(table, &commands, "What emulated chips expect and answer", NULL);
