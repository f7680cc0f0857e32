/* SPDX-License-Identifier: Apache-2.0 */

/* Zephyr's drivers have time limits of their own, and end for nobody. */

#include "devices.h"
#include "port/device_fail.h"

#define MAX_7_BIT  0x7f
#define MAX_10_BIT 0x3ff

static int open_i2c(struct open_device *device, char *why, size_t size)
{
	return device_ready(device->place->i2c, why, size);
}

static bool is_refused(struct bus_operation *operation)
{
	if (operation->op != BUS_TRANSFER) {
		device_unknown(operation, "i2c");
	} else if (operation->target > MAX_10_BIT) {
		device_fail(operation, BUS_INVALID, "address %u is not 0 to %u", operation->target,
			    MAX_10_BIT);
	}
	for (size_t index = 0; index < operation->segments_count && !operation->error; index++) {
		const struct bus_segment *segment = &operation->segments[index];

		if (segment->kind == BUS_SEGMENT_READ && segment->length == 0) {
			device_fail(operation, BUS_INVALID,
				    "a read of no bytes cannot be told apart from one of many");
		} else if (segment->kind != BUS_SEGMENT_READ &&
			   segment->kind != BUS_SEGMENT_WRITE) {
			device_fail(operation, BUS_INVALID, "i2c knows no %s in a transfer",
				    segment->kind == BUS_SEGMENT_DELAY ? "delay" : "transfer");
		}
	}
	return operation->error != BUS_OK;
}

/** One start, one repeated start before each further segment, one stop. */
static void run_i2c(struct open_device *device, struct bus_operation *operation)
{
	struct i2c_msg messages[CONFIG_SAMARA_SEGMENTS];
	size_t count = operation->segments_count;
	bool ten_bit = device->spec->i2c.ten_bit || operation->target > MAX_7_BIT;

	if (is_refused(operation) || count == 0) {
		return;
	}
	for (size_t index = 0; index < count; index++) {
		const struct bus_segment *segment = &operation->segments[index];
		bool is_read = segment->kind == BUS_SEGMENT_READ;

		messages[index] = (struct i2c_msg){
			.buf = is_read ? segment->in : (uint8_t *)(uintptr_t)segment->out,
			.len = segment->length,
			.flags = (is_read ? I2C_MSG_READ : I2C_MSG_WRITE) |
				 (index > 0 ? I2C_MSG_RESTART : 0) |
				 (index + 1 == count ? I2C_MSG_STOP : 0) |
				 (ten_bit ? I2C_MSG_ADDR_10_BITS : 0),
		};
	}
	int error = i2c_transfer(device->place->i2c, messages, (uint8_t)count,
				 (uint16_t)operation->target);

	if (error) {
		device_fail_errno(operation, error);
	}
}

static void close_i2c(struct open_device *device)
{
}

const struct device_driver device_i2c = {open_i2c, run_i2c, close_i2c};
