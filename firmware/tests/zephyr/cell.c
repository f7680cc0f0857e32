/* SPDX-License-Identifier: Apache-2.0 */

/* The cell of examples/lab: what is on its buses, and a relay that says when it moves. */

#include <zephyr/drivers/gpio.h>
#include <zephyr/drivers/gpio/gpio_emul.h>
#include <zephyr/kernel.h>

#include "cell.h"
#include "port/port.h"

static const struct gpio_dt_spec relay = GPIO_DT_SPEC_GET(DT_PATH(motor_1), gpios);

const struct cell_part *const cell_parts[] = {&cell_bme280, &cell_lis2dw12, NULL};

/** Whoever opens the line configures it, which is told too, and forgets who listens. */
static void move(const struct device *port, struct gpio_callback *callback, gpio_port_pins_t pins)
{
	static bool was_closed;
	bool is_closed = gpio_emul_output_get(relay.port, relay.pin) > 0;

	(void)gpio_pin_interrupt_configure_dt(&relay, GPIO_INT_EDGE_BOTH);
	if (is_closed != was_closed) {
		port_log(PORT_LOG_INF, "cell", "motor-1 is %s", is_closed ? "closed" : "open");
	}
	was_closed = is_closed;
}

static int begin(void)
{
	static struct gpio_callback callback;

	gpio_init_callback(&callback, move, BIT(relay.pin));
	(void)gpio_add_callback(relay.port, &callback);
	return 0;
}

SYS_INIT(begin, APPLICATION, 90);
