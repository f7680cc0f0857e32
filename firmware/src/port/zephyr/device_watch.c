/* SPDX-License-Identifier: Apache-2.0 */

/* Watches are looked through on the system's work queue, after each edge. */

#include <errno.h>

#include "devices.h"
#include "port/device_fail.h"
#include "port/port.h"

/* All deployments and all handles of guests that run. */
#define WATCHES_MAX (CONFIG_SAMARA_DEPLOYMENTS + CONFIG_SAMARA_SLOTS * CONFIG_SAMARA_HANDLES)

/** Guarded by the devices' mutex. */
struct watch {
	struct open_device *device; /* NULL: nothing more is told */
	struct bus_operation *wait; /* NULL: free */
	bool (*told)(struct bus_operation *wait);
	atomic_val_t rises;
	atomic_val_t falls;
};

static struct watch watches[WATCHES_MAX];

static void count_from_now(struct watch *watch)
{
	watch->rises = atomic_get(&watch->device->rises);
	watch->falls = atomic_get(&watch->device->falls);
}

static void look(struct watch *watch)
{
	if (IS_ENABLED(CONFIG_SAMARA_GPIO) &&
	    device_gpio_came(watch->device, watch->wait->target, watch->rises, watch->falls,
			     &watch->wait->level)) {
		count_from_now(watch);
		if (!watch->told(watch->wait)) {
			watch->device = NULL;
		}
	}
}

void device_watches_look(void)
{
	for (struct watch *watch = watches; watch < &watches[WATCHES_MAX]; watch++) {
		if (watch->device) {
			look(watch);
		}
	}
}

void device_watches_end(const struct open_device *device)
{
	for (struct watch *watch = watches; watch < &watches[WATCHES_MAX]; watch++) {
		if (watch->device == device) {
			watch->device = NULL;
			device_fail(watch->wait, BUS_NO_DEVICE, "it was closed");
			(void)watch->told(watch->wait);
		}
	}
}

static struct watch *take(void)
{
	for (struct watch *watch = watches; watch < &watches[WATCHES_MAX]; watch++) {
		if (!watch->wait) {
			return watch;
		}
	}
	return NULL;
}

/** The mutex is held. @retval NULL The reason is in the answer. */
static struct watch *begin(int handle, struct bus_operation *wait,
			   bool (*told)(struct bus_operation *wait))
{
	struct open_device *device = device_find(handle);
	struct watch *watch = take();

	if (!device) {
		device_fail(wait, BUS_NO_DEVICE, "it was closed");
		return NULL;
	}
	if (!watch) {
		device_fail(wait, BUS_BUSY, "there are no more watches");
		return NULL;
	}
	int error = IS_ENABLED(CONFIG_SAMARA_GPIO) && device->spec->kind == BUS_GPIO
			    ? device_gpio_listen(device)
			    : -ENOTSUP;

	if (error) {
		device_fail_errno(wait, error);
		return NULL;
	}
	*watch = (struct watch){.device = device, .wait = wait, .told = told};
	count_from_now(watch);
	/* A level that is there already. */
	look(watch);
	return watch;
}

int port_device_watch(int handle, struct bus_operation *wait,
		      bool (*told)(struct bus_operation *wait))
{
	wait->error = BUS_OK;
	wait->detail[0] = '\0';
	(void)k_mutex_lock(&device_mutex, K_FOREVER);
	struct watch *watch = begin(handle, wait, told);

	(void)k_mutex_unlock(&device_mutex);
	return watch ? (int)(watch - watches) : -EIO;
}

void port_device_unwatch(int number)
{
	(void)k_mutex_lock(&device_mutex, K_FOREVER);
	watches[number].device = NULL;
	watches[number].wait = NULL;
	(void)k_mutex_unlock(&device_mutex);
}
