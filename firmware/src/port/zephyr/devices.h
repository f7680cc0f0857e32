/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Drivers behind port_device_*(): Zephyr's, for what devicetree names. */

#ifndef SAMARA_ZEPHYR_DEVICES_H_
#define SAMARA_ZEPHYR_DEVICES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zephyr/drivers/gpio.h>
#include <zephyr/drivers/i2c.h>
#include <zephyr/drivers/spi.h>
#include <zephyr/kernel.h>

#include "hal/bus.h"
#include "hal/profile.h"

/** @brief Where devicetree has it; that of its kind is set. */
struct device_place {
	const struct device *i2c;
	struct spi_dt_spec spi;
	struct gpio_dt_spec gpio;
};

/** @brief One device that is open. Several threads may run operations on it. */
struct open_device {
	const struct hal_device *spec;
	const struct device_place *place;
	uint32_t life; /* part of its handle, so that an old one finds nothing */
	bool is_open;
	bool is_cancelled;    /* what waits, or the next wait, shall end */
	unsigned int users;   /* operations that are under way */
	unsigned int waiting; /* of them those that a cancellation ends */
	bool is_output;	      /* what a line is now */
	bool has_interrupt;
	struct gpio_callback callback;
	atomic_t rises;
	atomic_t falls;
	/* Of an input that bounces: the level that counts, and when the next one may. */
	atomic_t is_high;
	struct k_work_delayable settle;
};

struct device_driver {
	/** @retval 0 @retval -errno As port_device_open(), and `why` in words. */
	int (*open)(struct open_device *device, char *why, size_t size);
	/** Error and detail are BUS_OK and empty when it is called. */
	void (*run)(struct open_device *device, struct bus_operation *operation);
	void (*close)(struct open_device *device);
};

extern const struct device_driver device_i2c;
extern const struct device_driver device_spi;
extern const struct device_driver device_gpio;

/** @brief Guards which devices are open, who uses them, waits and watches. */
extern struct k_mutex device_mutex;
/** @brief Something of that has changed, or an edge came. */
extern struct k_condvar device_changed;

/** @brief Profile of what devicetree names; before agent_run(). */
void devices_init(void);
/** @brief NULL: it was closed. The mutex is held. */
struct open_device *device_find(int handle);
/** @brief What a driver of Zephyr's gives as reason. @retval 0 @retval -errno As
 * port_device_open(). */
int device_ready(const struct device *controller, char *why, size_t size);
/** @brief End an operation with what Zephyr's API means by a number. */
void device_fail_errno(struct bus_operation *operation, int error);

/** @brief Tell edges of an input from now on; the mutex is held. @retval 0 @retval -errno */
int device_gpio_listen(struct open_device *device);
/** @brief Whether an event came since these counts; the mutex is held. */
bool device_gpio_came(struct open_device *device, uint32_t event, atomic_val_t rises,
		      atomic_val_t falls, bool *level);
/** @brief Its watches end with an error; the mutex is held. device_watch.c */
void device_watches_end(const struct open_device *device);
/** @brief Tell watches what came; on a thread. device_watch.c */
void device_watches_look(void);

#endif /* SAMARA_ZEPHYR_DEVICES_H_ */
