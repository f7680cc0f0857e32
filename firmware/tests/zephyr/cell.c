/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is behind the emulated buses: the thermometer of a BME280, with the trimming of the data
 * sheet's worked example, and a button that is pressed and let go again and again. A relay says
 * when it moves.
 */

#define DT_DRV_COMPAT samara_emulated_bme280

#include <errno.h>

#include <zephyr/device.h>
#include <zephyr/drivers/emul.h>
#include <zephyr/drivers/gpio.h>
#include <zephyr/drivers/gpio/gpio_emul.h>
#include <zephyr/drivers/i2c.h>
#include <zephyr/drivers/i2c_emul.h>
#include <zephyr/kernel.h>
#include <zephyr/sys/byteorder.h>

#include <cmdline.h>
#include <soc.h>

#include "port/port.h"

#define TRIMMING    0x88
#define TEMPERATURE 0xfa
#define COUNT_SHIFT 4
/* Of the worked example: 25.08 degrees. */
#define COUNT	    519888
#define LISTEN_MS   10

static uint8_t registers[256];
/* Flags that were not given are this. */
static unsigned int count = UINT32_MAX;
static unsigned int press_ms = UINT32_MAX;
static const struct gpio_dt_spec button = GPIO_DT_SPEC_GET(DT_PATH(estop), gpios);
static const struct gpio_dt_spec relay = GPIO_DT_SPEC_GET(DT_PATH(motor_1), gpios);

static void add_flags(void)
{
	static struct args_struct_t flags[] = {
		{.option = "celsius-count",
		 .name = "count",
		 .type = 'u',
		 .dest = &count,
		 .descript = "What the thermometer's converter counts"},
		{.option = "press-ms",
		 .name = "ms",
		 .type = 'u',
		 .dest = &press_ms,
		 .descript = "How long the button is pressed, and then let go; else never"},
		ARG_TABLE_ENDMARKER,
	};

	native_add_command_line_opts(flags);
}

NATIVE_TASK(add_flags, PRE_BOOT_1, 20);

/** The first byte of a write is the register. */
static int transfer(const struct emul *target, struct i2c_msg *messages, int messages_count,
		    int address)
{
	uint8_t at = 0;

	for (struct i2c_msg *message = messages; message < messages + messages_count; message++) {
		for (uint32_t index = 0; index < message->len; index++) {
			if (message->flags & I2C_MSG_READ) {
				message->buf[index] = registers[at++];
			} else if (index == 0) {
				at = message->buf[0];
			} else {
				registers[at++] = message->buf[index];
			}
		}
	}
	return 0;
}

static int start(const struct emul *target, const struct device *parent)
{
	sys_put_le16(27504, &registers[TRIMMING]);
	sys_put_le16(26435, &registers[TRIMMING + 2]);
	sys_put_le16((uint16_t)-1000, &registers[TRIMMING + 4]);
	sys_put_be24((count == UINT32_MAX ? COUNT : count) << COUNT_SHIFT, &registers[TEMPERATURE]);
	return 0;
}

static const struct i2c_emul_api api = {.transfer = transfer};

DEVICE_DT_INST_DEFINE(0, NULL, NULL, NULL, NULL, POST_KERNEL, 90, NULL);
EMUL_DT_INST_DEFINE(0, start, NULL, NULL, &api, NULL);

static void press(struct k_timer *timer)
{
	static int level = 1;

	level = !level;
	(void)gpio_emul_input_set(button.port, button.pin, level);
}

static K_TIMER_DEFINE(finger, press, NULL);

static void move(const struct device *port, struct gpio_callback *callback, gpio_port_pins_t pins)
{
	printk("relay: %s\n", gpio_emul_output_get(relay.port, relay.pin) ? "closed" : "open");
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
	/* Pulled up. */
	(void)gpio_pin_configure_dt(&button, GPIO_INPUT);
	(void)gpio_emul_input_set(button.port, button.pin, 1);
	if (press_ms != UINT32_MAX) {
		k_timer_start(&finger, K_MSEC(press_ms), K_MSEC(press_ms));
	}
	k_timer_start(&ear, K_MSEC(LISTEN_MS), K_NO_WAIT);
	return 0;
}

SYS_INIT(begin, APPLICATION, 90);
