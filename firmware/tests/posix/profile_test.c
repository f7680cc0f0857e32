/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "devices.h"
#include "profile_yaml.h"

static struct hal_device devices[CONFIG_SAMARA_DEVICES];
static size_t count;
static char problem[600];
static char path[] = "/tmp/samara-profile-XXXXXX";

/** What is wrong with it, without the name of the file; NULL: nothing is. */
static const char *read_text(const char *text)
{
	strcpy(path + strlen(path) - 6, "XXXXXX");
	int fd = mkstemp(path);

	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	int error = profile_yaml_read(path, devices, &count, problem, sizeof(problem));

	unlink(path);
	if (!error) {
		return NULL;
	}
	assert_int_equal(strncmp(problem, path, strlen(path)), 0);
	return problem + strlen(path) + 2;
}

static void reads_every_key_of_every_kind(void **state)
{
	(void)state;
	assert_null(read_text(
		"buses:\n"
		"  i2c-1: /dev/i2c-1\n"
		"  pins: /dev/gpiochip0\n"
		"devices:\n"
		"  line1-temp: { i2c: i2c-1, address: 0x76, chip: bme280, maxBytes: 32 }\n"
		"  both: { i2c: i2c-1, addresses: [0x50, 81], tenBit: true }\n"
		"  motor-1: { gpio: pins, line: 5, direction: output, safe: high }\n"
		"  estop: { gpio: pins, line: 3, direction: input, pull: up, activeLow: true,\n"
		"           debounceMs: 2.5 }\n"
		"  vib-1: { spi: /dev/spidev9.0, mode: 3, hz: 5000000, bitsPerWord: 16,\n"
		"           lsbFirst: true, csHigh: true, timeoutMs: 50 }\n"));
	assert_int_equal(count, 5);
	assert_string_equal(devices[0].bus, "/dev/i2c-1");
	assert_string_equal(devices[0].chip, "bme280");
	assert_int_equal(devices[0].i2c.addresses[0], 0x76);
	assert_int_equal(devices[0].max_bytes, 32);
	assert_int_equal(devices[0].timeout_ms, 1000);
	assert_int_equal(devices[1].i2c.addresses_count, 2);
	assert_int_equal(devices[1].i2c.addresses[1], 81);
	assert_true(devices[1].i2c.ten_bit);
	assert_int_equal(devices[2].gpio.safe, HAL_SAFE_HIGH);
	assert_string_equal(devices[2].gpio.line, "5");
	assert_int_equal(devices[3].gpio.pull, HAL_PULL_UP);
	assert_int_equal(devices[3].gpio.debounce_us, 2500);
	assert_true(devices[3].gpio.active_low);
	assert_int_equal(devices[4].spi.mode, 3);
	assert_int_equal(devices[4].spi.hz, 5000000);
	assert_int_equal(devices[4].spi.bits_per_word, 16);
	assert_true(devices[4].spi.lsb_first && devices[4].spi.cs_high);
	assert_int_equal(devices[4].timeout_ms, 50);
}

static void fills_in_what_is_left_out(void **state)
{
	(void)state;
	assert_null(read_text("devices:\n"
			      "  a: { spi: /dev/spidev9.0 }\n"
			      "  b: { gpio: /dev/gpiochip9, line: 1, direction: output }\n"
			      "  c: { gpio: /dev/gpiochip9, line: 2, direction: both }\n"));
	assert_int_equal(devices[0].spi.hz, 1000000);
	assert_int_equal(devices[0].spi.bits_per_word, 8);
	assert_int_equal(devices[0].max_bytes,
			 CONFIG_SAMARA_TRANSFER_MAX < 4096 ? CONFIG_SAMARA_TRANSFER_MAX : 4096);
	assert_int_equal(devices[1].gpio.safe, HAL_SAFE_LOW);
	assert_int_equal(devices[2].gpio.safe, HAL_SAFE_HOLD);
}

static void tells_names_of_lines_from_numbers(void **state)
{
	(void)state;
	assert_null(read_text("devices:\n"
			      "  a: { gpio: /dev/gpiochip8, line: \"5\", direction: input }\n"
			      "  b: { gpio: /dev/gpiochip9, line: 5, direction: input }\n"));
	assert_int_equal(devices[0].port_data, DEVICE_LINE_IS_NAME);
	assert_int_equal(devices[1].port_data, 0);
}

