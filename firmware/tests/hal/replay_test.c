/* SPDX-License-Identifier: Apache-2.0 */

/* A record in place of devices: P-10.6. */

#include "hal/fixture.h"

static struct hal_session *session;
static struct codec_bytes record;
static struct codec_source source;

static void replay(const struct codec_source *grants, const uint8_t *data, size_t len)
{
	struct hal_session_options options = {.holder = "task t1", .replay = &source};
	struct codec_error error;

	record = (struct codec_bytes){data, len};
	source = codec_source_bytes(&record);
	assert_int_equal(hal_session_open(&session, &options, grants, &error), 0);
	begin(session);
}
#define REPLAY(grants, ...)                                                                        \
	static const uint8_t record_[] = {__VA_ARGS__};                                            \
	replay(grants, record_, sizeof(record_))

static void assert_agrees(void)
{
	struct hal_report report;

	hal_session_end(session, true);
	hal_session_report(session, &report);
	if (report.difference) {
		fail_msg("%s", report.difference);
	}
	assert_string_equal(fake_devices_did(), "");
	closed(session);
}

static void assert_differs(const char *words)
{
	struct hal_report report;

	hal_session_end(session, true);
	hal_session_report(session, &report);
	assert_non_null(report.difference);
	assert_string_equal(report.difference, words);
	assert_string_equal(fake_devices_did(), "");
	closed(session);
}

/* {1: [{1: "thermo", 2: i2c}], 2: [ */
#define THERMO 0xa2, 0x01, 0x81, 0xa2, 0x01, 0x66, 't', 'h', 'e', 'r', 'm', 'o', 0x02, 0x01, 0x02
/* device 0, transfer to 0x48: write d0, read 1; what came, at and took. */
#define WRITE_READ(came)                                                                           \
	0xa7, 0x01, 0x00, 0x02, 0x01, 0x03, 0x18, 0x48, 0x04, 0x82, 0xa2, 0x01, 0x02, 0x02, 0x41,  \
		0xd0, 0xa2, 0x01, 0x01, 0x03, 0x01, 0x06, 0x81, 0x41, came, 0x0a, 0x00, 0x0b, 0x00

static void write_read(uint8_t byte, uint32_t len)
{
	uint32_t handle = open_i2c("thermo");

	put(BYTES, &byte, 1);
	CALL(&guest, I2C, "[method]i2c.write-read", handle, 0x48, BYTES, 1, len, RESULT);
}

static void a_record_answers_row_by_row(void **state)
{
	(void)state;
	REPLAY(GRANTS(GRANT("thermo", BUS_I2C, READ)), THERMO, 0x82, WRITE_READ(0x60),
	       WRITE_READ(0x61));
	write_read(0xd0, 1);
	assert_no_trap();
	assert_memory(GUEST_HEAP, 0x60);
	write_read(0xd0, 1);
	assert_memory(GUEST_HEAP + 1, 0x61);
	assert_agrees();
}

static void a_record_answers_with_its_errors(void **state)
{
	(void)state;
	REPLAY(GRANTS(GRANT("thermo", BUS_I2C, READ)), THERMO, 0x81, 0xa8, 0x01, 0x00, 0x02, 0x01,
	       0x03, 0x18, 0x48, 0x04, 0x81, 0xa2, 0x01, 0x01, 0x03, 0x01, 0x08, 0x02, 0x09, 0x61,
	       'x', 0x0a, 0x00, 0x0b, 0x00);
	CALL(&guest, I2C, "[method]i2c.read", open_i2c("thermo"), 0x48, 1, RESULT);
	assert_no_trap();
	assert_memory(RESULT, 1, 0, 0, 0, 2, 1);
	assert_agrees();
}

static void levels_are_of_the_record(void **state)
{
	(void)state;
	REPLAY(GRANTS(GRANT("relay", BUS_GPIO, BOTH)), 0xa2, 0x01, 0x81, 0xa2, 0x01, 0x65, 'r', 'e',
	       'l', 'a', 'y', 0x02, 0x03, 0x02, 0x82,
	       /* get: high */
	       0xa5, 0x01, 0x00, 0x02, 0x02, 0x07, 0xf5, 0x0a, 0x00, 0x0b, 0x00,
	       /* set: low */
	       0xa5, 0x01, 0x00, 0x02, 0x03, 0x05, 0xf4, 0x0a, 0x00, 0x0b, 0x00);
	CALL(&guest, GPIO, "[method]stateful-output-pin.toggle",
	     open_pin("open-stateful-output", "relay"), RESULT);
	assert_no_trap();
	assert_agrees();
}

static void the_first_difference_ends_the_run(void **state)
{
	(void)state;
	REPLAY(GRANTS(GRANT("thermo", BUS_I2C, READ)), THERMO, 0x82, WRITE_READ(0x60),
	       WRITE_READ(0x60));
	write_read(0xd0, 1);
	write_read(0xd1, 1);
	assert_string_equal(
		guest.trap,
		"replay differs at operation 2: thermo transfer 0x48 write d1 read 1 was "
		"asked for, the record has thermo transfer 0x48 write d0 read 1");
	/* Nothing after it is answered, whatever the record has. */
	write_read(0xd0, 1);
	assert_memory(RESULT, 1, 0, 0, 0, 4);
	assert_differs("replay differs at operation 2: thermo transfer 0x48 write d1 read 1 was "
		       "asked for, the record has thermo transfer 0x48 write d0 read 1");
}

