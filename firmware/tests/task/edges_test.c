/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "task/fixture.h"

static struct wish on_edge(enum codec_edge edge)
{
	struct wish wish = fixture_wish(1);

	wish.trigger = CODEC_TRIGGER_EDGE;
	wish.device = "gate";
	wish.edge = edge;
	return wish;
}

static void desire(uint64_t revision, struct wish wish)
{
	fixture_desire(revision, &wish, 1);
	fixture_work();
}

static struct codec_deployment_state told(void)
{
	fixture_run(S);
	return fixture_state(1);
}

static void it_waits_for_the_first_edge_and_runs_at_each(void **state)
{
	(void)state;
	desire(1, on_edge(CODEC_EDGE_RISING));
	fixture_live(10 * S);
	assert_int_equal(fake_runtime.runs_count, 0);
	assert_int_equal(told().state, CODEC_INSTANCE_READY);
	assert_string_equal(fake_hal.device, "gate");
	for (unsigned int runs = 1; runs <= 3; runs++) {
		fake_hal_edge();
		fixture_work();
		assert_int_equal(fake_runtime.runs_count, runs);
	}
	assert_int_equal(told().runs, 3);
	assert_int_equal(fake_hal.watches, 1);
}

static void it_waits_for_the_edge_that_was_asked_for(void **state)
{
	(void)state;
	desire(1, on_edge(CODEC_EDGE_RISING));
	assert_int_equal(fake_hal.event, BUS_PIN_RISING);
	desire(2, on_edge(CODEC_EDGE_FALLING));
	assert_int_equal(fake_hal.event, BUS_PIN_FALLING);
	desire(3, on_edge(CODEC_EDGE_BOTH));
	assert_int_equal(fake_hal.event, BUS_PIN_ANY);
	assert_int_equal(fake_hal.watches, 3);
	assert_int_equal(fake_hal.open, 1);
}

static void an_edge_during_a_run_is_skipped_and_counted(void **state)
{
	(void)state;
	desire(1, on_edge(CODEC_EDGE_BOTH));
	fake_hal_edge();
	fake_hal_edge();
	fixture_settle();
	fake_hal_edge();
	assert_int_equal(told().skipped, 2);
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 1);
	assert_int_equal(told().skipped, 2);
	assert_int_equal(told().failures, 0);
	fake_hal_edge();
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 2);
}

static void after_a_run_that_failed_the_first_edge_behind_the_back_off_runs_it(void **state)
{
	(void)state;
	fake_port_random_byte(0xff);
	fake_runtime_ends(CODEC_OUTCOME_TRAPPED, CODEC_GUEST_TRAPPED);
	desire(1, on_edge(CODEC_EDGE_BOTH));
	fake_hal_edge();
	fixture_work();
	fake_hal_edge();
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 1);
	fixture_live(1100 * MS);
	assert_int_equal(fake_runtime.runs_count, 1);
	fake_hal_edge();
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 2);
	assert_int_equal(fake_hal.watches, 1);
}

static void what_was_removed_watches_no_more(void **state)
{
	(void)state;
	desire(1, on_edge(CODEC_EDGE_BOTH));
	assert_int_equal(fake_hal.watching, 1);
	fixture_desire(2, NULL, 0);
	fixture_work();
	assert_int_equal(fake_hal.watching, 0);
	assert_int_equal(fake_hal.open, 0);
}

static void what_was_refused_for_good_watches_no_more(void **state)
{
	(void)state;
	fake_runtime_ends(CODEC_OUTCOME_REFUSED, CODEC_UNSUPPORTED);
	desire(1, on_edge(CODEC_EDGE_BOTH));
	fake_hal_edge();
	fixture_work();
	assert_int_equal(told().state, CODEC_INSTANCE_REFUSED);
	assert_int_equal(fake_hal.watching, 0);
}

static void an_input_that_is_lost_is_told_and_watched_again_after_a_back_off(void **state)
{
	(void)state;
	fake_port_random_byte(0xff);
	desire(1, on_edge(CODEC_EDGE_BOTH));
	assert_false(told().has_error);
	fake_hal_lose();
	fixture_run(950 * MS);
	assert_int_equal(fake_hal.watching, 0);
	assert_int_equal(told().error.code, CODEC_UNAVAILABLE);
	assert_int_equal(told().state, CODEC_INSTANCE_READY);
	assert_int_equal(fake_hal.watching, 1);
	fake_hal_edge();
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 1);
	assert_false(told().has_error);
}

static void the_error_of_an_input_is_over_when_it_is_watched_again(void **state)
{
	(void)state;
	desire(1, on_edge(CODEC_EDGE_BOTH));
	fake_hal_lose();
	assert_true(told().has_error);
	fixture_run(3 * S);
	assert_int_equal(fake_hal.watching, 1);
	assert_false(told().has_error);
}

