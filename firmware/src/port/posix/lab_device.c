/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab_fields.h"
#include "lab_wire.h"

#define ADDRESSES_MAX 16
#define LINE_MAX      0xffff
#define HZ_INITIALLY  1000000

static void write_name(struct codec_writer *writer, uint64_t key, const char *name)
{
	codec_write_uint(writer, key);
	codec_write_text(writer, name, strlen(name));
}

static void write_i2c(struct codec_writer *writer, const struct hal_device *device)
{
	codec_write_uint(writer, 7);
	codec_write_head(writer, CODEC_ARRAY, device->i2c.addresses_count);
	for (uint8_t index = 0; index < device->i2c.addresses_count; index++) {
		codec_write_uint(writer, device->i2c.addresses[index]);
	}
	lab_write_flag(writer, 8, device->i2c.ten_bit);
}

static void write_spi(struct codec_writer *writer, const struct hal_device *device)
{
	lab_write_field(writer, 9, device->spi.mode);
	lab_write_field(writer, 10, device->spi.bits_per_word);
	lab_write_field(writer, 11, device->spi.hz);
	lab_write_flag(writer, 12, device->spi.lsb_first);
	lab_write_flag(writer, 13, device->spi.cs_high);
}

static void write_gpio(struct codec_writer *writer, const struct hal_device *device)
{
	char *end;
	unsigned long line = strtoul(device->gpio.line, &end, 10);

	/* Lines of a lab have numbers; a name is one that the lab does not have. */
	lab_write_field(writer, 14, *end == '\0' && line < LINE_MAX ? line : LINE_MAX);
	lab_write_field(writer, 15, device->gpio.direction);
	lab_write_flag(writer, 16, device->gpio.active_low);
	if (device->gpio.pull != HAL_PULL_UNSET) {
		lab_write_field(writer, 17, device->gpio.pull);
	}
	lab_write_field(writer, 18, device->gpio.debounce_us);
	lab_write_field(writer, 19, device->gpio.safe + 1u);
}

void lab_write_device(struct codec_writer *writer, const struct hal_device *device)
{
	bool has_chip = device->chip[0] != '\0';
	bool has_pull = device->kind == BUS_GPIO && device->gpio.pull != HAL_PULL_UNSET;

	codec_write_head(writer, CODEC_MAP,
			 (device->kind == BUS_I2C ? 7u : 10u) + has_chip + has_pull);
	write_name(writer, 1, device->name);
	lab_write_field(writer, 2, device->kind);
	write_name(writer, 3, device->bus);
	lab_write_field(writer, 4, device->max_bytes);
	lab_write_field(writer, 5, device->timeout_ms);
	if (has_chip) {
		write_name(writer, 6, device->chip);
	}
	if (device->kind == BUS_I2C) {
		write_i2c(writer, device);
	} else if (device->kind == BUS_SPI) {
		write_spi(writer, device);
	} else {
		write_gpio(writer, device);
	}
}

static void read_addresses(struct codec_reader *reader, struct hal_device *device)
{
	uint32_t count = 0;

	(void)codec_read_array(reader, ADDRESSES_MAX, &count);
	for (; count > 0 && !reader->error; count--) {
		uint32_t address = lab_read_number(reader, 0, UINT16_MAX);

		if (device->i2c.addresses_count < CONFIG_SAMARA_ADDRESSES_MAX) {
			device->i2c.addresses[device->i2c.addresses_count++] = (uint16_t)address;
		}
	}
}

static bool read_i2c(struct codec_reader *reader, uint64_t key, struct hal_device *device)
{
	switch (key) {
	case 7:
		read_addresses(reader, device);
		return true;
	case 8:
		device->i2c.ten_bit = lab_read_flag(reader);
		return true;
	default:
		return false;
	}
}

