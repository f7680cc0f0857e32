/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/describe.h"
#include "agent/neighbours.h"
#include "support/fake_port.h"
#include "support/vectors.h"

static struct agent_options options;
static struct codec_hello hello;
static uint8_t room[CONFIG_SAMARA_HELLO_MAX];

static int setup(void **state)
{
	(void)state;
	fake_port_reset();
	neighbours_reset();
	options = (struct agent_options){.id = "c-1", .software = "c", .arch = "arm"};
	memset(&hello, 0, sizeof(hello));
	agent_describe_init(&options);
	return 0;
}

static bool is(struct codec_span span, const char *text)
{
	return span.len == strlen(text) && memcmp(span.data, text, span.len) == 0;
}

/** The bytes of a vector of shared/vectors, by a part of its note. */
static size_t read_vector(const char *note, uint8_t *data)
{
	const char *at = strstr(vectors_messages, note);
	size_t len = 0;

	assert_non_null(at);
	at = strstr(at, "\"hex\"");
	assert_non_null(at);
	at = strchr(strchr(at, ':'), '"') + 1;
	for (unsigned int byte; sscanf(&at[2 * len], "%2x", &byte) == 1;) {
		data[len++] = (uint8_t)byte;
	}
	return len;
}

static const struct hal_device devices[] = {
	{
		.name = "line1-temp",
		.kind = BUS_I2C,
		.simulated = true,
		.chip = "bme280",
		.bus = "lab/i2c-1",
		.i2c = {.addresses = {118, 119}, .addresses_count = 2},
	},
	{
		.name = "motor-1",
		.kind = BUS_GPIO,
		.bus = "/dev/gpiochip0",
		.gpio = {.line = "17", .direction = HAL_OUTPUT},
	},
	{.name = "logger", .kind = BUS_USB, .bus = "usb:1209:0001"},
};

static void devices_are_told_as_the_vector_has_them(void **state)
{
	static const char *const interfaces[] = {"wasi:i2c/i2c", "samara:device/open"};
	static const uint8_t boot[8] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77};
	uint8_t expected[600];
	uint8_t encoded[600];
	size_t len = read_vector("devices: a sensor of two addresses", expected);

	(void)state;
	neighbours.interfaces = interfaces;
	neighbours.interfaces_count = 2;
	neighbours.devices = devices;
	neighbours.devices_count = 3;
	assert_true(agent_describe(&hello, room, sizeof(room)) > 0);
	hello.protocol_min = 1;
	hello.protocol_max = 1;
	hello.boot = (struct codec_span){boot, 8};
	hello.alive_ms = 1000;
	hello.slots = 1;
	hello.queue = 0;
	hello.memory = 65536;
	hello.triggers_count = 0;
	assert_int_equal(codec_encode_hello(encoded, sizeof(encoded), &hello), len);
	assert_memory_equal(encoded, expected, len);
}

static void says_what_it_loads_and_how_much(void **state)
{
	(void)state;
	assert_int_equal(agent_describe(&hello, room, sizeof(room)), 0);
	assert_int_equal(hello.formats_count, 1);
	assert_int_equal(hello.formats[0], CODEC_FORMAT_LOWERED_CORE);
	assert_int_equal(hello.slots, CONFIG_SAMARA_SLOTS);
	assert_int_equal(hello.queue, CONFIG_SAMARA_QUEUE);
	assert_int_equal(hello.max_packet, CONFIG_SAMARA_PACKET_MAX);
	assert_int_equal(hello.memory, CONFIG_SAMARA_BUDGET);
	assert_int_equal(hello.triggers_count, 1);
	assert_true(is(hello.triggers[0], "edge"));
	assert_true(is(hello.software, "c"));
	assert_true(is(hello.arch, "arm"));
	assert_int_equal(hello.labels_count + hello.cached_count + hello.interfaces_count +
				 hello.devices_count,
			 0);
}

static void an_image_is_bounded_by_the_store_and_by_the_configuration(void **state)
{
	(void)state;
	(void)agent_describe(&hello, room, sizeof(room));
	assert_int_equal(hello.max_image, CONFIG_SAMARA_IMAGE_MAX);
	neighbours.blob_max = 1000;
	(void)agent_describe(&hello, room, sizeof(room));
	assert_int_equal(hello.max_image, 1000);
}

