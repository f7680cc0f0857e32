/* SPDX-License-Identifier: Apache-2.0 */

#include <stdarg.h>
#include <stdio.h>

#include "hal/session.h"

const char *const bus_kind_words[] = {"?", "i2c", "spi", "gpio", "usb"};
const char *const bus_segment_words[] = {"?", "read", "write", "transfer", "delay"};
const char *const bus_error_words[] = {
	"",
	"nack-address",
	"nack-data",
	"nack",
	"arbitration-lost",
	"bus",
	"overrun",
	"overflow",
	"timeout",
	"stall",
	"no-device",
	"busy",
	"access",
	"mode-fault",
	"frame-format",
	"chip-select",
	"not-granted",
	"invalid",
	"unsupported",
	"cancelled",
	"io",
};

bool hal_fail(struct bus_operation *operation, enum bus_error error, const char *format, ...)
{
	va_list args;

	operation->error = error;
	va_start(args, format);
	vsnprintf(operation->detail, sizeof(operation->detail), format, args);
	va_end(args);
	return false;
}
