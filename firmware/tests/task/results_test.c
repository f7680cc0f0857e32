/* SPDX-License-Identifier: Apache-2.0 */

/* Results of deployments on their way [P-7.4] */

#include <errno.h>
#include <string.h>

#include "task/fixture.h"

#define RESULTS CODEC_TOPIC_DEPLOYMENT_RESULT

static void desire(struct wish wish)
{
	fixture_desire(1, &wish, 1);
}

static struct codec_deployment_state told_state(void)
{
	fixture_run(S);
	return fixture_state(1);
}

/** Those that were said since manager_forget(), from `seq` on without a gap. */
static void expect_row(uint32_t seq, size_t count)
{
	assert_int_equal(manager_said(RESULTS), count);
	for (size_t index = 0; index < count; index++) {
		assert_int_equal(fixture_told(index).seq, seq + index);
	}
}

static void a_result_has_its_number_value_and_boot(void **state)
{
	static const uint8_t body[] = {0xa1, 0x01, 0x05};

	(void)state;
	desire(fixture_wish(1));
	fixture_work();
	struct codec_deployment_result result = fixture_told(0);

	assert_string_equal(manager_heard(RESULTS, 0)->deployment, fixture_deployment(1));
	assert_memory_equal(result.boot.data, manager.boot, 8);
	assert_int_equal(result.seq, 1);
	assert_int_equal(result.ago_ms, 0);
	assert_int_equal(result.outcome, CODEC_OUTCOME_COMPLETED);
	assert_int_equal(result.ran_us, 700);
	assert_false(result.has_error);
	assert_int_equal(result.body.len, sizeof(body));
	assert_memory_equal(result.body.data, body, sizeof(body));
}

static void a_run_that_failed_has_its_error(void **state)
{
	(void)state;
	fake_runtime_ends(CODEC_OUTCOME_TRAPPED, CODEC_GUEST_TRAPPED);
	desire(fixture_wish(1));
	fixture_work();
	assert_int_equal(fixture_told(0).outcome, CODEC_OUTCOME_TRAPPED);
	assert_int_equal(fixture_told(0).error.code, CODEC_GUEST_TRAPPED);
	assert_memory_equal(fixture_told(0).error.message.data, "as the test says", 16);
	assert_null(fixture_told(0).body.data);
}

static void a_body_that_is_too_long_is_left_out_and_that_is_said(void **state)
{
	static uint8_t value[600];
	struct codec_writer writer;

	(void)state;
	codec_writer_init(&writer, value, sizeof(value));
	codec_write_head(&writer, CODEC_BYTES, 507);
	fake_runtime.end.value = value;
	fake_runtime.end.value_len = 510;
	desire(fixture_every(1, 1000));
	fixture_work();
	assert_int_equal(fixture_told(0).body.len, 512);
	codec_writer_init(&writer, value, sizeof(value));
	codec_write_head(&writer, CODEC_BYTES, 508);
	fake_runtime.end.value_len = 511;
	fixture_live(1100 * MS);
	assert_int_equal(fixture_told(1).outcome, CODEC_OUTCOME_COMPLETED);
	assert_int_equal(fixture_told(1).error.code, CODEC_TOO_LARGE);
	assert_null(fixture_told(1).body.data);
}

static void at_most_one_goes_per_throttle_time_the_newest_of_those_that_wait(void **state)
{
	struct wish wish = fixture_every(1, 100);

	(void)state;
	wish.throttle_ms = 1000;
	desire(wish);
	fixture_live(2950 * MS);
	assert_int_equal(manager_said(RESULTS), 3);
	assert_int_equal(fixture_told(0).seq, 1);
	assert_in_range(fixture_told(1).seq, 10, 12);
	assert_in_range(fixture_told(2).seq, 20, 22);
	for (size_t index = 1; index < 3; index++) {
		assert_true(manager_heard(RESULTS, index)->at_us -
				    manager_heard(RESULTS, index - 1)->at_us >=
			    S);
		assert_in_range(fixture_told(index).ago_ms, 0, 100);
	}
	/* What was replaced is missed by nobody. */
	assert_int_equal(told_state().dropped, 0);
}

