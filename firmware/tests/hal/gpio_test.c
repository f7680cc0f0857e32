/* SPDX-License-Identifier: Apache-2.0 */

/* wasi:gpio/digital as a guest finds its answers in its memory. */

#include "hal/fixture.h"

static struct hal_session *session;

static int setup(void **state)
{
	fixture_setup(state);
	session = running(GRANTS(GRANT("relay", BUS_GPIO, BOTH), GRANT("button", BUS_GPIO, READ),
				 GRANT("line", BUS_GPIO, READ), GRANT("lamp", BUS_GPIO, WRITE)));
	return 0;
}

static int teardown(void **state)
{
	ended(session);
	return fixture_teardown(state);
}

static void opening_leaves_the_level_as_it_is(void **state)
{
	(void)state;
	(void)open_pin("open-output", "relay");
	(void)open_pin("open-stateful-output", "relay");
	(void)open_pin("open-input", "button");
	assert_string_equal(fake_devices_did(), "");
}

/** result<_, error-code> without an error. */
static void assert_ok(void)
{
	assert_no_trap();
	assert_memory(RESULT, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xee);
}

static void an_output_is_set(void **state)
{
	uint32_t pin = open_pin("open-output", "relay");

	(void)state;
	CALL(&guest, GPIO, "[method]output-pin.set-high", pin, RESULT);
	assert_ok();
	CALL(&guest, GPIO, "[method]output-pin.set-low", pin, RESULT);
	CALL(&guest, GPIO, "[method]output-pin.set-state", pin, 1, RESULT);
	CALL(&guest, GPIO, "[method]output-pin.set-state", pin, 0, RESULT);
	assert_ok();
	assert_string_equal(fake_devices_did(),
			    "relay set 1\nrelay set 0\nrelay set 1\nrelay set 0");
	CALL(&guest, GPIO, "[method]output-pin.set-state", pin, 2, RESULT);
	assert_string_equal(guest.trap, "a pin state of no kind");
}

static void an_output_of_state_knows_what_this_run_has_set(void **state)
{
	uint32_t pin = open_pin("open-stateful-output", "relay");

	(void)state;
	/* Not yet: the line is asked. */
	fake_devices_level(true);
	CALL(&guest, GPIO, "[method]stateful-output-pin.is-set-high", pin, RESULT);
	assert_memory(RESULT, 0, 0, 0, 0, 1, 0, 0, 0);
	CALL(&guest, GPIO, "[method]stateful-output-pin.toggle", pin, RESULT);
	CALL(&guest, GPIO, "[method]stateful-output-pin.is-set-low", pin, RESULT);
	assert_memory(RESULT, 0, 0, 0, 0, 1, 0, 0, 0);
	CALL(&guest, GPIO, "[method]stateful-output-pin.set-high", pin, RESULT);
	CALL(&guest, GPIO, "[method]stateful-output-pin.toggle", pin, RESULT);
	CALL(&guest, GPIO, "[method]stateful-output-pin.set-state", pin, 1, RESULT);
	CALL(&guest, GPIO, "[method]stateful-output-pin.set-low", pin, RESULT);
	assert_string_equal(fake_devices_did(),
			    "relay get\nrelay get\nrelay set 0\nrelay set 1\nrelay set 0\n"
			    "relay set 1\nrelay set 0");
}

static void what_failed_was_not_set(void **state)
{
	uint32_t pin = open_pin("open-stateful-output", "relay");

	(void)state;
	fake_devices_fail(BUS_IO, "");
	CALL(&guest, GPIO, "[method]stateful-output-pin.set-high", pin, RESULT);
	assert_memory(RESULT, 1, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x80, 0, 0, 2, 0, 0, 0, 0xee);
	assert_memory_equal(&guest.memory[GUEST_HEAP], "io", 2);
	CALL(&guest, GPIO, "[method]stateful-output-pin.is-set-high", pin, RESULT);
	assert_memory(RESULT, 0, 0, 0, 0, 0);
	assert_string_equal(fake_devices_did(), "relay set 1\nrelay get");
}

