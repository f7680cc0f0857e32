/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A life of the agent that is cut off: power goes at one operation of the flash, and again during
 * the recovery. What the manager knows outlives that, and is held against what the agent says.
 */

#include <errno.h>
#include <string.h>

#include "task/fixture.h"

#define PIECE	     480 /* of a blob: what is less waits in RAM */
#define TASKS	     48
#define ATTEMPTS     6
#define FILLERS_MAX  32
#define FIRST_FILLER 10

enum step {
	STEP_FIRST_LIST,
	STEP_RUNS,
	STEP_SHORT_RESULT,
	STEP_LONG_RESULT,
	STEP_TRANSCRIPT,
	STEP_RESEND,
	STEP_ACK_SHORT,
	STEP_ACK_LONG,
	STEP_SECOND_LIST,
	STEP_MORE_RUNS,
	STEP_FILLERS, /* one for each function that fills the flash */
};

struct geometry {
	const char *name;
	uint32_t size;
	uint32_t block_size;
	uint32_t write_size;
	unsigned int fillers;
	uint32_t filler_bytes;
};

static const struct geometry nor = {"4 KiB, 4 bytes", 9 * 4096, 4096, 4, 11, 5000};
static const struct geometry h7 = {"128 KiB, 32 bytes", 3 * 128 * 1024, 128 * 1024, 32, 20, 16000};

/** What the manager knows of an attempt. */
struct record {
	bool heard;
	bool acking; /* the agent may have forgotten it, or not */
	bool acked;
	size_t len;
	uint8_t payload[1024];
};

static struct {
	const struct geometry *geometry;
	unsigned int step;
	uint64_t wanted; /* revisions */
	uint64_t taken;
	uint16_t attempts[TASKS]; /* the last that was placed */
	struct record records[TASKS][ATTEMPTS];
	/* A blob that was on its way when power went. */
	const uint8_t *giving;
	uint32_t giving_size;
	uint32_t given;
} life;

static struct version versions[3];
static struct version fillers[FILLERS_MAX];
static uint8_t value[1200];
static uint8_t transcript[700];
static const char grants[] = "grants";
static uint8_t grants_digest[32];
static uint8_t call_digest[32];
static uint32_t call_bytes;

/* The lists */

static size_t wishes_of(uint64_t revision, struct wish wishes[2])
{
	wishes[0] = fixture_every(1, 1000);
	wishes[0].version = &versions[0];
	wishes[0].timeout_ms = revision == 1 ? 101 : 201;
	wishes[1] = fixture_wish(revision == 1 ? 2 : 3);
	wishes[1].version = &versions[revision];
	wishes[1].timeout_ms = revision == 1 ? 102 : 202;
	return revision == 0 ? 0 : 2;
}

static void desire(void)
{
	struct wish wishes[2];

	if (life.wanted > 0) {
		fixture_desire(life.wanted, wishes, wishes_of(life.wanted, wishes));
	}
}

/* Results */

static struct record *record_of(const struct codec_result *result)
{
	for (unsigned int task = 0; task < TASKS; task++) {
		if (memcmp(result->task.data, fixture_task(task), 21) == 0) {
			assert_true(result->attempt < ATTEMPTS);
			return &life.records[task][result->attempt];
		}
	}
	fail_msg("a result of a task that nobody started");
	return NULL;
}

/** A result is in flash before it is said, has the same bytes each time, and is not said any more
 * once its acknowledgement was taken. */
static void hear(const struct said *said)
{
	struct codec_result result;

	if (said->topic != CODEC_TOPIC_RESULT) {
		return;
	}
	assert_int_equal(codec_decode_result(said->payload, said->len, &result), 0);
	assert_int_equal(result.outcome, CODEC_OUTCOME_COMPLETED);
	struct record *record = record_of(&result);

	assert_false(record->acked);
	assert_true(fixture_in_flash(said));
	if (record->heard) {
		assert_int_equal(record->len, said->len);
		assert_memory_equal(record->payload, said->payload, said->len);
	}
	assert_true(said->len <= sizeof(record->payload));
	record->heard = true;
	record->len = said->len;
	memcpy(record->payload, said->payload, said->len);
}

static void expect_pushed(const struct codec_span *digest)
{
	static uint8_t data[CONFIG_SAMARA_VALUE_MAX];
	uint8_t found[32];
	uint32_t size = 0;

	if (!digest->data) {
		return;
	}
	assert_int_equal(task_push_read(digest->data, 0, NULL, 0, &size), 0);
	assert_int_equal(task_push_read(digest->data, 0, data, size, &size), size);
	codec_sha256(data, size, found);
	assert_memory_equal(found, digest->data, 32);
}

/** What was heard and not acknowledged is said on each connection, with all that belongs to it. */
static void expect_said(unsigned int task, const struct record *record)
{
	struct codec_result result;

	if (!record->heard || record->acking || record->acked) {
		return;
	}
	assert_true(fixture_results(task) > 0);
	assert_int_equal(codec_decode_result(record->payload, record->len, &result), 0);
	expect_pushed(&result.body_digest);
	expect_pushed(&result.transcript);
}

