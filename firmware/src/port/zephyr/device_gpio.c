/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Edges are counted in the interrupt and told on the system's work queue. A line that is back where
 * it was when the interrupt reads it counts as what it is then. Where the profile has a time of
 * debouncing, an edge begins that time anew, and what the line is when it is over counts, as with
 * Linux.
 */

#include <errno.h>
#include <stdio.h>

#include "devices.h"
#include "port/device_fail.h"
#include "port/port.h"

static void tell(struct k_work *work)
{
	(void)k_mutex_lock(&device_mutex, K_FOREVER);
	(void)k_condvar_broadcast(&device_changed);
	device_watches_look();
	(void)k_mutex_unlock(&device_mutex);
}

static K_WORK_DEFINE(tell_work, tell);

static bool bounces(const struct open_device *device)
{
	return device->spec->gpio.debounce_us > 0 && !device->is_output;
}

static bool read_line(const struct open_device *device)
{
	return gpio_pin_get_dt(&device->place->gpio) > 0;
}

/** What counts. */
static bool is_high(const struct open_device *device)
{
	return bounces(device) ? atomic_get(&device->is_high) != 0 : read_line(device);
}

static void count(struct open_device *device, bool level)
{
	(void)atomic_inc(level ? &device->rises : &device->falls);
	(void)k_work_submit(&tell_work);
}

/** The line has been still for its time. */
static void settled(struct k_work *work)
{
	struct open_device *device =
		CONTAINER_OF(k_work_delayable_from_work(work), struct open_device, settle);
	bool level = read_line(device);

	if ((atomic_set(&device->is_high, level) != 0) != level) {
		count(device, level);
	}
}

static void on_edge(const struct device *port, struct gpio_callback *callback,
		    gpio_port_pins_t pins)
{
	struct open_device *device = CONTAINER_OF(callback, struct open_device, callback);

	if (bounces(device)) {
		(void)k_work_reschedule(&device->settle, K_USEC(device->spec->gpio.debounce_us));
	} else {
		count(device, read_line(device));
	}
}

static int configure(struct open_device *device, gpio_flags_t flags)
{
	int error = gpio_pin_configure_dt(&device->place->gpio, flags);

	if (!error) {
		device->is_output = (flags & GPIO_OUTPUT) != 0;
	}
	return error;
}

static int open_gpio(struct open_device *device, char *why, size_t size)
{
	const struct gpio_dt_spec *line = &device->place->gpio;
	int error = device_ready(line->port, why, size);

	if (error) {
		return error;
	}
	/* An output is taken as it is, or it would move. Its level can be read. */
	error = configure(device, device->spec->gpio.direction == HAL_OUTPUT
					  ? GPIO_OUTPUT | GPIO_INPUT
					  : GPIO_INPUT);
	if (error) {
		(void)snprintf(why, size, "line %u of %s: errno %d", line->pin, line->port->name,
			       -error);
		return -EIO;
	}
	/* From now on, or its first level would be one that nobody has waited for. */
	k_work_init_delayable(&device->settle, settled);
	error = bounces(device) ? device_gpio_listen(device) : 0;
	if (error) {
		(void)snprintf(why, size, "edges of line %u of %s: errno %d", line->pin,
			       line->port->name, -error);
		return -EIO;
	}
	return 0;
}

static void get_level(struct open_device *device, struct bus_operation *operation)
{
	int level = gpio_pin_get_dt(&device->place->gpio);

	if (level < 0) {
		device_fail_errno(operation, level);
	}
	operation->level = bounces(device) ? is_high(device) : level > 0;
}

static void set_level(struct open_device *device, struct bus_operation *operation)
{
	int error;

	if (device->spec->gpio.direction == HAL_INPUT) {
		device_fail(operation, BUS_INVALID, "%s is an input", device->spec->name);
		return;
	}
	if (device->is_output) {
		error = gpio_pin_set_dt(&device->place->gpio, operation->level);
	} else {
		error = configure(device, GPIO_INPUT | (operation->level ? GPIO_OUTPUT_ACTIVE
									 : GPIO_OUTPUT_INACTIVE));
	}
	if (error) {
		device_fail_errno(operation, error);
	}
}

