/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "link/fixture.h"
#include "store/store.h"

#define WINDOW (CONFIG_SAMARA_WINDOW * CONFIG_SAMARA_CHUNK)
#define SIZE   (2 * WINDOW + 1000U)

static uint8_t blob[SIZE];
static uint8_t digest[32];
static uint8_t other[3000];
static uint8_t other_digest[32];

static struct link_pull pulls[3];
static unsigned int dones;
static struct codec_error last;
static bool inside_start;
static void (*act_when_done)(void);

static void done(struct link_pull *pull, const struct codec_error *error)
{
	assert_false(inside_start);
	assert_false(pull->active);
	dones++;
	last.code = CODEC_NO_ERROR;
	if (error) {
		last = *error;
	}
	if (act_when_done) {
		act_when_done();
	}
}

static void start(struct link_pull *pull, const uint8_t *of, uint32_t size)
{
	inside_start = true;
	link_pull_start(pull, of, size, done);
	inside_start = false;
	fixture_settle();
}

static int setup(void **state)
{
	(void)fixture_reset(state);
	fixture_blob(blob, sizeof(blob), 1, digest);
	fixture_blob(other, sizeof(other), 2, other_digest);
	memset(pulls, 0, sizeof(pulls));
	dones = 0;
	act_when_done = NULL;
	return 0;
}

static void say_chunk(const struct codec_blob_chunk *chunk)
{
	static uint8_t data[CONFIG_SAMARA_PACKET_MAX];
	int len = codec_encode_blob_chunk(data, sizeof(data), chunk);

	assert_true(len > 0);
	fixture_say(CODEC_TOPIC_PULLED, data, (size_t)len);
}

static void say_data(const uint8_t *of, const uint8_t *bytes, uint32_t size, uint32_t offset,
		     uint32_t len)
{
	say_chunk(&(struct codec_blob_chunk){
		.digest = {of, 32},
		.offset = offset,
		.size_bytes = size,
		.data = {&bytes[offset], len},
	});
}

/** The manager's answer to the last question, but for the chunks of a mask; how many were sent. */
static unsigned int answer(uint32_t but)
{
	struct codec_blob_get get = fixture_pull();
	uint8_t of[32];
	bool is_other;
	unsigned int count = 0;

	memcpy(of, get.digest.data, sizeof(of));
	is_other = memcmp(of, other_digest, sizeof(of)) == 0;
	for (uint32_t at = 0; at < get.length; at += get.chunk, count++) {
		uint32_t len = get.length - at < get.chunk ? get.length - at : get.chunk;

		if ((but >> count & 1) == 0) {
			say_data(of, is_other ? other : blob, is_other ? sizeof(other) : SIZE,
				 get.offset + at, len);
		}
	}
	return count;
}

static void answer_all(void)
{
	for (unsigned int times = 0; times < 100 && dones == 0; times++) {
		(void)answer(0);
		fixture_settle();
	}
	assert_int_equal(dones, 1);
}

static void assert_pulled(void)
{
	assert_int_equal(dones, 1);
	assert_int_equal(last.code, CODEC_NO_ERROR);
	assert_true(fake_store_is_complete(digest));
	assert_memory_equal(fake_store_data(digest), blob, SIZE);
}

static void asks_for_a_window_from_the_first_byte(void **state)
{
	struct codec_blob_get get;

	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	get = fixture_pull();
	assert_memory_equal(get.digest.data, digest, 32);
	assert_int_equal(get.offset, 0);
	assert_int_equal(get.chunk, CONFIG_SAMARA_CHUNK);
	assert_int_equal(get.length, WINDOW);
}

static void asks_for_the_next_window_when_it_has_the_last(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	(void)answer(1U << (CONFIG_SAMARA_WINDOW - 1));
	assert_int_equal(fake_link_count("pull"), 1);
	say_data(digest, blob, SIZE, WINDOW - CONFIG_SAMARA_CHUNK, CONFIG_SAMARA_CHUNK);
	assert_int_equal(fake_link_count("pull"), 2);
	assert_int_equal(fixture_pull().offset, WINDOW);
	(void)answer(0);
	assert_int_equal(fixture_pull().offset, 2 * WINDOW);
	assert_int_equal(fixture_pull().length, 1000);
	(void)answer(0);
	assert_pulled();
	assert_int_equal(fake_link_count("pull"), 3);
}

