/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief A guest that is memory alone, and calls host functions by the names that a module has for
 * them. Its allocator goes on and on.
 */

#ifndef SAMARA_TESTS_HAL_FAKE_GUEST_H_
#define SAMARA_TESTS_HAL_FAKE_GUEST_H_

#include "runtime/runtime.h"

#define GUEST_MEMORY 65536
/* Where the allocator begins. */
#define GUEST_HEAP   0x8000

struct runtime_guest {
	uint8_t memory[GUEST_MEMORY];
	uint32_t heap;
	char trap[CODEC_MESSAGE_MAX + 1]; /* empty: none */
	struct hal_session *session;
	void *data;
	uint64_t deadline_us;
	bool is_stopped;
	void (*on_alloc)(struct runtime_guest *guest); /* what its realloc does beside */
	uint64_t slept_until_us;
};

void fake_guest_reset(struct runtime_guest *guest, struct hal_session *session);
/** @brief Call a host function with so many arguments, each a uint64_t; a trap is in guest->trap.
 * @return args[0]. */
uint64_t fake_guest_call(struct runtime_guest *guest, const char *module, const char *name,
			 const uint64_t *args, size_t count);
#define CALL(guest, module, name, ...)                                                             \
	fake_guest_call(guest, module, name, (const uint64_t[]){__VA_ARGS__},                      \
			sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))
/** @brief Its instance ends. */
void fake_guest_end(struct runtime_guest *guest);
/** @brief Open a device that a caller names in an argument. */
int fake_guest_argument(struct runtime_guest *guest, const char *name, const char *resource,
			uint32_t *handle);

/** @brief Blocks of the pool that are in use. */
size_t fake_pool_used(void);
/** @brief So many blocks more are given; SIZE_MAX: any number. */
void fake_pool_room(size_t blocks);

#endif /* SAMARA_TESTS_HAL_FAKE_GUEST_H_ */