static void the_next_run_has_set_nothing(void **state)
{
	uint32_t pin = open_pin("open-stateful-output", "relay");

	(void)state;
	CALL(&guest, GPIO, "[method]stateful-output-pin.set-high", pin, RESULT);
	hal_session_end(session, false);
	hal_session_unlock(session);
	begin(session);
	(void)fake_devices_did();
	pin = open_pin("open-stateful-output", "relay");
	CALL(&guest, GPIO, "[method]stateful-output-pin.is-set-high", pin, RESULT);
	assert_string_equal(fake_devices_did(), "relay get");
}

static void an_input_is_read(void **state)
{
	uint32_t pin = open_pin("open-input", "button");

	(void)state;
	CALL(&guest, GPIO, "[method]input-pin.is-high", pin, RESULT);
	assert_memory(RESULT, 0, 0, 0, 0, 0, 0, 0, 0);
	CALL(&guest, GPIO, "[method]input-pin.is-low", pin, RESULT);
	assert_memory(RESULT, 0, 0, 0, 0, 1, 0, 0, 0);
	fake_devices_level(true);
	CALL(&guest, GPIO, "[method]input-pin.is-high", pin, RESULT);
	assert_memory(RESULT, 0, 0, 0, 0, 1, 0, 0, 0);
	assert_string_equal(fake_devices_did(), "button get\nbutton get\nbutton get");
}

static void assert_words(const char *function, const char *name, const char *words)
{
	guest.heap = GUEST_HEAP;
	CALL(&guest, GPIO, function, NAME, put_name(name), RESULT);
	assert_no_trap();
	assert_memory(RESULT, 1, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x80, 0, 0, (uint8_t)strlen(words), 0,
		      0, 0);
	assert_memory_equal(&guest.memory[GUEST_HEAP], words, strlen(words));
}

static void a_line_is_opened_as_what_it_is_and_what_is_granted(void **state)
{
	struct hal_report report;

	(void)state;
	assert_words("open-output", "button", "button is an input, an output needed");
	assert_words("open-input", "relay", "relay is an output, an input needed");
	hal_session_report(session, &report);
	assert_int_equal(report.refusals, 0);
	assert_words("open-stateful-output", "line", "not granted: line: writing is not granted");
	assert_words("open-input", "door", "not granted: door");
	hal_session_report(session, &report);
	assert_int_equal(report.refusals, 2);
	/* Its level is read, which is not granted. */
	uint32_t pin = open_pin("open-stateful-output", "lamp");

	CALL(&guest, GPIO, "[method]stateful-output-pin.is-set-high", pin, RESULT);
	assert_memory(RESULT, 1, 0, 0, 0, 0, 0, 0, 0);
	assert_string_equal(fake_devices_did(), "");
}

static void a_long_name_is_shown_in_part(void **state)
{
	char name[HAL_NAME_MAX + 10];

	(void)state;
	memset(name, 'n', sizeof(name));
	put(NAME, name, sizeof(name));
	CALL(&guest, GPIO, "open-input", NAME, sizeof(name), RESULT);
	assert_memory(RESULT + 12, 13 + HAL_NAME_MAX, 0, 0, 0);
	CALL(&guest, GPIO, "open-input", NAME, UINT32_MAX, RESULT);
	assert_string_equal(guest.trap, "memory access out of bounds");
}

static void each_kind_of_pin_is_dropped_as_that(void **state)
{
	(void)state;
	CALL(&guest, GPIO, "[resource-drop]output-pin", open_pin("open-output", "relay"));
	assert_no_trap();
	CALL(&guest, GPIO, "[resource-drop]stateful-output-pin",
	     open_pin("open-stateful-output", "relay"));
	assert_no_trap();
	CALL(&guest, GPIO, "[resource-drop]input-pin", open_pin("open-input", "button"));
	assert_no_trap();
	CALL(&guest, GPIO, "[resource-drop]output-pin", open_pin("open-input", "button"));
	assert_string_equal(guest.trap, "a handle that it does not have");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(opening_leaves_the_level_as_it_is),
		TEST(an_output_is_set),
		TEST(an_output_of_state_knows_what_this_run_has_set),
		TEST(what_failed_was_not_set),
		TEST(the_next_run_has_set_nothing),
		TEST(an_input_is_read),
		TEST(a_line_is_opened_as_what_it_is_and_what_is_granted),
		TEST(a_long_name_is_shown_in_part),
		TEST(each_kind_of_pin_is_dropped_as_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
