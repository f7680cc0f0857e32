/* SPDX-License-Identifier: Apache-2.0 */

/*
 * An edge is read once and by one thread: the first that waits for a line reads for all who do,
 * tells each, and wakes another one when its own wait is over.
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <linux/gpio.h>

#include "base.h"
#include "linux_errno.h"
#include "linux_gpio.h"
#include "port/port.h"

/* As many as the kernel keeps for one line. */
#define EVENTS_MAX 16

struct gpio_wait {
	struct gpio_wait *next;
	struct bus_operation *operation;
	const struct device_call *call;
	uint64_t until_us;
	int wake_fd; /* -1: it never had to be woken */
	bool is_over;
};

/* Guards the waits of all lines; nobody sleeps with it. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void wake(const struct gpio_wait *wait)
{
	uint64_t one = 1;

	if (wait->wake_fd >= 0 && write(wait->wake_fd, &one, sizeof(one)) < 0) {
		/* It is awake already. */
	}
}

static bool fits(uint32_t event, bool rising)
{
	switch (event) {
	case BUS_PIN_HIGH:
	case BUS_PIN_RISING:
		return rising;
	case BUS_PIN_LOW:
	case BUS_PIN_FALLING:
		return !rising;
	default:
		return true;
	}
}

static void end(struct gpio_wait *wait)
{
	wait->is_over = true;
	wake(wait);
}

static void tell_all(const struct open_device *device, bool rising)
{
	for (struct gpio_wait *wait = device->waits; wait; wait = wait->next) {
		if (!wait->is_over && fits(wait->operation->target, rising)) {
			wait->operation->level = rising;
			end(wait);
		}
	}
}

static void fail_all(const struct open_device *device, int error)
{
	char name[24];

	for (struct gpio_wait *wait = device->waits; wait; wait = wait->next) {
		if (!wait->is_over) {
			device_fail(wait->operation, BUS_NO_DEVICE,
				    "%s: the line cannot be read any more",
				    linux_errno_name(error, name, sizeof(name)));
			end(wait);
		}
	}
}

/** Edges that wait to be read, to whoever waits for them. @retval 0 @retval -errno The line is
 * gone. */
static int read_edges(const struct open_device *device)
{
	struct gpio_v2_line_event events[EVENTS_MAX];
	struct pollfd file = {.fd = device->fd, .events = POLLIN};

	while (poll(&file, 1, 0) > 0) {
		ssize_t len = read(device->fd, events, sizeof(events));

		if (len <= 0) {
			int error = len < 0 ? errno : ENODEV;

			fail_all(device, error);
			return -error;
		}
		for (size_t index = 0; index < (size_t)len / sizeof(*events); index++) {
			tell_all(device, events[index].id == GPIO_V2_LINE_EVENT_RISING_EDGE);
		}
	}
	return 0;
}

/** @retval true It is over before it began. */
static bool begin(struct open_device *device, struct bus_operation *operation)
{
	bool wants_level = operation->target <= BUS_PIN_LOW;
	bool level = false;
	int error = 0;

	/* Switched on by the first wait: a line without interrupts can still be read. */
	if ((device->line_flags & LINUX_GPIO_EDGES) == 0) {
		error = linux_gpio_configure(device, GPIO_V2_LINE_FLAG_INPUT | LINUX_GPIO_EDGES,
					     false);
		if (error) {
			linux_errno_fail(operation, LINUX_EDGES, -error);
			return true;
		}
	}
	error = read_edges(device);
	if (!error && wants_level) {
		error = linux_gpio_level(device->fd, &level);
	}
	if (error) {
		linux_errno_fail(operation, LINUX_GPIO, -error);
		return true;
	}
	operation->level = level;
	return wants_level && level == (operation->target == BUS_PIN_HIGH);
}

/** The mutex is held, but not while it sleeps. */
static void sleep_once(struct open_device *device, struct gpio_wait *wait)
{
	bool leads = !device->reads_edges;
	struct pollfd files[] = {{.events = POLLIN},
				 {.fd = wait->call->cancel_fd, .events = POLLIN}};
	uint64_t count;

	if (!leads && wait->wake_fd < 0) {
		wait->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	}
	files[0].fd = leads ? device->fd : wait->wake_fd;
	device->reads_edges = true;
	pthread_mutex_unlock(&mutex);
	int ready =
		poll(files, 2, wait->until_us == PORT_FOREVER ? -1 : posix_poll_ms(wait->until_us));

	pthread_mutex_lock(&mutex);
	if (leads) {
		device->reads_edges = false;
		(void)read_edges(device);
	} else if (read(wait->wake_fd, &count, sizeof(count)) < 0) {
		/* It was not that. */
	}
	if (wait->is_over) {
		return;
	}
	if (ready > 0 && files[1].revents) {
		device_fail(wait->operation, BUS_CANCELLED, "its task ended");
		wait->is_over = true;
	} else if (port_now_us() >= wait->until_us) {
		device_fail(wait->operation, BUS_TIMEOUT, "nothing came within %u ms",
			    wait->operation->timeout_ms);
		wait->is_over = true;
	}
}

static void leave(struct open_device *device, const struct gpio_wait *wait)
{
	struct gpio_wait **at = &device->waits;

	while (*at != wait) {
		at = &(*at)->next;
	}
	*at = wait->next;
	/* Another one reads from now on. */
	for (struct gpio_wait *next = device->waits; next && !device->reads_edges;
	     next = next->next) {
		if (!next->is_over) {
			wake(next);
			break;
		}
	}
	if (wait->wake_fd >= 0) {
		close(wait->wake_fd);
	}
}

void linux_gpio_wait(struct open_device *device, struct bus_operation *operation,
		     const struct device_call *call)
{
	struct gpio_wait wait = {.operation = operation,
				 .call = call,
				 .until_us = operation->timeout_ms == 0
						     ? PORT_FOREVER
						     : port_now_us() + operation->timeout_ms *
									       UINT64_C(1000),
				 .wake_fd = -1};

	pthread_mutex_lock(&mutex);
	if (!begin(device, operation)) {
		wait.next = device->waits;
		device->waits = &wait;
		if (call->begun) {
			call->begun(call->arg);
		}
		while (!wait.is_over) {
			sleep_once(device, &wait);
		}
		leave(device, &wait);
	}
	pthread_mutex_unlock(&mutex);
}