static void lengths_addresses_and_levels_differ_too(void **state)
{
	(void)state;
	{
		REPLAY(GRANTS(GRANT("thermo", BUS_I2C, READ)), THERMO, 0x81, WRITE_READ(0x60));
		write_read(0xd0, 2);
		assert_differs(
			"replay differs at operation 1: thermo transfer 0x48 write d0 read 2 "
			"was asked for, the record has thermo transfer 0x48 write d0 read 1");
	}
	{
		REPLAY(GRANTS(GRANT("thermo", BUS_I2C, READ)), THERMO, 0x81, WRITE_READ(0x60));
		CALL(&guest, I2C, "[method]i2c.read", open_i2c("thermo"), 0x48, 1, RESULT);
		assert_differs(
			"replay differs at operation 1: thermo transfer 0x48 read 1 was asked "
			"for, the record has thermo transfer 0x48 write d0 read 1");
	}
	{
		REPLAY(GRANTS(GRANT("relay", BUS_GPIO, BOTH)), 0xa2, 0x01, 0x81, 0xa2, 0x01, 0x65,
		       'r', 'e', 'l', 'a', 'y', 0x02, 0x03, 0x02, 0x81, 0xa5, 0x01, 0x00, 0x02,
		       0x03, 0x05, 0xf4, 0x0a, 0x00, 0x0b, 0x00);
		CALL(&guest, GPIO, "[method]output-pin.set-high", open_pin("open-output", "relay"),
		     RESULT);
		assert_differs("replay differs at operation 1: relay set high was asked for, the "
			       "record has relay set low");
	}
}

static void another_device_differs(void **state)
{
	(void)state;
	REPLAY(GRANTS(GRANT("thermo", BUS_I2C, READ), GRANT("twin", BUS_I2C, READ)), THERMO, 0x81,
	       WRITE_READ(0x60));
	PUT(BYTES, 0xd0);
	CALL(&guest, I2C, "[method]i2c.write-read", open_i2c("twin"), 0x48, BYTES, 1, 1, RESULT);
	assert_differs(
		"replay differs at operation 1: twin transfer 0x48 write d0 read 1 was asked "
		"for, the record has thermo transfer 0x48 write d0 read 1");
}

static void a_record_that_is_too_short_differs(void **state)
{
	(void)state;
	REPLAY(GRANTS(GRANT("thermo", BUS_I2C, READ)), THERMO, 0x81, WRITE_READ(0x60));
	write_read(0xd0, 1);
	write_read(0xd0, 1);
	assert_differs("replay differs at operation 2: thermo transfer 0x48 write d0 read 1 was "
		       "asked for, the record has the end");
}

static void a_record_that_is_too_long_differs(void **state)
{
	(void)state;
	REPLAY(GRANTS(GRANT("thermo", BUS_I2C, READ)), THERMO, 0x82, WRITE_READ(0x60),
	       WRITE_READ(0x60));
	write_read(0xd0, 1);
	assert_differs(
		"replay differs at operation 2: nothing was asked for, the record has thermo "
		"transfer 0x48 write d0 read 1");
}

static void a_damaged_record_answers_nothing(void **state)
{
	(void)state;
	{
		REPLAY(GRANTS(GRANT("thermo", BUS_I2C, READ)), 0xa1, 0x05, 0x00);
		write_read(0xd0, 1);
		assert_string_equal(guest.trap, "the record cannot be read");
		assert_differs("the record cannot be read");
	}
	{
		/* It ends in the middle of a row. */
		REPLAY(GRANTS(GRANT("thermo", BUS_I2C, READ)), THERMO, 0x81, 0xa7, 0x01, 0x00, 0x02,
		       0x01, 0x03);
		write_read(0xd0, 1);
		assert_memory(RESULT, 1, 0, 0, 0, 4);
		assert_differs(
			"replay differs at operation 1: thermo transfer 0x48 write d0 read 1 "
			"was asked for, the record has thermo transfer 0x0");
	}
}

static void a_device_may_be_missing_here(void **state)
{
	(void)state;
	REPLAY(GRANTS(GRANT("remote", BUS_I2C, READ)), 0xa2, 0x01, 0x81, 0xa2, 0x01, 0x66, 'r', 'e',
	       'm', 'o', 't', 'e', 0x02, 0x01, 0x02, 0x81, WRITE_READ(0x60));
	PUT(BYTES, 0xd0);
	CALL(&guest, I2C, "[method]i2c.write-read", open_i2c("remote"), 0x48, BYTES, 1, 1, RESULT);
	assert_memory(GUEST_HEAP, 0x60);
	assert_agrees();
}

static void a_replay_waits_for_nobody_and_no_time(void **state)
{
	struct hal_session *other;

	(void)state;
	REPLAY(GRANTS(GRANT("thermo", BUS_I2C, READ)), THERMO, 0x80);
	other = opened(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	assert_int_equal(hal_session_try_begin(other), 0);
	hal_session_close(other);
	(void)fake_devices_did();
	assert_agrees();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		TEST(a_record_answers_row_by_row),
		TEST(a_record_answers_with_its_errors),
		TEST(levels_are_of_the_record),
		TEST(the_first_difference_ends_the_run),
		TEST(lengths_addresses_and_levels_differ_too),
		TEST(another_device_differs),
		TEST(a_record_that_is_too_short_differs),
		TEST(a_record_that_is_too_long_differs),
		TEST(a_damaged_record_answers_nothing),
		TEST(a_device_may_be_missing_here),
		TEST(a_replay_waits_for_nobody_and_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
