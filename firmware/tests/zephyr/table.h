/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief What came over an emulated bus, for whoever knows what should. */

#ifndef SAMARA_TESTS_TABLE_H_
#define SAMARA_TESTS_TABLE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** @brief A read, a write, or both at once. */
struct table_segment {
	bool is_read;
	bool is_written;
	const uint8_t *out; /* where is_written */
	uint8_t *in;	    /* where is_read */
	size_t len;
};

/**
 * @brief One transfer, or on spi one segment.
 *
 * @param address Of i2c, in hex: three digits where it has ten bits. NULL: spi.
 * @retval 0      It was what the next line says; what was read is there.
 * @retval -errno What that line says, or -EIO where another thing came.
 */
int table_came(const char *address, const struct table_segment *segments, size_t segments_count);

#endif /* SAMARA_TESTS_TABLE_H_ */
