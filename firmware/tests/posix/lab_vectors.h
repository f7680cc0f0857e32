/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Rows of shared/vectors/lab.json, by their notes. */

#ifndef SAMARA_TESTS_POSIX_LAB_VECTORS_H_
#define SAMARA_TESTS_POSIX_LAB_VECTORS_H_

#include <stddef.h>
#include <stdint.h>

/** @brief Bytes of a row, with another id where `id` is not 0. Fails the test where there is no
 * such row. */
size_t lab_vector(const char *note, uint8_t id, uint8_t *data, size_t size);

#endif /* SAMARA_TESTS_POSIX_LAB_VECTORS_H_ */
