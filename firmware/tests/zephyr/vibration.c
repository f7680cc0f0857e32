/* SPDX-License-Identifier: Apache-2.0 */

/* A LIS2DW12 behind an emulated SPI controller, whose machine shakes along one axis: a sample is
 * one g, the next one g the other way. */

#define DT_DRV_COMPAT samara_spi_device

#include <errno.h>
#include <string.h>

#include <zephyr/device.h>
#include <zephyr/drivers/emul.h>
#include <zephyr/drivers/spi.h>
#include <zephyr/drivers/spi_emul.h>
#include <zephyr/sys/byteorder.h>

#define READ_STATUS  0xa7
#define READ_OUT_X_L 0xa8
#define READY	     0x01
/* 4 g are 16 bits. */
#define ONE_G	     16384

static int16_t sample = ONE_G;

static void answer(uint8_t command, uint8_t *data, size_t len)
{
	memset(data, 0, len);
	if (command == READ_STATUS && len > 1) {
		data[1] = READY;
	} else if (command == READ_OUT_X_L && len > 2) {
		sample = (int16_t)-sample;
		sys_put_le16((uint16_t)sample, &data[1]);
	}
}

static int io(const struct emul *target, const struct spi_config *config,
	      const struct spi_buf_set *out, const struct spi_buf_set *in)
{
	if (out->count != 1 || out->buffers[0].len == 0) {
		return -EINVAL;
	}
	if (in->count == 1) {
		answer(((const uint8_t *)out->buffers[0].buf)[0], in->buffers[0].buf,
		       in->buffers[0].len);
	}
	return 0;
}

static const struct spi_emul_api api = {.io = io};

static int start(const struct emul *target, const struct device *parent)
{
	return 0;
}

DEVICE_DT_INST_DEFINE(0, NULL, NULL, NULL, NULL, POST_KERNEL, 90, NULL);
EMUL_DT_INST_DEFINE(0, start, NULL, NULL, &api, NULL);
