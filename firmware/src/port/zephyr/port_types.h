/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Threads and locks of Zephyr's kernel. */

#ifndef SAMARA_ZEPHYR_PORT_TYPES_H_
#define SAMARA_ZEPHYR_PORT_TYPES_H_

/* The core is held to more warnings than the kernel's headers. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include <zephyr/kernel.h>
#pragma GCC diagnostic pop

struct port_thread {
	struct k_thread thread;
};

struct port_mutex {
	struct k_mutex mutex;
};

struct port_cond {
	struct k_condvar cond;
};

#endif /* SAMARA_ZEPHYR_PORT_TYPES_H_ */
