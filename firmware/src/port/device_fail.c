/* SPDX-License-Identifier: Apache-2.0 */

#include <stdarg.h>
#include <stdio.h>

#include "codec/error.h"
#include "port/device_fail.h"

void device_fail(struct bus_operation *operation, enum bus_error error, const char *format, ...)
{
	va_list args;

	operation->error = error;
	va_start(args, format);
	(void)vsnprintf(operation->detail, sizeof(operation->detail), format, args);
	va_end(args);
	codec_cut(operation->detail, sizeof(operation->detail));
}

void device_unknown(struct bus_operation *operation, const char *bus)
{
	static const char *const words[] = {
		"nothing",   "transfer",   "get",	"set",	 "wait",    "describe",
		"control",   "bulk",	   "interrupt", "claim", "release", "alternate",
		"configure", "clear-halt", "reset",	"delay",
	};
	unsigned int op = operation->op < sizeof(words) / sizeof(*words) ? operation->op : 0;

	device_fail(operation, BUS_INVALID, "%s knows no %s", bus, words[op]);
}
