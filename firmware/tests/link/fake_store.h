/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file @brief The store's blobs in memory, for what pulls into it. Power cuts are reboots that
 * keep them.
 */

#ifndef SAMARA_TESTS_FAKE_STORE_H_
#define SAMARA_TESTS_FAKE_STORE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_STORE_MAX 262144U

void fake_store_reset(void);
/** @brief Bytes that are there of a blob, complete or not. */
uint32_t fake_store_there(const uint8_t *digest);
bool fake_store_is_complete(const uint8_t *digest);
/** @brief Data of a blob that is there. */
const uint8_t *fake_store_data(const uint8_t *digest);
/** @brief Put a complete blob in place, whatever its digest says. */
void fake_store_put(const uint8_t *digest, const void *data, uint32_t size);
/** @brief Less of an incomplete blob is there than was appended. */
void fake_store_cut(const uint8_t *digest, uint32_t there);
/** @brief What store_blob_begin() and store_blob_append() return instead; 0: nothing else. */
void fake_store_fail_begin(int err);
void fake_store_fail_append(int err);
/** @brief How many bytes were appended since the reset. */
uint32_t fake_store_appended(void);

#endif /* SAMARA_TESTS_FAKE_STORE_H_ */
