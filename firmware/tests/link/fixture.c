/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "link/fixture.h"

struct seen seen;
struct plan plan;
struct agent_options options;

static void on_connected(void)
{
	seen.connected++;
	seen.sent_when_connected = fake_link_sent();
	if (plan.result_when_connected) {
		seen.result_taken = link_send(CODEC_TOPIC_RESULT, NULL, "held", 4) == 0;
	}
}

static void on_welcomed(const struct codec_welcome *welcome)
{
	assert_int_equal(welcome->epoch, link_epoch());
	assert_true(link_online());
	seen.welcomed++;
}

static void on_disconnected(void)
{
	assert_false(link_online());
	seen.disconnected++;
}

static void on_start(const struct codec_start *start)
{
	seen.starts++;
	seen.start_epoch = start->epoch;
}

static void on_cancel(const struct codec_cancel *cancel)
{
	(void)cancel;
	seen.cancels++;
}

static void on_lease(const struct codec_lease *lease)
{
	(void)lease;
	seen.leases++;
}

static void on_ack(const struct codec_ack *ack)
{
	(void)ack;
	seen.acks++;
}

static void on_desired(const struct codec_desired *desired)
{
	(void)desired;
	seen.desired++;
}

static int on_describe(struct codec_hello *hello, uint8_t *room, size_t size)
{
	size_t used = plan.devices > 0 ? plan.place_len : 0;

	hello->software = codec_span_of("samara-c 1");
	hello->arch = codec_span_of("arm");
	hello->formats[0] = CODEC_FORMAT_LOWERED_CORE;
	hello->formats_count = 1;
	hello->slots = 2;
	hello->max_packet = 1024;
	hello->max_image = 131072;
	hello->memory = 65536;
	if (used > size) {
		return -ENOMEM;
	}
	memset(&room[size - used], 'x', used);
	for (size_t index = 0; index < plan.cached; index++) {
		hello->cached[hello->cached_count++] = codec_span_of("8 bytes.");
	}
	for (size_t index = 0; index < plan.devices; index++) {
		struct codec_device_report *device = &hello->devices[hello->devices_count++];

		device->name = codec_span_of("a-device-with-a-name");
		device->kind = CODEC_DEVICE_SPI;
		device->places_count = 1;
		device->places[0] = (struct codec_span){&room[size - used], used};
	}
	return (int)(plan.used > used ? plan.used : used);
}

static void on_load(struct codec_alive *alive)
{
	seen.loads++;
	alive->running = 1;
	alive->queued = 3;
	alive->has_free_memory = true;
	alive->free_memory = 4096;
}

static int read_blob(size_t index, uint32_t offset, void *data, size_t len, uint32_t *size)
{
	if (plan.read_err && len > 0) {
		return plan.read_err;
	}
	assert_true(offset <= plan.blobs[index].size);
	if (len > plan.blobs[index].size - offset) {
		len = plan.blobs[index].size - offset;
	}
	memcpy(data, &plan.blobs[index].data[offset], len);
	*size = plan.blobs[index].size;
	return (int)len;
}

static int on_push_read(const uint8_t *digest, uint32_t offset, void *data, size_t len,
			uint32_t *size)
{
	seen.reads++;
	for (size_t index = 0; index < 3 && plan.blobs[index].data; index++) {
		uint8_t own[32];

		codec_sha256(plan.blobs[index].data, plan.blobs[index].size, own);
		if (memcmp(own, digest, sizeof(own)) == 0) {
			return read_blob(index, offset, data, len, size);
		}
	}
	return -ENOENT;
}

static const struct link_handlers handlers = {
	.connected = on_connected,
	.welcomed = on_welcomed,
	.disconnected = on_disconnected,
	.start = on_start,
	.cancel = on_cancel,
	.lease = on_lease,
	.ack = on_ack,
	.desired = on_desired,
	.describe = on_describe,
	.load = on_load,
	.push_read = on_push_read,
};

int fixture_init(void)
{
	return link_init(&options, &handlers);
}

void fixture_reboot(void)
{
	fake_port_reset();
	memset(&seen, 0, sizeof(seen));
	loop_init();
	assert_int_equal(fixture_init(), 0);
}

