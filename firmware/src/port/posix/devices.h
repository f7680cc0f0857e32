/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Drivers behind port_device_*(): the kernel's interfaces, and a lab. */

#ifndef SAMARA_POSIX_DEVICES_H_
#define SAMARA_POSIX_DEVICES_H_

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/bus.h"
#include "hal/profile.h"
#include "port/device_fail.h"

#define DEVICES_OPEN_MAX 64

/* hal_device.port_data of a line that the profile names: `line: "5"` is a name, `line: 5` a number.
 */
#define DEVICE_LINE_IS_NAME 1u

struct gpio_wait;
struct i2c_adapter;

/** @brief One device that is open; `fd` and below are its driver's. Several threads may run
 * operations on it. */
struct open_device {
	const struct hal_device *spec;
	const struct device_driver *driver;
	uint32_t life; /* part of its handle, so that an old one finds nothing */
	bool is_open;
	unsigned int users;   /* operations that are under way */
	unsigned int waiting; /* of them those that a cancellation ends */
	int cancel_fd; /* readable: what port_device_run() does, or the next wait, shall end */
	int fd;
	uint32_t number;	     /* at the lab; spidev's limit */
	uint32_t connection;	     /* to the lab, for which the number holds */
	struct gpio_wait *waits;     /* for a line */
	bool reads_edges;	     /* one of them reads */
	uint64_t line_flags;	     /* what a line is now */
	struct i2c_adapter *adapter; /* shared by the devices of one controller */
};

/** @brief What is around one operation. */
struct device_call {
	int cancel_fd; /* readable: it shall end */
	/** It is a wait, and misses nothing from now on; NULL: nobody asks. */
	void (*begun)(void *arg);
	void *arg;
};

struct device_driver {
	/** @retval 0 @retval -errno As port_device_open(), and `why` in words. */
	int (*open)(struct open_device *device, char *why, size_t size);
	/** Error and detail are BUS_OK and empty when it is called. */
	void (*run)(struct open_device *device, struct bus_operation *operation,
		    const struct device_call *call);
	void (*close)(struct open_device *device);
};

extern const struct device_driver device_linux_i2c;
extern const struct device_driver device_linux_spi;
extern const struct device_driver device_linux_gpio;
extern const struct device_driver device_lab;

/** @brief Open a controller's file. @retval >=0 Descriptor. @retval -errno As port_device_open(),
 * and `why`. */
int device_file_open(const char *path, char *why, size_t size);

/** @brief Guards which devices are open, who uses them, a cancellation against the end of its
 * device, and watches. It is held by those who call what follows. */
extern pthread_mutex_t device_mutex;

/** @brief One user more: it is not closed meanwhile. NULL: it was closed. */
struct open_device *device_use(int handle);
void device_leave(struct open_device *device);
/** @brief Make its watches end, for it is closed. device_watch.c */
void device_watches_cancel(const struct open_device *device);

#endif /* SAMARA_POSIX_DEVICES_H_ */
