/* SPDX-License-Identifier: Apache-2.0 */

/* Who has a device when, and how outputs are left: P-10.4. */

#include <errno.h>

#include "hal/fixture.h"

static void outputs_take_their_safe_states_at_the_begin_and_at_the_end(void **state)
{
	(void)state;
	assert_int_equal(hal_open(), 0);
	assert_string_equal(fake_devices_did(), "open relay\nrelay set 0\nopen lamp\nlamp set 1\n"
						"open line\nline set 0");
	hal_close();
	assert_string_equal(fake_devices_did(), "relay set 0\nlamp set 1\nline set 0\n"
						"close relay\nclose lamp\nclose line");
}

static void an_output_that_is_not_there_keeps_no_other_from_its_safe_state(void **state)
{
	(void)state;
	fake_devices_absent("relay");
	assert_int_equal(hal_open(), 0);
	assert_string_equal(fake_devices_did(), "open lamp\nlamp set 1\nopen line\nline set 0");
	assert_string_equal(fake_port_log_last(PORT_LOG_ERR),
			    "hal: output relay cannot take its safe state: it is not plugged in");
}

static void outputs_that_could_be_moved_take_their_safe_states_where_asked(void **state)
{
	struct hal_session *session =
		running(GRANTS(GRANT("relay", BUS_GPIO, BOTH), GRANT("lamp", BUS_GPIO, READ),
			       GRANT("valve", BUS_GPIO, BOTH), GRANT("line", BUS_GPIO, WRITE)));

	(void)state;
	hal_session_end(session, true);
	assert_string_equal(fake_devices_did(), "relay set 0\nline set 0");
	hal_session_end(session, false);
	assert_string_equal(fake_devices_did(), "");
	ended(session);
}

