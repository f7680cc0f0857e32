/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "hal/profile.h"

static const struct hal_device *devices;
static size_t devices_count;

void hal_profile_set(const struct hal_device *given, size_t count)
{
	devices = given;
	devices_count = count;
}

const struct hal_device *hal_profile(size_t *count)
{
	*count = devices_count;
	return devices;
}

const struct hal_device *hal_profile_find(const char *name, size_t len)
{
	for (size_t index = 0; index < devices_count; index++) {
		if (strlen(devices[index].name) == len &&
		    memcmp(devices[index].name, name, len) == 0) {
			return &devices[index];
		}
	}
	return NULL;
}

size_t hal_place(const struct hal_device *device, size_t index, char place[HAL_PLACE_MAX + 1])
{
	char text[HAL_PLACE_MAX + HAL_NAME_MAX + 16];
	const char *where = device->simulated ? "lab/" : "";
	int len;

	if (device->kind == BUS_I2C) {
		uint16_t address = device->i2c.addresses[index];

		len = snprintf(text, sizeof(text), "%s%s@0x%x%s", where, device->bus, address,
			       device->i2c.ten_bit && address <= 0x7f ? "/10" : "");
	} else if (device->kind == BUS_GPIO) {
		len = snprintf(text, sizeof(text), "%s%s#%s", where, device->bus,
			       device->gpio.line);
	} else {
		len = snprintf(text, sizeof(text), "%s%s", where, device->bus);
	}
	/* What tells two places apart is at the end. */
	size_t cut = len > HAL_PLACE_MAX ? (size_t)len - HAL_PLACE_MAX : 0;

	memcpy(place, text + cut, (size_t)len - cut + 1);
	return (size_t)len - cut;
}
