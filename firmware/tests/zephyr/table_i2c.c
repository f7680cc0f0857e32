/* SPDX-License-Identifier: Apache-2.0 */

/* Chips of the table on an emulated I2C controller. */

#define DT_DRV_COMPAT samara_table_i2c

#include <errno.h>
#include <stdio.h>

#include <zephyr/device.h>
#include <zephyr/drivers/emul.h>
#include <zephyr/drivers/i2c.h>
#include <zephyr/drivers/i2c_emul.h>
#include <zephyr/kernel.h>

#include "table.h"

static int transfer(const struct emul *target, struct i2c_msg *messages, int messages_count,
		    int address)
{
	struct table_segment segments[CONFIG_SAMARA_SEGMENTS];
	bool ten_bit = (messages[0].flags & I2C_MSG_ADDR_10_BITS) != 0;
	char text[8];

	if (messages_count > (int)ARRAY_SIZE(segments)) {
		return -EINVAL;
	}
	for (int index = 0; index < messages_count; index++) {
		bool is_read = (messages[index].flags & I2C_MSG_READ) != 0;

		segments[index] = (struct table_segment){
			.is_read = is_read,
			.is_written = !is_read,
			.out = messages[index].buf,
			.in = messages[index].buf,
			.len = messages[index].len,
		};
	}
	(void)snprintf(text, sizeof(text), ten_bit ? "%03x" : "%02x", (unsigned int)address);
	return table_came(text, segments, (size_t)messages_count);
}

static int start(const struct emul *target, const struct device *parent)
{
	return 0;
}

static const struct i2c_emul_api api = {.transfer = transfer};

#define CHIP(number)                                                                               \
	DEVICE_DT_INST_DEFINE(number, NULL, NULL, NULL, NULL, POST_KERNEL, 90, NULL);              \
	EMUL_DT_INST_DEFINE(number, start, NULL, NULL, &api, NULL);

DT_INST_FOREACH_STATUS_OKAY(CHIP)