static void a_chunk_fits_a_packet_whatever_the_names(void **state)
{
	static const char name[] = "a-name-that-has-forty-eight-characters-exactly-9";
	static uint8_t data[2 * CONFIG_SAMARA_PACKET_MAX];
	struct codec_blob_chunk chunk = {
		.digest = {digest, 32},
		.offset = UINT32_MAX,
		.size_bytes = UINT32_MAX,
	};
	size_t topic;

	(void)state;
	assert_int_equal(strlen(name), 48);
	options.id = name;
	options.ns = name;
	fixture_reboot();
	fixture_online();
	start(&pulls[0], digest, SIZE);
	chunk.data = (struct codec_span){blob, fixture_pull().chunk};
	topic = strlen("samara/1/") + 48 + strlen("/p/") + 48 + strlen("/pulled");
	assert_in_range(1 + 2 + 2 + topic + 2 +
				(size_t)codec_encode_blob_chunk(data, sizeof(data), &chunk),
			800, CONFIG_SAMARA_PACKET_MAX);
}

static void a_blob_of_one_byte_is_pulled(void **state)
{
	uint8_t small_digest[32];

	(void)state;
	codec_sha256(blob, 1, small_digest);
	fixture_online();
	start(&pulls[0], small_digest, 1);
	assert_int_equal(fixture_pull().length, 1);
	say_data(small_digest, blob, 1, 0, 1);
	assert_int_equal(dones, 1);
	assert_int_equal(last.code, CODEC_NO_ERROR);
}

static void what_the_store_has_is_done_without_a_question(void **state)
{
	(void)state;
	fixture_online();
	fake_store_put(digest, blob, SIZE);
	start(&pulls[0], digest, SIZE);
	assert_pulled();
	assert_int_equal(fake_link_count("pull"), 0);
}

static void what_the_store_has_is_done_without_a_connection(void **state)
{
	(void)state;
	fake_store_put(digest, blob, SIZE);
	start(&pulls[0], digest, SIZE);
	assert_pulled();
}

static void what_the_store_has_damaged_is_pulled_anew(void **state)
{
	uint8_t damaged[SIZE];

	(void)state;
	memcpy(damaged, blob, SIZE);
	damaged[77] ^= 1;
	fixture_online();
	fake_store_put(digest, damaged, SIZE);
	start(&pulls[0], digest, SIZE);
	assert_int_equal(dones, 0);
	answer_all();
	assert_pulled();
}

static void without_a_connection_it_waits_for_the_welcome(void **state)
{
	(void)state;
	start(&pulls[0], digest, SIZE);
	fixture_run(120 * S);
	assert_int_equal(dones, 0);
	fixture_online();
	assert_int_equal(fixture_pull().offset, 0);
	answer_all();
	assert_pulled();
}

static void a_lost_chunk_is_asked_for_after_five_seconds(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	(void)answer(1U << 3);
	assert_int_equal(fake_store_there(digest), 3 * CONFIG_SAMARA_CHUNK);
	fixture_run(5 * S - 1);
	assert_int_equal(fake_link_count("pull"), 1);
	fixture_run(1);
	assert_int_equal(fake_link_count("pull"), 2);
	assert_int_equal(fixture_pull().offset, 3 * CONFIG_SAMARA_CHUNK);
	answer_all();
	assert_pulled();
}

static void any_chunks_may_be_lost(void **state)
{
	for (uint32_t but = 0; but < 1U << CONFIG_SAMARA_WINDOW; but += 3) {
		(void)setup(state);
		fixture_online();
		start(&pulls[0], digest, SIZE);
		(void)answer(but);
		for (unsigned int times = 0; times < 20 && dones == 0; times++) {
			fixture_run(5 * S);
			(void)answer(0);
		}
		assert_pulled();
	}
}

static void chunks_that_come_twice_are_stored_once(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	(void)answer(1U << (CONFIG_SAMARA_WINDOW - 1));
	(void)answer(0);
	assert_int_equal(fake_store_appended(), WINDOW);
	answer_all();
	assert_pulled();
	assert_int_equal(fake_store_appended(), SIZE);
}

