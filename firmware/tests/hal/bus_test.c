/* SPDX-License-Identifier: Apache-2.0 */

/* i2c, spi and delays as a guest finds their answers in its memory: the canonical ABI by hand. */

#include "hal/fixture.h"

static struct hal_session *session;
static uint32_t thermo;
static uint32_t flash;

static int setup(void **state)
{
	fixture_setup(state);
	session = running(GRANTS(GRANT("thermo", BUS_I2C, BOTH), GRANT("flash", BUS_SPI, BOTH)));
	thermo = open_i2c("thermo");
	flash = open_spi("flash");
	guest.heap = GUEST_HEAP;
	memset(&guest.memory[RESULT], 0xee, 0x100);
	return 0;
}

static int teardown(void **state)
{
	ended(session);
	return fixture_teardown(state);
}

/* i2c */

static void a_read_gives_a_list(void **state)
{
	(void)state;
	fake_devices_give("\x12\x34\x56", 3);
	CALL(&guest, I2C, "[method]i2c.read", thermo, 0x48, 3, RESULT);
	assert_string_equal(fake_devices_did(), "thermo 48 r3");
	/* ok, and what is between it and its list; address and length. */
	assert_memory(RESULT, 0, 0, 0, 0, 0x00, 0x80, 0, 0, 3, 0, 0, 0, 0xee);
	assert_memory(GUEST_HEAP, 0x12, 0x34, 0x56, 0xee);
}

static void a_write_gives_nothing(void **state)
{
	(void)state;
	PUT(BYTES, 0xd0, 0x01);
	/* Of alignment 1. */
	CALL(&guest, I2C, "[method]i2c.write", thermo, 0x48, BYTES, 2, RESULT + 1);
	assert_string_equal(fake_devices_did(), "thermo 48 wd001");
	assert_memory(RESULT, 0xee, 0, 0, 0, 0xee);
}

static void a_write_of_no_bytes_goes_out(void **state)
{
	(void)state;
	CALL(&guest, I2C, "[method]i2c.write", thermo, 0x48, BYTES, 0, RESULT);
	assert_string_equal(fake_devices_did(), "thermo 48 w");
	assert_memory(RESULT, 0);
}

static void a_write_and_a_read_are_one_operation(void **state)
{
	(void)state;
	PUT(BYTES, 0xd0);
	fake_devices_give("\x60", 1);
	CALL(&guest, I2C, "[method]i2c.write-read", thermo, 0x48, BYTES, 1, 1, RESULT);
	assert_string_equal(fake_devices_did(), "thermo 48 wd0 r1");
	assert_memory(RESULT, 0, 0, 0, 0, 0x00, 0x80, 0, 0, 1, 0, 0, 0);
	assert_memory(GUEST_HEAP, 0x60);
}

static void errors_of_i2c_are_cases(void **state)
{
	static const struct {
		enum bus_error error;
		uint8_t which;
		uint8_t source;
	} rows[] = {
		{BUS_NACK_ADDRESS, 2, 0}, {BUS_NACK_DATA, 2, 1},
		{BUS_NACK, 2, 2},	  {BUS_ARBITRATION_LOST, 1, 0},
		{BUS_BUS, 0, 0},	  {BUS_TIMEOUT, 0, 0},
		{BUS_OVERRUN, 3, 0},	  {BUS_OVERFLOW, 3, 0},
		{BUS_STALL, 4, 0},	  {BUS_BUSY, 4, 0},
		{BUS_CANCELLED, 4, 0},	  {BUS_IO, 4, 0},
	};

	(void)state;
	PUT(BYTES, 1);
	for (size_t index = 0; index < sizeof(rows) / sizeof(rows[0]); index++) {
		fake_devices_fail(rows[index].error, "words of the driver's");
		CALL(&guest, I2C, "[method]i2c.read", thermo, 0x48, 1, RESULT);
		assert_memory(RESULT, 1, 0, 0, 0, rows[index].which, rows[index].source, 0, 0, 0, 0,
			      0, 0, 0xee);
		fake_devices_fail(rows[index].error, "");
		CALL(&guest, I2C, "[method]i2c.write", thermo, 0x48, BYTES, 1, RESULT + 0x21);
		assert_memory(RESULT + 0x20, 0xee, 1, rows[index].which, rows[index].source, 0xee);
	}
	assert_int_equal(guest.heap, GUEST_HEAP);
}

