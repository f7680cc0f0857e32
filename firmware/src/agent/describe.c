/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "agent/describe.h"
#include "hal/hal.h"
#include "store/store.h"

/* Images that a hello names, and how much of their digests. */
#define CACHED	   16
#define CACHED_LEN 8
#define INTERFACES 32
#define LABELS	   8

_Static_assert(CONFIG_SAMARA_HELLO_MAX >= CACHED * STORE_DIGEST_SIZE,
	       "digests are listed in its room");

/* Texts that are made for one hello, from the end of a buffer downwards. */
struct room {
	uint8_t *data;
	size_t size;
	size_t used;
};

static const struct agent_options *options;

void agent_describe_init(const struct agent_options *given)
{
	options = given;
}

/** @retval Where the copy is; data NULL where there is no room. */
static struct codec_span keep(struct room *room, const void *data, size_t len)
{
	if (len > room->size - room->used) {
		return (struct codec_span){NULL, 0};
	}
	room->used += len;
	uint8_t *copy = &room->data[room->size - room->used];

	memmove(copy, data, len);
	return (struct codec_span){copy, len};
}

/** Order of CBOR's keys: the shorter one first. [P-1.3] */
static bool is_before(const struct codec_span *a, const struct codec_span *b)
{
	return a->len != b->len ? a->len < b->len : memcmp(a->data, b->data, a->len) < 0;
}

static void describe_labels(struct codec_hello *hello)
{
	for (size_t index = 0; index < options->labels_count && index < LABELS; index++) {
		struct codec_label label = {
			.key = codec_span_of(options->labels[index].key),
			.value = codec_span_of(options->labels[index].value),
		};
		size_t at = hello->labels_count++;

		for (; at > 0 && is_before(&label.key, &hello->labels[at - 1].key); at--) {
			hello->labels[at] = hello->labels[at - 1];
		}
		hello->labels[at] = label;
	}
}

/** The digests are listed at the begin of the room, of which nothing is in use yet. */
static void describe_cached(struct codec_hello *hello, struct room *room)
{
	uint8_t(*digests)[STORE_DIGEST_SIZE] = (void *)room->data;
	size_t count = store_blob_list(digests, CACHED);

	for (size_t index = count; index > 0; index--) {
		hello->cached[index - 1] = keep(room, digests[index - 1], CACHED_LEN);
	}
	hello->cached_count = count;
}

static void describe_triggers(struct codec_hello *hello)
{
	hello->triggers[hello->triggers_count++] = codec_span_of("edge");
}

static void describe_interfaces(struct codec_hello *hello)
{
	size_t count;
	const char *const *names = hal_interfaces(&count);

	for (size_t index = 0; index < count && index < INTERFACES; index++) {
		hello->interfaces[hello->interfaces_count++] = codec_span_of(names[index]);
	}
}

static int describe_places(struct codec_device_report *report, const struct hal_device *device,
			   struct room *room)
{
	size_t count = device->kind == BUS_I2C ? device->i2c.addresses_count : 1;

	for (size_t index = 0; index < count; index++) {
		char text[HAL_PLACE_MAX + 1];
		size_t len = hal_place(device, index, text);

		report->places[index] = keep(room, text, len);
		if (!report->places[index].data) {
			return -ENOMEM;
		}
		report->places_count++;
	}
	return 0;
}

static int describe_device(struct codec_device_report *report, const struct hal_device *device,
			   struct room *room)
{
	report->name = codec_span_of(device->name);
	report->kind = (enum codec_device_kind)device->kind;
	report->simulated = device->simulated;
	if (device->kind == BUS_GPIO) {
		report->has_direction = true;
		report->direction = (enum codec_pin_direction)device->gpio.direction;
	} else if (device->kind == BUS_I2C) {
		report->addresses_count = device->i2c.addresses_count;
		memcpy(report->addresses, device->i2c.addresses, sizeof(report->addresses));
	}
	if (device->chip[0] != '\0') {
		report->chip = codec_span_of(device->chip);
	}
	return describe_places(report, device, room);
}

static int describe_devices(struct codec_hello *hello, struct room *room)
{
	size_t count;
	const struct hal_device *devices = hal_profile(&count);

	for (size_t index = 0; index < count; index++) {
		if (index == CONFIG_SAMARA_DEVICES ||
		    describe_device(&hello->devices[index], &devices[index], room)) {
			return -ENOMEM;
		}
		hello->devices_count++;
	}
	return 0;
}

int agent_describe(struct codec_hello *hello, uint8_t *data, size_t size)
{
	struct room room = {data, size, 0};
	uint32_t blob_max = store_blob_max();

	hello->software = codec_span_of(options->software);
	hello->arch = codec_span_of(options->arch);
	hello->formats[0] = CODEC_FORMAT_LOWERED_CORE;
	hello->formats_count = 1;
	hello->slots = CONFIG_SAMARA_SLOTS;
	hello->queue = CONFIG_SAMARA_QUEUE;
	hello->max_packet = CONFIG_SAMARA_PACKET_MAX;
	hello->max_image = blob_max < CONFIG_SAMARA_IMAGE_MAX ? blob_max : CONFIG_SAMARA_IMAGE_MAX;
	hello->memory = CONFIG_SAMARA_BUDGET;
	describe_labels(hello);
	describe_cached(hello, &room);
	describe_interfaces(hello);
	describe_triggers(hello);
	if (describe_devices(hello, &room)) {
		return -ENOMEM;
	}
	return (int)room.used;
}
