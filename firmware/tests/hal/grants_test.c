/* SPDX-License-Identifier: Apache-2.0 */

/* What a grant gives, and what is refused: P-10.3. */

#include <stdio.h>

#include "hal/fixture.h"

static void a_grant_is_held_to_the_profile(void **state)
{
	(void)state;
	assert_refused(GRANTS(GRANT("nobody", BUS_I2C, READ)), CODEC_NOT_FOUND,
		       "device nobody: the profile has none of that name");
	assert_refused(GRANTS(GRANT("thermo", BUS_SPI, READ)), CODEC_PERMISSION_DENIED,
		       "device thermo: granted as spi, it is i2c");
	assert_refused(GRANTS(GRANT("button", BUS_GPIO, WRITE)), CODEC_PERMISSION_DENIED,
		       "device button: granted for write, it is an input");
	assert_refused(GRANTS(GRANT("button", BUS_GPIO, BOTH)), CODEC_PERMISSION_DENIED,
		       "device button: granted for read-write, it is an input");
	assert_refused(GRANTS(GRANT("memory", BUS_I2C, READ, .addresses = {0x50, 0x52})),
		       CODEC_PERMISSION_DENIED,
		       "device memory: 0x52 granted, it does not have that");
	/* The first is good: what was taken for it is given back, which assert_refused() sees. */
	assert_refused(GRANTS(GRANT("thermo", BUS_I2C, READ), GRANT("nobody", BUS_I2C, READ)),
		       CODEC_NOT_FOUND, "device nobody: the profile has none of that name");
}

static void what_is_no_list_of_grants_is_refused(void **state)
{
	static const uint8_t number[] = {0x01};
	static const uint8_t no_kind[] = {0x81, 0xa2, 0x01, 0x61, 'a', 0x03, 0x01};
	static const uint8_t bad_access[] = {0x81, 0xa3, 0x01, 0x61, 'a', 0x02, 0x01, 0x03, 0x04};
	static const uint8_t cut[] = {0x82, 0xa3, 0x01, 0x66, 't'};
	const struct codec_bytes all[] = {{number, sizeof(number)},
					  {no_kind, sizeof(no_kind)},
					  {bad_access, sizeof(bad_access)},
					  {cut, sizeof(cut)}};

	(void)state;
	for (size_t index = 0; index < 4; index++) {
		const struct codec_source source = codec_source_bytes(&all[index]);

		assert_refused(&source, CODEC_INVALID_ARGUMENT,
			       index == 0 ? "task t1: its grants are no list of grants"
					  : "task t1: grant 0 is none");
	}
}

static void a_holder_has_so_many_devices_at_most(void **state)
{
	struct grant many[CONFIG_SAMARA_GRANTS + 1];
	char words[64];

	(void)state;
	for (size_t index = 0; index <= CONFIG_SAMARA_GRANTS; index++) {
		many[index] = (struct grant)GRANT("thermo", BUS_I2C, READ);
	}
	snprintf(words, sizeof(words), "task t1: %d devices, this proplet gives at most %d",
		 CONFIG_SAMARA_GRANTS + 1, CONFIG_SAMARA_GRANTS);
	/* A document has 16 at most. */
	bool is_list = CONFIG_SAMARA_GRANTS < 16;

	assert_refused(grants_of(many, CONFIG_SAMARA_GRANTS + 1),
		       is_list ? CODEC_TOO_LARGE : CODEC_INVALID_ARGUMENT,
		       is_list ? words : "task t1: its grants are no list of grants");
}

/** result<list<u8>, error-code>, whose error is `other`. */
static void assert_other(void)
{
	assert_no_trap();
	assert_memory(RESULT, 1, 0, 0, 0, 4, 0);
}

static void i2c_read(uint32_t handle, uint32_t address, uint64_t len)
{
	CALL(&guest, I2C, "[method]i2c.read", handle, address, len, RESULT);
}

static void i2c_write(uint32_t handle, uint32_t address, uint32_t len)
{
	CALL(&guest, I2C, "[method]i2c.write", handle, address, BYTES, len, RESULT);
}

static void nothing_is_granted_that_is_not_in_the_list(void **state)
{
	struct hal_session *session = running(GRANTS(GRANT("thermo", BUS_I2C, BOTH)));
	struct hal_report report;

	(void)state;
	CALL(&guest, OPEN, "open-i2c", NAME, put_name("memory"), RESULT);
	assert_no_trap();
	assert_memory(RESULT, 1, 0, 0, 0, 0, 0, 0, 0);
	CALL(&guest, SPI, "open", NAME, put_name("flash"), RESULT);
	assert_memory(RESULT, 1, 0, 0, 0, 4, 0, 0, 0, 0x00, 0x80, 0, 0, 18, 0, 0, 0);
	assert_memory_equal(&guest.memory[GUEST_HEAP], "not granted: flash", 18);
	hal_session_report(session, &report);
	assert_int_equal(report.refusals, 2);
	assert_string_equal(fake_devices_did(), "");
	ended(session);
}

