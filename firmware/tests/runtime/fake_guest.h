/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief A guest that is memory alone, for tests of values: its allocator goes on and on,
 * and moves nothing. */

#ifndef SAMARA_TESTS_RUNTIME_FAKE_GUEST_H_
#define SAMARA_TESTS_RUNTIME_FAKE_GUEST_H_

#include "runtime/runtime.h"

#define GUEST_MEMORY 4096

struct runtime_guest {
	uint8_t *memory; /* of `size` bytes */
	uint32_t size;
	uint32_t heap; /* where the next block begins */
	bool is_trapped;
};

#endif /* SAMARA_TESTS_RUNTIME_FAKE_GUEST_H_ */
