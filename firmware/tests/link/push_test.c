/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "link/fixture.h"

#define SIZE 10000U

static uint8_t blob[SIZE];
static uint8_t digest[32];
static uint8_t got[SIZE];

static int setup(void **state)
{
	(void)fixture_reset(state);
	fixture_blob(blob, sizeof(blob), 1, digest);
	plan.blobs[0].data = blob;
	plan.blobs[0].size = SIZE;
	memset(got, 0, sizeof(got));
	fixture_online();
	fake_link_forget();
	return 0;
}

static void ask_for(const uint8_t *of, uint32_t offset, uint32_t length, uint32_t chunk)
{
	struct codec_blob_get get = {{of, 32}, offset, length, chunk};
	uint8_t data[128];
	int len = codec_encode_blob_get(data, sizeof(data), &get);

	assert_true(len > 0);
	fixture_say(CODEC_TOPIC_PUSH, data, (size_t)len);
}

static void ask(uint32_t offset, uint32_t length, uint32_t chunk)
{
	ask_for(digest, offset, length, chunk);
}

/** What was pushed, put together; each chunk is the next. @retval Where it ends. */
static uint32_t collect(uint32_t offset, uint32_t most)
{
	for (size_t index = 0; index < fake_link_sent(); index++) {
		struct codec_blob_chunk chunk = fixture_chunk_at(index);

		assert_false(chunk.has_error);
		assert_int_equal(chunk.offset, offset);
		assert_int_equal(chunk.size_bytes, SIZE);
		assert_memory_equal(chunk.digest.data, digest, 32);
		assert_true(chunk.data.len <= most);
		assert_true(fake_link_message_at(index)->len <= CONFIG_SAMARA_PACKET_MAX);
		memcpy(&got[offset], chunk.data.data, chunk.data.len);
		offset += (uint32_t)chunk.data.len;
	}
	return offset;
}

static void confirm_all(void)
{
	for (unsigned int times = 0; times < 50; times++) {
		fake_link_confirm();
	}
}

static void answers_with_chunks_of_the_size_that_was_asked_for(void **state)
{
	(void)state;
	ask(0, SIZE, 500);
	confirm_all();
	assert_int_equal(fake_link_sent(), SIZE / 500);
	assert_int_equal(collect(0, 500), SIZE);
	assert_memory_equal(got, blob, SIZE);
	assert_string_equal(fake_link_last("pushed")->topic, "samara/1/default/p/c-1/pushed");
	assert_int_equal(fake_link_last("pushed")->qos, 1);
}

static void a_larger_chunk_than_fits_is_cut(void **state)
{
	(void)state;
	ask(0, SIZE, 65536);
	confirm_all();
	assert_int_equal(collect(0, CONFIG_SAMARA_CHUNK), SIZE);
	assert_memory_equal(got, blob, SIZE);
}

static void answers_the_window_that_was_asked_for(void **state)
{
	(void)state;
	ask(1234, 1000, 300);
	confirm_all();
	assert_int_equal(fake_link_sent(), 4);
	assert_int_equal(collect(1234, 300), 2234);
	assert_memory_equal(&got[1234], &blob[1234], 1000);
}

static void a_window_beyond_the_end_ends_with_the_blob(void **state)
{
	(void)state;
	ask(SIZE - 10, UINT32_MAX, 300);
	confirm_all();
	assert_int_equal(collect(SIZE - 10, 300), SIZE);
	assert_int_equal(fake_link_sent(), 1);
}

static void nothing_is_one_empty_chunk(void **state)
{
	(void)state;
	ask(SIZE, 100, 300);
	confirm_all();
	assert_int_equal(fake_link_sent(), 1);
	assert_int_equal(fixture_pushed().offset, SIZE);
	assert_int_equal(fixture_pushed().data.len, 0);
	ask(7, 0, 300);
	assert_int_equal(fake_link_sent(), 2);
}

static void at_most_four_chunks_are_not_confirmed(void **state)
{
	(void)state;
	ask(0, SIZE, 500);
	fixture_run(60 * S - S);
	assert_int_equal(fake_link_count("pushed"), 4);
	fake_link_published(fake_link_last("pushed")->id);
	assert_int_equal(fake_link_count("pushed"), 5);
}

static void a_confirmation_of_something_else_means_nothing(void **state)
{
	(void)state;
	ask(0, SIZE, 500);
	fake_link_published(9999);
	assert_int_equal(fake_link_count("pushed"), 4);
}

static void a_full_link_gets_the_same_chunk_later(void **state)
{
	(void)state;
	for (size_t room = 0; room < 6; room++) {
		(void)setup(state);
		fake_link_room(room);
		ask(0, SIZE, 500);
		fake_link_confirm();
		fixture_run(S);
		assert_in_range(fake_link_sent(), 0, room);
		fake_link_room(SIZE_MAX);
		fixture_run(S / 10);
		confirm_all();
		assert_int_equal(collect(0, 500), SIZE);
		assert_memory_equal(got, blob, SIZE);
	}
}

