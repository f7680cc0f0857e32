/* SPDX-License-Identifier: Apache-2.0 */

/* Edges come on a thread of the port's, and are told on the agent's. Twin of proplet/hal/watches.ts
 * and of what proplet/hal/device-session.ts says of them. */

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "agent/loop.h"
#include "hal/operate.h"
#include "hal/session.h"
#include "port/port.h"

/** Of the pool. What was posted cannot be taken back: it is freed on the loop, after that. */
struct hal_watching {
	struct bus_operation wait; /* the port's until unwatch */
	struct loop_work work;
	struct hal_watch *watch; /* NULL: it is over */
	void (*on_edge)(struct hal_watch *watch);
	void (*on_lost)(struct hal_watch *watch, const struct codec_error *error);
	const struct hal_device *device;
	int handle;
	int number;
	bool has_edge;
	bool is_lost;
};

/* Guards has_edge and is_lost. */
static struct port_mutex mutex;

void hal_watch_init(void)
{
	port_mutex_init(&mutex);
}

static int fail(struct codec_error *error, enum codec_error_code code, const char *device,
		const char *why)
{
	codec_error_set(error, code, "device %s: %s", device, why);
	return -EINVAL;
}

static void tell(void *arg);

static void end(struct hal_watching *watching)
{
	port_device_unwatch(watching->number);
	watching->watch->watching = NULL;
	watching->watch = NULL;
	loop_post(&watching->work, tell, watching);
}

/** Why it cannot be waited for; what is gone is opened again by whoever wants it next. */
static int unavailable(const struct hal_watching *watching, struct codec_error *error)
{
	const struct bus_operation *wait = &watching->wait;

	if (wait->error == BUS_NO_DEVICE) {
		hal_device_give_up(watching->device, watching->handle);
	}
	return fail(error, CODEC_UNAVAILABLE, watching->device->name,
		    wait->detail[0] ? wait->detail : bus_error_words[wait->error]);
}

static void tell(void *arg)
{
	struct hal_watching *watching = arg;
	struct hal_watch *watch = watching->watch;
	struct codec_error error;

	if (!watch) {
		runtime_free(watching);
		return;
	}
	port_mutex_lock(&mutex);
	bool has_edge = watching->has_edge;
	bool is_lost = watching->is_lost;

	watching->has_edge = false;
	port_mutex_unlock(&mutex);
	if (has_edge) {
		watching->on_edge(watch);
	}
	/* Its owner may have ended it just now. */
	if (is_lost && watching->watch) {
		end(watching);
		(void)unavailable(watching, &error);
		watching->on_lost(watch, &error);
	}
}

/** A thread of the port's. */
static bool on_event(struct bus_operation *wait)
{
	struct hal_watching *watching = (struct hal_watching *)wait;

	port_mutex_lock(&mutex);
	if (wait->error == BUS_OK) {
		watching->has_edge = true;
	} else {
		watching->is_lost = true;
	}
	port_mutex_unlock(&mutex);
	loop_post(&watching->work, tell, watching);
	return true;
}

/** An input of the session whose edges may be read. NULL: error is filled in. */
static const struct hal_device *watchable(struct hal_session *session, const char *name,
					  struct codec_error *error)
{
	const struct hal_grant *grant = hal_session_find(session, name, strlen(name));
	const struct hal_device *device = grant ? grant->device : NULL;

	if (!device || device->kind != BUS_GPIO || device->gpio.direction != HAL_INPUT) {
		(void)fail(error, CODEC_PERMISSION_DENIED, name,
			   "it is no input that was granted, so it has no edges");
		return NULL;
	}
	if (!hal_may_read(grant)) {
		(void)fail(error, CODEC_PERMISSION_DENIED, name,
			   "it was granted for writing, edges are read");
		return NULL;
	}
	return device;
}

int hal_watch_begin(struct hal_watch *watch, struct hal_session *session, const char *name,
		    enum bus_pin_event event, void (*on_edge)(struct hal_watch *watch),
		    void (*on_lost)(struct hal_watch *watch, const struct codec_error *error),
		    struct codec_error *error)
{
	const struct hal_device *device = watchable(session, name, error);

	if (!device) {
		return -EINVAL;
	}
	struct hal_watching *watching = runtime_alloc(sizeof(*watching));

	if (!watching) {
		return fail(error, CODEC_UNAVAILABLE, name, "the pool is full");
	}
	*watching = (struct hal_watching){
		.wait = {.op = BUS_WAIT, .target = event},
		.watch = watch,
		.on_edge = on_edge,
		.on_lost = on_lost,
		.device = device,
	};
	watching->handle =
		hal_device_open(device, watching->wait.detail, sizeof(watching->wait.detail));
	watching->number = watching->handle < 0
				   ? watching->handle
				   : port_device_watch(watching->handle, &watching->wait, on_event);
	if (watching->number < 0) {
		(void)unavailable(watching, error);
		runtime_free(watching);
		return -EINVAL;
	}
	watch->watching = watching;
	return 0;
}

void hal_watch_end(struct hal_watch *watch)
{
	if (watch->watching) {
		end(watch->watching);
	}
}
