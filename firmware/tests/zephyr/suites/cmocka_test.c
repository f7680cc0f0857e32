/* SPDX-License-Identifier: Apache-2.0 */

/* That assertions fail: each case of this suite but the last ones has one that does not hold, and
 * ztest takes the case for passed only then. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FAILS(name, assertion)                                                                     \
	ZTEST_EXPECT_FAIL(zephyr_cmocka, name);                                                    \
	static void name(void **state)                                                             \
	{                                                                                          \
		(void)state;                                                                       \
		assertion;                                                                         \
	}

static int two = 2;
static unsigned int torn_down;

FAILS(fails_a_condition, assert_true(two == 3))
FAILS(fails_its_opposite, assert_false(two == 2))
FAILS(fails_a_pointer, assert_null(&two))
FAILS(fails_another_pointer, assert_ptr_equal(&two, &torn_down))
FAILS(fails_a_number, assert_int_equal(two, 3))
FAILS(fails_a_negative_number, assert_int_equal(-two, two))
FAILS(fails_the_same_number, assert_int_not_equal(two, 2))
FAILS(fails_a_range, assert_in_range(two, 3, 5))
FAILS(fails_a_text, assert_string_equal("two", "three"))
FAILS(fails_memory, assert_memory_equal("two", "twa", 3))
FAILS(fails_the_same_memory, assert_memory_not_equal("two", "two", 3))
FAILS(fails_with_words, fail_msg("%d is not enough", two))
FAILS(fails_to_be_set_up, (void)state)
FAILS(fails_to_be_torn_down, (void)state)
FAILS(fails_in_its_tear_down, (void)state)

static int refused(void **state)
{
	(void)state;
	return -1;
}

static int count(void **state)
{
	(void)state;
	torn_down++;
	return 0;
}

static int assertion(void **state)
{
	(void)state;
	assert_int_equal(two, 3);
	return 0;
}

static int set_up(void **state)
{
	*state = &two;
	return 0;
}

static void has_what_its_set_up_left(void **state)
{
	assert_ptr_equal(*state, &two);
	assert_int_equal(two, 2);
	assert_in_range(two, 2, 2);
	assert_memory_equal("two", "twa", 2);
}

/** By name the last of them: ztest runs them in that order. */
static void were_torn_down_though_they_failed(void **state)
{
	(void)state;
	assert_int_equal(torn_down, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(fails_a_condition, count),
		cmocka_unit_test_teardown(fails_its_opposite, count),
		cmocka_unit_test(fails_a_pointer),
		cmocka_unit_test(fails_another_pointer),
		cmocka_unit_test(fails_a_number),
		cmocka_unit_test(fails_a_negative_number),
		cmocka_unit_test(fails_the_same_number),
		cmocka_unit_test(fails_a_range),
		cmocka_unit_test(fails_a_text),
		cmocka_unit_test(fails_memory),
		cmocka_unit_test(fails_the_same_memory),
		cmocka_unit_test(fails_with_words),
		cmocka_unit_test_setup(fails_to_be_set_up, refused),
		cmocka_unit_test_teardown(fails_to_be_torn_down, refused),
		cmocka_unit_test_teardown(fails_in_its_tear_down, assertion),
		cmocka_unit_test_setup(has_what_its_set_up_left, set_up),
		cmocka_unit_test(were_torn_down_though_they_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