static void back_off_of_an_input_doubles_until_an_edge_comes(void **state)
{
	(void)state;
	fake_port_random_byte(0xff);
	desire(1, on_edge(CODEC_EDGE_BOTH));
	fake_hal.watch_err = -EINVAL;
	fake_hal.code = CODEC_UNAVAILABLE;
	fake_hal_lose();
	/* 1 + 2 + 4 s, each time in vain. */
	fixture_run(6500 * MS);
	fake_hal.watch_err = 0;
	fixture_run(300 * MS);
	assert_int_equal(fake_hal.watching, 0);
	fixture_run(300 * MS);
	assert_int_equal(fake_hal.watching, 1);
	fake_hal_edge();
	fixture_work();
	fake_hal_lose();
	fixture_run(1050 * MS);
	assert_int_equal(fake_hal.watching, 1);
}

static void an_input_that_cannot_be_watched_yet_is_tried_again(void **state)
{
	(void)state;
	fake_hal.watch_err = -EINVAL;
	fake_hal.code = CODEC_UNAVAILABLE;
	desire(1, on_edge(CODEC_EDGE_BOTH));
	assert_int_equal(told().state, CODEC_INSTANCE_BACKOFF);
	fake_hal.watch_err = 0;
	fixture_live(2 * S);
	assert_int_equal(fake_hal.watching, 1);
	assert_int_equal(told().state, CODEC_INSTANCE_READY);
	assert_false(told().has_error);
}

static void an_input_that_may_not_be_watched_refuses_it(void **state)
{
	(void)state;
	fake_hal.watch_err = -EINVAL;
	fake_hal.code = CODEC_PERMISSION_DENIED;
	desire(1, on_edge(CODEC_EDGE_BOTH));
	assert_int_equal(told().state, CODEC_INSTANCE_REFUSED);
	assert_int_equal(told().error.code, CODEC_PERMISSION_DENIED);
}

static void without_device_edge_or_grant_it_is_refused(void **state)
{
	struct wish wish = on_edge(CODEC_EDGE_BOTH);

	(void)state;
	wish.device = NULL;
	desire(1, wish);
	assert_int_equal(told().state, CODEC_INSTANCE_REFUSED);
	assert_int_equal(told().error.code, CODEC_INVALID_ARGUMENT);
	wish = on_edge(CODEC_EDGE_BOTH);
	wish.edge = 0;
	desire(2, wish);
	assert_int_equal(told().state, CODEC_INSTANCE_REFUSED);
	assert_int_equal(fake_hal.watches, 0);
}

static void a_change_of_its_edge_ends_the_old_watch_while_it_runs(void **state)
{
	(void)state;
	desire(1, on_edge(CODEC_EDGE_RISING));
	fake_hal_edge();
	fixture_settle();
	struct wish wish = on_edge(CODEC_EDGE_FALLING);

	fixture_desire(2, &wish, 1);
	fixture_fetch();
	assert_int_equal(fake_hal.watching, 0);
	fixture_work();
	assert_int_equal(fake_hal.watching, 1);
	assert_int_equal(fake_hal.event, BUS_PIN_FALLING);
	assert_int_equal(manager_said(CODEC_TOPIC_DEPLOYMENT_RESULT), 0);
}

static void after_a_reboot_it_watches_again_without_a_connection(void **state)
{
	(void)state;
	desire(1, on_edge(CODEC_EDGE_RISING));
	fixture_boot();
	fixture_work();
	assert_int_equal(fake_hal.watching, 1);
	fake_hal_edge();
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_reset, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_waits_for_the_first_edge_and_runs_at_each),
		TEST(it_waits_for_the_edge_that_was_asked_for),
		TEST(an_edge_during_a_run_is_skipped_and_counted),
		TEST(after_a_run_that_failed_the_first_edge_behind_the_back_off_runs_it),
		TEST(what_was_removed_watches_no_more),
		TEST(what_was_refused_for_good_watches_no_more),
		TEST(an_input_that_is_lost_is_told_and_watched_again_after_a_back_off),
		TEST(the_error_of_an_input_is_over_when_it_is_watched_again),
		TEST(back_off_of_an_input_doubles_until_an_edge_comes),
		TEST(an_input_that_cannot_be_watched_yet_is_tried_again),
		TEST(an_input_that_may_not_be_watched_refuses_it),
		TEST(without_device_edge_or_grant_it_is_refused),
		TEST(a_change_of_its_edge_ends_the_old_watch_while_it_runs),
		TEST(after_a_reboot_it_watches_again_without_a_connection),
	};

	return cmocka_run_group_tests_name("task_edges", tests, NULL, NULL);
}
