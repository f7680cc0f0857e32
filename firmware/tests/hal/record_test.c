/* SPDX-License-Identifier: Apache-2.0 */

/* A Transcript, byte by byte: P-10.6. */

#include "hal/fixture.h"

static struct hal_session *session;

static void record(const struct codec_source *grants)
{
	session = opened_to_record(grants);
	begin(session);
	(void)fake_devices_did();
}

/** The run ends, and left these bytes. */
static void assert_transcript(const uint8_t *expected, size_t len)
{
	struct hal_report report;

	hal_session_end(session, false);
	hal_session_report(session, &report);
	assert_int_equal(report.transcript_len, len);
	assert_memory_equal(report.transcript, expected, len);
	closed(session);
}
#define ASSERT_TRANSCRIPT(...)                                                                     \
	assert_transcript((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* {1: [{1: "thermo", 2: i2c}], 2: */
#define THERMO 0xa2, 0x01, 0x81, 0xa2, 0x01, 0x66, 't', 'h', 'e', 'r', 'm', 'o', 0x02, 0x01, 0x02

static void what_goes_over_a_bus_is_kept_with_its_answer_and_its_time(void **state)
{
	(void)state;
	record(GRANTS(GRANT("thermo", BUS_I2C, BOTH), GRANT("flash", BUS_SPI, BOTH)));
	uint32_t thermo = open_i2c("thermo");
	uint32_t flash = open_spi("flash");

	fake_port_advance(1000);
	fake_devices_take(250);
	fake_devices_give("\x60", 1);
	PUT(BYTES, 0xd0);
	CALL(&guest, I2C, "[method]i2c.write-read", thermo, 0x48, BYTES, 1, 1, RESULT);
	fake_devices_give("\xef", 1);
	CALL(&guest, SPI, "[method]spi-device.transfer", flash, BYTES, 1, RESULT);
	ASSERT_TRANSCRIPT(0xa2, 0x01, 0x82,
			  /* 1: name, 2: kind, 3: chip */
			  0xa2, 0x01, 0x66, 't', 'h', 'e', 'r', 'm', 'o', 0x02, 0x01, 0xa3, 0x01,
			  0x65, 'f', 'l', 'a', 's', 'h', 0x02, 0x02, 0x03, 0x66, 'w', '2', '5', 'q',
			  '8', '0',
			  /* 2: rows */
			  0x02, 0x82,
			  /* device 0, transfer, to 0x48 */
			  0xa7, 0x01, 0x00, 0x02, 0x01, 0x03, 0x18, 0x48,
			  /* 4: write d0, read 1; 6: what came */
			  0x04, 0x82, 0xa2, 0x01, 0x02, 0x02, 0x41, 0xd0, 0xa2, 0x01, 0x01, 0x03,
			  0x01, 0x06, 0x81, 0x41, 0x60,
			  /* at 1000 us, in 250 */
			  0x0a, 0x19, 0x03, 0xe8, 0x0b, 0x18, 0xfa,
			  /* device 1, transfer of d0 */
			  0xa6, 0x01, 0x01, 0x02, 0x01, 0x04, 0x81, 0xa2, 0x01, 0x03, 0x02, 0x41,
			  0xd0, 0x06, 0x81, 0x41, 0xef, 0x0a, 0x19, 0x04, 0xe2, 0x0b, 0x18, 0xfa);
}

static void errors_are_kept_with_the_words_of_the_driver(void **state)
{
	(void)state;
	record(GRANTS(GRANT("thermo", BUS_I2C, BOTH)));
	fake_devices_fail(BUS_NACK_ADDRESS, "EREMOTEIO");
	CALL(&guest, I2C, "[method]i2c.read", open_i2c("thermo"), 0x48, 1, RESULT);
	ASSERT_TRANSCRIPT(THERMO, 0x81, 0xa8, 0x01, 0x00, 0x02, 0x01, 0x03, 0x18, 0x48, 0x04, 0x81,
			  0xa2, 0x01, 0x01, 0x03, 0x01,
			  /* 8: nack-address, 9: words */
			  0x08, 0x01, 0x09, 0x69, 'E', 'R', 'E', 'M', 'O', 'T', 'E', 'I', 'O', 0x0a,
			  0x00, 0x0b, 0x00);
}

static void what_was_refused_is_a_row(void **state)
{
	(void)state;
	record(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	PUT(BYTES, 7);
	CALL(&guest, I2C, "[method]i2c.write", open_i2c("thermo"), 0x48, BYTES, 1, RESULT);
	ASSERT_TRANSCRIPT(THERMO, 0x81, 0xa8, 0x01, 0x00, 0x02, 0x01, 0x03, 0x18, 0x48, 0x04, 0x81,
			  0xa2, 0x01, 0x02, 0x02, 0x41, 0x07, 0x08, 0x10, 0x09, 0x76, 'w', 'r', 'i',
			  't', 'i', 'n', 'g', ' ', 'i', 's', ' ', 'n', 'o', 't', ' ', 'g', 'r', 'a',
			  'n', 't', 'e', 'd', 0x0a, 0x00, 0x0b, 0x00);
}

static void levels_are_kept(void **state)
{
	(void)state;
	record(GRANTS(GRANT("relay", BUS_GPIO, BOTH)));
	uint32_t pin = open_pin("open-stateful-output", "relay");

	fake_devices_level(true);
	CALL(&guest, GPIO, "[method]stateful-output-pin.toggle", pin, RESULT);
	ASSERT_TRANSCRIPT(0xa2, 0x01, 0x81, 0xa2, 0x01, 0x65, 'r', 'e', 'l', 'a', 'y', 0x02, 0x03,
			  0x02, 0x82,
			  /* get; 7: high */
			  0xa5, 0x01, 0x00, 0x02, 0x02, 0x07, 0xf5, 0x0a, 0x00, 0x0b, 0x00,
			  /* set; 5: low */
			  0xa5, 0x01, 0x00, 0x02, 0x03, 0x05, 0xf4, 0x0a, 0x00, 0x0b, 0x00);
}

static void delays_of_the_lab_are_kept(void **state)
{
	(void)state;
	fake_port_virtual_time(true);
	record(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	CALL(&guest, DELAY, "[method]delay.delay-ns", CALL(&guest, OPEN, "open-delay", 0), 1500);
	ASSERT_TRANSCRIPT(THERMO, 0x81, 0xa5, 0x01, 0x00, 0x02, 0x0f, 0x04, 0x81, 0xa2, 0x01, 0x04,
			  0x03, 0x19, 0x05, 0xdc, 0x0a, 0x00, 0x0b, 0x00);
}

static void a_run_without_operations_has_no_rows(void **state)
{
	(void)state;
	record(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	ASSERT_TRANSCRIPT(THERMO, 0x80);
}

static void nothing_is_kept_that_was_not_asked_for(void **state)
{
	struct hal_report report;

	(void)state;
	session = running(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	hal_session_end(session, false);
	hal_session_report(session, &report);
	assert_null(report.transcript);
	assert_int_equal(report.transcript_len, 0);
	closed(session);
}

static void read_32(uint32_t thermo, unsigned int times)
{
	while (times-- > 0) {
		CALL(&guest, I2C, "[method]i2c.read", thermo, 0x48, 32, RESULT);
	}
}

static void what_does_not_fit_is_counted(void **state)
{
	struct hal_report report;

	(void)state;
	/* 1984 bytes, of which 6 are left for `dropped`: 17 for the device and a count of two
	 * bytes, then 35 rows of 56. */
	assert_int_equal(CONFIG_SAMARA_TRANSCRIPT_MAX, 1984);
	record(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	uint32_t thermo = open_i2c("thermo");

	read_32(thermo, 37);
	/* A short one would fit, and leave a gap. */
	CALL(&guest, I2C, "[method]i2c.read", thermo, 0x49, 1, RESULT);
	hal_session_end(session, false);
	hal_session_report(session, &report);
	assert_int_equal(report.transcript_len, 15 + 2 + 35 * 56 + 2);
	assert_int_equal(report.transcript[0], 0xa3);
	assert_memory_equal(&report.transcript[15], "\x98\x23\xa7\x01\x00", 5);
	assert_memory_equal(&report.transcript[15 + 2 + 35 * 56], "\x03\x03", 2);
	hal_session_unlock(session);
	/* The next run begins anew. */
	assert_int_equal(hal_session_try_begin(session), 0);
	ASSERT_TRANSCRIPT(THERMO, 0x80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		TEST(what_goes_over_a_bus_is_kept_with_its_answer_and_its_time),
		TEST(errors_are_kept_with_the_words_of_the_driver),
		TEST(what_was_refused_is_a_row),
		TEST(levels_are_kept),
		TEST(delays_of_the_lab_are_kept),
		TEST(a_run_without_operations_has_no_rows),
		TEST(nothing_is_kept_that_was_not_asked_for),
		TEST(what_does_not_fit_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
