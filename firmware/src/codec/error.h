/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Error codes of the protocol, and an error with its words. [P-6] */

#ifndef SAMARA_CODEC_ERROR_H_
#define SAMARA_CODEC_ERROR_H_

#include <stddef.h>

#include "codec/error_codes.h"

#define CODEC_MESSAGE_MAX 240
#define CODEC_FIELD_MAX	  64

#define CODEC_ENUM_(name, text) CODEC_##name,
enum codec_error_code { CODEC_NO_ERROR, CODEC_ERROR_CODES(CODEC_ENUM_) };
#undef CODEC_ENUM_

#define CODEC_ENUM_(name, text) CODEC_OUTCOME_##name,
enum codec_outcome { CODEC_NO_OUTCOME, CODEC_OUTCOMES(CODEC_ENUM_) };
#undef CODEC_ENUM_

struct codec_error {
	enum codec_error_code code;
	char message[CODEC_MESSAGE_MAX + 1];
	char field[CODEC_FIELD_MAX + 1];
};

/** @brief Fill in code and words, cut between characters; the field is emptied. */
void codec_error_set(struct codec_error *error, enum codec_error_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** @brief Cut a text to `size` bytes with its end, between characters. */
void codec_cut(char *text, size_t size);
/** @brief `NOT_FOUND`; `?` for what is none. */
const char *codec_error_name(enum codec_error_code code);
/** @brief `timed-out`; `?` for what is none. */
const char *codec_outcome_name(enum codec_outcome outcome);

#endif /* SAMARA_CODEC_ERROR_H_ */
