/* SPDX-License-Identifier: Apache-2.0 */

#include <stdarg.h>

#include <zephyr/logging/log.h>
#include <zephyr/sys/cbprintf.h>

#include "codec/error.h"
#include "port/port.h"

LOG_MODULE_REGISTER(samara, LOG_LEVEL_DBG);

#define LINE_BYTES 400

void port_log(enum port_log_level level, const char *subsystem, const char *format, ...)
{
	char line[LINE_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintk(line, sizeof(line), format, args);
	va_end(args);
	codec_cut(line, sizeof(line));
	/* Words of others are in it: a line of theirs shall not look like one of ours. */
	for (char *letter = line; *letter; letter++) {
		if ((unsigned char)*letter < ' ' || *letter == '\x7f') {
			*letter = ' ';
		}
	}
	switch (level) {
	case PORT_LOG_ERR:
		LOG_ERR("%s: %s", subsystem, line);
		break;
	case PORT_LOG_WRN:
		LOG_WRN("%s: %s", subsystem, line);
		break;
	case PORT_LOG_INF:
		LOG_INF("%s: %s", subsystem, line);
		break;
	default:
		LOG_DBG("%s: %s", subsystem, line);
		break;
	}
}
