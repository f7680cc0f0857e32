/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Messages as tables of their fields. The codec's own; messages.c is derived. */

#ifndef SAMARA_CODEC_TABLE_H_
#define SAMARA_CODEC_TABLE_H_

#include "codec/messages.h"

enum codec_row_kind {
	CODEC_ROW_UINT, /* of `size` bytes; `max` 0: what 53 bits hold */
	CODEC_ROW_BOOL,
	CODEC_ROW_ENUM, /* 1 to `max` */
	CODEC_ROW_TEXT, /* `min` to `max` bytes */
	CODEC_ROW_BYTES,
	CODEC_ROW_STRUCT,
	CODEC_ROW_LIST, /* at most `max` of `element`, `stride` bytes apart; `has` is their count */
	CODEC_ROW_LABELS, /* text by text */
};

struct codec_struct;

struct codec_row {
	uint8_t key;
	uint8_t kind;
	uint8_t size;
	bool optional;
	uint16_t offset;
	uint16_t has; /* of the flag that says whether it is there, or of a count; 0: there is none
		       */
	uint16_t stride;
	uint16_t min;
	uint32_t max;
	union {
		const struct codec_row *element;
		const struct codec_struct *inner;
	};
	const char *name;
};

struct codec_struct {
	const char *name;
	const struct codec_row *rows; /* keys ascend */
	uint8_t rows_count;
	size_t size;
};

/** @retval 0 @retval -EBADMSG codec_problem() says what is wrong. */
int codec_decode(const struct codec_struct *type, const uint8_t *data, size_t len, void *message);
/** @retval >=0 Length. @retval -ENOMEM `size` is too small. @retval -EINVAL A bound is broken:
 * codec_problem(). */
int codec_encode(const struct codec_struct *type, uint8_t *data, size_t size, const void *message);

#endif /* SAMARA_CODEC_TABLE_H_ */
