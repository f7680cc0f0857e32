/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Bytes that belong to somebody else. */

#ifndef SAMARA_CODEC_SPAN_H_
#define SAMARA_CODEC_SPAN_H_

#include <stddef.h>
#include <stdint.h>

/** @brief Text or bytes; data is NULL where there are none. Text does not end in 0. */
struct codec_span {
	const uint8_t *data;
	size_t len;
};

struct codec_label {
	struct codec_span key;
	struct codec_span value;
};

/** @brief The text of a C string. */
struct codec_span codec_span_of(const char *text);

#endif /* SAMARA_CODEC_SPAN_H_ */