static void chunks_out_of_order_are_ignored(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	for (uint32_t at = WINDOW; at > 0; at -= CONFIG_SAMARA_CHUNK) {
		say_data(digest, blob, SIZE, at - CONFIG_SAMARA_CHUNK, CONFIG_SAMARA_CHUNK);
	}
	assert_int_equal(fake_store_there(digest), CONFIG_SAMARA_CHUNK);
	fixture_run(5 * S);
	answer_all();
	assert_pulled();
}

static void chunks_that_mean_nothing_are_ignored(void **state)
{
	(void)state;
	say_data(digest, blob, SIZE, 0, 10);
	fixture_online();
	say_data(digest, blob, SIZE, 0, 10);
	start(&pulls[0], digest, SIZE);
	say_data(digest, blob, SIZE, 0, 0);
	say_data(other_digest, other, sizeof(other), 0, 10);
	say_data(digest, blob, SIZE, 7, 10);
	assert_int_equal(fake_store_there(digest), 0);
	assert_int_equal(fake_store_there(other_digest), 0);
	assert_int_equal(dones, 0);
}

static void a_chunk_beyond_the_end_is_ignored(void **state)
{
	uint8_t small_digest[32];

	(void)state;
	codec_sha256(blob, 20, small_digest);
	fixture_online();
	start(&pulls[0], small_digest, 20);
	say_data(small_digest, blob, 20, 0, 10);
	say_data(small_digest, blob, 20, 10, 11);
	assert_int_equal(fake_store_there(small_digest), 10);
	assert_int_equal(fake_link_count("pull"), 1);
	say_data(small_digest, blob, 20, 10, 10);
	assert_int_equal(dones, 1);
	assert_int_equal(last.code, CODEC_NO_ERROR);
}

static void what_is_not_the_next_does_not_put_the_question_off(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	fixture_run(4 * S);
	say_data(digest, blob, SIZE, CONFIG_SAMARA_CHUNK, CONFIG_SAMARA_CHUNK);
	say_data(digest, blob, SIZE, 0, 0);
	fixture_run(S);
	assert_int_equal(fake_link_count("pull"), 2);
}

static void after_three_questions_nobody_is_asked_any_more(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	say_data(digest, blob, SIZE, 0, CONFIG_SAMARA_CHUNK);
	fixture_run(15 * S);
	assert_int_equal(fake_link_count("pull"), 4);
	assert_int_equal(dones, 0);
	fixture_run(5 * S);
	assert_int_equal(dones, 1);
	assert_int_equal(last.code, CODEC_UNAVAILABLE);
	assert_non_null(strstr(last.message, "no answer for 896 of 15336 bytes"));
	assert_int_equal(fake_link_count("pull"), 4);
	/* What came stays, and the next pull goes on from there. */
	dones = 0;
	start(&pulls[0], digest, SIZE);
	assert_int_equal(fixture_pull().offset, CONFIG_SAMARA_CHUNK);
}

static void an_answer_begins_the_count_of_silences_anew(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	for (uint32_t at = 0; at < 10; at++) {
		fixture_run(14 * S);
		say_data(digest, blob, SIZE, at * CONFIG_SAMARA_CHUNK, CONFIG_SAMARA_CHUNK);
		assert_int_equal(dones, 0);
	}
}

static void time_without_a_connection_is_no_silence(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	fixture_run(14 * S);
	fake_link_down("cut");
	fixture_run(3600 * S);
	assert_int_equal(dones, 0);
	fake_link_up(true);
	fixture_run(3 * ALIVE_MS * MS);
	fixture_welcome(link_epoch());
	fixture_run(14 * S);
	assert_int_equal(dones, 0);
	answer_all();
	assert_pulled();
}

static void a_refusal_stops_the_questions(void **state)
{
	size_t before;

	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	fixture_welcome_error(link_epoch(), CODEC_IDENTITY_CONFLICT);
	before = fake_link_count("pull");
	fixture_run(50 * S);
	assert_int_equal(fake_link_count("pull"), before);
	fixture_welcome(link_epoch());
	assert_int_equal(fake_link_count("pull"), before + 1);
}

static void a_full_link_is_asked_again_soon(void **state)
{
	(void)state;
	fixture_online();
	fake_link_room(0);
	start(&pulls[0], digest, SIZE);
	fixture_run(60 * S);
	assert_int_equal(dones, 0);
	fake_link_room(SIZE_MAX);
	fixture_run(S / 10);
	assert_int_equal(fake_link_count("pull"), 1);
	answer_all();
	assert_pulled();
}