/* Steps */

static struct codec_start start_of(unsigned int task)
{
	struct codec_start start = fixture_start(task, life.attempts[task]);

	if (task == 3) {
		start.call = (struct codec_span){NULL, 0};
		start.call_digest = (struct codec_span){call_digest, 32};
		start.has_call_bytes = true;
		start.call_bytes = call_bytes;
		start.grants = (struct codec_span){grants_digest, 32};
		start.grants_bytes = sizeof(grants);
		start.has_record = true;
		start.record = true;
	} else if (task >= FIRST_FILLER) {
		const struct version *version = &fillers[task - FIRST_FILLER];

		start.manifest.data = version->manifest;
		start.manifest_bytes = version->manifest_bytes;
		start.image.data = version->image;
		start.image_bytes = version->image_bytes;
	}
	return start;
}

/** An attempt that has no result is given up where the agent has another boot: the next one
 * follows.
 */
static void place(unsigned int task)
{
	if (life.records[task][life.attempts[task]].heard) {
		return;
	}
	life.attempts[task]++;
	struct codec_start start = start_of(task);

	struct fake_end usual = fake_runtime.end;

	if (task == 2) {
		fake_runtime.end.value = value;
		fake_runtime.end.value_len = sizeof(value);
	}
	fake_hal.report.transcript = transcript;
	fake_hal.report.transcript_len = task == 3 ? sizeof(transcript) : 0;
	task_start(&start);
	fixture_work();
	fake_runtime.end = usual;
	assert_true(life.records[task][life.attempts[task]].heard);
}

static void acknowledge(unsigned int task)
{
	struct record *record = &life.records[task][life.attempts[task]];

	record->acking = true;
	fixture_ack(task, life.attempts[task]);
	record->acked = true;
}

static void follow(uint64_t revision)
{
	life.wanted = revision;
	desire();
	fixture_work();
	/* Where it was taken over before, nothing is said of it but on a new connection. */
	fixture_disconnect();
	fixture_connect();
	assert_int_equal(fixture_reported().revision, revision);
	assert_int_equal(fixture_stats().deployments, 2);
	life.taken = revision;
}

static void do_step(void)
{
	manager_forget();
	switch (life.step) {
	case STEP_FIRST_LIST:
		follow(1);
		break;
	case STEP_RUNS:
	case STEP_MORE_RUNS:
		fixture_live(1500 * MS);
		break;
	case STEP_SHORT_RESULT:
		place(1);
		break;
	case STEP_LONG_RESULT:
		place(2);
		break;
	case STEP_TRANSCRIPT:
		place(3);
		break;
	case STEP_RESEND:
		fixture_run(6 * S);
		assert_true(fixture_results(1) > 0 && fixture_results(2) > 0 &&
			    fixture_results(3) > 0);
		fixture_work();
		break;
	case STEP_ACK_SHORT:
		acknowledge(1);
		break;
	case STEP_ACK_LONG:
		acknowledge(2);
		break;
	case STEP_SECOND_LIST:
		follow(2);
		break;
	default: {
		unsigned int task = FIRST_FILLER + life.step - STEP_FILLERS;

		place(task);
		acknowledge(task);
	}
	}
}

static void live_on(void)
{
	for (; life.step < STEP_FILLERS + life.geometry->fillers; life.step++) {
		do_step();
	}
}

/* Boots */

static bool has(const struct version *version)
{
	return store_blob_size(version->manifest) > 0 && store_blob_size(version->image) > 0;
}

/** The old one or the new one, whole, and begun where the flash has what it needs. */
static void expect_runs_of_the_list(uint64_t revision)
{
	if (revision > 0 && has(&versions[0]) && has(&versions[revision])) {
		assert_true(fake_runtime.runs_count >= 2);
	}
	for (size_t index = 0; index < fake_runtime.runs_count; index++) {
		assert_in_range(fake_runtime.runs[index].timeout_ms, revision * 100 + 1,
				revision * 100 + 2);
	}
}

static void expect_whole_blobs(void)
{
	uint8_t digests[CONFIG_SAMARA_BLOBS][STORE_DIGEST_SIZE];
	size_t count = store_blob_list(digests, CONFIG_SAMARA_BLOBS);

	for (size_t index = 0; index < count; index++) {
		assert_int_equal(store_blob_verify(digests[index]), 0);
	}
	if (!life.giving || store_blob_size(life.giving) >= 0) {
		return;
	}
	/* What was in the flash of one that is not complete is not pulled again. */
	int there = store_blob_begin(life.giving, life.giving_size);

	assert_true(there >= (int)(life.given / PIECE * PIECE));
	assert_true(there <= (int)life.giving_size);
}