static void labels_come_in_the_order_of_cbor(void **state)
{
	static const struct agent_label labels[] = {
		{"site", "hall-3"}, {"zone", "z"}, {"line", "1"}, {"a-long-key", "x"}, {"b", "y"},
	};
	static const char *const sorted[] = {"b", "line", "site", "zone", "a-long-key"};
	struct codec_hello decoded;
	uint8_t encoded[600];
	static const uint8_t boot[8];
	int len;

	(void)state;
	options.labels = labels;
	options.labels_count = 5;
	(void)agent_describe(&hello, room, sizeof(room));
	assert_int_equal(hello.labels_count, 5);
	for (size_t index = 0; index < 5; index++) {
		assert_true(is(hello.labels[index].key, sorted[index]));
	}
	assert_true(is(hello.labels[2].value, "hall-3"));
	hello.boot = (struct codec_span){boot, 8};
	len = codec_encode_hello(encoded, sizeof(encoded), &hello);
	assert_true(len > 0);
	assert_int_equal(codec_decode_hello(encoded, (size_t)len, &decoded), 0);
}

static void names_the_images_that_were_used_last(void **state)
{
	(void)state;
	for (size_t index = 0; index < 20; index++) {
		memset(neighbours.digests[index], (int)index + 1, 32);
		neighbours.digests[index][7] = 0xee;
	}
	neighbours.digests_count = 20;
	assert_int_equal(agent_describe(&hello, room, sizeof(room)), 16 * 8);
	assert_int_equal(hello.cached_count, 16);
	for (size_t index = 0; index < 16; index++) {
		assert_int_equal(hello.cached[index].len, 8);
		assert_memory_equal(hello.cached[index].data, neighbours.digests[index], 8);
	}
}

static void all_texts_lie_in_the_room_that_is_said_to_be_in_use(void **state)
{
	int used;

	(void)state;
	neighbours.devices = devices;
	neighbours.devices_count = 3;
	used = agent_describe(&hello, room, sizeof(room));
	assert_int_equal(used,
			 strlen("lab/i2c-1@0x76lab/i2c-1@0x77/dev/gpiochip0#17usb:1209:0001"));
	for (size_t device = 0; device < 3; device++) {
		for (size_t index = 0; index < hello.devices[device].places_count; index++) {
			const uint8_t *data = hello.devices[device].places[index].data;

			assert_true(data >= &room[sizeof(room) - (size_t)used]);
			assert_true(data < &room[sizeof(room)]);
		}
	}
}

static void places_that_do_not_fit_are_an_error(void **state)
{
	(void)state;
	neighbours.devices = devices;
	neighbours.devices_count = 3;
	assert_int_equal(agent_describe(&hello, room, 57), -ENOMEM);
	memset(&hello, 0, sizeof(hello));
	assert_int_equal(agent_describe(&hello, room, 58), 58);
}

static void more_devices_than_the_configuration_has_are_an_error(void **state)
{
	static struct hal_device many[CONFIG_SAMARA_DEVICES + 1];

	(void)state;
	for (size_t index = 0; index <= CONFIG_SAMARA_DEVICES; index++) {
		many[index] = devices[1];
	}
	neighbours.devices = many;
	neighbours.devices_count = CONFIG_SAMARA_DEVICES + 1;
	assert_int_equal(agent_describe(&hello, room, sizeof(room)), -ENOMEM);
	memset(&hello, 0, sizeof(hello));
	neighbours.devices_count = CONFIG_SAMARA_DEVICES;
	assert_true(agent_describe(&hello, room, sizeof(room)) > 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(devices_are_told_as_the_vector_has_them),
		TEST(says_what_it_loads_and_how_much),
		TEST(an_image_is_bounded_by_the_store_and_by_the_configuration),
		TEST(labels_come_in_the_order_of_cbor),
		TEST(names_the_images_that_were_used_last),
		TEST(all_texts_lie_in_the_room_that_is_said_to_be_in_use),
		TEST(places_that_do_not_fit_are_an_error),
		TEST(more_devices_than_the_configuration_has_are_an_error),
	};

	return cmocka_run_group_tests_name("agent_describe", tests, NULL, NULL);
}
