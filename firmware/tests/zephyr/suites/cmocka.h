/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief What the unit tests use of cmocka's interface, on ztest.
 *
 * A case is a test of ztest's from the moment that an image is linked: cmocka_unit_test() puts one
 * into ztest's list where a program names it, so that none can be forgotten at run time. A program
 * is a suite; its main() is called before the first of its cases.
 */

#ifndef SAMARA_TESTS_ZEPHYR_CMOCKA_H_
#define SAMARA_TESTS_ZEPHYR_CMOCKA_H_

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zephyr/ztest.h>

typedef void (*CMUnitTestFunction)(void **state);
typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
	const char *name;
	CMUnitTestFunction test_func;
	CMFixtureFunction setup_func;
	CMFixtureFunction teardown_func;
	void *initial_state;
};

/** @brief A case as ztest knows it: it keeps a pointer to the counters, from which the rest is
 * found. */
struct cmocka_case {
	struct CMUnitTest test;
	struct ztest_unit_test_stats stats;
};

/** @brief A program. Initialised, so that it outlives what shares its place with other programs. */
struct cmocka_suite {
	const char *name;
	struct ztest_suite_stats stats;
};

#define cmocka_unit_test(function) cmocka_unit_test_setup_teardown(function, NULL, NULL)
#define cmocka_unit_test_setup(function, setup)                                                    \
	cmocka_unit_test_setup_teardown(function, setup, NULL)
#define cmocka_unit_test_teardown(function, teardown)                                              \
	cmocka_unit_test_setup_teardown(function, NULL, teardown)
#define cmocka_unit_test_setup_teardown(function, setup, teardown)                                 \
	({                                                                                         \
		static struct cmocka_case case_ = {                                                \
			.test = {#function, function, setup, teardown, NULL}};                     \
		static STRUCT_SECTION_ITERABLE(ztest_unit_test, ztest_case_##function) = {         \
			.test_suite_name = SAMARA_SUITE,                                           \
			.name = #function,                                                         \
			.test = cmocka_run_case,                                                   \
			.stats = &case_.stats,                                                     \
		};                                                                                 \
		case_.test;                                                                        \
	})

#define cmocka_run_group_tests(tests, before, after)                                               \
	cmocka_run_group_tests_name(SAMARA_SUITE, tests, before, after)
#define cmocka_run_group_tests_name(group, tests, before, after)                                   \
	({                                                                                         \
		static struct cmocka_suite suite_ = {.name = SAMARA_SUITE};                        \
		static const STRUCT_SECTION_ITERABLE(ztest_suite_node, ztest_suite_) = {           \
			.name = SAMARA_SUITE,                                                      \
			.setup = cmocka_enter_,                                                    \
			.teardown = cmocka_leave,                                                  \
			.stats = &suite_.stats,                                                    \
		};                                                                                 \
		(void)(group);                                                                     \
		cmocka_begin(SAMARA_SUITE, sizeof(tests) / sizeof((tests)[0]), before, after);     \
	})

/** @brief The case that ztest has named last. */
void cmocka_run_case(void *unused);
/** @brief Before a program's main(): memory as it is when a program starts. */
void cmocka_clear(void);
/** @brief Set-up of a group of so many cases. @retval 0 Its cases may run. */
int cmocka_begin(const char *suite, size_t cases, CMFixtureFunction setup,
		 CMFixtureFunction teardown);
/** @brief Tear-down of the group. */
void cmocka_leave(void *unused);

/* A program's own: its build gives it another name, for an image has a main() already. */
int main(void);

static inline void *cmocka_enter_(void)
{
	cmocka_clear();
	/* What it answers is what cmocka_begin() has said to ztest already. */
	(void)main();
	return NULL;
}

/** @brief End the case, which failed; the words are printed with the place. */
__printf_like(3, 4) FUNC_NORETURN
	void cmocka_fail(const char *file, int line, const char *format, ...);
__printf_like(1, 2) void print_message(const char *format, ...);

#define fail_msg(...) cmocka_fail(__FILE__, __LINE__, __VA_ARGS__)
#define fail()	      fail_msg("failed")
#define skip()	      ztest_test_skip()

/** @brief Two values, by their expressions; `equal` is what they are to be. */
void cmocka_compare(uintmax_t a, uintmax_t b, const char *a_text, const char *b_text, bool equal,
		    const char *file, int line);
void cmocka_compare_text(const char *a, const char *b, const char *a_text, const char *b_text,
			 bool equal, const char *file, int line);
void cmocka_compare_memory(const void *a, const void *b, size_t size, const char *a_text,
			   const char *b_text, bool equal, const char *file, int line);
void cmocka_range(uintmax_t value, uintmax_t least, uintmax_t most, const char *text, bool inside,
		  const char *file, int line);
void cmocka_true(bool value, const char *text, const char *file, int line);

#define CMOCKA_COMPARE_(a, b, equal)                                                               \
	cmocka_compare((uintmax_t)(a), (uintmax_t)(b), #a, #b, equal, __FILE__, __LINE__)

#define assert_true(condition)	 cmocka_true((condition) != 0, #condition, __FILE__, __LINE__)
#define assert_false(condition)	 cmocka_true((condition) == 0, "not " #condition, __FILE__, __LINE__)
#define assert_non_null(pointer) assert_true((pointer) != NULL)
#define assert_null(pointer)	 assert_true((pointer) == NULL)
#define assert_ptr_equal(a, b)                                                                     \
	cmocka_compare((uintptr_t)(a), (uintptr_t)(b), #a, #b, true, __FILE__, __LINE__)
#define assert_ptr_not_equal(a, b)                                                                 \
	cmocka_compare((uintptr_t)(a), (uintptr_t)(b), #a, #b, false, __FILE__, __LINE__)
#define assert_int_equal(a, b)	   CMOCKA_COMPARE_(a, b, true)
#define assert_int_not_equal(a, b) CMOCKA_COMPARE_(a, b, false)
#define assert_in_range(value, least, most)                                                        \
	cmocka_range((uintmax_t)(value), (uintmax_t)(least), (uintmax_t)(most), #value, true,      \
		     __FILE__, __LINE__)
#define assert_not_in_range(value, least, most)                                                    \
	cmocka_range((uintmax_t)(value), (uintmax_t)(least), (uintmax_t)(most), #value, false,     \
		     __FILE__, __LINE__)
#define assert_string_equal(a, b)     cmocka_compare_text(a, b, #a, #b, true, __FILE__, __LINE__)
#define assert_string_not_equal(a, b) cmocka_compare_text(a, b, #a, #b, false, __FILE__, __LINE__)
#define assert_memory_equal(a, b, size)                                                            \
	cmocka_compare_memory(a, b, size, #a, #b, true, __FILE__, __LINE__)
#define assert_memory_not_equal(a, b, size)                                                        \
	cmocka_compare_memory(a, b, size, #a, #b, false, __FILE__, __LINE__)

#endif /* SAMARA_TESTS_ZEPHYR_CMOCKA_H_ */
