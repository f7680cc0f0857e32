/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <string.h>

#include <zephyr/sys/printk.h>

#include "cmocka.h"

static const struct ztest_unit_test *current;
static CMFixtureFunction group_teardown;
static void *group_state;

/* Where a failed assertion goes on: a tear-down comes after every case. */
static jmp_buf failed;
static bool may_fail;

void print_message(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintk(format, args);
	va_end(args);
}

void cmocka_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	printk("%s:%d: error: ", file, line);
	va_start(args, format);
	vprintk(format, args);
	va_end(args);
	printk("\n");
	if (may_fail) {
		longjmp(failed, 1);
	}
	ztest_test_fail();
	/* No thread of ztest's: there is no case to end. */
	k_panic();
	CODE_UNREACHABLE;
}

void cmocka_compare(uintmax_t a, uintmax_t b, const char *a_text, const char *b_text, bool equal,
		    const char *file, int line)
{
	if ((a == b) != equal) {
		cmocka_fail(file, line, "%s %s %s: %jd (0x%jx) and %jd (0x%jx)", a_text,
			    equal ? "==" : "!=", b_text, (intmax_t)a, a, (intmax_t)b, b);
	}
}

void cmocka_compare_text(const char *a, const char *b, const char *a_text, const char *b_text,
			 bool equal, const char *file, int line)
{
	if ((strcmp(a, b) == 0) != equal) {
		cmocka_fail(file, line, "%s %s %s: \"%s\" and \"%s\"", a_text,
			    equal ? "==" : "!=", b_text, a, b);
	}
}

void cmocka_compare_memory(const void *a, const void *b, size_t size, const char *a_text,
			   const char *b_text, bool equal, const char *file, int line)
{
	const uint8_t *left = a;
	const uint8_t *right = b;
	size_t at = 0;

	while (at < size && left[at] == right[at]) {
		at++;
	}
	if ((at == size) == equal) {
		return;
	}
	if (!equal) {
		cmocka_fail(file, line, "%s != %s: %zu bytes are the same", a_text, b_text, size);
	}
	cmocka_fail(file, line, "%s == %s: byte %zu of %zu is 0x%02x and 0x%02x", a_text, b_text,
		    at, size, left[at], right[at]);
}

void cmocka_range(uintmax_t value, uintmax_t least, uintmax_t most, const char *text, bool inside,
		  const char *file, int line)
{
	if ((value >= least && value <= most) != inside) {
		cmocka_fail(file, line, "%s: %ju is %sin %ju to %ju", text, value,
			    inside ? "not " : "", least, most);
	}
}

void cmocka_true(bool value, const char *text, const char *file, int line)
{
	if (!value) {
		cmocka_fail(file, line, "%s", text);
	}
}

/* Whether it came to its end without a failed assertion. */
static bool tried(int (*function)(const struct CMUnitTest *test, void **state),
		  const struct CMUnitTest *test, void **state)
{
	volatile bool done = false;

	may_fail = true;
	if (setjmp(failed) == 0) {
		done = function(test, state) == 0;
	}
	may_fail = false;
	return done;
}

static int set_up(const struct CMUnitTest *test, void **state)
{
	return test->setup_func ? test->setup_func(state) : 0;
}

static int run(const struct CMUnitTest *test, void **state)
{
	test->test_func(state);
	return 0;
}

static int tear_down(const struct CMUnitTest *test, void **state)
{
	return test->teardown_func ? test->teardown_func(state) : 0;
}

void cmocka_run_case(void *unused)
{
	const struct CMUnitTest *test =
		&CONTAINER_OF(current->stats, struct cmocka_case, stats)->test;
	void *state = group_state;

	ARG_UNUSED(unused);
	if (!tried(set_up, test, &state)) {
		printk("%s: its set-up failed\n", test->name);
		ztest_test_fail();
	}
	bool passed = tried(run, test, &state);

	if (!tried(tear_down, test, &state)) {
		printk("%s: its tear-down failed\n", test->name);
		passed = false;
	}
	if (!passed) {
		ztest_test_fail();
	}
}

/* ztest says here which of them is next. */
static void name_case(const struct ztest_unit_test *test, void *data)
{
	ARG_UNUSED(data);
	current = test;
}
ZTEST_RULE(samara_cmocka, name_case, NULL);

void cmocka_clear(void)
{
#if defined(CONFIG_SAMARA_SUITES_OVERLAY)
	extern uint8_t samara_suites_start[];
	extern uint8_t samara_suites_end[];

	memset(samara_suites_start, 0, (size_t)(samara_suites_end - samara_suites_start));
#endif
}

int cmocka_begin(const char *suite, size_t cases, CMFixtureFunction setup,
		 CMFixtureFunction teardown)
{
	struct ztest_unit_test *test = NULL;
	size_t found = 0;

	while ((test = z_ztest_get_next_test(suite, test)) != NULL) {
		found++;
	}
	group_state = NULL;
	group_teardown = teardown;
	if (found != cases) {
		printk("%s: %zu cases, of which the image has %zu\n", suite, cases, found);
	} else if (!setup || setup(&group_state) == 0) {
		return 0;
	}
	/* Of the whole suite, for it is being set up. */
	ztest_test_fail();
	return -1;
}

void cmocka_leave(void *unused)
{
	ARG_UNUSED(unused);
	if (group_teardown && group_teardown(&group_state) != 0) {
		printk("the tear-down of a suite failed\n");
		ztest_test_fail();
	}
}