static void two_blobs_are_pushed_at_a_time_and_a_third_is_to_be_asked_for_again(void **state)
{
	static uint8_t blobs[3][600];
	uint8_t digests[3][32];
	unsigned int counts[3] = {0};

	(void)state;
	for (unsigned int index = 0; index < 3; index++) {
		fixture_blob(blobs[index], 600, 10 + index, digests[index]);
		plan.blobs[index].data = blobs[index];
		plan.blobs[index].size = 600;
		ask_for(digests[index], 0, 600, 100);
	}
	confirm_all();
	assert_int_equal(fake_link_sent(), 12);
	ask_for(digests[2], 0, 600, 100);
	confirm_all();
	assert_int_equal(fake_link_sent(), 18);
	for (size_t index = 0; index < 18; index++) {
		struct codec_blob_chunk chunk = fixture_chunk_at(index);

		for (size_t which = 0; which < 3; which++) {
			counts[which] += memcmp(chunk.digest.data, digests[which], 32) == 0;
		}
		assert_false(chunk.has_error);
	}
	assert_int_equal(counts[0], 6);
	assert_int_equal(counts[1], 6);
	assert_int_equal(counts[2], 6);
}

static uint64_t waits_until;

static void keep_wait(uint64_t until_us)
{
	waits_until = until_us;
}

static void nothing_is_tried_where_nothing_is_asked(void **state)
{
	unsigned int reads;

	(void)state;
	ask(0, 1000, 500);
	confirm_all();
	reads = seen.reads;
	fixture_run(S);
	fake_link_confirm();
	assert_int_equal(seen.reads, reads);
	fake_port_on_wait(keep_wait);
	loop_turn(port_now_us() + S);
	assert_int_equal(waits_until, port_now_us() + S);
}

static void a_newer_question_replaces_the_one_that_is_answered(void **state)
{
	(void)state;
	ask(0, SIZE, 500);
	assert_int_equal(fake_link_sent(), 4);
	ask(6000, 1000, 500);
	confirm_all();
	assert_int_equal(fake_link_sent(), 6);
	assert_int_equal(fixture_chunk_at(4).offset, 6000);
	assert_int_equal(fixture_chunk_at(5).offset, 6500);
}

static void an_unknown_blob_is_answered_not_found(void **state)
{
	static const uint8_t unknown[32] = {0xab};
	struct codec_blob_chunk chunk;
	char message[128];

	(void)state;
	ask_for(unknown, 5, 100, 100);
	chunk = fixture_pushed();
	assert_true(chunk.has_error);
	assert_int_equal(chunk.error.code, CODEC_NOT_FOUND);
	assert_int_equal(chunk.offset, 5);
	(void)snprintf(message, sizeof(message), "blob %s is not offered",
		       link_digest(unknown).text);
	assert_memory_equal(chunk.error.message.data, message, strlen(message));
	assert_int_equal(fake_link_sent(), 1);
}

static void a_question_that_cannot_be_is_answered_with_what_is_wrong(void **state)
{
	struct codec_blob_chunk chunk;

	(void)state;
	ask(0, 100, 0);
	assert_int_equal(fixture_pushed().error.code, CODEC_INVALID_ARGUMENT);
	ask(SIZE + 1, 100, 100);
	chunk = fixture_pushed();
	assert_int_equal(chunk.error.code, CODEC_INVALID_ARGUMENT);
	assert_int_equal(chunk.error.message.len, 5 + 64 + 2 + 27);
	assert_memory_equal(&chunk.error.message.data[71], "chunk 100 at 10001 of 10000", 27);
	assert_int_equal(fake_link_sent(), 2);
}

static void bytes_that_cannot_be_read_are_an_error(void **state)
{
	(void)state;
	plan.read_err = -EIO;
	ask(0, SIZE, 500);
	confirm_all();
	assert_int_equal(fake_link_sent(), 1);
	assert_int_equal(fixture_pushed().error.code, CODEC_INTERNAL);
}

static void a_lost_connection_ends_the_answers(void **state)
{
	(void)state;
	ask(0, SIZE, 500);
	fake_link_down("cut");
	fixture_run(S);
	fake_link_up(true);
	fixture_welcome(link_epoch());
	fixture_run(S);
	confirm_all();
	assert_int_equal(fake_link_count("pushed"), 4);
	fake_link_forget();
	ask(2000, SIZE, 500);
	confirm_all();
	assert_int_equal(collect(2000, 500), SIZE);
}

static void before_the_welcome_nothing_is_pushed(void **state)
{
	(void)state;
	fake_link_down("cut");
	fixture_run(S);
	fake_link_up(true);
	ask(0, SIZE, 500);
	assert_int_equal(fake_link_count("pushed"), 0);
	fixture_welcome(link_epoch());
	fixture_run(S);
	assert_int_equal(fake_link_count("pushed"), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_with_chunks_of_the_size_that_was_asked_for),
		TEST(a_larger_chunk_than_fits_is_cut),
		TEST(answers_the_window_that_was_asked_for),
		TEST(a_window_beyond_the_end_ends_with_the_blob),
		TEST(nothing_is_one_empty_chunk),
		TEST(at_most_four_chunks_are_not_confirmed),
		TEST(a_confirmation_of_something_else_means_nothing),
		TEST(a_full_link_gets_the_same_chunk_later),
		TEST(two_blobs_are_pushed_at_a_time_and_a_third_is_to_be_asked_for_again),
		TEST(nothing_is_tried_where_nothing_is_asked),
		TEST(a_newer_question_replaces_the_one_that_is_answered),
		TEST(an_unknown_blob_is_answered_not_found),
		TEST(a_question_that_cannot_be_is_answered_with_what_is_wrong),
		TEST(bytes_that_cannot_be_read_are_an_error),
		TEST(a_lost_connection_ends_the_answers),
		TEST(before_the_welcome_nothing_is_pushed),
	};

	return cmocka_run_group_tests_name("link_push", tests, NULL, NULL);
}
