/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/loop.h"
#include "agent/neighbours.h"
#include "health/health.h"
#include "link/link.h"
#include "support/fake_port.h"

#define S UINT64_C(1000000)

void link_stats(struct link_stats *stats)
{
	*stats = (struct link_stats){.connects = 3, .malformed = 5};
}

static int setup(void **state)
{
	(void)state;
	fake_port_reset();
	neighbours_reset();
	loop_init();
	return 0;
}

static void the_watchdog_is_fed_each_second_from_the_begin_on(void **state)
{
	(void)state;
	health_init();
	assert_int_equal(fake_port_feeds(), 1);
	fake_port_run(loop_turn, 10 * S);
	assert_int_equal(fake_port_feeds(), 11);
}

static void a_loop_that_does_not_turn_feeds_nobody(void **state)
{
	(void)state;
	health_init();
	fake_port_advance(100 * S);
	assert_int_equal(fake_port_feeds(), 1);
	loop_turn(0);
	assert_int_equal(fake_port_feeds(), 2);
}

static void there_is_one_line_of_metrics_each_minute(void **state)
{
	(void)state;
	health_init();
	fake_port_run(loop_turn, 60 * S - 1);
	assert_int_equal(fake_port_log_count(PORT_LOG_INF), 0);
	fake_port_run(loop_turn, 1);
	assert_int_equal(fake_port_log_count(PORT_LOG_INF), 1);
	fake_port_run(loop_turn, 600 * S);
	assert_int_equal(fake_port_log_count(PORT_LOG_INF), 11);
}

static void the_line_has_the_numbers_of_all_parts(void **state)
{
	static const char *const numbers[] = {
		"free=2048",	     "connects=3", "malformed=5",
		"running=2",	     "results=4",  "pool=4321/262144",
		"flash=1234/500000", "wear=0-7",   "operations=99",
	};

	(void)state;
	fake_port_free_memory(2048);
	neighbours.results = 4;
	health_log();
	for (size_t index = 0; index < sizeof(numbers) / sizeof(numbers[0]); index++) {
		assert_non_null(strstr(fake_port_log_last(PORT_LOG_INF), numbers[index]));
	}
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_watchdog_is_fed_each_second_from_the_begin_on),
		TEST(a_loop_that_does_not_turn_feeds_nobody),
		TEST(there_is_one_line_of_metrics_each_minute),
		TEST(the_line_has_the_numbers_of_all_parts),
	};

	return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