/* read(u64) and write(list<u8>), 16 bytes each. */
#define OP_READ(len) 0, 0, 0, 0, 0, 0, 0, 0, len, 0, 0, 0, 0, 0, 0, 0
#define OP_WRITE(address, len)                                                                     \
	1, 0, 0, 0, 0, 0, 0, 0, (address)&0xff, (address) >> 8, 0, 0, len, 0, 0, 0

static void a_transaction_joins_neighbours_and_gives_a_list_for_each_read(void **state)
{
	(void)state;
	PUT(BYTES, 0xa0, 0xa1, 0xa2);
	PUT(OPS, OP_WRITE(BYTES, 1), OP_WRITE(BYTES + 1, 2), OP_READ(1), OP_READ(2),
	    OP_WRITE(BYTES, 1), OP_READ(1));
	fake_devices_give("\x01\x02\x03\x04", 4);
	CALL(&guest, I2C, "[method]i2c.transaction", thermo, 0x48, OPS, 6, RESULT);
	assert_no_trap();
	assert_string_equal(fake_devices_did(), "thermo 48 wa0a1a2 r3 wa0 r1");
	/* ok; a list of three lists, which are behind it. */
	assert_memory(RESULT, 0, 0, 0, 0, 0x00, 0x80, 0, 0, 3, 0, 0, 0, 0xee);
	assert_memory(GUEST_HEAP, 0x18, 0x80, 0, 0, 1, 0, 0, 0, /* */
		      0x19, 0x80, 0, 0, 2, 0, 0, 0,		/* */
		      0x1b, 0x80, 0, 0, 1, 0, 0, 0,		/* */
		      0x01, 0x02, 0x03, 0x04);
}

static void an_empty_transaction_does_nothing(void **state)
{
	(void)state;
	CALL(&guest, I2C, "[method]i2c.transaction", thermo, 0x48, OPS, 0, RESULT);
	assert_no_trap();
	assert_string_equal(fake_devices_did(), "");
	assert_memory(RESULT, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0);
}

static void a_joined_message_is_not_longer_than_granted(void **state)
{
	(void)state;
	PUT(OPS, OP_READ(16), OP_READ(17));
	CALL(&guest, I2C, "[method]i2c.transaction", thermo, 0x48, OPS, 2, RESULT);
	assert_memory(RESULT, 1, 0, 0, 0, 4);
	PUT(OPS, OP_WRITE(BYTES, 16), OP_WRITE(BYTES, 17));
	CALL(&guest, I2C, "[method]i2c.transaction", thermo, 0x48, OPS, 2, RESULT + 0x20);
	assert_memory(RESULT + 0x20, 1, 0, 0, 0, 4);
	assert_string_equal(fake_devices_did(), "");
}

static void more_messages_than_one_operation_has_are_an_error(void **state)
{
	(void)state;
	for (uint32_t index = 0; index <= CONFIG_SAMARA_SEGMENTS; index++) {
		if (index % 2 == 0) {
			PUT(OPS + 16 * index, OP_WRITE(BYTES, 1));
		} else {
			PUT(OPS + 16 * index, OP_READ(1));
		}
	}
	CALL(&guest, I2C, "[method]i2c.transaction", thermo, 0x48, OPS, CONFIG_SAMARA_SEGMENTS + 1,
	     RESULT);
	assert_memory(RESULT, 1, 0, 0, 0, 4);
	assert_string_equal(fake_devices_did(), "");
}

static void an_operation_of_no_kind_traps(void **state)
{
	(void)state;
	PUT(OPS, OP_READ(1));
	guest.memory[OPS] = 2;
	CALL(&guest, I2C, "[method]i2c.transaction", thermo, 0x48, OPS, 1, RESULT);
	assert_string_equal(guest.trap, "an operation of no kind");
}

static void rewrite(struct runtime_guest *self)
{
	/* One read that is as long as all memory of the agent's. */
	static const uint8_t longer[] = {OP_READ(0)};

	memcpy(&self->memory[OPS], longer, sizeof(longer));
	memset(&self->memory[OPS + 8], 0xff, 4);
}

