/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Pairs of a CBOR map whose keys are numbers, one call each. */

#ifndef SAMARA_TESTS_TASK_PAIRS_H_
#define SAMARA_TESTS_TASK_PAIRS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/stream.h"

void pair_uint(struct codec_writer *writer, uint64_t key, uint64_t value);
void pair_bool(struct codec_writer *writer, uint64_t key, bool value);
void pair_text(struct codec_writer *writer, uint64_t key, const char *text);
void pair_bytes(struct codec_writer *writer, uint64_t key, const uint8_t *data, size_t len);
/** @brief A list or map of so many items or pairs, which follow. */
void pair_begin(struct codec_writer *writer, uint64_t key, enum codec_type type, uint64_t count);

#endif /* SAMARA_TESTS_TASK_PAIRS_H_ */
