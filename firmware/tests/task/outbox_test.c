/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "task/fixture.h"

static uint8_t value[CONFIG_SAMARA_RESULT_MAX];
static uint8_t transcript[900];

/** Calls give a text of so many bytes, head included. */
static void give_text(size_t len)
{
	struct codec_writer writer;

	assert_true(len > 258);
	memset(value, 'x', sizeof(value));
	codec_writer_init(&writer, value, sizeof(value));
	codec_write_head(&writer, CODEC_TEXT, len - 3);
	fake_runtime.end.value = value;
	fake_runtime.end.value_len = len;
}

static void run_one(unsigned int number)
{
	fixture_say_start(number);
	fixture_work();
}

static unsigned int count_values(void)
{
	unsigned int count = 0;

	for (uint32_t id = 0; store_next(STORE_RESULT, id, &id) == 0; id++) {
		count++;
	}
	return count;
}

static void expect_in_flash(const struct said *said)
{
	assert_true(said->topic != CODEC_TOPIC_RESULT || fixture_in_flash(said));
}

static void a_result_is_in_flash_before_it_is_said(void **state)
{
	(void)state;
	manager.on_said = expect_in_flash;
	run_one(1);
	give_text(900);
	run_one(2);
	assert_int_equal(manager_said(CODEC_TOPIC_RESULT), 2);
}

static void
a_result_is_said_again_each_5_s_with_the_same_bytes_until_it_is_acknowledged(void **state)
{
	(void)state;
	run_one(1);
	struct said first = *fixture_said_result(1);

	fixture_run(4900 * MS);
	assert_int_equal(fixture_results(1), 1);
	fixture_run(1100 * MS);
	assert_int_equal(fixture_results(1), 2);
	fixture_run(23 * S);
	assert_int_equal(fixture_results(1), 6);
	assert_int_equal(fixture_said_result(1)->len, first.len);
	assert_memory_equal(fixture_said_result(1)->payload, first.payload, first.len);
	fixture_ack(1, 1);
	fixture_run(60 * S);
	assert_int_equal(fixture_results(1), 6);
	assert_int_equal(count_values(), 0);
}

static void what_others_end_meanwhile_does_not_put_it_off(void **state)
{
	(void)state;
	run_one(1);
	for (unsigned int number = 2; number < 20; number++) {
		fixture_run(500 * MS);
		run_one(number);
		fixture_ack(number, 1);
	}
	assert_int_equal(fixture_results(1), 2);
}

static void without_a_connection_nothing_is_said_and_all_of_it_first_on_a_new_one(void **state)
{
	(void)state;
	run_one(2);
	run_one(1);
	fixture_disconnect();
	manager_forget();
	fixture_run(60 * S);
	assert_int_equal(manager_said(CODEC_TOPIC_RESULT), 0);
	/* Before the welcome, the oldest first. */
	manager.connected = true;
	task_connected();
	assert_int_equal(manager_said(CODEC_TOPIC_RESULT), 2);
	const struct said *first = manager_heard(CODEC_TOPIC_RESULT, 0);

	assert_ptr_equal(first, fixture_said_result(2));
	fixture_welcome();
}

