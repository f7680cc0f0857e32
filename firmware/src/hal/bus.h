/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief What goes over a bus, in one shape for host functions, drivers, recorder and lab. Twin of
 * shared/bus.ts.
 */

#ifndef SAMARA_HAL_BUS_H_
#define SAMARA_HAL_BUS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bus_kind { BUS_I2C = 1, BUS_SPI, BUS_GPIO, BUS_USB };

/* Numbers are those of shared/bus.ts on the wire: index + 1. */
enum bus_op { BUS_TRANSFER = 1, BUS_GET, BUS_SET, BUS_WAIT, BUS_DELAY = 15 };
enum bus_pin_event { BUS_PIN_HIGH, BUS_PIN_LOW, BUS_PIN_RISING, BUS_PIN_FALLING, BUS_PIN_ANY };
enum bus_segment_kind {
	BUS_SEGMENT_READ = 1,
	BUS_SEGMENT_WRITE,
	BUS_SEGMENT_TRANSFER,
	BUS_SEGMENT_DELAY
};

enum bus_error {
	BUS_OK,
	BUS_NACK_ADDRESS,
	BUS_NACK_DATA,
	BUS_NACK,
	BUS_ARBITRATION_LOST,
	BUS_BUS,
	BUS_OVERRUN,
	BUS_OVERFLOW,
	BUS_TIMEOUT,
	BUS_STALL,
	BUS_NO_DEVICE,
	BUS_BUSY,
	BUS_ACCESS,
	BUS_MODE_FAULT,
	BUS_FRAME_FORMAT,
	BUS_CHIP_SELECT,
	BUS_NOT_GRANTED,
	BUS_INVALID,
	BUS_UNSUPPORTED,
	BUS_CANCELLED,
	BUS_IO,
};

struct bus_segment {
	enum bus_segment_kind kind;
	uint32_t length;    /* bytes; of a delay nanoseconds */
	const uint8_t *out; /* of write and transfer */
	uint8_t *in;	    /* of read and transfer: where the answer goes; may be `out` */
};

#define BUS_DETAIL_MAX 120

struct bus_operation {
	enum bus_op op;
	uint32_t target; /* address of i2c; enum bus_pin_event of BUS_WAIT */
	struct bus_segment *segments;
	size_t segments_count;
	bool level; /* to set; the answer of BUS_GET and BUS_WAIT; logical, active is true */
	uint32_t timeout_ms; /* of BUS_WAIT: 0 for ever; of all others the device's */
	/* The answer */
	enum bus_error error;
	char detail[BUS_DETAIL_MAX + 1];
};

#endif /* SAMARA_HAL_BUS_H_ */