static void boot(void)
{
	if (manager.giving) {
		life.giving = manager.giving;
		life.giving_size = manager.giving_size;
		life.given = manager.given;
	}
	fixture_boot();
	manager.on_said = hear;
	expect_whole_blobs();
	/* Without a connection first. */
	fixture_live(100 * MS);
	fixture_connect();
	uint64_t revision = fixture_reported().revision;

	assert_false(fixture_reported().has_error);
	assert_true(revision == life.taken || revision == life.wanted);
	assert_int_equal(fixture_stats().deployments, revision == 0 ? 0 : 2);
	expect_runs_of_the_list(revision);
	life.taken = revision;
	for (unsigned int task = 0; task < TASKS; task++) {
		for (unsigned int attempt = 0; attempt < ATTEMPTS; attempt++) {
			expect_said(task, &life.records[task][attempt]);
		}
	}
	/* The index is retained. */
	desire();
	fixture_work();
	life.giving = NULL;
	manager.giving = NULL;
}

static void begin_life(const struct geometry *geometry)
{
	memset(&life, 0, sizeof(life));
	life.geometry = geometry;
	manager.giving = NULL;
	flash_sim_open(geometry->size, geometry->block_size, geometry->write_size);
}

static void expect_end(void)
{
	assert_int_equal(fixture_stats().results, 1);
	assert_int_equal(fixture_stats().deployments, 2);
	assert_int_equal(life.taken, 2);
	assert_int_equal(store_blob_size(versions[0].image), versions[0].image_bytes);
	assert_int_equal(store_blob_size(versions[2].image), versions[2].image_bytes);
	/* The last that was used is there, the first one gave it its room. */
	assert_true(store_blob_size(fillers[life.geometry->fillers - 1].image) > 0);
	assert_int_equal(store_blob_size(fillers[0].image), -ENOENT);
	acknowledge(3);
	boot();
	assert_int_equal(fixture_stats().results, 0);
}

/** @retval false Power went. */
static bool recover(unsigned long cut, uint32_t seed)
{
	flash_sim_cut(cut, seed);
	if (setjmp(flash_sim_power_off) == 0) {
		boot();
		live_on();
		return true;
	}
	return false;
}

/* Sanitizers and an emulated processor are slow: they see one in so many. */
#ifndef CUTS_SHARE
#define CUTS_SHARE 1
#endif

static void power_cuts(const struct geometry *geometry, unsigned long samples)
{
	unsigned long seconds = 0;
	uint32_t least;
	uint32_t most;

	begin_life(geometry);
	assert_true(recover(0, 1));
	unsigned long operations = flash_sim_operations();

	flash_sim_wear(&least, &most);
	expect_end();
	print_message("%s: %u to %u erasures of a block\n", geometry->name, least, most);
	samples = samples < operations ? samples : operations;
	for (unsigned long sample = 0; sample < samples; sample++) {
		unsigned long cut = 1 + sample * operations / samples;

		begin_life(geometry);
		assert_false(recover(cut, (uint32_t)cut * 31));
		/* Again, at one of the first operations of the recovery. */
		seconds += !recover(1 + sample * 7 % 40, (uint32_t)cut * 17);
		assert_true(recover(0, 1));
		expect_end();
	}
	print_message("%s: %lu operations in a life, %lu cuts, %lu second cuts\n", geometry->name,
		      operations, samples, seconds);
	assert_true(seconds > samples / 2);
	/* The log has gone round: what lives was moved. */
	assert_true(most >= 1);
}

static void cuts_in_small_blocks(void **state)
{
	(void)state;
	power_cuts(&nor, 1000 / CUTS_SHARE);
}

static void cuts_in_large_blocks(void **state)
{
	(void)state;
	power_cuts(&h7, 200 / CUTS_SHARE);
}

static int prepare(void **state)
{
	uint8_t call[64];
	struct codec_writer writer;

	(void)state;
	manager_withdraw_all();
	codec_writer_init(&writer, value, sizeof(value));
	codec_write_head(&writer, CODEC_BYTES, sizeof(value) - 3);
	memset(transcript, 't', sizeof(transcript));
	call_bytes = (uint32_t)fixture_call(call, sizeof(call), "add");
	manager_publish(call, call_bytes, call_digest);
	manager_publish(grants, sizeof(grants), grants_digest);
	add = fixture_version("add", 2000, 1);
	for (unsigned int index = 0; index < 3; index++) {
		versions[index] = fixture_version("add", 2500 + 100 * index, 20 + index);
	}
	return 0;
}

static int prepare_fillers(const struct geometry *geometry)
{
	for (unsigned int index = 0; index < geometry->fillers; index++) {
		fillers[index] = fixture_version("add", geometry->filler_bytes, 40 + index);
	}
	return 0;
}

static int setup_small(void **state)
{
	return prepare(state) || prepare_fillers(&nor);
}

static int setup_large(void **state)
{
	return prepare(state) || prepare_fillers(&h7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(cuts_in_small_blocks, setup_small),
		cmocka_unit_test_setup(cuts_in_large_blocks, setup_large),
	};

	return cmocka_run_group_tests_name("task_cuts", tests, NULL, NULL);
}