static void devices_are_opened_with_the_session_and_once(void **state)
{
	struct hal_session *one = opened(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	struct hal_session *other = opened(GRANTS(GRANT("thermo", BUS_I2C, READ)));

	(void)state;
	assert_string_equal(fake_devices_did(), "open thermo");
	hal_session_close(one);
	hal_session_close(other);
	assert_string_equal(fake_devices_did(), "");
}

static void a_device_that_is_not_there_is_unavailable_and_tried_again(void **state)
{
	struct hal_session *session;

	(void)state;
	fake_devices_absent("thermo");
	assert_refused(GRANTS(GRANT("thermo", BUS_I2C, READ)), CODEC_UNAVAILABLE,
		       "device thermo: it is not plugged in");
	fake_devices_absent(NULL);
	session = opened(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	hal_session_close(session);
}

static void a_device_that_went_is_opened_by_the_next_operation(void **state)
{
	struct hal_session *session = running(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	uint32_t handle = open_i2c("thermo");

	(void)state;
	fake_devices_fail(BUS_NO_DEVICE, "it is gone");
	CALL(&guest, I2C, "[method]i2c.read", handle, 0x48, 1, RESULT);
	assert_string_equal(fake_devices_did(), "thermo 48 r1\nclose thermo");
	fake_devices_absent("thermo");
	CALL(&guest, I2C, "[method]i2c.read", handle, 0x48, 1, RESULT);
	assert_memory(RESULT, 1, 0, 0, 0, 4);
	fake_devices_absent(NULL);
	CALL(&guest, I2C, "[method]i2c.read", handle, 0x48, 1, RESULT);
	assert_memory(RESULT, 0);
	assert_string_equal(fake_devices_did(), "open thermo\nthermo 48 r1");
	ended(session);
}

static void a_device_is_one_runs_at_a_time(void **state)
{
	struct hal_session *one = opened(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	struct hal_session *other = opened(GRANTS(GRANT("thermo", BUS_I2C, READ)));

	(void)state;
	assert_int_equal(hal_session_try_begin(one), 0);
	assert_int_equal(hal_session_try_begin(other), -EBUSY);
	hal_session_end(one, false);
	/* Its outputs are safe before somebody else has them. */
	assert_int_equal(hal_session_try_begin(other), -EBUSY);
	hal_session_unlock(one);
	assert_int_equal(hal_session_try_begin(other), 0);
	hal_session_close(one);
	hal_session_close(other);
}

static void two_names_of_one_place_are_one_device(void **state)
{
	struct hal_session *one = opened(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	struct hal_session *other =
		opened(GRANTS(GRANT("memory", BUS_I2C, READ), GRANT("twin", BUS_I2C, READ)));
	struct hal_session *third = opened(GRANTS(GRANT("memory", BUS_I2C, READ)));

	(void)state;
	assert_int_equal(hal_session_try_begin(one), 0);
	assert_int_equal(hal_session_try_begin(other), -EBUSY);
	/* It has got nothing meanwhile: all of them or none. */
	assert_int_equal(hal_session_try_begin(third), 0);
	hal_session_close(one);
	hal_session_close(other);
	hal_session_close(third);
}

static void inputs_are_nobodys(void **state)
{
	struct hal_session *one = opened(GRANTS(GRANT("button", BUS_GPIO, READ)));
	struct hal_session *other = opened(GRANTS(GRANT("button", BUS_GPIO, READ)));

	(void)state;
	assert_int_equal(hal_session_try_begin(one), 0);
	assert_int_equal(hal_session_try_begin(other), 0);
	hal_session_close(one);
	hal_session_close(other);
}

static void a_line_of_both_directions_is_somebodys(void **state)
{
	struct hal_session *one = opened(GRANTS(GRANT("line", BUS_GPIO, READ)));
	struct hal_session *other = opened(GRANTS(GRANT("line", BUS_GPIO, READ)));

	(void)state;
	assert_int_equal(hal_session_try_begin(one), 0);
	assert_int_equal(hal_session_try_begin(other), -EBUSY);
	hal_session_close(one);
	hal_session_close(other);
}

static void closing_gives_the_devices_back(void **state)
{
	struct hal_session *one = opened(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	struct hal_session *other = opened(GRANTS(GRANT("thermo", BUS_I2C, READ)));

	(void)state;
	assert_int_equal(hal_session_try_begin(one), 0);
	hal_session_close(one);
	assert_int_equal(hal_session_try_begin(other), 0);
	hal_session_close(other);
}

static void a_full_pool_is_told_and_loses_nothing(void **state)
{
	const struct hal_session_options options = {.holder = "task t1", .record = true};
	struct hal_session *session;
	struct codec_error error;

	(void)state;
	for (size_t room = 0; room < 3; room++) {
		fake_pool_room(room);
		assert_int_equal(hal_session_open(&session, &options,
						  GRANTS(GRANT("thermo", BUS_I2C, READ),
							 GRANT("button", BUS_GPIO, READ)),
						  &error),
				 -ENOMEM);
		assert_null(session);
		assert_int_equal(fake_pool_used(), 0);
	}
	fake_pool_room(3);
	session = opened(GRANTS(GRANT("thermo", BUS_I2C, READ), GRANT("button", BUS_GPIO, READ)));
	/* No run needs more. */
	assert_int_equal(hal_session_try_begin(session), 0);
	hal_session_close(session);
}

static struct hal_session *cancelled;

static void cancel(void)
{
	hal_session_cancel(cancelled);
}

static void a_cancellation_reaches_the_device_that_works_for_it(void **state)
{
	struct hal_session *session = running(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	uint32_t handle = open_i2c("thermo");

	(void)state;
	cancelled = session;
	fake_devices_meanwhile(cancel);
	CALL(&guest, I2C, "[method]i2c.read", handle, 0x48, 1, RESULT);
	assert_string_equal(fake_devices_did(), "thermo 48 r1\ncancel thermo");
	CALL(&guest, I2C, "[method]i2c.read", handle, 0x48, 1, RESULT);
	assert_string_equal(fake_devices_did(), "");
	hal_session_end(session, false);
	hal_session_unlock(session);
	/* The next run is another one. */
	begin(session);
	CALL(&guest, I2C, "[method]i2c.read", open_i2c("thermo"), 0x48, 1, RESULT);
	assert_string_equal(fake_devices_did(), "thermo 48 r1");
	ended(session);
}

static void what_is_open_ends_with_its_instance(void **state)
{
	struct hal_session *session = running(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	uint32_t handle = open_i2c("thermo");

	(void)state;
	fake_guest_end(&guest);
	CALL(&guest, I2C, "[method]i2c.read", handle, 0x48, 1, RESULT);
	assert_string_equal(guest.trap, "a handle that it does not have");
	/* More instances than there are tables, one after the other. */
	for (int count = 0; count < 100; count++) {
		assert_int_equal(open_i2c("thermo"), 1);
		fake_guest_end(&guest);
	}
	assert_string_equal(fake_devices_did(), "");
	ended(session);
}

static void a_kept_instance_has_its_handles_in_the_next_run(void **state)
{
	struct hal_session *session = running(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	uint32_t handle = open_i2c("thermo");

	(void)state;
	hal_session_end(session, false);
	hal_session_unlock(session);
	assert_int_equal(hal_session_try_begin(session), 0);
	CALL(&guest, I2C, "[method]i2c.read", handle, 0x48, 1, RESULT);
	assert_no_trap();
	ended(session);
}

static void there_are_so_many_handles_and_dropping_gives_one_back(void **state)
{
	struct hal_session *session = running(GRANTS(GRANT("thermo", BUS_I2C, READ)));

	(void)state;
	for (uint32_t index = 1; index <= CONFIG_SAMARA_HANDLES; index++) {
		assert_int_equal(open_i2c("thermo"), index);
	}
	CALL(&guest, OPEN, "open-i2c", NAME, put_name("thermo"), RESULT);
	assert_string_equal(guest.trap, "more handles than this proplet gives");
	CALL(&guest, I2C, "[resource-drop]i2c", 3);
	assert_int_equal(open_i2c("thermo"), 3);
	ended(session);
}

static void a_handle_is_of_its_kind(void **state)
{
	struct hal_session *session =
		running(GRANTS(GRANT("thermo", BUS_I2C, READ), GRANT("flash", BUS_SPI, READ)));
	uint32_t thermo = open_i2c("thermo");

	(void)state;
	CALL(&guest, SPI, "[method]spi-device.read", thermo, 1, RESULT);
	assert_string_equal(guest.trap, "a handle that it does not have");
	CALL(&guest, SPI, "[resource-drop]spi-device", thermo);
	assert_string_equal(guest.trap, "a handle that it does not have");
	CALL(&guest, I2C, "[method]i2c.read", 0, 0x48, 1, RESULT);
	assert_string_equal(guest.trap, "a handle that it does not have");
	CALL(&guest, I2C, "[method]i2c.read", UINT32_MAX, 0x48, 1, RESULT);
	assert_string_equal(guest.trap, "a handle that it does not have");
	ended(session);
}

static void counters_tell_sessions_operations_and_refusals(void **state)
{
	struct hal_session *session = running(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	uint32_t handle = open_i2c("thermo");
	struct hal_stats stats;

	(void)state;
	CALL(&guest, I2C, "[method]i2c.read", handle, 0x48, 1, RESULT);
	CALL(&guest, I2C, "[method]i2c.read", handle, 0x49, 1, RESULT);
	hal_stats(&stats);
	assert_int_equal(stats.sessions, 1);
	assert_int_equal(stats.operations, 2);
	assert_int_equal(stats.refusals, 1);
	ended(session);
	hal_stats(&stats);
	assert_int_equal(stats.sessions, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		TEST(outputs_take_their_safe_states_at_the_begin_and_at_the_end),
		TEST(an_output_that_is_not_there_keeps_no_other_from_its_safe_state),
		TEST(outputs_that_could_be_moved_take_their_safe_states_where_asked),
		TEST(devices_are_opened_with_the_session_and_once),
		TEST(a_device_that_is_not_there_is_unavailable_and_tried_again),
		TEST(a_device_that_went_is_opened_by_the_next_operation),
		TEST(a_device_is_one_runs_at_a_time),
		TEST(two_names_of_one_place_are_one_device),
		TEST(inputs_are_nobodys),
		TEST(a_line_of_both_directions_is_somebodys),
		TEST(closing_gives_the_devices_back),
		TEST(a_full_pool_is_told_and_loses_nothing),
		TEST(a_cancellation_reaches_the_device_that_works_for_it),
		TEST(what_is_open_ends_with_its_instance),
		TEST(a_kept_instance_has_its_handles_in_the_next_run),
		TEST(there_are_so_many_handles_and_dropping_gives_one_back),
		TEST(a_handle_is_of_its_kind),
		TEST(counters_tell_sessions_operations_and_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