static void without_a_session_every_device_is_refused(void **state)
{
	(void)state;
	fake_guest_reset(&guest, NULL);
	CALL(&guest, OPEN, "open-i2c", NAME, put_name("thermo"), RESULT);
	assert_memory(RESULT, 1, 0, 0, 0, 0);
	CALL(&guest, GPIO, "open-input", NAME, put_name("button"), RESULT);
	assert_memory(RESULT, 1, 0, 0, 0, 0);
	assert_no_trap();
}

static void another_kind_is_told_and_not_counted(void **state)
{
	struct hal_session *session =
		running(GRANTS(GRANT("thermo", BUS_I2C, BOTH), GRANT("flash", BUS_SPI, BOTH)));
	struct hal_report report;

	(void)state;
	CALL(&guest, OPEN, "open-i2c", NAME, put_name("flash"), RESULT);
	assert_memory(RESULT, 1, 0, 0, 0, 1, 0, 0, 0);
	CALL(&guest, SPI, "open", NAME, put_name("thermo"), RESULT);
	assert_memory_equal(&guest.memory[GUEST_HEAP], "thermo is i2c, no spi", 21);
	hal_session_report(session, &report);
	assert_int_equal(report.refusals, 0);
	ended(session);
}

static void reading_alone_lets_a_register_be_chosen_and_nothing_written(void **state)
{
	struct hal_session *session = running(GRANTS(GRANT("thermo", BUS_I2C, READ)));
	uint32_t handle = open_i2c("thermo");

	(void)state;
	PUT(BYTES, 1, 2, 3);
	i2c_write(handle, 0x48, 1);
	assert_memory(RESULT, 1, 4, 0);
	CALL(&guest, I2C, "[method]i2c.write-read", handle, 0x48, BYTES, 3, 1, RESULT);
	assert_other();
	assert_string_equal(fake_devices_did(), "");
	CALL(&guest, I2C, "[method]i2c.write-read", handle, 0x48, BYTES, 2, 1, RESULT);
	assert_string_equal(fake_devices_did(), "thermo 48 w0102 r1");
	ended(session);
}

static void writing_alone_lets_nothing_be_read(void **state)
{
	struct hal_session *session =
		running(GRANTS(GRANT("thermo", BUS_I2C, WRITE), GRANT("flash", BUS_SPI, WRITE)));
	uint32_t handle = open_i2c("thermo");
	uint32_t flash = open_spi("flash");

	(void)state;
	PUT(BYTES, 1);
	i2c_read(handle, 0x48, 1);
	assert_other();
	CALL(&guest, SPI, "[method]spi-device.transfer", flash, BYTES, 1, RESULT);
	assert_memory_equal(&guest.memory[GUEST_HEAP], "not granted: reading is not granted", 35);
	i2c_write(handle, 0x48, 1);
	assert_memory(RESULT, 0, 0, 0);
	assert_string_equal(fake_devices_did(), "thermo 48 w01");
	ended(session);
}

static void only_addresses_of_the_grant_are_spoken_to(void **state)
{
	struct hal_session *session =
		running(GRANTS(GRANT("memory", BUS_I2C, BOTH, .addresses = {0x51}),
			       GRANT("thermo", BUS_I2C, BOTH)));
	uint32_t memory = open_i2c("memory");
	uint32_t thermo = open_i2c("thermo");

	(void)state;
	i2c_read(memory, 0x50, 1);
	assert_other();
	i2c_read(thermo, 0x49, 1);
	assert_other();
	/* More than 10 bits; the upper half of the argument is nobody's. */
	i2c_read(thermo, 0x448, 1);
	assert_other();
	i2c_read(memory, 0xffff0051, 1);
	assert_string_equal(fake_devices_did(), "memory 51 r1");
	ended(session);
}

static void lengths_are_the_grants_and_the_profiles(void **state)
{
	struct hal_session *session = running(GRANTS(GRANT("thermo", BUS_I2C, BOTH, .max_bytes = 4),
						     GRANT("flash", BUS_SPI, BOTH)));
	uint32_t thermo = open_i2c("thermo");
	uint32_t flash = open_spi("flash");
	struct hal_report report;

	(void)state;
	i2c_read(thermo, 0x48, 5);
	assert_other();
	i2c_read(thermo, 0x48, UINT64_C(1) << 32 | 1);
	assert_other();
	i2c_write(thermo, 0x48, 5);
	assert_memory(RESULT, 1, 4, 0);
	CALL(&guest, SPI, "[method]spi-device.read", flash, 65, RESULT);
	assert_memory_equal(&guest.memory[GUEST_HEAP],
			    "not granted: read of 65 bytes, at most 64 are granted", 53);
	hal_session_report(session, &report);
	assert_int_equal(report.refusals, 4);
	assert_string_equal(fake_devices_did(), "");
	i2c_read(thermo, 0x48, 4);
	assert_string_equal(fake_devices_did(), "thermo 48 r4");
	ended(session);
}

