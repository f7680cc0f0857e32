/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "task/fixture.h"
#include "task/pairs.h"

#define STEP_US	 (10 * MS)
#define LEASE_MS 30000

struct version add;
static uint32_t epochs;
static uint8_t boots;

/* Life */

void fixture_run(uint64_t us)
{
	fake_port_run(loop_turn, us);
}

void fixture_settle(void)
{
	fake_port_settle(loop_turn);
}

unsigned int fixture_end_calls(void)
{
	size_t before = fake_runtime.runs_count;

	fixture_settle();
	for (size_t index = 0; index < fake_port_threads(); index++) {
		(void)fake_port_thread_run(index);
	}
	fixture_settle();
	return (unsigned int)(fake_runtime.runs_count - before);
}

void fixture_fetch(void)
{
	do {
		fixture_settle();
	} while (manager_serve() > 0);
}

void fixture_work(void)
{
	do {
		fixture_fetch();
	} while (fixture_end_calls() > 0 || (manager.online && manager_pulls() > 0));
}

void fixture_live(uint64_t us)
{
	for (uint64_t at = 0; at < us; at += STEP_US) {
		fixture_work();
		fixture_run(us - at < STEP_US ? us - at : STEP_US);
	}
	fixture_work();
}

void fixture_boot(void)
{
	static const struct agent_options options = {.id = "c-1", .ns = "default"};

	fake_port_reset();
	/* 0 is for `never`. */
	fake_port_advance(S);
	loop_init();
	fake_runtime_reset();
	fake_hal_reset();
	manager_reset();
	manager.boot[0] = ++boots;
	manager.epoch = epochs;
	assert_int_equal(store_mount(), 0);
	assert_int_equal(task_init(&options), 0);
}

void fixture_welcome(void)
{
	struct codec_welcome welcome = {.epoch = manager.epoch, .lease_ms = LEASE_MS};

	manager.online = true;
	task_welcomed(&welcome);
}

void fixture_connect(void)
{
	manager.connected = true;
	manager.epoch = ++epochs;
	task_connected();
	fixture_welcome();
}

void fixture_disconnect(void)
{
	manager.connected = false;
	manager.online = false;
	task_disconnected();
}

struct task_stats fixture_stats(void)
{
	struct task_stats stats;

	task_stats(&stats);
	return stats;
}

int fixture_reset(void **state)
{
	(void)state;
	epochs = 0;
	boots = 0;
	manager_withdraw_all();
	flash_sim_open(256u * 1024, 4096, 4);
	fixture_boot();
	fixture_connect();
	add = fixture_version("add", 3000, 1);
	return 0;
}

static void expect_no_pins(void)
{
	uint8_t digests[CONFIG_SAMARA_BLOBS][STORE_DIGEST_SIZE];
	size_t count = store_blob_list(digests, CONFIG_SAMARA_BLOBS);

	/* What is pinned stays. */
	for (size_t index = 0; index < count; index++) {
		store_blob_drop(digests[index]);
	}
	assert_int_equal(store_blob_list(digests, CONFIG_SAMARA_BLOBS), 0);
}

int fixture_end(void **state)
{
	(void)state;
	fake_hal.busy = false;
	task_drain(0);
	fixture_run(MS);
	(void)fixture_end_calls();
	task_close();
	fixture_settle();
	for (size_t index = 0; index < fake_port_threads(); index++) {
		assert_true(fake_port_thread_run(index));
	}
	assert_int_equal(manager_pulls(), 0);
	assert_int_equal(fake_runtime.out, 0);
	assert_int_equal(fake_hal.open, 0);
	assert_int_equal(fake_hal.watching, 0);
	expect_no_pins();
	return 0;
}

/* Flash */

bool fixture_pin_blob(uint8_t fill, uint32_t size, uint8_t digest[32])
{
	static uint8_t data[32768];

	assert_true(size <= sizeof(data));
	memset(data, fill, size);
	codec_sha256(data, size, digest);
	if (store_blob_begin(digest, size) < 0) {
		return false;
	}
	assert_int_equal(store_blob_append(digest, 0, data, size), 0);
	assert_int_equal(store_blob_finish(digest), 0);
	store_blob_pin(digest);
	return true;
}

void fixture_fill_flash(void)
{
	uint8_t digest[32];
	uint8_t fill = 1;

	for (uint32_t size = 32768; size >= 64; size /= 2) {
		while (fixture_pin_blob(fill, size, digest)) {
			fill++;
		}
	}
}

/* Functions */

struct version fixture_version(const char *name, uint32_t image_bytes, unsigned int seed)
{
	static uint8_t image[16384];
	uint8_t data[512];
	struct version version = {.image_bytes = image_bytes};
	struct codec_writer writer;

	assert_true(image_bytes <= sizeof(image));
	for (uint32_t index = 0; index < image_bytes; index++) {
		image[index] = (uint8_t)(index * 31 + index / 251 + seed);
	}
	manager_publish(image, image_bytes, version.image);
	codec_writer_init(&writer, data, sizeof(data));
	codec_write_head(&writer, CODEC_MAP, 7);
	pair_uint(&writer, 1, 3);
	pair_bytes(&writer, 2, version.image, 32);
	pair_uint(&writer, 3, image_bytes);
	pair_begin(&writer, 4, CODEC_ARRAY, 1);
	codec_write_head(&writer, CODEC_MAP, 2);
	pair_text(&writer, 1, name);
	pair_text(&writer, 2, "func(a:u32,b:u32)->u32");
	pair_begin(&writer, 5, CODEC_ARRAY, 0);
	pair_begin(&writer, 6, CODEC_MAP, 2);
	pair_uint(&writer, 1, 1);
	pair_bool(&writer, 3, false);
	pair_begin(&writer, 7, CODEC_ARRAY, 1);
	codec_write_head(&writer, CODEC_MAP, 4);
	pair_uint(&writer, 1, 1);
	pair_uint(&writer, 2, CODEC_FORMAT_LOWERED_CORE);
	pair_bytes(&writer, 3, version.image, 32);
	pair_uint(&writer, 4, image_bytes);
	assert_int_equal(writer.error, 0);
	version.manifest_bytes = (uint32_t)writer.len;
	manager_publish(data, version.manifest_bytes, version.manifest);
	return version;
}

