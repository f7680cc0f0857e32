/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Handles of an instance, and what all host functions share. Hal's own. Runner. */

#ifndef SAMARA_HAL_HANDLES_H_
#define SAMARA_HAL_HANDLES_H_

#include "hal/session.h"
#include "runtime/runtime.h"

enum handle_kind {
	HANDLE_FREE,
	HANDLE_I2C,
	HANDLE_DELAY,
	HANDLE_SPI,
	HANDLE_OUTPUT,
	HANDLE_STATEFUL_OUTPUT,
	HANDLE_INPUT,
};

/** @brief A new handle. @retval 0 A trap was set: no more fit. */
uint32_t handle_new(struct runtime_guest *guest, enum handle_kind kind, uint8_t grant);
/** @brief The grant of a handle. @retval false A trap was set: it is no such handle. */
bool handle_grant(struct runtime_guest *guest, uint64_t handle, enum handle_kind kind,
		  uint8_t *grant);
void handle_drop(struct runtime_guest *guest, uint64_t handle, enum handle_kind kind);

/** @brief Memory of the guest's for `count` things of a size and alignment. NULL: a trap was set.
 */
void *guest_array(struct runtime_guest *guest, uint64_t address, uint64_t count, uint32_t size,
		  uint32_t align);
/** @brief Where a result goes: 4-aligned, all zeros. NULL: a trap was set. */
uint8_t *guest_result(struct runtime_guest *guest, uint64_t address, uint32_t size);
void put_u32(uint8_t *at, uint32_t value);
uint32_t get_u32(const uint8_t *at);
/**
 * @brief Bytes as a list of the guest's own memory; its address and length go to `at` of the
 * result.
 * @retval false A trap was set.
 */
bool guest_list(struct runtime_guest *guest, uint64_t result, uint32_t size, uint32_t at,
		const void *data, uint32_t len);

/**
 * @brief The device that is granted under a name.
 * @retval >=0 Its grant. @retval -ENOENT None: counted. @retval -EFAULT A trap was set.
 */
int find_granted(struct runtime_guest *guest, uint64_t name, uint64_t len,
		 char text[HAL_NAME_MAX + 1]);

/** @brief Words for `other`, the same whatever driver it comes from. */
const char *error_words(const struct bus_operation *operation, char *text, size_t size);

#endif /* SAMARA_HAL_HANDLES_H_ */
