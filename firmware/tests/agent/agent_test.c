/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/agent.h"
#include "agent/neighbours.h"
#include "link/link.h"
#include "support/fake_port.h"

#define MS UINT64_C(1000)
#define S  UINT64_C(1000000)

#define TRIAL (CONFIG_SAMARA_TRIAL_MS * MS)

static struct agent_options options;
static bool welcomes;	    /* whether there is a manager */
static bool confirms;	    /* whether the broker confirms */
static uint64_t stop_at_us; /* when somebody asks the program to end */
static uint64_t idle_at_us; /* when what runs has ended */
static uint64_t acks_at_us; /* when the manager acknowledges */

static int setup(void **state)
{
	(void)state;
	fake_port_reset();
	neighbours_reset();
	options = (struct agent_options){
		.id = "c-1",
		.ns = "default",
		.software = "samara-c 1",
		.arch = "arm",
		.alive_ms = 10000,
		.drain_ms = 5000,
	};
	welcomes = true;
	confirms = true;
	stop_at_us = 60 * S;
	idle_at_us = 0;
	acks_at_us = 0;
	return 0;
}

static void say_welcome(void)
{
	struct codec_welcome welcome = {.epoch = link_epoch(), .protocol = 1, .lease_ms = 1000};
	uint8_t data[64];
	int len = codec_encode_welcome(data, sizeof(data), &welcome);

	fake_link_message("samara/1/default/p/c-1/welcome", data, (size_t)len);
}

/** The world goes on while the loop waits. */
static void live(uint64_t until_us)
{
	uint64_t now_us = port_now_us();

	if (until_us > now_us) {
		fake_port_advance(until_us - now_us > S ? S : until_us - now_us);
	}
	neighbours.busy = neighbours.busy && (idle_at_us == 0 || port_now_us() < idle_at_us);
	if (acks_at_us > 0 && port_now_us() >= acks_at_us) {
		neighbours.results = 0;
	}
	if (welcomes && fake_link_connect()->count > 0 && !fake_link_is_up()) {
		fake_link_up(false);
		say_welcome();
	}
	if (confirms) {
		fake_link_confirm();
	}
	fake_port_stop(port_now_us() >= stop_at_us);
	if (port_now_us() > 10000 * S) {
		fail_msg("the agent does not end");
	}
}

static int run(void)
{
	fake_port_on_wait(live);
	return agent_run(&options);
}

static void starts_from_the_flash_upwards_and_stops_the_other_way_round(void **state)
{
	(void)state;
	assert_int_equal(run(), 0);
	assert_string_equal(neighbours.order,
			    "store hal runtime task connected welcomed drain task-close hal-close "
			    "disconnected ");
	assert_int_equal(fake_link_count("hello"), 1);
	assert_in_range(fake_link_count("alive"), 5, 6);
	assert_int_equal(fake_link_count("gone"), 1);
}

static void outputs_are_safe_before_the_network_is_waited_for(void **state)
{
	(void)state;
	assert_int_equal(run(), 0);
	assert_int_equal(neighbours.gone_when_hal_closed, 0);
}

static void a_part_that_cannot_start_ends_it(void **state)
{
	struct {
		int *err;
		const char *order;
	} const parts[] = {
		{&neighbours.store_err, "store "},
		{&neighbours.hal_err, "store hal "},
		{&neighbours.runtime_err, "store hal runtime "},
		{&neighbours.task_err, "store hal runtime task "},
	};

	for (size_t index = 0; index < sizeof(parts) / sizeof(parts[0]); index++) {
		(void)setup(state);
		*parts[index].err = -EIO;
		assert_int_equal(run(), -EIO);
		assert_string_equal(neighbours.order, parts[index].order);
		assert_int_equal(fake_link_connect()->count, 0);
		assert_int_equal(fake_port_log_count(PORT_LOG_ERR), 1);
	}
}

static void options_that_cannot_be_are_refused(void **state)
{
	(void)state;
	options.alive_ms = 0;
	assert_int_equal(run(), -EINVAL);
	options.alive_ms = 10000;
	options.software = "a name of more than thirty-two characters";
	assert_int_equal(run(), -EMSGSIZE);
	assert_non_null(strstr(fake_port_log_last(PORT_LOG_ERR), "link_init"));
	options.software = "samara-c 1";
	options.id = "";
	assert_int_equal(run(), -EINVAL);
}

static void what_runs_has_the_time_that_the_options_give(void **state)
{
	(void)state;
	neighbours.busy = true;
	assert_int_equal(run(), 0);
	assert_int_equal(neighbours.drain_ms, 5000);
	assert_in_range(port_now_us() - stop_at_us, 5 * S, 8 * S);
	assert_int_equal(fake_link_count("gone"), 1);
}

