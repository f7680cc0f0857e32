/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A BME280 on an emulated I2C controller that measures all the time. What it counts is the
 * compensation of its data sheet turned round: a right driver reads back what was set.
 */

#define DT_DRV_COMPAT samara_emulated_bme280

#include <zephyr/device.h>
#include <zephyr/drivers/emul.h>
#include <zephyr/drivers/i2c.h>
#include <zephyr/drivers/i2c_emul.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/byteorder.h>

#include "cell.h"

#define TRIMMING_T_P 0x88
#define TRIMMING_H1  0xa1
#define ID	     0xd0
#define TRIMMING_H   0xe1
#define DATA	     0xf7
#define COUNTS_20    (1 << 20)
#define COUNTS_16    (1 << 16)

/* Trimming of the worked example in the data sheet of the BMP280, 3.12. */
static const int t_trim[] = {27504, 26435, -1000};
static const int p_trim[] = {36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000};
static const int h_trim[] = {75, 367, 0, 311, 50, 30};

enum { TEMPERATURE, PRESSURE, HUMIDITY };

static const struct cell_property properties[] = {
	[TEMPERATURE] = {.name = "temperature", .min = -40 * CELL_ONE, .max = 85 * CELL_ONE},
	[PRESSURE] = {.name = "pressure", .min = 30000 * CELL_ONE, .max = 110000 * CELL_ONE},
	[HUMIDITY] = {.name = "humidity", .min = 0, .max = 100 * CELL_ONE},
};

static K_MUTEX_DEFINE(mutex);
static int64_t weather[] = {25080, 100653 * CELL_ONE, 45 * CELL_ONE};
static uint8_t registers[256];

static double fine(int count)
{
	double far = count / 131072.0 - t_trim[0] / 8192.0;

	return (count / 16384.0 - t_trim[0] / 1024.0) * t_trim[1] + far * far * t_trim[2];
}

static double celsius(int count, double unused)
{
	return fine(count) / 5120;
}

/** It falls while the count grows. */
static double pascal_below_zero(int count, double t_fine)
{
	double warm = t_fine / 2 - 64000;
	double offset =
		(warm * warm * p_trim[5] / 32768 + warm * p_trim[4] * 2) / 4 + p_trim[3] * 65536.0;
	double slope =
		(1 + (p_trim[2] * warm * warm / 524288 + p_trim[1] * warm) / 524288 / 32768) *
		p_trim[0];
	double linear = (1048576 - count - offset / 4096) * 6250 / slope;

	return -(linear + (p_trim[8] * linear * linear / 2147483648.0 + linear * p_trim[7] / 32768 +
			   p_trim[6]) /
				  16);
}

static double percent(int count, double t_fine)
{
	double warm = t_fine - 76800;
	double dry = count - (h_trim[3] * 64 + h_trim[4] / 16384.0 * warm);
	double wet =
		dry * (h_trim[1] / 65536.0 *
		       (1 + h_trim[5] / 67108864.0 * warm * (1 + h_trim[2] / 67108864.0 * warm)));

	return wet * (1 - h_trim[0] * wet / 524288);
}

/** The count whose value is nearest to `wanted`; the value grows with the count. */
static int nearest(double (*value)(int, double), double t_fine, double wanted, int limit)
{
	int low = 0;
	int high = limit - 1;

	while (low < high) {
		int middle = (low + high) / 2;

		if (value(middle, t_fine) < wanted) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low > 0 && wanted - value(low - 1, t_fine) < value(low, t_fine) - wanted ? low - 1
											: low;
}

static double of_thousandths(int64_t value)
{
	return (double)value / CELL_ONE;
}

/** The mutex is held. */
static void measure(void)
{
	int temperature = nearest(celsius, 0, of_thousandths(weather[TEMPERATURE]), COUNTS_20);
	double t_fine = fine(temperature);
	int pressure =
		nearest(pascal_below_zero, t_fine, -of_thousandths(weather[PRESSURE]), COUNTS_20);
	int humidity = nearest(percent, t_fine, of_thousandths(weather[HUMIDITY]), COUNTS_16);

	/* 20 bits, to the left. */
	sys_put_be24((uint32_t)pressure << 4, &registers[DATA]);
	sys_put_be24((uint32_t)temperature << 4, &registers[DATA + 3]);
	sys_put_be16((uint16_t)humidity, &registers[DATA + 6]);
}

/** What is written is pairs of register and value; what is read goes on from the last register. */
static int transfer(const struct emul *target, struct i2c_msg *messages, int messages_count,
		    int address)
{
	static uint8_t at;

	(void)k_mutex_lock(&mutex, K_FOREVER);
	for (struct i2c_msg *message = messages; message < messages + messages_count; message++) {
		for (uint32_t index = 0; index < message->len; index++) {
			if (message->flags & I2C_MSG_READ) {
				message->buf[index] = registers[at++];
			} else if (index % 2 == 0) {
				at = message->buf[index];
			} else if (at > ID && at < DATA && at != 0xf3) {
				registers[at] = message->buf[index];
			}
		}
	}
	(void)k_mutex_unlock(&mutex);
	return 0;
}

static int start(const struct emul *target, const struct device *parent)
{
	uint8_t *h = &registers[TRIMMING_H];

	for (size_t index = 0; index < ARRAY_SIZE(t_trim) + ARRAY_SIZE(p_trim); index++) {
		int value = index < ARRAY_SIZE(t_trim) ? t_trim[index]
						       : p_trim[index - ARRAY_SIZE(t_trim)];

		sys_put_le16((uint16_t)value, &registers[TRIMMING_T_P + 2 * index]);
	}
	registers[TRIMMING_H1] = (uint8_t)h_trim[0];
	sys_put_le16((uint16_t)h_trim[1], h);
	h[2] = (uint8_t)h_trim[2];
	h[3] = (uint8_t)(h_trim[3] >> 4);
	h[4] = (uint8_t)((h_trim[3] & 0xf) | (h_trim[4] & 0xf) << 4);
	h[5] = (uint8_t)(h_trim[4] >> 4);
	h[6] = (uint8_t)h_trim[5];
	registers[ID] = 0x60;
	measure();
	return 0;
}

static int64_t get(const struct cell_part *part, size_t property)
{
	(void)k_mutex_lock(&mutex, K_FOREVER);
	int64_t value = weather[property];

	(void)k_mutex_unlock(&mutex);
	return value;
}

static void set(const struct cell_part *part, size_t property, int64_t value)
{
	(void)k_mutex_lock(&mutex, K_FOREVER);
	weather[property] = value;
	measure();
	(void)k_mutex_unlock(&mutex);
}

const struct cell_part cell_bme280 = {
	.name = "line1-temp",
	.chip = "bme280",
	.properties = properties,
	.properties_count = ARRAY_SIZE(properties),
	.get = get,
	.set = set,
};

static const struct i2c_emul_api api = {.transfer = transfer};

DEVICE_DT_INST_DEFINE(0, NULL, NULL, NULL, NULL, POST_KERNEL, 90, NULL);
EMUL_DT_INST_DEFINE(0, start, NULL, NULL, &api, NULL);
