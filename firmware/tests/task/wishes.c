/* SPDX-License-Identifier: Apache-2.0 */

/* Deployments, as the manager wishes and hears of them */

#include <string.h>

#include "task/fixture.h"
#include "task/pairs.h"

const char *fixture_deployment(unsigned int number)
{
	static char names[FIXTURE_NAMES][22];

	return fixture_name(names, 'd', number);
}

struct wish fixture_wish(unsigned int number)
{
	return (struct wish){
		.number = number,
		.version = &add,
		.trigger = CODEC_TRIGGER_BOOT,
		.export_name = "add",
		.timeout_ms = 5000,
		.buffer_count = 4,
	};
}

struct wish fixture_every(unsigned int number, uint32_t every_ms)
{
	struct wish wish = fixture_wish(number);

	wish.trigger = CODEC_TRIGGER_EVERY;
	wish.every_ms = every_ms;
	return wish;
}

static void write_grants(struct codec_writer *writer, const char *device)
{
	pair_begin(writer, 14, CODEC_ARRAY, 1);
	codec_write_head(writer, CODEC_MAP, 3);
	pair_text(writer, 1, device);
	pair_uint(writer, 2, CODEC_DEVICE_GPIO);
	pair_uint(writer, 3, CODEC_ACCESS_READ);
}

static void write_wish(struct codec_writer *writer, const struct wish *wish)
{
	uint8_t call[2200];
	size_t call_len = fixture_call(call, sizeof(call), wish->export_name);
	bool is_edge = wish->trigger == CODEC_TRIGGER_EDGE;
	uint64_t pairs = 12;

	pairs += wish->every_ms > 0;
	pairs += wish->device != NULL;
	pairs += wish->device && is_edge;
	pairs += is_edge && wish->edge != 0;
	codec_write_head(writer, CODEC_MAP, pairs);
	pair_text(writer, 1, fixture_deployment(wish->number));
	pair_text(writer, 2, "f");
	pair_bytes(writer, 3, wish->version->manifest, 32);
	pair_uint(writer, 4, wish->version->manifest_bytes);
	pair_bytes(writer, 5, wish->version->image, 32);
	pair_uint(writer, 6, wish->version->image_bytes);
	pair_uint(writer, 7, wish->trigger);
	if (wish->every_ms > 0) {
		pair_uint(writer, 8, wish->every_ms);
	}
	pair_bool(writer, 9, wish->keep);
	pair_bytes(writer, 10, call, call_len);
	pair_uint(writer, 11, wish->timeout_ms);
	pair_uint(writer, 12, wish->throttle_ms);
	pair_uint(writer, 13, wish->buffer_count);
	if (wish->device) {
		write_grants(writer, wish->device);
	}
	if (wish->device && is_edge) {
		pair_text(writer, 15, wish->device);
	}
	if (is_edge && wish->edge != 0) {
		pair_uint(writer, 16, wish->edge);
	}
}

size_t fixture_list(uint8_t *data, size_t size, const struct wish *wishes, size_t count)
{
	struct codec_writer writer;

	codec_writer_init(&writer, data, size);
	codec_write_head(&writer, CODEC_MAP, 1);
	pair_begin(&writer, 1, CODEC_ARRAY, count);
	for (size_t index = 0; index < count; index++) {
		write_wish(&writer, &wishes[index]);
	}
	assert_int_equal(writer.error, 0);
	return writer.len;
}

void fixture_desire_bytes(uint64_t revision, const void *data, size_t len)
{
	uint8_t digest[32];
	struct codec_desired desired = {
		.incarnation = 1,
		.revision = revision,
		.digest = {digest, 32},
		.size_bytes = (uint32_t)len,
	};

	manager_publish(data, (uint32_t)len, digest);
	task_desired(&desired);
}

void fixture_desire(uint64_t revision, const struct wish *wishes, size_t count)
{
	static uint8_t data[8192];

	fixture_desire_bytes(revision, data, fixture_list(data, sizeof(data), wishes, count));
}

void fixture_desire_one(uint64_t revision, struct wish wish)
{
	fixture_desire(revision, &wish, 1);
}

struct codec_reported fixture_reported(void)
{
	const struct said *said = manager_last(CODEC_TOPIC_REPORTED);
	struct codec_reported reported;

	assert_int_equal(codec_decode_reported(said->payload, said->len, &reported), 0);
	return reported;
}

void fixture_expect_reported(uint64_t revision, unsigned int count, enum codec_error_code code)
{
	struct codec_reported reported = fixture_reported();

	assert_memory_equal(reported.boot.data, manager.boot, 8);
	assert_int_equal(reported.revision, revision);
	assert_int_equal(reported.deployments, count);
	assert_string_equal(codec_error_name(reported.has_error ? reported.error.code : 0),
			    codec_error_name(code));
}

static size_t look_up_states(unsigned int number, struct codec_deployment_state *last)
{
	size_t count = 0;

	for (size_t index = 0; index < manager_said(CODEC_TOPIC_DEPLOYMENT_STATE); index++) {
		const struct said *said = manager_heard(CODEC_TOPIC_DEPLOYMENT_STATE, index);
		struct codec_deployment_state state;

		assert_int_equal(codec_decode_deployment_state(said->payload, said->len, &state),
				 0);
		if (fixture_span_is(&state.deployment, fixture_deployment(number))) {
			*last = state;
			count++;
		}
	}
	return count;
}

struct codec_deployment_state fixture_state(unsigned int number)
{
	struct codec_deployment_state last = {.runs = 0};

	assert_true(look_up_states(number, &last) > 0);
	return last;
}

size_t fixture_states(unsigned int number)
{
	struct codec_deployment_state last;

	return look_up_states(number, &last);
}

struct codec_deployment_result fixture_told(size_t index)
{
	const struct said *said = manager_heard(CODEC_TOPIC_DEPLOYMENT_RESULT, index);
	struct codec_deployment_result result;

	assert_int_equal(codec_decode_deployment_result(said->payload, said->len, &result), 0);
	assert_true(fixture_span_is(&result.deployment, said->deployment));
	return result;
}
