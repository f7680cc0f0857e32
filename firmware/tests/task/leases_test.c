/* SPDX-License-Identifier: Apache-2.0 */

/* What ends an attempt from outside: leases, fences, cancel, drain */

#include "task/fixture.h"

static void say_lease(unsigned int number, bool fenced)
{
	struct codec_attempt_ref ref = {codec_span_of(fixture_task(number)), 1};
	struct codec_lease lease = {.epoch = manager.epoch, .lease_ms = 30000};

	if (fenced) {
		lease.fenced[lease.fenced_count++] = ref;
	} else {
		lease.renewed[lease.renewed_count++] = ref;
	}
	task_lease(&lease);
}

/* Leases */

static void all_that_is_held_is_renewed_each_third_of_a_lease(void **state)
{
	struct codec_renew renew;

	(void)state;
	fixture_begin(1);
	fixture_begin(2);
	fixture_begin(3);
	fixture_run(9700 * MS);
	assert_int_equal(manager_said(CODEC_TOPIC_RENEW), 0);
	fixture_run(300 * MS);
	assert_int_equal(manager_said(CODEC_TOPIC_RENEW), 1);
	const struct said *said = manager_last(CODEC_TOPIC_RENEW);

	assert_int_equal(codec_decode_renew(said->payload, said->len, &renew), 0);
	assert_int_equal(renew.epoch, manager.epoch);
	assert_int_equal(renew.attempts_count, 3);
	fixture_run(10 * S);
	assert_int_equal(manager_said(CODEC_TOPIC_RENEW), 2);
}

static void a_lease_that_runs_out_stops_the_run_and_nothing_is_said(void **state)
{
	(void)state;
	fixture_begin(1);
	fixture_begin(2);
	fixture_begin(3);
	fixture_run(29800 * MS);
	assert_int_equal(fake_runtime.stops, 0);
	fixture_run(400 * MS);
	assert_int_equal(fake_runtime.stops, 2);
	fixture_work();
	assert_int_equal(manager_said(CODEC_TOPIC_RESULT), 0);
	assert_int_equal(fixture_stats().running + fixture_stats().waiting, 0);
	assert_int_equal(fixture_stats().results, 0);
}

static void what_has_lost_its_lease_is_not_held_any_more_though_it_still_runs(void **state)
{
	(void)state;
	fixture_begin(1);
	fixture_run(31 * S);
	fixture_cancel(1, 1);
	fixture_expect_result(1, CODEC_OUTCOME_CANCELLED, CODEC_CANCELLED);
	fixture_work();
	assert_int_equal(fixture_results(1), 1);
}

static void a_renewed_attempt_has_the_full_lease_again(void **state)
{
	(void)state;
	fixture_begin(1);
	fixture_run(29 * S);
	say_lease(1, false);
	fixture_run(29 * S);
	assert_int_equal(fake_runtime.stops, 0);
	fixture_run(1200 * MS);
	assert_int_equal(fake_runtime.stops, 1);
}

