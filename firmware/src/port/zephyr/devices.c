/* SPDX-License-Identifier: Apache-2.0 */

/* No devices yet: hello names none, so nobody is granted one. */

#include <errno.h>
#include <stdio.h>

#include "hal/bus.h"
#include "hal/profile.h"
#include "port/port.h"

int port_device_open(const struct hal_device *device, char *why, size_t size)
{
	(void)snprintf(why, size, "%s is not in the devicetree", device->name);
	return -ENODEV;
}

static void refuse(struct bus_operation *operation)
{
	operation->error = BUS_NO_DEVICE;
	operation->detail[0] = '\0';
}

void port_device_run(int handle, struct bus_operation *operation)
{
	refuse(operation);
}

void port_device_cancel(int handle)
{
}

void port_device_close(int handle)
{
}

int port_device_watch(int handle, struct bus_operation *wait,
		      bool (*told)(struct bus_operation *wait))
{
	refuse(wait);
	return -EIO;
}

void port_device_unwatch(int watch)
{
}

bool port_time_is_virtual(void)
{
	return false;
}