static void what_ended_without_a_connection_is_said_when_there_is_one(void **state)
{
	(void)state;
	fixture_say_start(1);
	fixture_fetch();
	fixture_disconnect();
	fixture_end_calls();
	assert_int_equal(fixture_results(1), 0);
	assert_int_equal(fixture_stats().results, 1);
	fixture_connect();
	fixture_expect_result(1, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
}

static void a_full_link_puts_it_off(void **state)
{
	(void)state;
	manager.send_err = -EAGAIN;
	run_one(1);
	assert_int_equal(fixture_results(1), 0);
	manager.send_err = 0;
	fixture_run(6 * S);
	assert_int_equal(fixture_results(1), 1);
}

/* Bodies that do not travel inside */

static size_t push_all(const struct codec_span *digest, uint8_t *data, size_t size)
{
	uint32_t whole = 0;
	size_t at = 0;

	assert_int_equal(task_push_read(digest->data, 0, NULL, 0, &whole), 0);
	assert_true(whole <= size);
	while (at < whole) {
		size_t some = whole - at < 100 ? whole - at : 100;

		assert_int_equal(
			task_push_read(digest->data, (uint32_t)at, data + at, some, &whole), some);
		at += some;
	}
	return at;
}

static void expect_body(unsigned int number, size_t value_len)
{
	static uint8_t body[CONFIG_SAMARA_VALUE_MAX];
	uint8_t digest[32];
	struct codec_result result = fixture_result(number);

	assert_null(result.body.data);
	assert_int_equal(result.body_digest.len, 32);
	assert_int_equal(result.body_bytes, value_len + 2);
	assert_int_equal(push_all(&result.body_digest, body, sizeof(body)), value_len + 2);
	codec_sha256(body, value_len + 2, digest);
	assert_memory_equal(digest, result.body_digest.data, 32);
	assert_int_equal(body[0], 0xa1);
	assert_memory_equal(&body[2], value, value_len);
}

static void a_body_of_512_bytes_travels_inside_a_longer_one_is_pulled(void **state)
{
	(void)state;
	give_text(510);
	run_one(1);
	assert_int_equal(fixture_result(1).body.len, 512);
	assert_null(fixture_result(1).body_digest.data);
	give_text(511);
	run_one(2);
	expect_body(2, 511);
}

static void the_longest_body_is_pulled_and_its_transcript(void **state)
{
	struct codec_start start = fixture_granted(1);
	uint8_t back[sizeof(transcript)];

	(void)state;
	memset(transcript, 't', sizeof(transcript));
	fake_hal.report.transcript = transcript;
	fake_hal.report.transcript_len = sizeof(transcript);
	give_text(CONFIG_SAMARA_VALUE_MAX - 2);
	task_start(&start);
	fixture_work();
	expect_body(1, CONFIG_SAMARA_VALUE_MAX - 2);
	struct codec_result result = fixture_result(1);

	assert_int_equal(push_all(&result.transcript, back, sizeof(back)), sizeof(transcript));
	assert_memory_equal(back, transcript, sizeof(transcript));
	assert_int_equal(count_values(), 3);
	fixture_ack(1, 1);
	assert_int_equal(count_values(), 0);
}

static void a_body_is_not_offered_any_more_once_its_result_is_acknowledged(void **state)
{
	uint8_t digest[32];
	uint8_t byte;
	uint32_t size;

	(void)state;
	give_text(900);
	run_one(1);
	memcpy(digest, fixture_result(1).body_digest.data, 32);
	fixture_ack(1, 1);
	assert_int_equal(task_push_read(digest, 0, &byte, 1, &size), -ENOENT);
}

static void one_body_of_two_results_is_offered_until_both_are_acknowledged(void **state)
{
	(void)state;
	give_text(900);
	run_one(1);
	run_one(2);
	fixture_ack(1, 1);
	expect_body(2, 900);
}

/* Reboots */

static void results_survive_a_reboot_with_their_bytes(void **state)
{
	static struct said firsts[2];

	(void)state;
	run_one(1);
	give_text(900);
	run_one(2);
	firsts[0] = *fixture_said_result(1);
	firsts[1] = *fixture_said_result(2);
	fixture_boot();
	assert_int_equal(fixture_stats().results, 2);
	fixture_connect();
	for (unsigned int index = 0; index < 2; index++) {
		const struct said *again = fixture_said_result(index + 1);

		assert_int_equal(again->len, firsts[index].len);
		assert_memory_equal(again->payload, firsts[index].payload, again->len);
	}
	expect_body(2, 900);
	fixture_run(6 * S);
	assert_int_equal(fixture_results(1), 2);
	/* What comes after takes the place of none. */
	run_one(3);
	assert_int_equal(fixture_stats().results, 3);
	fixture_disconnect();
	fixture_connect();
	assert_memory_equal(fixture_said_result(1)->payload, firsts[0].payload, firsts[0].len);
	assert_memory_equal(fixture_said_result(2)->payload, firsts[1].payload, firsts[1].len);
	for (unsigned int number = 1; number <= 3; number++) {
		fixture_ack(number, 1);
	}
	fixture_boot();
	assert_int_equal(fixture_stats().results, 0);
	assert_int_equal(count_values(), 0);
}

static void a_start_that_comes_again_after_a_reboot_is_answered_with_its_result(void **state)
{
	(void)state;
	run_one(1);
	fixture_boot();
	fixture_connect();
	run_one(1);
	assert_int_equal(fixture_results(1), 2);
	assert_int_equal(fake_runtime.runs_count, 0);
}

/** A long body, a transcript, its acknowledgement. @retval Operations of the flash. */
static unsigned long keep_and_forget(void)
{
	unsigned long before = flash_sim_operations();
	struct codec_start start = fixture_granted(1);

	fake_hal.report.transcript = transcript;
	fake_hal.report.transcript_len = sizeof(transcript);
	give_text(900);
	task_start(&start);
	fixture_work();
	fixture_ack(1, 1);
	return flash_sim_operations() - before;
}

static void a_power_cut_while_it_is_kept_or_forgotten_leaves_all_or_nothing(void **state)
{
	/* volatile: they live on past a longjmp. */
	volatile unsigned long all = keep_and_forget();
	volatile unsigned int whole = 0;
	volatile unsigned int none = 0;

	for (volatile unsigned long cut = 1; cut <= all; cut++) {
		assert_int_equal(fixture_reset(state), 0);
		flash_sim_cut(cut, (uint32_t)cut * 7);
		if (setjmp(flash_sim_power_off) == 0) {
			(void)keep_and_forget();
		}
		flash_sim_cut(0, 1);
		fixture_boot();
		fixture_connect();
		if (fixture_stats().results == 0) {
			assert_int_equal(count_values(), 0);
			none++;
		} else {
			assert_int_equal(count_values(), 3);
			expect_body(1, 900);
			whole++;
		}
	}
	assert_true(whole > 0);
	assert_true(none > 0);
}

static void what_is_no_result_goes_at_the_next_start(void **state)
{
	static const uint8_t junk[] = "no result";

	(void)state;
	run_one(1);
	assert_int_equal(store_put(STORE_RESULT, 4 * 7, junk, sizeof(junk)), 0);
	assert_int_equal(store_put(STORE_RESULT, 4 * 8 + 1, junk, sizeof(junk)), 0);
	assert_int_equal(store_put(STORE_RESULT, 4 * 9 + 2, junk, sizeof(junk)), 0);
	fixture_boot();
	assert_int_equal(fixture_stats().results, 1);
	assert_int_equal(count_values(), 1);
	fixture_connect();
	fixture_expect_result(1, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
}

static void a_result_whose_body_is_lost_goes_at_the_next_start(void **state)
{
	(void)state;
	give_text(900);
	run_one(1);
	assert_int_equal(store_delete(STORE_RESULT, 4 * 1 + 1), 0);
	fixture_boot();
	assert_int_equal(fixture_stats().results, 0);
	assert_int_equal(count_values(), 0);
}

/* Fences and bounds */

static void a_result_whose_attempt_was_fenced_is_not_said_again(void **state)
{
	struct codec_lease lease = {
		.epoch = manager.epoch,
		.fenced_count = 1,
		.fenced = {{codec_span_of(fixture_task(1)), 1}},
	};

	(void)state;
	run_one(1);
	task_lease(&lease);
	fixture_run(20 * S);
	assert_int_equal(fixture_results(1), 1);
	assert_int_equal(fixture_stats().results, 0);
}

static void an_acknowledgement_of_another_attempt_forgets_nothing(void **state)
{
	(void)state;
	run_one(1);
	fixture_ack(1, 2);
	fixture_ack(2, 1);
	assert_int_equal(fixture_stats().results, 1);
}

static void results_that_wait_keep_new_starts_out(void **state)
{
	(void)state;
	for (unsigned int number = 1; number <= CONFIG_SAMARA_RESULTS; number++) {
		run_one(number);
	}
	assert_int_equal(fixture_stats().results, CONFIG_SAMARA_RESULTS);
	run_one(20);
	fixture_expect_result(20, CODEC_OUTCOME_REFUSED, CODEC_RESOURCE_EXHAUSTED);
	assert_int_equal(fake_runtime.runs_count, CONFIG_SAMARA_RESULTS);
	fixture_ack(1, 1);
	run_one(21);
	fixture_expect_result(21, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
}

static void a_refusal_takes_no_place_from_a_result_that_is_to_come(void **state)
{
	(void)state;
	for (unsigned int number = 1; number < CONFIG_SAMARA_RESULTS; number++) {
		run_one(number);
	}
	fixture_say_start(30);
	fixture_fetch();
	run_one(31);
	fixture_expect_result(31, CODEC_OUTCOME_REFUSED, CODEC_RESOURCE_EXHAUSTED);
	fixture_cancel(32, 1);
	fixture_expect_result(32, CODEC_OUTCOME_CANCELLED, CODEC_CANCELLED);
	fixture_work();
	fixture_expect_result(30, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
	assert_int_equal(fixture_stats().results, CONFIG_SAMARA_RESULTS);
}

static void what_was_refused_without_a_place_does_not_run_when_its_start_comes_twice(void **state)
{
	(void)state;
	for (unsigned int number = 1; number <= CONFIG_SAMARA_RESULTS; number++) {
		run_one(number);
	}
	run_one(20);
	fixture_ack(1, 1);
	run_one(20);
	assert_int_equal(fixture_results(20), 1);
	assert_int_equal(fake_runtime.runs_count, CONFIG_SAMARA_RESULTS);
}

static void a_result_that_the_flash_cannot_keep_is_not_said(void **state)
{
	(void)state;
	fixture_begin(1);
	fixture_fill_flash();
	give_text(1900);
	fixture_end_calls();
	assert_int_equal(fixture_results(1), 0);
	assert_int_equal(fixture_stats().results, 0);
	assert_int_equal(count_values(), 0);
	/* For the end of the test: pins are in RAM. */
	fixture_boot();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_reset, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_result_is_in_flash_before_it_is_said),
		TEST(a_result_is_said_again_each_5_s_with_the_same_bytes_until_it_is_acknowledged),
		TEST(what_others_end_meanwhile_does_not_put_it_off),
		TEST(without_a_connection_nothing_is_said_and_all_of_it_first_on_a_new_one),
		TEST(what_ended_without_a_connection_is_said_when_there_is_one),
		TEST(a_full_link_puts_it_off),
		TEST(a_body_of_512_bytes_travels_inside_a_longer_one_is_pulled),
		TEST(the_longest_body_is_pulled_and_its_transcript),
		TEST(a_body_is_not_offered_any_more_once_its_result_is_acknowledged),
		TEST(one_body_of_two_results_is_offered_until_both_are_acknowledged),
		TEST(results_survive_a_reboot_with_their_bytes),
		TEST(a_start_that_comes_again_after_a_reboot_is_answered_with_its_result),
		TEST(a_power_cut_while_it_is_kept_or_forgotten_leaves_all_or_nothing),
		TEST(what_is_no_result_goes_at_the_next_start),
		TEST(a_result_whose_body_is_lost_goes_at_the_next_start),
		TEST(a_result_whose_attempt_was_fenced_is_not_said_again),
		TEST(an_acknowledgement_of_another_attempt_forgets_nothing),
		TEST(results_that_wait_keep_new_starts_out),
		TEST(a_refusal_takes_no_place_from_a_result_that_is_to_come),
		TEST(what_was_refused_without_a_place_does_not_run_when_its_start_comes_twice),
		TEST(a_result_that_the_flash_cannot_keep_is_not_said),
	};

	return cmocka_run_group_tests_name("task_outbox", tests, NULL, NULL);
}
