/* SPDX-License-Identifier: Apache-2.0 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base.h"
#include "codec/error.h"
#include "port/port.h"

#define LINE_BYTES 400

static int level = PORT_LOG_INF;

void posix_log_level(int wanted)
{
	level = wanted;
}

/** Standard error is the journal's where the variable names its file, and not somebody's pipe that
 * inherited it. */
static bool is_journal(void)
{
	static int known = -1;
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat status;
	char own[48] = "";

	if (known < 0) {
		if (stream && fstat(STDERR_FILENO, &status) == 0) {
			snprintf(own, sizeof(own), "%llu:%llu", (unsigned long long)status.st_dev,
				 (unsigned long long)status.st_ino);
		}
		known = stream && strcmp(stream, own) == 0;
	}
	return known > 0;
}

void port_log(enum port_log_level at, const char *subsystem, const char *format, ...)
{
	static const char *const words[] = {"", "error", "warn", "info", "debug"};
	/* Of syslog, as the journal reads them. */
	static const char *const priorities[] = {"", "<3>", "<4>", "<6>", "<7>"};
	char text[LINE_BYTES];
	char line[LINE_BYTES + 48];
	va_list args;

	if ((int)at > level) {
		return;
	}
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	codec_cut(text, sizeof(text));
	/* Words of others are in it: a line of theirs shall not look like one of ours. */
	for (char *letter = text; *letter; letter++) {
		if ((unsigned char)*letter < ' ' || *letter == '\x7f') {
			*letter = ' ';
		}
	}
	int len = snprintf(line, sizeof(line), "%s%s %s: %s\n", is_journal() ? priorities[at] : "",
			   words[at], subsystem, text);

	/* In one piece, so that lines of threads do not mix. */
	if (write(STDERR_FILENO, line, (size_t)len) < 0) {
		/* Nobody is left to be told. */
	}
}