static void leaves_out_devices_of_usb(void **state)
{
	(void)state;
	assert_null(read_text("devices:\n"
			      "  loop: { usb: { vendor: 0x1209, product: 0x0001 } }\n"
			      "  a: { spi: /dev/spidev9.0 }\n"));
	assert_int_equal(count, 1);
	assert_string_equal(devices[0].name, "a");
}

static void takes_two_links_to_one_controller_for_one(void **state)
{
	char link[] = "/tmp/samara-bus-XXXXXX";

	(void)state;
	close(mkstemp(link));
	unlink(link);
	assert_int_equal(symlink("/dev/null", link), 0);
	char text[256];

	snprintf(text, sizeof(text),
		 "devices:\n  a: { i2c: %s, address: 1 }\n  b: { spi: /dev/null }\n", link);
	const char *what = read_text(text);

	unlink(link);
	assert_string_equal(what, "profile: /dev/null is i2c for a and spi for b");
}

#define ONE(device) "devices:\n  x: " device "\n"
#define I2C(more)   ONE("{ i2c: /dev/i2c-9, address: 1, " more " }")
#define GPIO(more)  ONE("{ gpio: /dev/gpiochip9, " more " }")

static void says_key_value_and_what_was_expected(void **state)
{
	static const struct {
		const char *text;
		const char *words;
	} rows[] = {
		{"buses: {}\n", "profile: devices: is missing"},
		{"", "profile: devices: is missing"},
		{"devices: [1]\n", "profile: devices: a list is not devices by their names"},
		{"devices: {}\nmore: 1\n", "profile: more: no such key"},
		{"buses: { a: \"b c\" }\ndevices: {}\n",
		 "profile: buses.a: \"b c\" is not a path of at most 64 characters"},
		{"devices: { Motor: { spi: /dev/null } }\n",
		 "profile: devices: \"Motor\" is not 1 to 48 of a-z 0-9 . _ -, with a letter or "
		 "digit at both "
		 "ends"},
		{ONE("5"),
		 "profile: devices.x: 5 is not a device with one of the keys i2c, spi, gpio, usb"},
		{ONE("{ address: 1 }"), "profile: devices.x: a map is not a device with one of the "
					"keys i2c, spi, gpio, usb"},
		{ONE("{ spi: /dev/null, i2c: /dev/null }"),
		 "profile: devices.x: a map is not a device with one of the keys i2c, spi, gpio, "
		 "usb"},
		{"devices:\n  x: { spi: /dev/null }\n  x: { spi: /dev/null }\n",
		 "profile: devices.x: is there twice"},
		{ONE("{ spi: /dev/null, mode: 1, mode: 2 }"),
		 "profile: devices.x.mode: is there twice"},
		{ONE("{ spi: \"\" }"), "profile: devices.x.spi: \"\" is not a name under buses, or "
				       "a path of at most 64 characters"},
		{ONE("{ spi: }"),
		 "profile: devices.x.spi: null is not a name under buses, or a path of at most 64 "
		 "characters"},
		{ONE("{ spi: /dev/null, mode: 4 }"),
		 "profile: devices.x.mode: 4 is not one of 0, 1, 2, 3"},
		{ONE("{ spi: /dev/null, hz: 0 }"),
		 "profile: devices.x.hz: 0 is not a whole number from 1 to 1000000000"},
		{ONE("{ spi: /dev/null, bitsPerWord: \"8\" }"),
		 "profile: devices.x.bitsPerWord: \"8\" is not a whole number from 1 to 32"},
		{ONE("{ spi: /dev/null, lsbFirst: yes }"),
		 "profile: devices.x.lsbFirst: \"yes\" is not true or false"},
		{ONE("{ spi: /dev/null, address: 1 }"), "profile: devices.x.address: no such key"},
		{ONE("{ i2c: /dev/null }"),
		 "profile: devices.x: one of address and addresses is expected"},
		{I2C("addresses: [2]"),
		 "profile: devices.x: one of address and addresses is expected"},
		{ONE("{ i2c: /dev/null, address: 0x400 }"),
		 "profile: devices.x.address: 0x400 is not an address from 0 to 0x3ff"},
		{ONE("{ i2c: /dev/null, addresses: 3 }"),
		 "profile: devices.x.addresses: 3 is not a list of addresses"},
		{ONE("{ i2c: /dev/null, addresses: [] }"),
		 "profile: devices.x.addresses: at least one address is expected"},
		{ONE("{ i2c: /dev/null, addresses: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, "
		     "15, 16, 17] }"),
		 NULL},
		{I2C("chip: BME280"), "profile: devices.x.chip: \"BME280\" is not the name of a "
				      "chip, at most 24 of a-z 0-9 -"},
		{I2C("maxBytes: 65537"),
		 "profile: devices.x.maxBytes: 65537 is not a whole number from 1 to 65536"},
		{I2C("timeoutMs: 1.5"),
		 "profile: devices.x.timeoutMs: 1.5 is not a whole number from 1 to 3600000"},
		{GPIO("direction: input"), "profile: devices.x.line: is missing"},
		{GPIO("line: 1"), "profile: devices.x.direction: is missing"},
		{GPIO("line: 65536, direction: input"),
		 "profile: devices.x.line: 65536 is not a line's number from 0 to 65535, or its "
		 "name of at most "
		 "31 characters"},
		{GPIO("line: 1, direction: out"),
		 "profile: devices.x.direction: \"out\" is not one of input, output, both"},
		{GPIO("line: 1, direction: input, safe: low"),
		 "profile: devices.x.safe: an input has no safe state"},
		{GPIO("line: 1, direction: output, safe: off"),
		 "profile: devices.x.safe: \"off\" is not one of low, high, hold"},
		{GPIO("line: 1, direction: input, pull: 5"),
		 "profile: devices.x.pull: 5 is not one of up, down, none"},
		{GPIO("line: 1, direction: input, debounceMs: 10001"),
		 "profile: devices.x.debounceMs: 10001 is not 10000 or less"},
		{GPIO("line: 1, direction: input, debounceMs: -1"),
		 "profile: devices.x.debounceMs: -1 is not 0 or more"},
		{"devices:\n"
		 "  a: { gpio: /dev/gpiochip9, line: 1, direction: input }\n"
		 "  x: { gpio: /dev/gpiochip9, line: door, direction: input }\n",
		 "profile: devices.x.line: \"door\" is not a number as that of a is: lines of one "
		 "chip, "
		 "/dev/gpiochip9, are all named or all numbered"},
	};

	(void)state;
	for (size_t index = 0; index < sizeof(rows) / sizeof(*rows); index++) {
		const char *words = read_text(rows[index].text);

		assert_non_null(words);
		if (rows[index].words) {
			assert_string_equal(words, rows[index].words);
		} else {
			assert_non_null(strstr(words, "addresses: at most"));
		}
	}
}