static void one_that_waits_goes_when_its_time_has_come_though_none_follows(void **state)
{
	struct wish wish = fixture_every(1, 60000);

	(void)state;
	wish.throttle_ms = 61000;
	desire(wish);
	fixture_live(60100 * MS);
	assert_int_equal(manager_said(RESULTS), 1);
	fixture_live(1100 * MS);
	assert_int_equal(manager_said(RESULTS), 2);
	assert_in_range(fixture_told(1).ago_ms, 990, 1100);
}

static void without_a_connection_the_last_are_kept_and_the_oldest_dropped_and_counted(void **state)
{
	struct wish wish = fixture_every(1, 1000);

	(void)state;
	wish.buffer_count = 3;
	desire(wish);
	fixture_live(500 * MS);
	fixture_disconnect();
	manager_forget();
	fixture_live(7 * S);
	assert_int_equal(manager_said(RESULTS), 0);
	fixture_connect();
	/* 2 to 8 came meanwhile. */
	expect_row(6, 3);
	assert_in_range(fixture_told(0).ago_ms, 2480, 2500);
	assert_in_range(fixture_told(1).ago_ms, 1480, 1500);
	assert_in_range(fixture_told(2).ago_ms, 480, 500);
	assert_int_equal(told_state().dropped, 4);
}

static void what_was_kept_goes_before_what_comes_and_no_throttle_holds_it(void **state)
{
	struct wish wish = fixture_every(1, 1000);

	(void)state;
	wish.throttle_ms = 10000;
	wish.buffer_count = 4;
	desire(wish);
	fixture_live(500 * MS);
	fixture_disconnect();
	fixture_live(3 * S);
	manager_forget();
	manager.send_err = -EAGAIN;
	fixture_connect();
	fixture_live(S);
	assert_int_equal(manager_said(RESULTS), 0);
	manager.send_err = 0;
	fixture_live(200 * MS);
	expect_row(2, 4);
	fixture_live(8 * S);
	expect_row(2, 4);
	fixture_live(2 * S);
	assert_int_equal(manager_said(RESULTS), 5);
	assert_in_range(fixture_told(4).seq, 13, 16);
}

static void one_that_waits_for_its_time_is_kept_when_the_connection_goes(void **state)
{
	struct wish wish = fixture_every(1, 1000);

	(void)state;
	wish.throttle_ms = 10000;
	desire(wish);
	fixture_live(1500 * MS);
	assert_int_equal(manager_said(RESULTS), 1);
	fixture_disconnect();
	fixture_connect();
	assert_int_equal(manager_said(RESULTS), 2);
	assert_int_equal(fixture_told(1).seq, 2);
}

static void who_keeps_none_counts_each(void **state)
{
	struct wish wish = fixture_every(1, 1000);

	(void)state;
	wish.buffer_count = 0;
	desire(wish);
	fixture_live(500 * MS);
	fixture_disconnect();
	manager_forget();
	fixture_live(3 * S);
	fixture_connect();
	assert_int_equal(manager_said(RESULTS), 0);
	assert_int_equal(told_state().dropped, 3);
	fixture_live(S);
	assert_true(manager_said(RESULTS) >= 1);
}

static void each_drops_its_own_oldest(void **state)
{
	struct wish wishes[] = {fixture_every(1, 1000), fixture_every(2, 2000)};

	(void)state;
	wishes[0].buffer_count = 3;
	wishes[1].buffer_count = 2;
	fixture_desire(1, wishes, 2);
	fixture_live(500 * MS);
	fixture_disconnect();
	manager_forget();
	/* 2 to 9 of the one, 2 to 5 of the other. */
	fixture_live(8 * S);
	fixture_connect();
	assert_int_equal(manager_said(RESULTS), 5);
	uint32_t seqs[2] = {7, 4};

	for (size_t index = 0; index < 5; index++) {
		struct codec_deployment_result result = fixture_told(index);
		bool is_first = fixture_span_is(&result.deployment, fixture_deployment(1));

		assert_int_equal(result.seq, seqs[is_first ? 0 : 1]++);
	}
	fixture_run(S);
	assert_int_equal(fixture_state(1).dropped, 5);
	assert_int_equal(fixture_state(2).dropped, 2);
}

static void who_keeps_none_drops_what_waits_for_its_time_when_the_connection_goes(void **state)
{
	struct wish wish = fixture_every(1, 1000);

	(void)state;
	wish.throttle_ms = 60000;
	wish.buffer_count = 0;
	desire(wish);
	fixture_live(1500 * MS);
	manager_forget();
	fixture_disconnect();
	fixture_connect();
	assert_int_equal(manager_said(RESULTS), 0);
	assert_int_equal(told_state().dropped, 1);
}