int device_gpio_listen(struct open_device *device)
{
	const struct gpio_dt_spec *line = &device->place->gpio;

	/* A line that was driven is an input again for whoever waits for it. */
	bool was_input = !device->is_output && device->has_interrupt;
	int error = device->is_output ? configure(device, GPIO_INPUT) : 0;

	if (error || was_input) {
		return error;
	}
	(void)atomic_set(&device->is_high, read_line(device));
	if (device->has_interrupt) {
		return 0;
	}
	gpio_init_callback(&device->callback, on_edge, BIT(line->pin));
	error = gpio_add_callback(line->port, &device->callback);
	if (!error) {
		error = gpio_pin_interrupt_configure_dt(line, GPIO_INT_EDGE_BOTH);
	}
	device->has_interrupt = !error;
	return error;
}

bool device_gpio_came(struct open_device *device, uint32_t event, atomic_val_t rises,
		      atomic_val_t falls, bool *level)
{
	bool has_risen = atomic_get(&device->rises) != rises;
	bool has_fallen = atomic_get(&device->falls) != falls;
	bool high = is_high(device);

	*level = high;
	switch (event) {
	case BUS_PIN_HIGH:
		*level = true;
		return high || has_risen;
	case BUS_PIN_LOW:
		*level = false;
		return !high || has_fallen;
	case BUS_PIN_RISING:
		*level = true;
		return has_risen;
	case BUS_PIN_FALLING:
		*level = false;
		return has_fallen;
	default:
		return has_risen || has_fallen;
	}
}

/** The mutex is held. */
static void wait_for(struct open_device *device, struct bus_operation *operation)
{
	uint64_t until_us =
		operation->timeout_ms > 0
			? port_now_us() + (uint64_t)operation->timeout_ms * USEC_PER_MSEC
			: PORT_FOREVER;
	int error = device_gpio_listen(device);
	atomic_val_t rises = atomic_get(&device->rises);
	atomic_val_t falls = atomic_get(&device->falls);

	if (error) {
		device_fail_errno(operation, error);
		return;
	}
	while (!device_gpio_came(device, operation->target, rises, falls, &operation->level)) {
		uint64_t now_us = port_now_us();

		if (device->is_cancelled) {
			device_fail(operation, BUS_CANCELLED, "cancelled");
			return;
		}
		if (now_us >= until_us) {
			device_fail(operation, BUS_TIMEOUT, "no such event in %u ms",
				    operation->timeout_ms);
			return;
		}
		(void)k_condvar_wait(&device_changed, &device_mutex,
				     until_us == PORT_FOREVER ? K_FOREVER
							      : K_USEC(until_us - now_us));
	}
}

static void run_gpio(struct open_device *device, struct bus_operation *operation)
{
	switch (operation->op) {
	case BUS_GET:
		get_level(device, operation);
		return;
	case BUS_SET:
		set_level(device, operation);
		return;
	case BUS_WAIT:
		if (operation->target > BUS_PIN_ANY) {
			device_fail(operation, BUS_INVALID, "event %u is not 0 to %d",
				    operation->target, BUS_PIN_ANY);
		} else if (device->spec->gpio.direction == HAL_OUTPUT) {
			device_fail(operation, BUS_INVALID, "%s is an output", device->spec->name);
		} else {
			(void)k_mutex_lock(&device_mutex, K_FOREVER);
			wait_for(device, operation);
			(void)k_mutex_unlock(&device_mutex);
		}
		return;
	default:
		device_unknown(operation, "gpio");
	}
}

/** An output keeps its level. */
static void close_gpio(struct open_device *device)
{
	const struct gpio_dt_spec *line = &device->place->gpio;

	if (device->has_interrupt) {
		(void)gpio_pin_interrupt_configure_dt(line, GPIO_INT_DISABLE);
		(void)gpio_remove_callback(line->port, &device->callback);
		device->has_interrupt = false;
	}
	struct k_work_sync sync;

	(void)k_work_cancel_delayable_sync(&device->settle, &sync);
}

const struct device_driver device_gpio = {open_gpio, run_gpio, close_gpio};
