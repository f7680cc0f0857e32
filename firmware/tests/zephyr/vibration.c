/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A LIS2DW12 behind an emulated SPI controller, whose machine shakes along x: a sample is what it
 * feels at rest and the amplitude, the next one the amplitude the other way.
 */

#define DT_DRV_COMPAT samara_spi_device

#include <errno.h>
#include <string.h>

#include <zephyr/device.h>
#include <zephyr/drivers/emul.h>
#include <zephyr/drivers/spi.h>
#include <zephyr/drivers/spi_emul.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/byteorder.h>

#include "cell.h"

#define READ_WHO_AM_I 0x8f
#define READ_STATUS   0xa7
#define READ_OUT_X_L  0xa8
#define WHO_AM_I      0x44
#define READY	      0x01
/* 2 g each way are 16 bits. */
#define ONE_G	      16384
#define G	      2 * CELL_ONE

enum { X, Y, Z, AMPLITUDE };

static const struct cell_property properties[] = {
	[X] = {.name = "x", .min = -G, .max = G},
	[Y] = {.name = "y", .min = -G, .max = G},
	[Z] = {.name = "z", .min = -G, .max = G},
	[AMPLITUDE] = {.name = "amplitude", .min = 0, .max = G},
};

static K_MUTEX_DEFINE(mutex);
static int64_t felt[] = {0, 0, 0, 1 * CELL_ONE};
static bool is_back;

static uint16_t count_of(int64_t thousandths)
{
	return (uint16_t)CLAMP(thousandths * ONE_G / CELL_ONE, INT16_MIN, INT16_MAX);
}

/** The mutex is held. */
static void answer(uint8_t command, uint8_t *data, size_t len)
{
	memset(data, 0, len);
	if (command == READ_WHO_AM_I && len > 1) {
		data[1] = WHO_AM_I;
	} else if (command == READ_STATUS && len > 1) {
		data[1] = READY;
	} else if (command == READ_OUT_X_L && len > 2) {
		is_back = !is_back;
		for (size_t axis = X; axis <= Z && 2 + 2 * axis < len; axis++) {
			int64_t swing = axis == X ? felt[AMPLITUDE] : 0;

			sys_put_le16(count_of(felt[axis] + (is_back ? -swing : swing)),
				     &data[1 + 2 * axis]);
		}
	}
}

static int io(const struct emul *target, const struct spi_config *config,
	      const struct spi_buf_set *out, const struct spi_buf_set *in)
{
	if (out->count != 1 || out->buffers[0].len == 0) {
		return -EINVAL;
	}
	if (in->count == 1) {
		(void)k_mutex_lock(&mutex, K_FOREVER);
		answer(((const uint8_t *)out->buffers[0].buf)[0], in->buffers[0].buf,
		       in->buffers[0].len);
		(void)k_mutex_unlock(&mutex);
	}
	return 0;
}

static int64_t get(const struct cell_part *part, size_t property)
{
	(void)k_mutex_lock(&mutex, K_FOREVER);
	int64_t value = felt[property];

	(void)k_mutex_unlock(&mutex);
	return value;
}

static void set(const struct cell_part *part, size_t property, int64_t value)
{
	(void)k_mutex_lock(&mutex, K_FOREVER);
	felt[property] = value;
	(void)k_mutex_unlock(&mutex);
}

const struct cell_part cell_lis2dw12 = {
	.name = "vib-1",
	.chip = "lis2dw12",
	.properties = properties,
	.properties_count = ARRAY_SIZE(properties),
	.get = get,
	.set = set,
};

static const struct spi_emul_api api = {.io = io};

static int start(const struct emul *target, const struct device *parent)
{
	return 0;
}

DEVICE_DT_INST_DEFINE(0, NULL, NULL, NULL, NULL, POST_KERNEL, 90, NULL);
EMUL_DT_INST_DEFINE(0, start, NULL, NULL, &api, NULL);
