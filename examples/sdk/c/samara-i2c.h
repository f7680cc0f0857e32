/*
 * wasi:i2c. Addresses above 0x7f have 10 bits.
 */
#ifndef SAMARA_I2C_H
#define SAMARA_I2C_H

#include "samara-device.h"

typedef uint32_t samara_i2c;

SAMARA_IMPORT("wasi:i2c/i2c@0.2.0-draft", "[method]i2c.read")
void samara_raw_i2c_read(samara_i2c bus, uint32_t address, uint64_t length,
			 struct samara_area *area);
SAMARA_IMPORT("wasi:i2c/i2c@0.2.0-draft", "[method]i2c.write")
void samara_raw_i2c_write(samara_i2c bus, uint32_t address, const void *data, uint32_t length,
			  struct samara_area *area);
SAMARA_IMPORT("wasi:i2c/i2c@0.2.0-draft", "[method]i2c.write-read")
void samara_raw_i2c_write_read(samara_i2c bus, uint32_t address, const void *data, uint32_t length,
			       uint64_t read, struct samara_area *area);
SAMARA_IMPORT("wasi:i2c/i2c@0.2.0-draft", "[method]i2c.transaction")
void samara_raw_i2c_transaction(samara_i2c bus, uint32_t address, const struct samara_raw_op *ops,
				uint32_t count, struct samara_area *area);
SAMARA_IMPORT("wasi:i2c/i2c@0.2.0-draft", "[resource-drop]i2c")
void samara_i2c_close(samara_i2c bus);

static inline int samara_i2c_error(uint8_t error, uint8_t detail)
{
	if (error == 2) {
		return SAMARA_NACK_ADDRESS + detail;
	}
	return error < 2 ? SAMARA_BUS + error : error == 3 ? SAMARA_OVERRUN : SAMARA_OTHER;
}

static inline int samara_i2c_open(const char *name, samara_i2c *bus)
{
	struct samara_area area;

	samara_raw_open_i2c(name, samara_length(name), &area);
	if (area.is_error) {
		return SAMARA_NOT_GRANTED + area.error;
	}
	*bus = area.handle;
	return SAMARA_OK;
}

static inline int samara_i2c_read(samara_i2c bus, uint16_t address, void *buffer, uint32_t length)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_i2c_read(bus, address, length, &area);
	return area.is_error ? samara_i2c_error(area.error, area.detail)
			     : samara_take(area.list, buffer, length, mark);
}

static inline int samara_i2c_write(samara_i2c bus, uint16_t address, const void *data,
				   uint32_t length)
{
	struct samara_area area;

	samara_raw_i2c_write(bus, address, data, length, &area);
	return area.is_error ? samara_i2c_error(area.small, area.small_detail) : SAMARA_OK;
}

/* Write, repeated start, read. */
static inline int samara_i2c_write_read(samara_i2c bus, uint16_t address, const void *data,
					uint32_t length, void *buffer, uint32_t read)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_i2c_write_read(bus, address, data, length, read, &area);
	return area.is_error ? samara_i2c_error(area.error, area.detail)
			     : samara_take(area.list, buffer, read, mark);
}

/* One list comes back for each read, in order. */
static inline int samara_i2c_transaction(samara_i2c bus, uint16_t address,
					 const struct samara_op *ops, uint32_t count)
{
	struct samara_raw_op raw[SAMARA_MAX_OPS];
	struct samara_area area;
	uint32_t mark = samara_used;
	int error = SAMARA_OK;

	if (count > SAMARA_MAX_OPS) {
		return SAMARA_INVALID;
	}
	samara_raw_ops(ops, count, raw);
	samara_raw_i2c_transaction(bus, address, raw, count, &area);
	if (area.is_error) {
		return samara_i2c_error(area.error, area.detail);
	}
	const struct samara_list *next = (const struct samara_list *)area.list.data;

	for (uint32_t i = 0; i < count && !error; i++) {
		if (ops[i].kind == SAMARA_READ) {
			error = samara_take(*next++, ops[i].data, ops[i].length, mark);
		}
	}
	samara_used = mark;
	return error;
}

#endif
