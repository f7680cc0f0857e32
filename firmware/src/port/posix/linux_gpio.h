/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief What the two halves of the GPIO driver share: lines, and waits for them. */

#ifndef SAMARA_POSIX_LINUX_GPIO_H_
#define SAMARA_POSIX_LINUX_GPIO_H_

#include <stdbool.h>
#include <stdint.h>

#include "devices.h"

#define LINUX_GPIO_EDGES (GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING)

/** @brief Logical level. @retval 0 @retval -errno */
int linux_gpio_level(int line, bool *level);
/** @brief Make it something else: flags of its direction; `level` is an output's. @retval 0 @retval
 * -errno */
int linux_gpio_configure(struct open_device *device, uint64_t as, bool level);
/**
 * @brief Wait for a level, or for an edge that comes from now on; what came before is forgotten.
 *
 * Any number of threads may wait for one line; all hear of an edge.
 */
void linux_gpio_wait(struct open_device *device, struct bus_operation *operation,
		     const struct device_call *call);

#endif /* SAMARA_POSIX_LINUX_GPIO_H_ */