/** The transfer is cut after each number of chunks, by a lost connection or by a reset. */
static void cut_after(void **state, unsigned int chunks, bool reset)
{
	uint32_t at = 0;

	(void)setup(state);
	fixture_online();
	start(&pulls[0], digest, SIZE);
	for (unsigned int count = 0; count < chunks; count++) {
		uint32_t len = SIZE - at < CONFIG_SAMARA_CHUNK ? SIZE - at : CONFIG_SAMARA_CHUNK;

		say_data(digest, blob, SIZE, at, len);
		at += len;
	}
	assert_int_equal(dones, 0);
	if (reset) {
		memset(pulls, 0, sizeof(pulls));
		fixture_reboot();
		fixture_online();
		start(&pulls[0], digest, SIZE);
	} else {
		fake_link_down("cut");
		fixture_run(S);
		fake_link_up(true);
		fixture_welcome(link_epoch());
	}
	assert_int_equal(fixture_pull().offset, at);
	answer_all();
	assert_pulled();
	assert_int_equal(fake_store_appended(), SIZE);
}

static void goes_on_where_it_was_after_a_cut_at_any_chunk(void **state)
{
	for (unsigned int chunks = 0; chunks * CONFIG_SAMARA_CHUNK < SIZE; chunks++) {
		cut_after(state, chunks, false);
		cut_after(state, chunks, true);
	}
}

static void goes_on_at_any_offset(void **state)
{
	static const uint32_t offsets[] = {1, 895, 897, WINDOW - 1, WINDOW, WINDOW + 1, SIZE - 1};

	for (size_t index = 0; index < sizeof(offsets) / sizeof(offsets[0]); index++) {
		(void)setup(state);
		assert_int_equal(store_blob_begin(digest, SIZE), 0);
		assert_int_equal(store_blob_append(digest, 0, blob, offsets[index]), 0);
		fixture_online();
		start(&pulls[0], digest, SIZE);
		assert_int_equal(fixture_pull().offset, offsets[index]);
		answer_all();
		assert_pulled();
	}
}

static void all_bytes_before_a_reset_need_no_question(void **state)
{
	(void)state;
	assert_int_equal(store_blob_begin(digest, SIZE), 0);
	assert_int_equal(store_blob_append(digest, 0, blob, SIZE), 0);
	fixture_online();
	start(&pulls[0], digest, SIZE);
	assert_pulled();
	assert_int_equal(fake_link_count("pull"), 0);
}

static void bytes_that_differ_are_pulled_once_more(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	blob[WINDOW + 5] ^= 1;
	while (fake_link_count("pull") < 4) {
		(void)answer(0);
	}
	assert_int_equal(dones, 0);
	assert_int_equal(fixture_pull().offset, 0);
	blob[WINDOW + 5] ^= 1;
	answer_all();
	assert_pulled();
}

static void bytes_that_differ_twice_are_data_loss(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	blob[5] ^= 1;
	answer_all();
	assert_int_equal(last.code, CODEC_DATA_LOSS);
	assert_non_null(strstr(last.message, "the pulled bytes differ from it"));
	assert_int_equal(fake_store_there(digest), 0);
}

static void another_size_than_announced_is_data_loss(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	say_data(digest, blob, SIZE + 1, 0, 10);
	assert_int_equal(dones, 1);
	assert_int_equal(last.code, CODEC_DATA_LOSS);
	assert_non_null(strstr(last.message, "has 15337 bytes, 15336 were announced"));
	assert_non_null(strstr(last.message, link_digest(digest).text));
}

static void another_size_than_the_store_has_is_data_loss(void **state)
{
	(void)state;
	fixture_online();
	fake_store_put(digest, blob, SIZE);
	start(&pulls[0], digest, SIZE + 1);
	assert_int_equal(dones, 1);
	assert_int_equal(last.code, CODEC_DATA_LOSS);
}

static void what_the_manager_says_is_handed_on(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	say_chunk(&(struct codec_blob_chunk){
		.digest = {digest, 32},
		.has_error = true,
		.error = {.code = CODEC_NOT_FOUND, .message = codec_span_of("unknown here")},
	});
	assert_int_equal(dones, 1);
	assert_int_equal(last.code, CODEC_NOT_FOUND);
	assert_non_null(strstr(last.message, "unknown here"));
}

