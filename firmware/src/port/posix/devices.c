/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "codec/error.h"
#include "devices.h"
#include "linux_errno.h"
#include "port/port.h"

static struct open_device devices[DEVICES_OPEN_MAX];
/* Guards which slots are taken, and a cancellation against the end of its device. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void device_fail(struct bus_operation *operation, enum bus_error error, const char *format, ...)
{
	va_list args;

	operation->error = error;
	va_start(args, format);
	(void)vsnprintf(operation->detail, sizeof(operation->detail), format, args);
	va_end(args);
	codec_cut(operation->detail, sizeof(operation->detail));
}

void device_unknown(struct bus_operation *operation, const char *bus)
{
	static const char *const words[] = {
		"nothing",   "transfer", "get",	      "set",	   "wait",  "describe",
		"control",   "bulk",	 "interrupt", "claim",	   "release", "alternate",
		"configure", "clear-halt", "reset",   "delay",
	};
	unsigned int op = operation->op < sizeof(words) / sizeof(*words) ? operation->op : 0;

	device_fail(operation, BUS_INVALID, "%s knows no %s", bus, words[op]);
}

int device_file_open(const char *path, char *why, size_t size)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char name[24];

	if (fd >= 0) {
		return fd;
	}
	int error = errno;

	snprintf(why, size, "%s cannot be opened: %s", path,
		 linux_errno_name(error, name, sizeof(name)));
	return linux_errno_open(error);
}

static const struct device_driver *driver_of(const struct hal_device *spec)
{
	if (spec->simulated) {
		return &device_lab;
	}
	switch (spec->kind) {
	case BUS_I2C:
		return &device_linux_i2c;
	case BUS_SPI:
		return &device_linux_spi;
	case BUS_GPIO:
		return &device_linux_gpio;
	default:
		return NULL;
	}
}

static int take_slot(const struct hal_device *spec)
{
	int slot = -EBUSY;

	pthread_mutex_lock(&mutex);
	for (int index = 0; index < DEVICES_OPEN_MAX; index++) {
		if (!devices[index].spec) {
			devices[index] = (struct open_device){
				.spec = spec, .driver = driver_of(spec), .fd = -1, .cancel_fd = -1};
			slot = index;
			break;
		}
	}
	pthread_mutex_unlock(&mutex);
	return slot;
}

static void give_slot(struct open_device *device)
{
	pthread_mutex_lock(&mutex);
	if (device->cancel_fd >= 0) {
		close(device->cancel_fd);
	}
	device->cancel_fd = -1;
	device->spec = NULL;
	pthread_mutex_unlock(&mutex);
}

int port_device_open(const struct hal_device *spec, char *why, size_t size)
{
	int slot = take_slot(spec);
	int error = -EIO;

	snprintf(why, size, "%d devices are open", DEVICES_OPEN_MAX);
	if (slot < 0) {
		return slot;
	}
	struct open_device *device = &devices[slot];

	device->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (device->cancel_fd < 0) {
		snprintf(why, size, "the system has no more descriptors");
	} else if (!device->driver) {
		snprintf(why, size, "there is no driver for its kind");
		error = -ENOENT;
	} else {
		why[0] = '\0';
		error = device->driver->open(device, why, size);
	}
	if (error) {
		give_slot(device);
		return error;
	}
	return slot;
}

static void forget_cancel(const struct open_device *device)
{
	uint64_t count;

	while (read(device->cancel_fd, &count, sizeof(count)) > 0) {
	}
}

void port_device_run(int handle, struct bus_operation *operation)
{
	struct open_device *device = &devices[handle];

	operation->error = BUS_OK;
	operation->detail[0] = '\0';
	/* One that came just before a wait must end it: nobody would send another. */
	if (operation->op != BUS_WAIT) {
		forget_cancel(device);
	}
	device->driver->run(device, operation);
	forget_cancel(device);
}

void port_device_cancel(int handle)
{
	uint64_t one = 1;

	pthread_mutex_lock(&mutex);
	if (devices[handle].cancel_fd >= 0 &&
	    write(devices[handle].cancel_fd, &one, sizeof(one)) < 0) {
		/* It was cancelled often enough already. */
	}
	pthread_mutex_unlock(&mutex);
}

void port_device_close(int handle)
{
	devices[handle].driver->close(&devices[handle]);
	give_slot(&devices[handle]);
}
