/* SPDX-License-Identifier: Apache-2.0 */

/* Inputs that bounce, as Zephyr's port tells them: its own driver on an emulated line. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <zephyr/drivers/gpio/gpio_emul.h>

#include "devices.h"
#include "port/port.h"

#define DEBOUNCE_US 100000
#define HALF_US	    (DEBOUNCE_US / 2)

static const struct gpio_dt_spec line = GPIO_DT_SPEC_GET(DT_PATH(bouncing), gpios);
static int handle;
static unsigned int told;

/* The core has no part in this. */
static const struct hal_device *profile;

void hal_profile_set(const struct hal_device *devices, size_t count)
{
	assert_int_equal(count, 1);
	profile = devices;
}

static void put(bool level)
{
	assert_int_equal(gpio_emul_input_set(line.port, line.pin, level), 0);
}

/** Half of the time that counts. */
static void pass_half(void)
{
	(void)k_usleep(HALF_US);
}

static void pass(void)
{
	(void)k_usleep(2 * DEBOUNCE_US);
}

static bool level(void)
{
	struct bus_operation operation = {.op = BUS_GET};

	port_device_run(handle, &operation);
	assert_int_equal(operation.error, BUS_OK);
	return operation.level;
}

static bool tell(struct bus_operation *wait)
{
	(void)wait;
	told++;
	return true;
}

static int set_up(void **state)
{
	char why[64];

	(void)state;
	devices_init();
	/* What is no input yet cannot be set from outside. */
	assert_int_equal(gpio_pin_configure_dt(&line, GPIO_INPUT), 0);
	put(false);
	handle = port_device_open(profile, why, sizeof(why));
	told = 0;
	return handle < 0 ? handle : 0;
}

static int tear_down(void **state)
{
	(void)state;
	port_device_close(handle);
	return 0;
}

static void a_level_counts_once_it_has_held_for_its_time(void **state)
{
	(void)state;
	put(true);
	assert_false(level());
	pass_half();
	assert_false(level());
	pass();
	assert_true(level());
}

static void a_line_that_bounces_is_one_edge(void **state)
{
	struct bus_operation wait = {.op = BUS_WAIT, .target = BUS_PIN_ANY};
	int watch = port_device_watch(handle, &wait, tell);

	(void)state;
	assert_true(watch >= 0);
	for (int bounce = 0; bounce < 7; bounce++) {
		put(bounce % 2 == 0);
		pass_half();
	}
	assert_int_equal(told, 0);
	pass();
	assert_int_equal(told, 1);
	assert_true(level());
	port_device_unwatch(watch);
}

static void a_pulse_that_is_too_short_is_none(void **state)
{
	struct bus_operation wait = {.op = BUS_WAIT, .target = BUS_PIN_ANY};
	int watch = port_device_watch(handle, &wait, tell);

	(void)state;
	put(true);
	pass_half();
	put(false);
	pass();
	assert_int_equal(told, 0);
	assert_false(level());
	port_device_unwatch(watch);
}

static void who_waits_for_an_edge_is_woken_by_the_settled_one(void **state)
{
	struct bus_operation wait = {.op = BUS_WAIT, .target = BUS_PIN_RISING, .timeout_ms = 1000};
	uint64_t began_us = port_now_us();

	(void)state;
	put(true);
	port_device_run(handle, &wait);
	assert_int_equal(wait.error, BUS_OK);
	assert_true(wait.level);
	assert_true(port_now_us() - began_us >= DEBOUNCE_US);
}

static void nothing_is_told_of_a_line_that_was_closed(void **state)
{
	char why[64];

	(void)state;
	put(true);
	port_device_close(handle);
	pass();
	handle = port_device_open(profile, why, sizeof(why));
	assert_true(level());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_level_counts_once_it_has_held_for_its_time),
		TEST(a_line_that_bounces_is_one_edge),
		TEST(a_pulse_that_is_too_short_is_none),
		TEST(who_waits_for_an_edge_is_woken_by_the_settled_one),
		TEST(nothing_is_told_of_a_line_that_was_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