static void a_fenced_attempt_stops_at_once_and_nothing_is_said(void **state)
{
	(void)state;
	fixture_begin(1);
	fixture_begin(2);
	fixture_begin(3);
	say_lease(1, true);
	say_lease(3, true);
	assert_int_equal(fake_runtime.stops, 1);
	fixture_work();
	assert_int_equal(fixture_results(1) + fixture_results(3), 0);
	fixture_expect_result(2, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
}

static void a_fenced_attempt_says_nothing_even_where_it_was_to_be_cancelled(void **state)
{
	(void)state;
	fixture_begin(1);
	fixture_cancel(1, 1);
	say_lease(1, true);
	fixture_work();
	assert_int_equal(fixture_results(1), 0);
}

static void a_lease_of_another_epoch_is_dropped(void **state)
{
	struct codec_lease lease = {
		.epoch = manager.epoch + 1,
		.fenced_count = 1,
		.fenced = {{codec_span_of(fixture_task(1)), 1}},
	};

	(void)state;
	fixture_begin(1);
	task_lease(&lease);
	fixture_work();
	fixture_expect_result(1, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
}

static void what_is_held_is_renewed_on_a_new_connection(void **state)
{
	(void)state;
	fixture_begin(1);
	fixture_disconnect();
	fixture_connect();
	assert_int_equal(manager_said(CODEC_TOPIC_RENEW), 1);
}

/* Cancel [P-5.5] */

static void cancel_stops_what_runs(void **state)
{
	(void)state;
	fixture_begin(1);
	fixture_cancel(1, 1);
	assert_int_equal(fake_runtime.stops, 1);
	assert_int_equal(fixture_results(1), 0);
	fixture_work();
	fixture_expect_result(1, CODEC_OUTCOME_CANCELLED, CODEC_CANCELLED);
	assert_int_equal(fixture_result(1).ran_us, 700);
}

static void cancel_before_it_runs_ends_it_at_once(void **state)
{
	(void)state;
	fixture_begin(1);
	fixture_begin(2);
	fixture_begin(3);
	fixture_cancel(3, 1);
	fixture_expect_result(3, CODEC_OUTCOME_CANCELLED, CODEC_CANCELLED);
	assert_int_equal(fixture_result(3).ran_us, 0);
	fixture_say_start(4);
	fixture_cancel(4, 1);
	fixture_expect_result(4, CODEC_OUTCOME_CANCELLED, CODEC_CANCELLED);
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 2);
}

static void cancel_of_what_is_being_fetched_ends_its_pull(void **state)
{
	(void)state;
	fixture_say_start(1);
	fixture_settle();
	assert_int_equal(manager_pulls(), 1);
	fixture_cancel(1, 1);
	assert_int_equal(manager_pulls(), 0);
	fixture_expect_result(1, CODEC_OUTCOME_CANCELLED, CODEC_CANCELLED);
}

static void a_guest_that_ended_by_itself_before_the_cancel_has_ended(void **state)
{
	(void)state;
	fake_runtime.end.outruns = true;
	fixture_begin(1);
	fixture_cancel(1, 1);
	fixture_work();
	fixture_expect_result(1, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
}

static void cancel_of_what_has_ended_says_its_result_again(void **state)
{
	(void)state;
	fixture_say_start(1);
	fixture_work();
	struct said first = *fixture_said_result(1);

	fixture_cancel(1, 1);
	assert_int_equal(fixture_results(1), 2);
	assert_int_equal(fixture_said_result(1)->len, first.len);
	assert_memory_equal(fixture_said_result(1)->payload, first.payload, first.len);
}

static void cancel_of_what_is_not_held_gives_cancelled(void **state)
{
	(void)state;
	fixture_cancel(1, 3);
	fixture_expect_result(1, CODEC_OUTCOME_CANCELLED, CODEC_CANCELLED);
	assert_int_equal(fixture_result(1).attempt, 3);
}

static void cancel_of_another_epoch_is_dropped(void **state)
{
	struct codec_cancel cancel = {
		.task = codec_span_of(fixture_task(1)),
		.attempt = 1,
		.epoch = manager.epoch + 1,
	};

	(void)state;
	fixture_begin(1);
	task_cancel(&cancel);
	assert_int_equal(fake_runtime.stops, 0);
	cancel.task = codec_span_of(fixture_task(2));
	task_cancel(&cancel);
	assert_int_equal(fixture_results(2), 0);
}

static void cancel_of_what_was_acknowledged_says_nothing(void **state)
{
	(void)state;
	fixture_say_start(1);
	fixture_work();
	fixture_ack(1, 1);
	fixture_cancel(1, 1);
	assert_int_equal(fixture_results(1), 1);
}

/* Drain [P-3.5] */

static void a_drain_gives_back_what_has_not_begun(void **state)
{
	(void)state;
	fixture_begin(1);
	fixture_begin(2);
	fixture_begin(3);
	fixture_say_start(4);
	task_drain(2000);
	fixture_expect_result(3, CODEC_OUTCOME_REFUSED, CODEC_UNAVAILABLE);
	fixture_expect_result(4, CODEC_OUTCOME_REFUSED, CODEC_UNAVAILABLE);
	assert_false(task_idle());
	fixture_work();
	fixture_expect_result(1, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
	fixture_expect_result(2, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
	assert_int_equal(fake_runtime.stops, 0);
	for (unsigned int number = 1; number <= 4; number++) {
		assert_false(task_idle());
		fixture_ack(number, 1);
	}
	assert_true(task_idle());
}

static void what_still_runs_after_the_drain_is_lost(void **state)
{
	(void)state;
	fixture_begin(1);
	task_drain(2000);
	fixture_run(1900 * MS);
	assert_int_equal(fake_runtime.stops, 0);
	fixture_run(200 * MS);
	assert_int_equal(fake_runtime.stops, 1);
	fixture_work();
	fixture_expect_result(1, CODEC_OUTCOME_LOST, CODEC_UNAVAILABLE);
}

static void nothing_begins_during_a_drain(void **state)
{
	(void)state;
	task_drain(2000);
	fixture_say_start(1);
	fixture_work();
	fixture_expect_result(1, CODEC_OUTCOME_REFUSED, CODEC_UNAVAILABLE);
	assert_int_equal(fake_runtime.runs_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_reset, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_that_is_held_is_renewed_each_third_of_a_lease),
		TEST(a_lease_that_runs_out_stops_the_run_and_nothing_is_said),
		TEST(what_has_lost_its_lease_is_not_held_any_more_though_it_still_runs),
		TEST(a_renewed_attempt_has_the_full_lease_again),
		TEST(a_fenced_attempt_stops_at_once_and_nothing_is_said),
		TEST(a_fenced_attempt_says_nothing_even_where_it_was_to_be_cancelled),
		TEST(a_lease_of_another_epoch_is_dropped),
		TEST(what_is_held_is_renewed_on_a_new_connection),
		TEST(cancel_stops_what_runs),
		TEST(cancel_before_it_runs_ends_it_at_once),
		TEST(cancel_of_what_is_being_fetched_ends_its_pull),
		TEST(a_guest_that_ended_by_itself_before_the_cancel_has_ended),
		TEST(cancel_of_what_has_ended_says_its_result_again),
		TEST(cancel_of_what_is_not_held_gives_cancelled),
		TEST(cancel_of_another_epoch_is_dropped),
		TEST(cancel_of_what_was_acknowledged_says_nothing),
		TEST(a_drain_gives_back_what_has_not_begun),
		TEST(what_still_runs_after_the_drain_is_lost),
		TEST(nothing_begins_during_a_drain),
	};

	return cmocka_run_group_tests_name("task_leases", tests, NULL, NULL);
}