static void operations_that_change_while_they_are_answered_trap(void **state)
{
	(void)state;
	PUT(OPS, OP_READ(4));
	guest.on_alloc = rewrite;
	CALL(&guest, I2C, "[method]i2c.transaction", thermo, 0x48, OPS, 1, RESULT);
	assert_string_equal(guest.trap, "its operations changed");
}

static void memory_that_is_not_the_guests_traps(void **state)
{
	(void)state;
	CALL(&guest, I2C, "[method]i2c.read", thermo, 0x48, 1, GUEST_MEMORY - 8);
	assert_string_equal(guest.trap, "memory access out of bounds");
	CALL(&guest, I2C, "[method]i2c.read", thermo, 0x48, 1, RESULT + 2);
	assert_string_equal(guest.trap, "an address that is not aligned");
	(void)fake_devices_did();
	CALL(&guest, I2C, "[method]i2c.write", thermo, 0x48, GUEST_MEMORY - 1, 2, RESULT);
	assert_string_equal(guest.trap, "memory access out of bounds");
	CALL(&guest, I2C, "[method]i2c.transaction", thermo, 0x48, OPS, UINT32_MAX, RESULT);
	assert_string_equal(guest.trap, "a list longer than its memory");
	PUT(OPS, OP_WRITE(0xffff, 2));
	CALL(&guest, I2C, "[method]i2c.transaction", thermo, 0x48, OPS, 1, RESULT);
	assert_string_equal(guest.trap, "memory access out of bounds");
	assert_string_equal(fake_devices_did(), "");
}

/* spi */

static void spi_gives_lists_and_nothing(void **state)
{
	(void)state;
	fake_devices_give("\x01\x02", 2);
	CALL(&guest, SPI, "[method]spi-device.read", flash, 2, RESULT);
	assert_memory(RESULT, 0, 0, 0, 0, 0x00, 0x80, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0xee);
	assert_memory(GUEST_HEAP, 1, 2);
	PUT(BYTES, 0x9f, 0x00);
	CALL(&guest, SPI, "[method]spi-device.write", flash, BYTES, 2, RESULT + 0x20);
	assert_memory(RESULT + 0x20, 0, 0, 0, 0);
	fake_devices_give("\x00\xef", 2);
	CALL(&guest, SPI, "[method]spi-device.transfer", flash, BYTES, 2, RESULT + 0x40);
	assert_memory(RESULT + 0x40, 0, 0, 0, 0, 0x02, 0x80, 0, 0, 2, 0, 0, 0);
	assert_memory(GUEST_HEAP + 2, 0x00, 0xef);
	/* What went out is as it was. */
	assert_memory(BYTES, 0x9f, 0x00);
	assert_string_equal(fake_devices_did(), "flash r2\nflash w9f00\nflash x9f00");
}

#define OP_TRANSFER(address, len)                                                                  \
	2, 0, 0, 0, 0, 0, 0, 0, (address)&0xff, (address) >> 8, 0, 0, len, 0, 0, 0
#define OP_DELAY(ns) 3, 0, 0, 0, 0, 0, 0, 0, ns, 0, 0, 0, 0, 0, 0, 0

static void a_transaction_of_spi_gives_an_answer_for_each_operation(void **state)
{
	(void)state;
	PUT(BYTES, 0x03, 0x04);
	PUT(OPS, OP_WRITE(BYTES, 1), OP_DELAY(50), OP_READ(2), OP_TRANSFER(BYTES, 2));
	fake_devices_give("\x11\x22\x33\x44", 4);
	CALL(&guest, SPI, "[method]spi-device.transaction", flash, OPS, 4, RESULT);
	assert_no_trap();
	assert_string_equal(fake_devices_did(), "flash w03 d50 r2 x0304");
	assert_memory(RESULT, 0, 0, 0, 0, 0x00, 0x80, 0, 0, 4, 0, 0, 0);
	/* The case, and the list of those that have one: write, delay, read, transfer. */
	assert_memory(GUEST_HEAP, 1, 0, 0, 0);
	assert_memory(GUEST_HEAP + 12, 3, 0, 0, 0);
	assert_memory(GUEST_HEAP + 24, 0, 0, 0, 0, 0x30, 0x80, 0, 0, 2, 0, 0, 0);
	assert_memory(GUEST_HEAP + 36, 2, 0, 0, 0, 0x32, 0x80, 0, 0, 2, 0, 0, 0);
	assert_memory(GUEST_HEAP + 48, 0x11, 0x22, 0x33, 0x44);
}