size_t fixture_call(uint8_t *data, size_t size, const char *name)
{
	struct codec_writer writer;

	codec_writer_init(&writer, data, size);
	codec_write_head(&writer, CODEC_MAP, 2);
	pair_text(&writer, 1, name);
	pair_begin(&writer, 2, CODEC_ARRAY, 2);
	codec_write_uint(&writer, 2);
	codec_write_uint(&writer, 3);
	assert_int_equal(writer.error, 0);
	return writer.len;
}

/* Attempts */

const char *fixture_name(char (*names)[22], char kind, unsigned int number)
{
	assert_true(number < FIXTURE_NAMES);
	(void)snprintf(names[number], sizeof(names[number]), "%c%020u", kind, number);
	return names[number];
}

const char *fixture_task(unsigned int number)
{
	static char names[FIXTURE_NAMES][22];

	return fixture_name(names, 't', number);
}

struct codec_start fixture_start(unsigned int number, uint16_t attempt)
{
	static uint8_t call[64];
	size_t len = fixture_call(call, sizeof(call), "add");

	return (struct codec_start){
		.task = codec_span_of(fixture_task(number)),
		.attempt = attempt,
		.epoch = manager.epoch,
		.function = codec_span_of("add"),
		.manifest = {add.manifest, 32},
		.manifest_bytes = add.manifest_bytes,
		.image = {add.image, 32},
		.image_bytes = add.image_bytes,
		.lease_ms = LEASE_MS,
		.time_left_ms = 60000,
		.timeout_ms = 5000,
		.call = {call, len},
	};
}

void fixture_say_start(unsigned int number)
{
	struct codec_start start = fixture_start(number, 1);

	task_start(&start);
}

void fixture_cancel(unsigned int number, uint16_t attempt)
{
	struct codec_cancel cancel = {
		.task = codec_span_of(fixture_task(number)),
		.attempt = attempt,
		.epoch = manager.epoch,
	};

	task_cancel(&cancel);
}

void fixture_ack(unsigned int number, uint16_t attempt)
{
	struct codec_ack ack = {
		.attempts_count = 1,
		.attempts = {{codec_span_of(fixture_task(number)), attempt}},
	};

	task_ack(&ack);
}

bool fixture_span_is(const struct codec_span *span, const char *text)
{
	return span->len == strlen(text) && memcmp(span->data, text, span->len) == 0;
}

static bool is_result_of(const struct said *said, unsigned int number)
{
	struct codec_result result;

	if (said->topic != CODEC_TOPIC_RESULT) {
		return false;
	}
	assert_int_equal(codec_decode_result(said->payload, said->len, &result), 0);
	return fixture_span_is(&result.task, fixture_task(number));
}

size_t fixture_results(unsigned int number)
{
	size_t count = 0;
	const struct said *said;

	for (size_t index = 0; (said = manager_any(index)); index++) {
		count += is_result_of(said, number);
	}
	return count;
}

const struct said *fixture_said_result(unsigned int number)
{
	const struct said *last = NULL;
	const struct said *said;

	for (size_t index = 0; (said = manager_any(index)); index++) {
		last = is_result_of(said, number) ? said : last;
	}
	assert_non_null(last);
	return last;
}

struct codec_result fixture_result(unsigned int number)
{
	const struct said *said = fixture_said_result(number);
	struct codec_result result;

	assert_int_equal(codec_decode_result(said->payload, said->len, &result), 0);
	return result;
}

void fixture_expect_result(unsigned int number, enum codec_outcome outcome,
			   enum codec_error_code code)
{
	struct codec_result result = fixture_result(number);

	assert_string_equal(codec_outcome_name(result.outcome), codec_outcome_name(outcome));
	assert_string_equal(codec_error_name(result.has_error ? result.error.code : 0),
			    codec_error_name(code));
}

struct codec_start fixture_granted(unsigned int number)
{
	static const char grants[] = "grants";
	static uint8_t digest[32];
	struct codec_start start = fixture_start(number, 1);

	manager_publish(grants, sizeof(grants), digest);
	start.grants = (struct codec_span){digest, 32};
	start.grants_bytes = sizeof(grants);
	return start;
}

void fixture_begin(unsigned int number)
{
	fixture_say_start(number);
	fixture_fetch();
}

bool fixture_in_flash(const struct said *said)
{
	static uint8_t kept[CONFIG_SAMARA_VALUE_MAX];

	for (uint32_t id = 0; store_next(STORE_RESULT, id, &id) == 0; id++) {
		if (store_get(STORE_RESULT, id, 0, kept, sizeof(kept)) == (int)said->len &&
		    memcmp(kept, said->payload, said->len) == 0) {
			return true;
		}
	}
	return false;
}

struct codec_started fixture_started(void)
{
	const struct said *said = manager_last(CODEC_TOPIC_STARTED);
	struct codec_started started;

	assert_int_equal(codec_decode_started(said->payload, said->len, &started), 0);
	return started;
}
