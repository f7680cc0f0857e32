/* SPDX-License-Identifier: Apache-2.0 */

/* What the kernel's answers become: the rows of proplet/hal/drivers/linux/errno.ts, and SMBus
 * calls. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/i2c.h>

#include "linux_errno.h"
#include "linux_smbus.h"

static void gives_each_errno_of_each_bus_its_word(void **state)
{
	static const struct {
		enum linux_errnos bus;
		int number;
		enum bus_error error;
	} rows[] = {
		{LINUX_I2C, EPERM, BUS_ACCESS},
		{LINUX_I2C, EINTR, BUS_IO},
		{LINUX_I2C, EIO, BUS_IO},
		{LINUX_I2C, ENXIO, BUS_NACK_ADDRESS},
		{LINUX_I2C, EAGAIN, BUS_ARBITRATION_LOST},
		{LINUX_I2C, EBUSY, BUS_BUS},
		{LINUX_I2C, EPROTO, BUS_BUS},
		{LINUX_I2C, EBADMSG, BUS_BUS},
		{LINUX_I2C, EREMOTEIO, BUS_NACK},
		{LINUX_I2C, ETIMEDOUT, BUS_TIMEOUT},
		{LINUX_I2C, EOPNOTSUPP, BUS_UNSUPPORTED},
		{LINUX_I2C, 524, BUS_UNSUPPORTED},
		{LINUX_GPIO, EPERM, BUS_INVALID},
		{LINUX_GPIO, EREMOTEIO, BUS_IO},
		{LINUX_GPIO, ENODEV, BUS_NO_DEVICE},
		{LINUX_GPIO, EBUSY, BUS_BUSY},
		{LINUX_EDGES, ENXIO, BUS_UNSUPPORTED},
		{LINUX_EDGES, EINVAL, BUS_UNSUPPORTED},
		{LINUX_SPI, EOVERFLOW, BUS_OVERRUN},
		{LINUX_SPI, EREMOTEIO, BUS_IO},
		{LINUX_SPI, ESHUTDOWN, BUS_NO_DEVICE},
		{LINUX_SPI, EMSGSIZE, BUS_UNSUPPORTED},
		{LINUX_SPI, EACCES, BUS_ACCESS},
		{LINUX_SPI, EINVAL, BUS_INVALID},
		{LINUX_SPI, ENOMEM, BUS_IO},
		{LINUX_SPI, ENXIO, BUS_NO_DEVICE},
	};

	(void)state;
	for (size_t index = 0; index < sizeof(rows) / sizeof(*rows); index++) {
		const struct linux_errno *row =
			linux_errno_find(rows[index].bus, rows[index].number);

		assert_non_null(row);
		assert_int_equal(row->error, rows[index].error);
	}
}

static void names_the_errno_and_what_it_means(void **state)
{
	struct bus_operation operation = {.op = BUS_TRANSFER};

	(void)state;
	linux_errno_fail(&operation, LINUX_I2C, ENXIO);
	assert_int_equal(operation.error, BUS_NACK_ADDRESS);
	assert_string_equal(operation.detail, "ENXIO: Nobody acknowledged the address.");
	linux_errno_fail(&operation, LINUX_SPI, ENOSPC);
	assert_int_equal(operation.error, BUS_IO);
	assert_string_equal(operation.detail, "ENOSPC: not known of spi");
	linux_errno_fail(&operation, LINUX_GPIO, 4711);
	assert_string_equal(operation.detail, "errno 4711: not known of gpio");
}

static void tells_what_is_not_there_from_what_is_taken(void **state)
{
	(void)state;
	assert_int_equal(linux_errno_open(ENXIO), -ENOENT);
	assert_int_equal(linux_errno_open(EPERM), -EACCES);
	assert_int_equal(linux_errno_open(EBUSY), -EBUSY);
	assert_int_equal(linux_errno_open(EMFILE), -EIO);
}

#define ALL 0x0fff0008ul

static uint8_t bytes[40] = {7, 2, 9, 9};
static uint8_t answer[40];

static bool choose(const char *shape, uint32_t first, uint32_t second, unsigned long functions,
		   struct smbus_call *call)
{
	struct bus_segment segments[2] = {{.length = first}, {.length = second}};
	struct bus_operation operation = {
		.op = BUS_TRANSFER, .segments = segments, .segments_count = strlen(shape)};

	for (size_t index = 0; index < operation.segments_count; index++) {
		bool is_read = shape[index] == 'r';

		segments[index].kind = is_read ? BUS_SEGMENT_READ : BUS_SEGMENT_WRITE;
		segments[index].out = is_read ? NULL : bytes;
		segments[index].in = is_read ? answer : NULL;
	}
	return smbus_call_of(&operation, functions, call);
}

static void finds_the_smbus_call_that_looks_the_same_on_the_wire(void **state)
{
	static const struct {
		const char *shape;
		uint32_t first;
		uint32_t second;
		uint32_t kind;
		bool is_read;
	} rows[] = {
		{"w", 0, 0, I2C_SMBUS_QUICK, false},
		{"w", 1, 0, I2C_SMBUS_BYTE, false},
		{"w", 2, 0, I2C_SMBUS_BYTE_DATA, false},
		{"w", 3, 0, I2C_SMBUS_WORD_DATA, false},
		{"w", 5, 0, I2C_SMBUS_I2C_BLOCK_DATA, false},
		{"w", 33, 0, I2C_SMBUS_I2C_BLOCK_DATA, false},
		{"r", 1, 0, I2C_SMBUS_BYTE, true},
		{"wr", 1, 1, I2C_SMBUS_BYTE_DATA, true},
		{"wr", 1, 2, I2C_SMBUS_WORD_DATA, true},
		{"wr", 1, 32, I2C_SMBUS_I2C_BLOCK_DATA, true},
		{"wr", 3, 2, I2C_SMBUS_PROC_CALL, false},
	};
	struct smbus_call call;

	(void)state;
	for (size_t index = 0; index < sizeof(rows) / sizeof(*rows); index++) {
		assert_true(choose(rows[index].shape, rows[index].first, rows[index].second, ALL,
				   &call));
		assert_int_equal(call.kind, rows[index].kind);
		assert_int_equal(call.is_read, rows[index].is_read);
	}
	assert_false(choose("w", 34, 0, ALL, &call));
	assert_false(choose("r", 2, 0, ALL, &call));
	assert_false(choose("wr", 2, 1, ALL, &call));
	assert_false(choose("ww", 1, 1, ALL, &call));
	assert_false(choose("wr", 1, 33, ALL, &call));
	assert_false(choose("w", 1, 0, ALL & ~(unsigned long)I2C_FUNC_SMBUS_WRITE_BYTE, &call));
}

static void takes_a_block_of_smbus_only_where_the_bytes_begin_with_its_length(void **state)
{
	unsigned long without = ALL & ~(unsigned long)I2C_FUNC_SMBUS_WRITE_I2C_BLOCK;
	struct smbus_call call;

	(void)state;
	without &= ~(unsigned long)I2C_FUNC_SMBUS_WRITE_WORD_DATA;
	/* 7: the command; then 2, and two bytes. */
	assert_true(choose("w", 4, 0, without, &call));
	assert_int_equal(call.kind, I2C_SMBUS_BLOCK_DATA);
	assert_int_equal(call.data[0], 2);
	assert_false(choose("w", 5, 0, without, &call));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_each_errno_of_each_bus_its_word),
		cmocka_unit_test(names_the_errno_and_what_it_means),
		cmocka_unit_test(tells_what_is_not_there_from_what_is_taken),
		cmocka_unit_test(finds_the_smbus_call_that_looks_the_same_on_the_wire),
		cmocka_unit_test(takes_a_block_of_smbus_only_where_the_bytes_begin_with_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
