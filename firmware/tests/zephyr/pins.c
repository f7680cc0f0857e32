/* SPDX-License-Identifier: Apache-2.0 */

/* What is on single lines of an emulated port, as devicetree says: buttons, relays and lamps. */

#include <string.h>

#include <zephyr/drivers/gpio.h>
#include <zephyr/drivers/gpio/gpio_emul.h>
#include <zephyr/kernel.h>

#include "cell.h"

/** Set from outside, or told by whoever drives it. */
struct pin {
	struct gpio_dt_spec line;
	atomic_t is_pressed;
	struct gpio_callback callback;
};

static const struct cell_property pressed[] = {{.name = "pressed", .max = 1, .is_flag = true}};
static const struct cell_property closed[] = {
	{.name = "closed", .max = 1, .is_flag = true, .is_read_only = true}};
static const struct cell_property lit[] = {
	{.name = "lit", .max = 1, .is_flag = true, .is_read_only = true}};

#define PIN(node) {.line = GPIO_DT_SPEC_GET(node, gpios)},

static struct pin pins[] = {DT_FOREACH_STATUS_OKAY(samara_gpio_device, PIN)};

static bool is_active_low(const struct pin *pin)
{
	return (pin->line.dt_flags & GPIO_ACTIVE_LOW) != 0;
}

/** Pressed, it gives its line the level that is active. */
static void drive(struct pin *pin)
{
	bool level = (atomic_get(&pin->is_pressed) != 0) != is_active_low(pin);

	if (gpio_pin_get_raw(pin->line.port, pin->line.pin) != level) {
		(void)gpio_emul_input_set(pin->line.port, pin->line.pin, level);
	}
}

static int64_t get(const struct cell_part *part, size_t property)
{
	struct pin *pin = &pins[part->number];

	if (part->set) {
		return atomic_get(&pin->is_pressed);
	}
	return (gpio_emul_output_get(pin->line.port, pin->line.pin) > 0) != is_active_low(pin);
}

static void set_pressed(const struct cell_part *part, size_t property, int64_t value)
{
	(void)atomic_set(&pins[part->number].is_pressed, (atomic_val_t)value);
	drive(&pins[part->number]);
}

#define PART(node)                                                                                 \
	{                                                                                          \
		.name = DT_NODE_FULL_NAME(node),                                                   \
		.chip = DT_PROP(node, chip),                                                       \
		.properties_count = 1,                                                             \
		.get = get,                                                                        \
	},

static struct cell_part parts[] = {DT_FOREACH_STATUS_OKAY(samara_gpio_device, PART)};

const struct cell_part *cell_pin(size_t number)
{
	return number < ARRAY_SIZE(parts) ? &parts[number] : NULL;
}

/** An agent that opens the line of a button turns on its pull, which moves an emulated line that
 * nobody holds. */
static void hold(const struct device *port, struct gpio_callback *callback, gpio_port_pins_t mask)
{
	drive(CONTAINER_OF(callback, struct pin, callback));
}

static void begin_one(size_t number)
{
	struct cell_part *part = &parts[number];
	struct pin *pin = &pins[number];

	part->number = number;
	part->properties = strcmp(part->chip, "button") == 0  ? pressed
			   : strcmp(part->chip, "relay") == 0 ? closed
							      : lit;
	if (part->properties != pressed) {
		return;
	}
	part->set = set_pressed;
	(void)gpio_pin_configure_dt(&pin->line, GPIO_INPUT);
	drive(pin);
	gpio_init_callback(&pin->callback, hold, BIT(pin->line.pin));
	(void)gpio_add_callback(pin->line.port, &pin->callback);
}

static int begin(void)
{
	for (size_t number = 0; number < ARRAY_SIZE(parts); number++) {
		begin_one(number);
	}
	return 0;
}

SYS_INIT(begin, APPLICATION, 90);
