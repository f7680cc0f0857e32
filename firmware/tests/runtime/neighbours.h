/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief The runtime's neighbours, for its tests: a store of a few modules in memory, and no
 * log. Threads and clock are the port's own. */

#ifndef SAMARA_TESTS_RUNTIME_NEIGHBOURS_H_
#define SAMARA_TESTS_RUNTIME_NEIGHBOURS_H_

#include <stddef.h>
#include <stdint.h>

/** @brief Put a module into the store; the bytes stay the caller's. The digest is a number of the
 * test's own. */
void store_holds(uint8_t digest[32], const void *bytes, size_t len);
void store_is_empty(void);

#endif /* SAMARA_TESTS_RUNTIME_NEIGHBOURS_H_ */