static void refuses_more_devices_than_it_has_room_for(void **state)
{
	char text[8192] = "devices:\n";

	(void)state;
	for (int index = 0; index <= CONFIG_SAMARA_DEVICES; index++) {
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len,
			 "  d%d: { i2c: /dev/i2c-9, address: %d }\n", index, index);
	}
	assert_non_null(strstr(read_text(text), "devices are taken"));
}

static void says_the_line_of_what_is_no_yaml(void **state)
{
	(void)state;
	assert_non_null(strstr(read_text("devices:\n  a: { i2c: [\n"), "is no YAML, in line 3"));
}

static void says_that_there_is_no_such_file(void **state)
{
	(void)state;
	assert_int_equal(
		profile_yaml_read("/nowhere.yaml", devices, &count, problem, sizeof(problem)), -2);
	assert_string_equal(problem, "/nowhere.yaml: cannot be read: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_key_of_every_kind),
		cmocka_unit_test(fills_in_what_is_left_out),
		cmocka_unit_test(tells_names_of_lines_from_numbers),
		cmocka_unit_test(leaves_out_devices_of_usb),
		cmocka_unit_test(takes_two_links_to_one_controller_for_one),
		cmocka_unit_test(says_key_value_and_what_was_expected),
		cmocka_unit_test(refuses_more_devices_than_it_has_room_for),
		cmocka_unit_test(says_the_line_of_what_is_no_yaml),
		cmocka_unit_test(says_that_there_is_no_such_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