static void a_blob_that_never_fits_is_too_large(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, FAKE_STORE_MAX + 1);
	assert_int_equal(last.code, CODEC_TOO_LARGE);
	assert_int_equal(fake_link_count("pull"), 0);
}

static void a_store_without_room_is_exhausted(void **state)
{
	(void)state;
	fixture_online();
	fake_store_fail_begin(-ENOSPC);
	start(&pulls[0], digest, SIZE);
	assert_int_equal(last.code, CODEC_RESOURCE_EXHAUSTED);
	fake_store_fail_begin(-EIO);
	start(&pulls[0], digest, SIZE);
	assert_int_equal(last.code, CODEC_INTERNAL);
}

static void a_flash_that_fails_ends_the_pull(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	fake_store_fail_append(-EIO);
	(void)answer(0);
	assert_int_equal(dones, 1);
	assert_int_equal(last.code, CODEC_INTERNAL);
	fixture_run(60 * S);
	assert_int_equal(fake_link_count("pull"), 1);
}

static void a_store_that_fills_up_is_exhausted(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	fake_store_fail_append(-ENOSPC);
	(void)answer(0);
	assert_int_equal(dones, 1);
	assert_int_equal(last.code, CODEC_RESOURCE_EXHAUSTED);
}

static void a_store_that_lost_a_part_is_filled_from_there(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	(void)answer(1U << (CONFIG_SAMARA_WINDOW - 1));
	fake_store_cut(digest, 1000);
	say_data(digest, blob, SIZE, WINDOW - CONFIG_SAMARA_CHUNK, CONFIG_SAMARA_CHUNK);
	assert_int_equal(fixture_pull().offset, 1000);
	answer_all();
	assert_pulled();
}

static void a_store_that_never_takes_the_next_ends_the_pull(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	fake_store_fail_append(-EINVAL);
	(void)answer(0);
	assert_int_equal(dones, 0);
	answer_all();
	assert_int_equal(last.code, CODEC_INTERNAL);
}

static void two_pulls_of_one_blob_share_a_transfer(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	(void)answer(0);
	start(&pulls[1], digest, SIZE);
	while (dones == 0) {
		(void)answer(0);
	}
	assert_int_equal(dones, 2);
	fixture_settle();
	assert_int_equal(fake_link_count("pull"), 3);
	assert_int_equal(fake_store_appended(), SIZE);
}

static void two_blobs_are_pulled_one_after_the_other(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	start(&pulls[1], other_digest, sizeof(other));
	assert_int_equal(fake_link_count("pull"), 1);
	answer_all();
	assert_pulled();
	fixture_settle();
	assert_memory_equal(fixture_pull().digest.data, other_digest, 32);
	(void)answer(0);
	assert_int_equal(dones, 2);
	assert_true(fake_store_is_complete(other_digest));
}

static void a_pull_that_fails_lets_the_next_begin(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	start(&pulls[1], other_digest, sizeof(other));
	fixture_run(20 * S);
	assert_int_equal(dones, 1);
	(void)answer(0);
	assert_int_equal(dones, 2);
	assert_int_equal(last.code, CODEC_NO_ERROR);
}

static void a_wrong_size_beside_a_right_one_is_an_error_of_its_own(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	start(&pulls[1], digest, SIZE - 1);
	while (dones == 0) {
		(void)answer(0);
	}
	assert_pulled();
	fixture_settle();
	assert_int_equal(dones, 2);
	assert_int_equal(last.code, CODEC_DATA_LOSS);
}

static void a_cancelled_pull_is_not_told(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	(void)answer(0);
	link_pull_cancel(&pulls[0]);
	fixture_run(60 * S);
	(void)answer(0);
	assert_int_equal(dones, 0);
	assert_int_equal(fake_link_count("pull"), 2);
	assert_int_equal(fake_store_there(digest), WINDOW);
	link_pull_cancel(&pulls[0]);
}

static void a_cancelled_pull_leaves_the_transfer_to_the_others(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	start(&pulls[1], digest, SIZE);
	link_pull_cancel(&pulls[0]);
	answer_all();
	assert_pulled();
	assert_false(pulls[1].active);
	assert_int_equal(fake_link_count("pull"), 3);
}

static void a_cancelled_pull_in_the_queue_is_left_out(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	start(&pulls[1], other_digest, sizeof(other));
	link_pull_cancel(&pulls[1]);
	answer_all();
	fixture_run(60 * S);
	assert_int_equal(dones, 1);
	assert_memory_equal(fixture_pull().digest.data, digest, 32);
}

