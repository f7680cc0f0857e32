/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief Parts behind emulated buses, and what may be set of them from outside.
 *
 * Names of parts and properties are those of examples/lab/cell.lab.yaml and of the virtual lab.
 */

#ifndef SAMARA_TESTS_CELL_H_
#define SAMARA_TESTS_CELL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A property that is a number counts thousandths of its unit. */
#define CELL_ONE 1000

/** @brief One property of a part. */
struct cell_property {
	const char *name;
	int64_t min;
	int64_t max;
	bool is_flag;	   /* true or false: 1 or 0 */
	bool is_read_only; /* what the agent does with it */
};

/** @brief One part. */
struct cell_part {
	const char *name;
	const char *chip;
	const struct cell_property *properties;
	size_t properties_count;
	/** Any thread. */
	int64_t (*get)(const struct cell_part *part, size_t property);
	/** Any thread; NULL where all of them are read-only. The value is within the bounds. */
	void (*set)(const struct cell_part *part, size_t property, int64_t value);
	size_t number; /* of the pin that it is on */
};

extern const struct cell_part cell_bme280;
extern const struct cell_part cell_lis2dw12;

/** @brief Buses have no more than these, and then NULL. Each image has its own. */
extern const struct cell_part *const cell_parts[];
/** @brief What is on a single line. @retval NULL There are no more. */
const struct cell_part *cell_pin(size_t number);
/** @brief One after another. @retval NULL There are no more. */
const struct cell_part *cell_part(size_t number);

#endif /* SAMARA_TESTS_CELL_H_ */