int fixture_reset(void **state)
{
	(void)state;
	memset(&plan, 0, sizeof(plan));
	options = (struct agent_options){
		.id = "c-1",
		.ns = "default",
		.software = "samara-c 1",
		.arch = "arm",
		.alive_ms = ALIVE_MS,
		.drain_ms = 1000,
	};
	fake_store_reset();
	fixture_reboot();
	return 0;
}

void fixture_connect(void)
{
	link_start();
	fake_link_up(false);
}

void fixture_online(void)
{
	fixture_connect();
	fixture_welcome(link_epoch());
	assert_true(link_online());
}

void fixture_say(enum codec_topic topic, const void *payload, size_t len)
{
	char text[CODEC_TOPIC_MAX];

	assert_true(codec_topic_format(text, sizeof(text), topic, options.ns, options.id, NULL) >
		    0);
	fake_link_message(text, payload, len);
}

static void say_welcome(const struct codec_welcome *welcome)
{
	uint8_t data[512];
	int len = codec_encode_welcome(data, sizeof(data), welcome);

	assert_true(len > 0);
	fixture_say(CODEC_TOPIC_WELCOME, data, (size_t)len);
}

void fixture_welcome(uint32_t epoch)
{
	say_welcome(&(struct codec_welcome){
		.epoch = epoch,
		.protocol = CODEC_PROTOCOL,
		.now_ms = 1,
		.lease_ms = 30000,
	});
}

void fixture_welcome_error(uint32_t epoch, enum codec_error_code code)
{
	say_welcome(&(struct codec_welcome){
		.epoch = epoch,
		.protocol = CODEC_PROTOCOL,
		.has_error = true,
		.error = {.code = code, .message = codec_span_of("not you")},
	});
}

void fixture_say_start(uint32_t epoch)
{
	static const uint8_t digest[32] = {1};
	struct codec_start start = {
		.task = codec_span_of("t00000000000000000001"),
		.attempt = 1,
		.epoch = epoch,
		.function = codec_span_of("add"),
		.manifest = {digest, 32},
		.manifest_bytes = 10,
		.image = {digest, 32},
		.image_bytes = 10,
		.lease_ms = 30000,
		.time_left_ms = 1000,
		.timeout_ms = 1000,
	};
	uint8_t data[512];
	int len = codec_encode_start(data, sizeof(data), &start);

	assert_true(len > 0);
	fixture_say(CODEC_TOPIC_START, data, (size_t)len);
}

void fixture_run(uint64_t us)
{
	fake_port_run(loop_turn, us);
}

void fixture_settle(void)
{
	fake_port_settle(loop_turn);
}

struct codec_hello fixture_hello(void)
{
	const struct fake_message *message = fake_link_last("hello");
	struct codec_hello hello;

	assert_int_equal(codec_decode_hello(message->payload, message->len, &hello), 0);
	return hello;
}

struct codec_alive fixture_alive(void)
{
	const struct fake_message *message = fake_link_last("alive");
	struct codec_alive alive;

	assert_int_equal(codec_decode_alive(message->payload, message->len, &alive), 0);
	return alive;
}

struct codec_blob_get fixture_pull(void)
{
	const struct fake_message *message = fake_link_last("pull");
	struct codec_blob_get get;

	assert_int_equal(codec_decode_blob_get(message->payload, message->len, &get), 0);
	return get;
}

static struct codec_blob_chunk decode_chunk(const struct fake_message *message)
{
	struct codec_blob_chunk chunk;

	assert_int_equal(codec_decode_blob_chunk(message->payload, message->len, &chunk), 0);
	return chunk;
}

struct codec_blob_chunk fixture_pushed(void)
{
	return decode_chunk(fake_link_last("pushed"));
}

struct codec_blob_chunk fixture_chunk_at(size_t index)
{
	return decode_chunk(fake_link_message_at(index));
}

void fixture_blob(uint8_t *data, uint32_t size, unsigned int seed, uint8_t digest[32])
{
	for (uint32_t index = 0; index < size; index++) {
		data[index] = (uint8_t)(index * 31 + index / 251 + seed);
	}
	codec_sha256(data, size, digest);
}