static void errors_of_spi_are_cases_or_words(void **state)
{
	static const struct {
		enum bus_error error;
		uint8_t which;
	} rows[] = {{BUS_OVERRUN, 0},
		    {BUS_OVERFLOW, 0},
		    {BUS_MODE_FAULT, 1},
		    {BUS_FRAME_FORMAT, 2},
		    {BUS_CHIP_SELECT, 3}};

	(void)state;
	for (size_t index = 0; index < sizeof(rows) / sizeof(rows[0]); index++) {
		fake_devices_fail(rows[index].error, "");
		CALL(&guest, SPI, "[method]spi-device.read", flash, 1, RESULT);
		assert_memory(RESULT, 1, 0, 0, 0, rows[index].which, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
			      0, 0xee);
	}
	assert_int_equal(guest.heap, GUEST_HEAP);
	/* The same words, whatever the driver says. */
	fake_devices_fail(BUS_TIMEOUT, "ETIMEDOUT of ioctl");
	CALL(&guest, SPI, "[method]spi-device.read", flash, 1, RESULT);
	assert_memory(RESULT, 1, 0, 0, 0, 4, 0, 0, 0, 0x00, 0x80, 0, 0, 7, 0, 0, 0, 0xee);
	assert_memory_equal(&guest.memory[GUEST_HEAP], "timeout", 7);
}

/* Delays */

static void a_delay_sleeps_and_is_cut_at_the_deadline(void **state)
{
	uint32_t delay = (uint32_t)CALL(&guest, OPEN, "open-delay", 0);

	(void)state;
	CALL(&guest, DELAY, "[method]delay.delay-ns", delay, 1500);
	/* In microseconds, rather longer than shorter. */
	assert_int_equal(guest.slept_until_us, 5 * S + 2);
	guest.deadline_us = 5 * S + 100;
	CALL(&guest, DELAY, "[method]delay.delay-ns", delay, 1000000);
	assert_int_equal(guest.slept_until_us, 5 * S + 100);
	guest.slept_until_us = 0;
	CALL(&guest, DELAY, "[method]delay.delay-ns", delay, 0);
	assert_int_equal(guest.slept_until_us, 0);
	assert_string_equal(fake_devices_did(), "");
	CALL(&guest, DELAY, "[resource-drop]delay", delay);
	CALL(&guest, DELAY, "[method]delay.delay-ns", delay, 1);
	assert_string_equal(guest.trap, "a handle that it does not have");
}

static void in_virtual_time_the_lab_is_told(void **state)
{
	uint32_t delay = (uint32_t)CALL(&guest, OPEN, "open-delay", 0);

	(void)state;
	fake_port_virtual_time(true);
	CALL(&guest, DELAY, "[method]delay.delay-ns", delay, 1500);
	assert_string_equal(fake_devices_did(), "thermo delay d1500");
	assert_int_equal(guest.slept_until_us, 0);
}

static void nothing_is_configured(void **state)
{
	(void)state;
	CALL(&guest, "samara:device/config@0.1.0", "get", NAME, put_name("key"), RESULT);
	assert_memory(RESULT, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xee);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_read_gives_a_list),
		TEST(a_write_gives_nothing),
		TEST(a_write_of_no_bytes_goes_out),
		TEST(a_write_and_a_read_are_one_operation),
		TEST(errors_of_i2c_are_cases),
		TEST(a_transaction_joins_neighbours_and_gives_a_list_for_each_read),
		TEST(an_empty_transaction_does_nothing),
		TEST(a_joined_message_is_not_longer_than_granted),
		TEST(more_messages_than_one_operation_has_are_an_error),
		TEST(an_operation_of_no_kind_traps),
		TEST(operations_that_change_while_they_are_answered_trap),
		TEST(memory_that_is_not_the_guests_traps),
		TEST(spi_gives_lists_and_nothing),
		TEST(a_transaction_of_spi_gives_an_answer_for_each_operation),
		TEST(errors_of_spi_are_cases_or_words),
		TEST(a_delay_sleeps_and_is_cut_at_the_deadline),
		TEST(in_virtual_time_the_lab_is_told),
		TEST(nothing_is_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
