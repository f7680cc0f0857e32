/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "devices.h"
#include "linux_errno.h"
#include "port/port.h"

#define SLOT_BITS 6
#define LIFE_MASK 0xffffffu
_Static_assert(DEVICES_OPEN_MAX == 1 << SLOT_BITS, "a slot is part of a handle");

static struct open_device devices[DEVICES_OPEN_MAX];
static pthread_cond_t unused = PTHREAD_COND_INITIALIZER;
pthread_mutex_t device_mutex = PTHREAD_MUTEX_INITIALIZER;

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

/** A handle is a slot and the life of its device: what was closed is not found again under
 * another's name. */
static int handle_of(const struct open_device *device)
{
	return (int)(device->life << SLOT_BITS | (uint32_t)(device - devices));
}

/** The mutex is held. */
static struct open_device *find(int handle)
{
	struct open_device *device = &devices[handle & (DEVICES_OPEN_MAX - 1)];

	return handle >= 0 && device->is_open && handle_of(device) == handle ? device : NULL;
}

static struct open_device *take_slot(const struct hal_device *spec)
{
	struct open_device *taken = NULL;

	pthread_mutex_lock(&device_mutex);
	for (struct open_device *device = devices; device < &devices[DEVICES_OPEN_MAX] && !taken;
	     device++) {
		if (!device->spec) {
			uint32_t life = (device->life + 1) & LIFE_MASK;

			*device = (struct open_device){.spec = spec,
						       .driver = driver_of(spec),
						       .life = life,
						       .fd = -1,
						       .cancel_fd = -1};
			taken = device;
		}
	}
	pthread_mutex_unlock(&device_mutex);
	return taken;
}

static void give_slot(struct open_device *device)
{
	pthread_mutex_lock(&device_mutex);
	if (device->cancel_fd >= 0) {
		close(device->cancel_fd);
	}
	device->cancel_fd = -1;
	device->spec = NULL;
	pthread_mutex_unlock(&device_mutex);
}

int port_device_open(const struct hal_device *spec, char *why, size_t size)
{
	struct open_device *device = take_slot(spec);
	int error = -EIO;

	if (!device) {
		snprintf(why, size, "%d devices are open", DEVICES_OPEN_MAX);
		return -EBUSY;
	}
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
	pthread_mutex_lock(&device_mutex);
	device->is_open = true;
	pthread_mutex_unlock(&device_mutex);
	return handle_of(device);
}

/** The mutex is held. */
static void forget_cancel(const struct open_device *device)
{
	uint64_t count;

	while (read(device->cancel_fd, &count, sizeof(count)) > 0) {
	}
}

/** The mutex is held. */
static void cancel(const struct open_device *device)
{
	uint64_t one = 1;

	if (write(device->cancel_fd, &one, sizeof(one)) < 0) {
		/* It was cancelled often enough already. */
	}
}

struct open_device *device_use(int handle)
{
	struct open_device *device = find(handle);

	if (device) {
		device->users++;
	}
	return device;
}

void device_leave(struct open_device *device)
{
	device->users--;
	if (device->users == 0) {
		pthread_cond_broadcast(&unused);
	}
}

static struct open_device *begin(int handle, bool is_wait)
{
	pthread_mutex_lock(&device_mutex);
	struct open_device *device = device_use(handle);

	if (device) {
		/* One that came just before a wait must end it: nobody would send another. */
		if (!is_wait && device->waiting == 0) {
			forget_cancel(device);
		}
		device->waiting += is_wait;
	}
	pthread_mutex_unlock(&device_mutex);
	return device;
}

static void finish(struct open_device *device, bool is_wait)
{
	pthread_mutex_lock(&device_mutex);
	device->waiting -= is_wait;
	/* All who wait have heard of it. */
	if (device->waiting == 0) {
		forget_cancel(device);
	}
	device_leave(device);
	pthread_mutex_unlock(&device_mutex);
}

void port_device_run(int handle, struct bus_operation *operation)
{
	bool is_wait = operation->op == BUS_WAIT;
	struct open_device *device = begin(handle, is_wait);

	operation->error = BUS_OK;
	operation->detail[0] = '\0';
	if (!device) {
		device_fail(operation, BUS_NO_DEVICE, "it was closed");
		return;
	}
	const struct device_call call = {.cancel_fd = device->cancel_fd};

	device->driver->run(device, operation, &call);
	finish(device, is_wait);
}

void port_device_cancel(int handle)
{
	pthread_mutex_lock(&device_mutex);
	struct open_device *device = find(handle);

	if (device) {
		cancel(device);
	}
	pthread_mutex_unlock(&device_mutex);
}

void port_device_close(int handle)
{
	pthread_mutex_lock(&device_mutex);
	struct open_device *device = find(handle);

	if (device) {
		device->is_open = false;
		cancel(device);
		device_watches_cancel(device);
		while (device->users > 0) {
			pthread_cond_wait(&unused, &device_mutex);
		}
	}
	pthread_mutex_unlock(&device_mutex);
	if (device) {
		device->driver->close(device);
		give_slot(device);
	}
}