static void a_read_of_no_bytes_is_no_operation(void **state)
{
	struct hal_session *session = running(GRANTS(GRANT("thermo", BUS_I2C, BOTH)));
	struct hal_report report;

	(void)state;
	i2c_read(open_i2c("thermo"), 0x48, 0);
	assert_other();
	hal_session_report(session, &report);
	assert_int_equal(report.refusals, 0);
	assert_string_equal(fake_devices_did(), "");
	ended(session);
}

static void a_second_fills_the_bucket_of_operations(void **state)
{
	struct hal_session *session =
		running(GRANTS(GRANT("thermo", BUS_I2C, BOTH, .per_second = 2)));
	uint32_t handle = open_i2c("thermo");

	(void)state;
	/* As many as a second gives at once, never more. */
	fake_port_advance(100 * S);
	i2c_read(handle, 0x48, 1);
	i2c_read(handle, 0x48, 1);
	assert_string_equal(fake_devices_did(), "thermo 48 r1\nthermo 48 r1");
	i2c_read(handle, 0x48, 1);
	assert_other();
	fake_port_advance(S / 2 - 1000);
	i2c_read(handle, 0x48, 1);
	assert_other();
	fake_port_advance(1000);
	i2c_read(handle, 0x48, 1);
	assert_string_equal(fake_devices_did(), "thermo 48 r1");
	i2c_read(handle, 0x48, 1);
	assert_other();
	/* A long rest gives no more than a second does. */
	fake_port_advance(100 * S);
	i2c_read(handle, 0x48, 1);
	i2c_read(handle, 0x48, 1);
	i2c_read(handle, 0x48, 1);
	assert_string_equal(fake_devices_did(), "thermo 48 r1\nthermo 48 r1");
	ended(session);
}

static void what_is_refused_costs_no_rate(void **state)
{
	struct hal_session *session =
		running(GRANTS(GRANT("thermo", BUS_I2C, READ, .per_second = 1)));
	uint32_t handle = open_i2c("thermo");

	(void)state;
	i2c_write(handle, 0x48, 1);
	i2c_read(handle, 0x48, 1);
	assert_string_equal(fake_devices_did(), "thermo 48 r1");
	ended(session);
}

static void a_device_of_an_argument_is_held_to_its_grant(void **state)
{
	struct hal_session *session =
		running(GRANTS(GRANT("thermo", BUS_I2C, READ), GRANT("button", BUS_GPIO, READ),
			       GRANT("line", BUS_GPIO, READ)));
	uint32_t handle = 0;
	struct hal_report report;

	(void)state;
	assert_int_equal(fake_guest_argument(&guest, "thermo", "wasi/i2c/i2c.i2c", &handle), 0);
	i2c_read(handle, 0x48, 1);
	assert_string_equal(fake_devices_did(), "thermo 48 r1");
	assert_int_equal(fake_guest_argument(&guest, "thermo", "wasi/spi/spi.spi-device", &handle),
			 -13);
	assert_int_equal(
		fake_guest_argument(&guest, "line", "wasi/gpio/digital.output-pin", &handle), -13);
	assert_int_equal(fake_guest_argument(&guest, "memory", "wasi/i2c/i2c.i2c", &handle), -13);
	assert_int_equal(fake_guest_argument(&guest, "thermo", "wasi/i2c/i2c.other", &handle), -13);
	hal_session_report(session, &report);
	assert_int_equal(report.refusals, 4);
	assert_int_equal(
		fake_guest_argument(&guest, "button", "wasi/gpio/digital.input-pin", &handle), 0);
	assert_int_equal(fake_guest_argument(&guest, "anything", "wasi/i2c/delay.delay", &handle),
			 0);
	ended(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		TEST(a_grant_is_held_to_the_profile),
		TEST(what_is_no_list_of_grants_is_refused),
		TEST(a_holder_has_so_many_devices_at_most),
		TEST(nothing_is_granted_that_is_not_in_the_list),
		TEST(without_a_session_every_device_is_refused),
		TEST(another_kind_is_told_and_not_counted),
		TEST(reading_alone_lets_a_register_be_chosen_and_nothing_written),
		TEST(writing_alone_lets_nothing_be_read),
		TEST(only_addresses_of_the_grant_are_spoken_to),
		TEST(lengths_are_the_grants_and_the_profiles),
		TEST(a_read_of_no_bytes_is_no_operation),
		TEST(a_second_fills_the_bucket_of_operations),
		TEST(what_is_refused_costs_no_rate),
		TEST(a_device_of_an_argument_is_held_to_its_grant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
