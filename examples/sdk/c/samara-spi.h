/*
 * wasi:spi. Clock, mode and chip select are those of the profile.
 */
#ifndef SAMARA_SPI_H
#define SAMARA_SPI_H

#include "samara-core.h"

typedef uint32_t samara_spi;

SAMARA_IMPORT("wasi:spi/spi", "open")
void samara_raw_spi_open(const char *name, uint32_t length, struct samara_area *area);
SAMARA_IMPORT("wasi:spi/spi", "[method]spi-device.read")
void samara_raw_spi_read(samara_spi device, uint64_t length, struct samara_area *area);
SAMARA_IMPORT("wasi:spi/spi", "[method]spi-device.write")
void samara_raw_spi_write(samara_spi device, const void *data, uint32_t length,
			  struct samara_area *area);
SAMARA_IMPORT("wasi:spi/spi", "[method]spi-device.transfer")
void samara_raw_spi_transfer(samara_spi device, const void *data, uint32_t length,
			     struct samara_area *area);
SAMARA_IMPORT("wasi:spi/spi", "[method]spi-device.transaction")
void samara_raw_spi_transaction(samara_spi device, const struct samara_raw_op *ops, uint32_t count,
				struct samara_area *area);
SAMARA_IMPORT("wasi:spi/spi", "[resource-drop]spi-device") void samara_spi_close(samara_spi device);

/* The text of an error is in the arena: it goes with the mark. */
static inline int samara_spi_error(uint8_t error, uint32_t mark)
{
	samara_used = mark;
	return error < 4 ? SAMARA_OVERRUN + error : SAMARA_OTHER;
}

static inline int samara_spi_open(const char *name, samara_spi *device)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_spi_open(name, samara_length(name), &area);
	*device = area.handle;
	return area.is_error ? samara_spi_error(area.error, mark) : SAMARA_OK;
}

static inline int samara_spi_read(samara_spi device, void *buffer, uint32_t length)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_spi_read(device, length, &area);
	return area.is_error ? samara_spi_error(area.error, mark)
			     : samara_take(area.list, buffer, length, mark);
}

static inline int samara_spi_write(samara_spi device, const void *data, uint32_t length)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_spi_write(device, data, length, &area);
	return area.is_error ? samara_spi_error(area.error, mark) : SAMARA_OK;
}

/* What comes in takes the place of what went out. */
static inline int samara_spi_transfer(samara_spi device, void *buffer, uint32_t length)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_spi_transfer(device, buffer, length, &area);
	return area.is_error ? samara_spi_error(area.error, mark)
			     : samara_take(area.list, buffer, length, mark);
}

/* The chip stays selected from the first operation to the last; one result comes back for each. */
static inline int samara_spi_transaction(samara_spi device, const struct samara_op *ops,
					 uint32_t count)
{
	struct samara_raw_op raw[SAMARA_MAX_OPS];
	struct samara_area area;
	uint32_t mark = samara_used;
	int error = SAMARA_OK;

	if (count > SAMARA_MAX_OPS) {
		return SAMARA_INVALID;
	}
	samara_raw_ops(ops, count, raw);
	samara_raw_spi_transaction(device, raw, count, &area);
	if (area.is_error) {
		return samara_spi_error(area.error, mark);
	}
	const struct {
		uint32_t kind;
		struct samara_list list;
	} *results = (const void *)area.list.data;

	for (uint32_t i = 0; i < count && !error; i++) {
		if (ops[i].kind == SAMARA_READ || ops[i].kind == SAMARA_TRANSFER) {
			error = samara_take(results[i].list, ops[i].data, ops[i].length, mark);
		}
	}
	samara_used = mark;
	return error;
}

#endif
