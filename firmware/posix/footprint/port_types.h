/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Sizes of a microcontroller's threads and locks, for the footprint report alone. */

#ifndef SAMARA_FOOTPRINT_PORT_TYPES_H_
#define SAMARA_FOOTPRINT_PORT_TYPES_H_

#include <stdint.h>

/* As Zephyr has them on Cortex-M without options: k_thread, k_mutex, k_condvar. */
struct port_thread {
	uint32_t words[32];
};
struct port_mutex {
	uint32_t words[5];
};
struct port_cond {
	uint32_t words[2];
};

#endif /* SAMARA_FOOTPRINT_PORT_TYPES_H_ */
