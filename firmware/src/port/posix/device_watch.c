/* SPDX-License-Identifier: Apache-2.0 */

/* One thread for each watch, which waits in the device's driver as anybody does. */

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "devices.h"
#include "port/port.h"

/* More than all deployments and all handles of guests that run. */
#define WATCHES_MAX 256

/** Guarded by the devices' mutex. */
struct watch {
	struct open_device *device; /* NULL: its thread has ended, or it is free */
	struct bus_operation *wait; /* NULL: free */
	bool (*told)(struct bus_operation *wait);
	int cancel_fd;
	bool is_begun; /* what comes is told */
	bool is_over;  /* nobody is told any more */
};

static struct watch watches[WATCHES_MAX];
static pthread_cond_t begun = PTHREAD_COND_INITIALIZER;

static void on_begun(void *arg)
{
	struct watch *watch = arg;

	pthread_mutex_lock(&device_mutex);
	watch->is_begun = true;
	pthread_cond_broadcast(&begun);
	pthread_mutex_unlock(&device_mutex);
}

/** The mutex is held. @retval false It is over. */
static bool tell(struct watch *watch, const struct bus_operation *answer)
{
	if (watch->is_over) {
		return false;
	}
	if (answer->error == BUS_OK) {
		watch->is_begun = true;
		watch->wait->level = answer->level;
		return watch->told(watch->wait);
	}
	/* Nobody but the end of the device cancels a watch that is not over. */
	if (answer->error == BUS_CANCELLED) {
		device_fail(watch->wait, BUS_NO_DEVICE, "it was closed");
	} else {
		device_fail(watch->wait, answer->error, "%s", answer->detail);
	}
	/* What failed before it began is the answer of port_device_watch(). */
	if (watch->is_begun) {
		(void)watch->told(watch->wait);
	}
	return false;
}

static void *wait_for_events(void *arg)
{
	struct watch *watch = arg;
	const struct device_call call = {watch->cancel_fd, on_begun, watch};
	bool goes_on = true;

	pthread_mutex_lock(&device_mutex);
	struct open_device *device = watch->device;
	uint32_t event = watch->wait->target;

	while (goes_on) {
		struct bus_operation wait = {.op = BUS_WAIT, .target = event};

		pthread_mutex_unlock(&device_mutex);
		device->driver->run(device, &wait, &call);
		pthread_mutex_lock(&device_mutex);
		goes_on = tell(watch, &wait);
	}
	device_leave(device);
	watch->device = NULL;
	if (watch->is_over) {
		close(watch->cancel_fd);
		watch->wait = NULL;
	}
	pthread_cond_broadcast(&begun);
	pthread_mutex_unlock(&device_mutex);
	return NULL;
}

static int start(struct watch *watch)
{
	pthread_attr_t detached;
	pthread_t thread;

	(void)pthread_attr_init(&detached);
	(void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	int error = pthread_create(&thread, &detached, wait_for_events, watch);

	(void)pthread_attr_destroy(&detached);
	return -error;
}

/** The mutex is held. NULL: there are no more, and the reason is in the answer. */
static struct watch *take(int handle, struct bus_operation *wait,
			  bool (*told)(struct bus_operation *wait))
{
	struct watch *watch = watches;

	while (watch < &watches[WATCHES_MAX] && watch->wait) {
		watch++;
	}
	int cancel_fd = watch < &watches[WATCHES_MAX] ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;

	if (cancel_fd < 0) {
		device_fail(wait, BUS_BUSY, "the system has no more watches");
		return NULL;
	}
	struct open_device *device = device_use(handle);

	if (!device) {
		close(cancel_fd);
		device_fail(wait, BUS_NO_DEVICE, "it was closed");
		return NULL;
	}
	*watch = (struct watch){
		.device = device, .wait = wait, .told = told, .cancel_fd = cancel_fd};
	return watch;
}

int port_device_watch(int handle, struct bus_operation *wait,
		      bool (*told)(struct bus_operation *wait))
{
	wait->error = BUS_OK;
	wait->detail[0] = '\0';
	pthread_mutex_lock(&device_mutex);
	struct watch *watch = take(handle, wait, told);

	if (watch && start(watch)) {
		device_fail(wait, BUS_BUSY, "the system has no more threads");
		device_leave(watch->device);
		watch->device = NULL;
	}
	while (watch && watch->device && !watch->is_begun) {
		pthread_cond_wait(&begun, &device_mutex);
	}
	bool is_begun = watch && watch->is_begun;

	if (watch && !is_begun) {
		close(watch->cancel_fd);
		watch->wait = NULL;
	}
	pthread_mutex_unlock(&device_mutex);
	return is_begun ? (int)(watch - watches) : -EIO;
}

static void cancel(const struct watch *watch)
{
	uint64_t one = 1;

	if (write(watch->cancel_fd, &one, sizeof(one)) < 0) {
		/* It was cancelled already. */
	}
}

void port_device_unwatch(int number)
{
	struct watch *watch = &watches[number];

	pthread_mutex_lock(&device_mutex);
	watch->is_over = true;
	if (watch->device) {
		cancel(watch);
	} else {
		close(watch->cancel_fd);
		watch->wait = NULL;
	}
	pthread_mutex_unlock(&device_mutex);
}

void device_watches_cancel(const struct open_device *device)
{
	for (const struct watch *watch = watches; watch < &watches[WATCHES_MAX]; watch++) {
		if (watch->device == device) {
			cancel(watch);
		}
	}
}