static void cancel_the_second(void)
{
	link_pull_cancel(&pulls[1]);
}

static void whoever_is_told_first_may_cancel_the_others(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	start(&pulls[1], digest, SIZE);
	act_when_done = cancel_the_second;
	answer_all();
	fixture_run(S);
	assert_int_equal(dones, 1);
}

static void start_again(void)
{
	if (dones == 1) {
		link_pull_start(&pulls[0], digest, SIZE, done);
	}
}

static void whoever_is_told_may_start_again(void **state)
{
	(void)state;
	fixture_online();
	act_when_done = start_again;
	start(&pulls[0], digest, SIZE);
	fixture_run(20 * S);
	assert_int_equal(dones, 1);
	assert_int_equal(last.code, CODEC_UNAVAILABLE);
	assert_true(pulls[0].active);
	while (dones == 1) {
		(void)answer(0);
	}
	assert_int_equal(dones, 2);
	assert_int_equal(last.code, CODEC_NO_ERROR);
}

static void a_pull_that_is_started_twice_is_one(void **state)
{
	(void)state;
	fixture_online();
	start(&pulls[0], digest, SIZE);
	start(&pulls[0], other_digest, sizeof(other));
	(void)answer(0);
	assert_int_equal(dones, 1);
	assert_true(fake_store_is_complete(other_digest));
	assert_false(pulls[0].active);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(asks_for_a_window_from_the_first_byte),
		TEST(asks_for_the_next_window_when_it_has_the_last),
		TEST(a_chunk_fits_a_packet_whatever_the_names),
		TEST(a_blob_of_one_byte_is_pulled),
		TEST(what_the_store_has_is_done_without_a_question),
		TEST(what_the_store_has_is_done_without_a_connection),
		TEST(what_the_store_has_damaged_is_pulled_anew),
		TEST(without_a_connection_it_waits_for_the_welcome),
		TEST(a_lost_chunk_is_asked_for_after_five_seconds),
		TEST(any_chunks_may_be_lost),
		TEST(chunks_that_come_twice_are_stored_once),
		TEST(chunks_out_of_order_are_ignored),
		TEST(chunks_that_mean_nothing_are_ignored),
		TEST(a_chunk_beyond_the_end_is_ignored),
		TEST(what_is_not_the_next_does_not_put_the_question_off),
		TEST(after_three_questions_nobody_is_asked_any_more),
		TEST(an_answer_begins_the_count_of_silences_anew),
		TEST(time_without_a_connection_is_no_silence),
		TEST(a_refusal_stops_the_questions),
		TEST(a_full_link_is_asked_again_soon),
		TEST(goes_on_where_it_was_after_a_cut_at_any_chunk),
		TEST(goes_on_at_any_offset),
		TEST(all_bytes_before_a_reset_need_no_question),
		TEST(bytes_that_differ_are_pulled_once_more),
		TEST(bytes_that_differ_twice_are_data_loss),
		TEST(another_size_than_announced_is_data_loss),
		TEST(another_size_than_the_store_has_is_data_loss),
		TEST(what_the_manager_says_is_handed_on),
		TEST(a_blob_that_never_fits_is_too_large),
		TEST(a_store_without_room_is_exhausted),
		TEST(a_flash_that_fails_ends_the_pull),
		TEST(a_store_that_fills_up_is_exhausted),
		TEST(a_store_that_lost_a_part_is_filled_from_there),
		TEST(a_store_that_never_takes_the_next_ends_the_pull),
		TEST(two_pulls_of_one_blob_share_a_transfer),
		TEST(two_blobs_are_pulled_one_after_the_other),
		TEST(a_pull_that_fails_lets_the_next_begin),
		TEST(a_wrong_size_beside_a_right_one_is_an_error_of_its_own),
		TEST(a_cancelled_pull_is_not_told),
		TEST(a_cancelled_pull_leaves_the_transfer_to_the_others),
		TEST(a_cancelled_pull_in_the_queue_is_left_out),
		TEST(whoever_is_told_first_may_cancel_the_others),
		TEST(whoever_is_told_may_start_again),
		TEST(a_pull_that_is_started_twice_is_one),
	};

	return cmocka_run_group_tests_name("link_pull", tests, NULL, NULL);
}