static bool read_spi(struct codec_reader *reader, uint64_t key, struct hal_device *device)
{
	switch (key) {
	case 9:
		device->spi.mode = (uint8_t)lab_read_number(reader, 0, 3);
		return true;
	case 10:
		device->spi.bits_per_word = (uint8_t)lab_read_number(reader, 1, 32);
		return true;
	case 11:
		device->spi.hz = lab_read_number(reader, 1, UINT32_MAX);
		return true;
	case 12:
		device->spi.lsb_first = lab_read_flag(reader);
		return true;
	case 13:
		device->spi.cs_high = lab_read_flag(reader);
		return true;
	default:
		return false;
	}
}

static bool read_gpio(struct codec_reader *reader, uint64_t key, struct hal_device *device)
{
	switch (key) {
	case 14:
		snprintf(device->gpio.line, sizeof(device->gpio.line), "%u",
			 lab_read_number(reader, 0, UINT16_MAX));
		return true;
	case 15:
		device->gpio.direction =
			(enum hal_direction)lab_read_number(reader, HAL_INPUT, HAL_BOTH);
		return true;
	case 16:
		device->gpio.active_low = lab_read_flag(reader);
		return true;
	case 17:
		device->gpio.pull =
			(enum hal_pull)lab_read_number(reader, HAL_PULL_UP, HAL_PULL_NONE);
		return true;
	case 18:
		device->gpio.debounce_us = lab_read_number(reader, 0, UINT32_MAX);
		return true;
	case 19:
		device->gpio.safe = (enum hal_safe)(
			lab_read_number(reader, HAL_SAFE_LOW + 1, HAL_SAFE_HOLD + 1) - 1);
		return true;
	default:
		return false;
	}
}

/** What a device is before its own fields are read, once its kind is known. */
static void begin_kind(struct hal_device *device)
{
	if (device->kind == BUS_SPI) {
		device->spi.bits_per_word = 8;
		device->spi.hz = HZ_INITIALLY;
	} else if (device->kind == BUS_GPIO) {
		device->gpio.direction = HAL_INPUT;
		memcpy(device->gpio.line, "0", 2);
	}
}

static bool read_own(struct codec_reader *reader, uint64_t key, struct hal_device *device)
{
	switch (device->kind) {
	case BUS_I2C:
		return read_i2c(reader, key, device);
	case BUS_SPI:
		return read_spi(reader, key, device);
	case BUS_GPIO:
		return read_gpio(reader, key, device);
	default:
		return false;
	}
}

static bool read_common(struct codec_reader *reader, uint64_t key, struct hal_device *device)
{
	switch (key) {
	case 1:
		(void)codec_read_text(reader, device->name, sizeof(device->name));
		return true;
	case 2:
		device->kind = (enum bus_kind)lab_read_number(reader, BUS_I2C, BUS_USB);
		begin_kind(device);
		return true;
	case 3:
		(void)codec_read_text(reader, device->bus, sizeof(device->bus));
		return true;
	case 4:
		device->max_bytes = lab_read_number(reader, 0, UINT32_MAX);
		return true;
	case 5:
		device->timeout_ms = lab_read_number(reader, 0, UINT32_MAX);
		return true;
	case 6:
		(void)codec_read_text(reader, device->chip, sizeof(device->chip));
		return true;
	default:
		return false;
	}
}

void lab_read_device(struct codec_reader *reader, struct hal_device *device)
{
	uint32_t pairs = 0;
	uint64_t key = 0;

	memset(device, 0, sizeof(*device));
	device->simulated = true;
	(void)codec_read_map(reader, LAB_FIELDS_MAX, &pairs);
	for (; pairs > 0 && codec_read_key(reader, &key) == 0; pairs--) {
		if (!read_common(reader, key, device) && !read_own(reader, key, device)) {
			(void)codec_skip(reader);
		}
	}
	if (device->max_bytes > CONFIG_SAMARA_TRANSFER_MAX) {
		device->max_bytes = CONFIG_SAMARA_TRANSFER_MAX;
	}
	if (!reader->error && (device->name[0] == '\0' || device->kind == 0)) {
		reader->error = -EBADMSG;
	}
}
