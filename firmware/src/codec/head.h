/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief The head of one CBOR item, in the one form that is accepted. The codec's own. */

#ifndef SAMARA_CODEC_HEAD_H_
#define SAMARA_CODEC_HEAD_H_

#include "codec/stream.h"

#define CODEC_HEAD_MAX 9
#define CODEC_DEPTH    40

/**
 * @brief Read a head.
 * @retval >0       Its length in bytes.
 * @retval -EBADMSG A tag, an indefinite length, a number longer than it needs to be, an unknown
 * simple value.
 * @retval -ENODATA The bytes end before it does.
 */
int codec_head_read(const uint8_t *data, size_t len, struct codec_head *head);

/** @brief Whether bytes are UTF-8: shortest forms, no surrogates. */
bool codec_is_utf8(const uint8_t *data, size_t len);

/** @brief A piece of a text that comes in pieces: `*state` is 0 at its begin, and must be 0 at its
 * end. */
bool codec_utf8_piece(uint32_t *state, const uint8_t *data, size_t len);

#endif /* SAMARA_CODEC_HEAD_H_ */
