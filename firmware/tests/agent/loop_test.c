/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loop.h"
#include "support/fake_port.h"

#define S UINT64_C(1000000)

static char order[64];
static struct loop_timer timers[4];
static struct loop_work works[4];

static void note(void *arg)
{
	size_t len = strlen(order);

	order[len] = *(const char *)arg;
	order[len + 1] = '\0';
}

static int setup(void **state)
{
	(void)state;
	fake_port_reset();
	loop_init();
	memset(order, 0, sizeof(order));
	return 0;
}

static void start(size_t timer, uint64_t delay_us, const char *name)
{
	loop_timer_start(&timers[timer], delay_us, note, (void *)(uintptr_t)name);
}

static void post(size_t work, const char *name)
{
	loop_post(&works[work], note, (void *)(uintptr_t)name);
}

static void timers_fire_in_the_order_of_their_time(void **state)
{
	(void)state;
	start(0, 3 * S, "c");
	start(1, S, "a");
	start(2, 2 * S, "b");
	fake_port_run(loop_turn, 3 * S);
	assert_string_equal(order, "abc");
}

static void timers_of_one_moment_fire_in_the_order_of_their_start(void **state)
{
	(void)state;
	start(2, S, "a");
	start(0, S, "b");
	start(1, S, "c");
	fake_port_run(loop_turn, S);
	assert_string_equal(order, "abc");
}

static void a_timer_fires_once_and_not_before_its_time(void **state)
{
	(void)state;
	start(0, S, "a");
	fake_port_run(loop_turn, S - 1);
	assert_string_equal(order, "");
	assert_true(timers[0].armed);
	fake_port_run(loop_turn, 1);
	assert_string_equal(order, "a");
	assert_false(timers[0].armed);
	fake_port_run(loop_turn, 10 * S);
	assert_string_equal(order, "a");
}

static void a_timer_that_is_started_again_is_moved(void **state)
{
	(void)state;
	start(0, S, "a");
	start(1, 2 * S, "b");
	start(0, 3 * S, "c");
	fake_port_run(loop_turn, 5 * S);
	assert_string_equal(order, "bc");
}

static void a_timer_that_is_stopped_does_not_fire(void **state)
{
	(void)state;
	start(0, S, "a");
	start(1, S, "b");
	loop_timer_stop(&timers[0]);
	loop_timer_stop(&timers[0]);
	loop_timer_stop(&timers[3]);
	fake_port_run(loop_turn, 5 * S);
	assert_string_equal(order, "b");
}

static void stop_the_next(void *arg)
{
	note(arg);
	loop_timer_stop(&timers[1]);
}

static void a_timer_may_stop_one_that_is_due_with_it(void **state)
{
	(void)state;
	loop_timer_start(&timers[0], S, stop_the_next, (void *)(uintptr_t) "a");
	start(1, S, "b");
	start(2, S, "c");
	fake_port_run(loop_turn, S);
	assert_string_equal(order, "ac");
}

static void start_itself(void *arg)
{
	note(arg);
	if (strlen(order) < 5) {
		loop_timer_start(&timers[0], 0, start_itself, arg);
	}
}

static void a_timer_that_starts_itself_at_once_lets_the_others_live(void **state)
{
	(void)state;
	loop_timer_start(&timers[0], 0, start_itself, (void *)(uintptr_t) "a");
	fake_port_advance(1);
	loop_turn(0);
	assert_string_equal(order, "a");
	post(0, "x");
	loop_turn(0);
	assert_string_equal(order, "ax");
	fake_port_run(loop_turn, S);
	assert_string_equal(order, "axaaa");
}

static void a_delay_without_end_never_fires(void **state)
{
	(void)state;
	fake_port_advance(10 * S);
	start(0, UINT64_MAX, "a");
	start(1, S, "b");
	fake_port_run(loop_turn, 100 * S);
	assert_string_equal(order, "b");
}

static void work_runs_in_the_order_of_posting_and_once(void **state)
{
	(void)state;
	post(1, "a");
	post(0, "b");
	post(1, "c");
	fake_port_settle(loop_turn);
	assert_string_equal(order, "ab");
	post(1, "d");
	fake_port_settle(loop_turn);
	assert_string_equal(order, "abd");
}

static void post_again(void *arg)
{
	note(arg);
	if (strlen(order) < 3) {
		loop_post(&works[0], post_again, arg);
	}
}

static void work_may_post_itself_for_the_next_turn(void **state)
{
	(void)state;
	loop_post(&works[0], post_again, (void *)(uintptr_t) "a");
	loop_turn(0);
	assert_string_equal(order, "a");
	loop_turn(0);
	assert_string_equal(order, "aa");
	fake_port_settle(loop_turn);
	assert_string_equal(order, "aaa");
}

static void what_is_posted_ends_the_wait(void **state)
{
	(void)state;
	loop_post(&works[0], post_again, (void *)(uintptr_t) "a");
	fake_port_settle(loop_turn);
	assert_string_equal(order, "aaa");
}

static void work_goes_before_timers(void **state)
{
	(void)state;
	start(0, 1, "b");
	post(0, "a");
	fake_port_advance(1);
	loop_turn(0);
	assert_string_equal(order, "ab");
}

static uint64_t waited_until;

static void keep_wait(uint64_t until_us)
{
	waited_until = until_us;
}

static void a_turn_waits_for_the_next_timer_or_for_what_it_was_told(void **state)
{
	(void)state;
	fake_port_on_wait(keep_wait);
	loop_turn(5 * S);
	assert_int_equal(waited_until, 5 * S);
	start(0, 2 * S, "a");
	loop_turn(5 * S);
	assert_int_equal(waited_until, 2 * S);
	loop_turn(S);
	assert_int_equal(waited_until, S);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(timers_fire_in_the_order_of_their_time),
		TEST(timers_of_one_moment_fire_in_the_order_of_their_start),
		TEST(a_timer_fires_once_and_not_before_its_time),
		TEST(a_timer_that_is_started_again_is_moved),
		TEST(a_timer_that_is_stopped_does_not_fire),
		TEST(a_timer_may_stop_one_that_is_due_with_it),
		TEST(a_timer_that_starts_itself_at_once_lets_the_others_live),
		TEST(a_delay_without_end_never_fires),
		TEST(work_runs_in_the_order_of_posting_and_once),
		TEST(work_may_post_itself_for_the_next_turn),
		TEST(what_is_posted_ends_the_wait),
		TEST(work_goes_before_timers),
		TEST(a_turn_waits_for_the_next_timer_or_for_what_it_was_told),
	};

	return cmocka_run_group_tests_name("agent_loop", tests, NULL, NULL);
}
