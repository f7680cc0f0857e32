/* SPDX-License-Identifier: Apache-2.0 */

/* Drivers that answer at once: what is left is the way to them. */

#include <errno.h>

#include "bench/board.h"
#include "port/port.h"

static const struct hal_device devices[] = {
	{.name = "line1-temp",
	 .kind = BUS_I2C,
	 .bus = "i2c-1",
	 .max_bytes = 4096,
	 .timeout_ms = 1000,
	 .i2c = {.addresses = {0x76}, .addresses_count = 1}},
	{.name = "motor-1",
	 .kind = BUS_GPIO,
	 .bus = "gpio-0",
	 .max_bytes = 4096,
	 .timeout_ms = 1000,
	 .gpio = {.line = "17", .direction = HAL_OUTPUT, .safe = HAL_SAFE_HOLD}},
};

int hardware_open(const char *lab, const struct hal_device **found, size_t *count)
{
	(void)lab;
	*found = devices;
	*count = sizeof(devices) / sizeof(devices[0]);
	return 0;
}

int port_device_open(const struct hal_device *device, char *why, size_t size)
{
	(void)why;
	(void)size;
	return (int)(device - devices);
}

void port_device_run(int handle, struct bus_operation *operation)
{
	(void)handle;
	operation->error = BUS_OK;
}

void port_device_cancel(int handle)
{
	(void)handle;
}

void port_device_close(int handle)
{
	(void)handle;
}

int port_device_watch(int handle, struct bus_operation *wait,
		      bool (*told)(struct bus_operation *wait))
{
	(void)handle;
	(void)told;
	/* Nothing of what is measured waits for a pin. */
	wait->error = BUS_UNSUPPORTED;
	return -EIO;
}

void port_device_unwatch(int number)
{
	(void)number;
}

bool port_time_is_virtual(void)
{
	/* Waits are operations then, and take no time. */
	return true;
}