static void all_together_keep_no_more_than_there_is_room_for(void **state)
{
	struct wish wishes[] = {fixture_every(1, 1000), fixture_every(2, 1000)};

	(void)state;
	wishes[0].buffer_count = CONFIG_SAMARA_KEPT_RESULTS;
	wishes[1].buffer_count = CONFIG_SAMARA_KEPT_RESULTS;
	fixture_desire(1, wishes, 2);
	fixture_live(500 * MS);
	fixture_disconnect();
	manager_forget();
	fixture_live(8 * S);
	fixture_connect();
	assert_int_equal(manager_said(RESULTS), CONFIG_SAMARA_KEPT_RESULTS);
	fixture_run(S);
	assert_int_equal(fixture_state(1).dropped + fixture_state(2).dropped,
			 16 - CONFIG_SAMARA_KEPT_RESULTS);
}

static void where_the_pool_is_full_the_oldest_makes_room(void **state)
{
	struct wish wish = fixture_every(1, 1000);

	(void)state;
	wish.buffer_count = 8;
	desire(wish);
	fixture_live(500 * MS);
	fixture_disconnect();
	manager_forget();
	fixture_live(2 * S);
	size_t idle = fake_runtime.out;

	fixture_run(S);
	size_t call = fake_runtime.out - idle;

	fixture_end_calls();
	/* Room for a call, and none for its result beside it. */
	fake_runtime.limit = fake_runtime.out + call;
	fixture_live(S);
	fake_runtime.limit = CONFIG_SAMARA_POOL_SIZE;
	fixture_connect();
	expect_row(3, 3);
	assert_int_equal(fixture_told(2).outcome, CODEC_OUTCOME_COMPLETED);
	assert_int_equal(told_state().dropped, 1);
}

static void numbers_go_on_and_begin_anew_with_the_agent(void **state)
{
	(void)state;
	desire(fixture_every(1, 1000));
	fixture_live(3500 * MS);
	expect_row(1, 4);
	fixture_boot();
	fixture_connect();
	fixture_work();
	expect_row(1, 1);
	assert_memory_equal(fixture_told(0).boot.data, manager.boot, 8);
}

static void one_that_the_link_will_never_take_is_dropped_and_counted(void **state)
{
	(void)state;
	manager.send_err = -EMSGSIZE;
	desire(fixture_every(1, 1000));
	fixture_work();
	manager.send_err = 0;
	fixture_live(500 * MS);
	assert_int_equal(manager_said(RESULTS), 0);
	fixture_live(S);
	expect_row(2, 1);
	assert_int_equal(told_state().dropped, 1);
}

static void what_is_removed_says_no_more(void **state)
{
	(void)state;
	desire(fixture_every(1, 1000));
	fixture_live(500 * MS);
	manager.send_err = -EAGAIN;
	fixture_live(2 * S);
	manager_forget();
	fixture_desire(2, NULL, 0);
	fixture_work();
	manager.send_err = 0;
	fixture_live(2 * S);
	assert_int_equal(manager_said(RESULTS), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_reset, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_result_has_its_number_value_and_boot),
		TEST(a_run_that_failed_has_its_error),
		TEST(a_body_that_is_too_long_is_left_out_and_that_is_said),
		TEST(at_most_one_goes_per_throttle_time_the_newest_of_those_that_wait),
		TEST(one_that_waits_goes_when_its_time_has_come_though_none_follows),
		TEST(without_a_connection_the_last_are_kept_and_the_oldest_dropped_and_counted),
		TEST(what_was_kept_goes_before_what_comes_and_no_throttle_holds_it),
		TEST(one_that_waits_for_its_time_is_kept_when_the_connection_goes),
		TEST(who_keeps_none_counts_each),
		TEST(each_drops_its_own_oldest),
		TEST(who_keeps_none_drops_what_waits_for_its_time_when_the_connection_goes),
		TEST(all_together_keep_no_more_than_there_is_room_for),
		TEST(where_the_pool_is_full_the_oldest_makes_room),
		TEST(numbers_go_on_and_begin_anew_with_the_agent),
		TEST(one_that_the_link_will_never_take_is_dropped_and_counted),
		TEST(what_is_removed_says_no_more),
	};

	return cmocka_run_group_tests_name("task_results", tests, NULL, NULL);
}
