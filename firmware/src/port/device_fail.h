/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief How drivers of any port say what went wrong. */

#ifndef SAMARA_PORT_DEVICE_FAIL_H_
#define SAMARA_PORT_DEVICE_FAIL_H_

#include "hal/bus.h"

/** @brief End an operation with an error; words that do not fit are cut. */
void device_fail(struct bus_operation *operation, enum bus_error error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** @brief It is none of this bus: `i2c knows no claim`. */
void device_unknown(struct bus_operation *operation, const char *bus);

#endif /* SAMARA_PORT_DEVICE_FAIL_H_ */
