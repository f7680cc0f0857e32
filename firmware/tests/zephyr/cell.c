/* SPDX-License-Identifier: Apache-2.0 */

/* The cell of examples/lab: what is on its buses, and a relay that says when it moves. */

#include <zephyr/drivers/gpio.h>
#include <zephyr/drivers/gpio/gpio_emul.h>
#include <zephyr/kernel.h>

#include "cell.h"
#include "port/port.h"

#define LISTEN_MS 10

static const struct gpio_dt_spec relay = GPIO_DT_SPEC_GET(DT_PATH(motor_1), gpios);

const struct cell_part *const cell_parts[] = {&cell_bme280, &cell_lis2dw12, NULL};

static void move(const struct device *port, struct gpio_callback *callback, gpio_port_pins_t pins)
{
	port_log(PORT_LOG_INF, "cell", "motor-1 is %s",
		 gpio_emul_output_get(relay.port, relay.pin) > 0 ? "closed" : "open");
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
	k_timer_start(&ear, K_MSEC(LISTEN_MS), K_NO_WAIT);
	return 0;
}

SYS_INIT(begin, APPLICATION, 90);
