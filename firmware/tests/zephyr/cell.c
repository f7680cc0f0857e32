/* SPDX-License-Identifier: Apache-2.0 */

/* Which parts there are; and those on single lines: a button, and a relay that says when it moves,
 * and a lamp. */

#include <zephyr/drivers/gpio.h>
#include <zephyr/drivers/gpio/gpio_emul.h>
#include <zephyr/kernel.h>

#include "cell.h"
#include "port/port.h"

#define LISTEN_MS 10

static const struct gpio_dt_spec button = GPIO_DT_SPEC_GET(DT_PATH(estop), gpios);
static const struct gpio_dt_spec relay = GPIO_DT_SPEC_GET(DT_PATH(motor_1), gpios);
static const struct gpio_dt_spec lamp = GPIO_DT_SPEC_GET(DT_PATH(lamp), gpios);

static const struct cell_property pressed[] = {{.name = "pressed", .max = 1, .is_flag = true}};
static const struct cell_property closed[] = {
	{.name = "closed", .max = 1, .is_flag = true, .is_read_only = true}};
static const struct cell_property lit[] = {
	{.name = "lit", .max = 1, .is_flag = true, .is_read_only = true}};

static atomic_t is_pressed;

static int64_t get_pressed(const struct cell_part *part, size_t property)
{
	return atomic_get(&is_pressed);
}

/** Pressed, it connects its line to ground. */
static void set_pressed(const struct cell_part *part, size_t property, int64_t value)
{
	(void)atomic_set(&is_pressed, (atomic_val_t)value);
	(void)gpio_emul_input_set(part->line->port, part->line->pin, value == 0);
}

static int64_t get_driven(const struct cell_part *part, size_t property)
{
	return gpio_emul_output_get(part->line->port, part->line->pin) > 0;
}

const struct cell_part cell_button = {"estop",	   "button",	pressed, 1,
				      get_pressed, set_pressed, &button};
const struct cell_part cell_relay = {"motor-1", "relay", closed, 1, get_driven, NULL, &relay};
const struct cell_part cell_lamp = {"lamp", "led", lit, 1, get_driven, NULL, &lamp};

const struct cell_part *const cell_parts[] = {
	&cell_bme280, &cell_lis2dw12, &cell_button, &cell_relay, &cell_lamp, NULL,
};

/** An agent that opens the line turns on its pull, which moves an emulated line that nobody holds.
 */
static void hold(const struct device *port, struct gpio_callback *callback, gpio_port_pins_t pins)
{
	if (gpio_pin_get_raw(port, button.pin) == atomic_get(&is_pressed)) {
		(void)gpio_emul_input_set(port, button.pin, !atomic_get(&is_pressed));
	}
}

static void move(const struct device *port, struct gpio_callback *callback, gpio_port_pins_t pins)
{
	port_log(PORT_LOG_INF, "cell", "%s is %s", cell_relay.name,
		 get_driven(&cell_relay, 0) ? "closed" : "open");
}

/** Whoever drives it has made it an output by now, which forgets who listens. */
static void listen(struct k_timer *timer)
{
	static struct gpio_callback callback;

	gpio_init_callback(&callback, move, BIT(relay.pin));
	(void)gpio_add_callback(relay.port, &callback);
	(void)gpio_pin_interrupt_configure_dt(&relay, GPIO_INT_EDGE_BOTH);
}

static K_TIMER_DEFINE(ear, listen, NULL);

static int begin(void)
{
	static struct gpio_callback held;

	gpio_init_callback(&held, hold, BIT(button.pin));
	(void)gpio_add_callback(button.port, &held);
	(void)gpio_pin_configure_dt(&button, GPIO_INPUT);
	set_pressed(&cell_button, 0, false);
	k_timer_start(&ear, K_MSEC(LISTEN_MS), K_NO_WAIT);
	return 0;
}

SYS_INIT(begin, APPLICATION, 90);