static void what_ends_earlier_is_not_waited_for(void **state)
{
	(void)state;
	neighbours.busy = true;
	idle_at_us = stop_at_us + 2 * S;
	assert_int_equal(run(), 0);
	assert_in_range(port_now_us() - stop_at_us, 2 * S, 4 * S);
}

static void without_a_manager_nothing_is_drained(void **state)
{
	(void)state;
	welcomes = false;
	neighbours.busy = true;
	neighbours.results = 3;
	assert_int_equal(run(), 0);
	assert_int_equal(neighbours.drain_ms, 0);
	assert_int_equal(fake_link_count("gone"), 0);
	assert_in_range(port_now_us() - stop_at_us, 0, 2 * S);
}

static void the_last_results_are_acknowledged_before_the_goodbye(void **state)
{
	(void)state;
	neighbours.results = 1;
	acks_at_us = stop_at_us + S;
	assert_int_equal(run(), 0);
	assert_in_range(port_now_us() - stop_at_us, S, 2 * S);
	(void)setup(state);
	neighbours.results = 1;
	assert_int_equal(run(), 0);
	assert_in_range(port_now_us() - stop_at_us, 2 * S, 4 * S);
}

static void the_watchdog_is_fed_while_it_runs(void **state)
{
	(void)state;
	assert_int_equal(run(), 0);
	assert_in_range(fake_port_feeds(), 58, 64);
}

static void a_broker_that_is_away_holds_nothing_up(void **state)
{
	(void)state;
	fake_link_connect_result(-EHOSTUNREACH);
	welcomes = false;
	assert_int_equal(run(), 0);
	assert_true(fake_link_connect()->count > 3);
}

static void a_new_image_is_kept_once_the_manager_has_welcomed_it(void **state)
{
	(void)state;
	neighbours.on_trial = true;
	stop_at_us = TRIAL + 60 * S;
	assert_int_equal(run(), 0);
	assert_int_equal(neighbours.kept, 1);
	assert_int_equal(neighbours.restarts, 0);
}

static void a_new_image_that_is_not_welcomed_makes_room_for_the_one_before_it(void **state)
{
	(void)state;
	neighbours.on_trial = true;
	welcomes = false;
	stop_at_us = TRIAL + 60 * S;
	assert_int_equal(run(), 0);
	assert_int_equal(neighbours.kept, 0);
	assert_int_equal(neighbours.restarts, 1);
	assert_in_range(neighbours.restarted_us, TRIAL, TRIAL + S);
	assert_non_null(strstr(fake_port_log_last(PORT_LOG_ERR), "within 10 minutes"));
}

static void a_new_image_that_cannot_be_kept_goes_on_with_its_trial(void **state)
{
	(void)state;
	neighbours.on_trial = true;
	neighbours.keep_err = -EIO;
	stop_at_us = TRIAL + 60 * S;
	assert_int_equal(run(), 0);
	assert_int_equal(neighbours.kept, 0);
	assert_int_equal(neighbours.restarts, 1);
}

static void an_image_that_nobody_swaps_is_left_alone(void **state)
{
	(void)state;
	stop_at_us = TRIAL + 60 * S;
	assert_int_equal(run(), 0);
	(void)setup(state);
	welcomes = false;
	stop_at_us = TRIAL + 60 * S;
	assert_int_equal(run(), 0);
	assert_int_equal(neighbours.kept, 0);
	assert_int_equal(neighbours.restarts, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(starts_from_the_flash_upwards_and_stops_the_other_way_round),
		TEST(outputs_are_safe_before_the_network_is_waited_for),
		TEST(a_part_that_cannot_start_ends_it),
		TEST(options_that_cannot_be_are_refused),
		TEST(what_runs_has_the_time_that_the_options_give),
		TEST(what_ends_earlier_is_not_waited_for),
		TEST(without_a_manager_nothing_is_drained),
		TEST(the_last_results_are_acknowledged_before_the_goodbye),
		TEST(the_watchdog_is_fed_while_it_runs),
		TEST(a_broker_that_is_away_holds_nothing_up),
		TEST(a_new_image_is_kept_once_the_manager_has_welcomed_it),
		TEST(a_new_image_that_is_not_welcomed_makes_room_for_the_one_before_it),
		TEST(a_new_image_that_cannot_be_kept_goes_on_with_its_trial),
		TEST(an_image_that_nobody_swaps_is_left_alone),
	};

	return cmocka_run_group_tests_name("agent", tests, NULL, NULL);
}
