/* SPDX-License-Identifier: Apache-2.0 */

/* The chip of the table on an emulated SPI controller, which is told each segment by itself. */

#define DT_DRV_COMPAT samara_spi_device

#include <errno.h>

#include <zephyr/device.h>
#include <zephyr/drivers/emul.h>
#include <zephyr/drivers/spi.h>
#include <zephyr/drivers/spi_emul.h>
#include <zephyr/kernel.h>

#include "table.h"

static bool has_zeros(const uint8_t *data, size_t len)
{
	for (size_t index = 0; index < len; index++) {
		if (data[index] != 0) {
			return false;
		}
	}
	return true;
}

static int io(const struct emul *target, const struct spi_config *config,
	      const struct spi_buf_set *out, const struct spi_buf_set *in)
{
	if (out->count != 1 || out->buffers[0].len == 0) {
		return -EINVAL;
	}
	/* A read sends zeros out of the place that takes what is read. */
	bool is_read = in->count == 1;
	bool is_only_read = is_read && in->buffers[0].buf == out->buffers[0].buf;

	if (is_only_read && !has_zeros(out->buffers[0].buf, out->buffers[0].len)) {
		return -EINVAL;
	}
	const struct table_segment segment = {
		.is_read = is_read,
		.is_written = !is_only_read,
		.out = out->buffers[0].buf,
		.in = is_read ? in->buffers[0].buf : NULL,
		.len = out->buffers[0].len,
	};

	return table_came(NULL, &segment, 1);
}

static int start(const struct emul *target, const struct device *parent)
{
	return 0;
}

static const struct spi_emul_api api = {.io = io};

DEVICE_DT_INST_DEFINE(0, NULL, NULL, NULL, NULL, POST_KERNEL, 90, NULL);
EMUL_DT_INST_DEFINE(0, start, NULL, NULL, &api, NULL);
