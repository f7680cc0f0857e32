/* SPDX-License-Identifier: Apache-2.0 */

/* One walk over a table for every message: the bytes were found to be deterministic before. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "codec/head.h"
#include "codec/problem.h"
#include "codec/table.h"
#include "codec/topic_table.h"

#define MAX_SAFE ((uint64_t)1 << 53)

static char problem[96];

const char *codec_problem(void)
{
	return problem;
}

static int wrong(const struct codec_struct *type, const struct codec_row *row, const char *what)
{
	snprintf(problem, sizeof(problem), "%s%s%s: %s", type->name, row ? "." : "",
		 row ? row->name : "", what);
	return -EBADMSG;
}

struct cursor {
	const uint8_t *at;
	const uint8_t *end;
};

static int next(struct cursor *cursor, struct codec_head *head)
{
	int used = codec_head_read(cursor->at, (size_t)(cursor->end - cursor->at), head);

	if (used < 0) {
		return -EBADMSG;
	}
	cursor->at += used;
	return 0;
}

static void skip(struct cursor *cursor)
{
	/* Items that are still to be skipped: the depth does not matter, and was checked. */
	for (uint64_t left = 1; left > 0; left--) {
		struct codec_head head;

		if (next(cursor, &head)) {
			return;
		}
		if (head.type == CODEC_BYTES || head.type == CODEC_TEXT) {
			cursor->at += head.argument;
		} else if (head.type == CODEC_ARRAY) {
			left += head.argument;
		} else if (head.type == CODEC_MAP) {
			left += 2 * head.argument;
		}
	}
}

static void store_uint(void *at, uint8_t size, uint64_t value)
{
	switch (size) {
	case 1:
		*(uint8_t *)at = (uint8_t)value;
		break;
	case 2:
		*(uint16_t *)at = (uint16_t)value;
		break;
	case 4:
		*(uint32_t *)at = (uint32_t)value;
		break;
	default:
		*(uint64_t *)at = value;
	}
}

static uint64_t load_uint(const void *at, uint8_t size)
{
	switch (size) {
	case 1:
		return *(const uint8_t *)at;
	case 2:
		return *(const uint16_t *)at;
	case 4:
		return *(const uint32_t *)at;
	default:
		return *(const uint64_t *)at;
	}
}

static bool fits(const struct codec_row *row, uint64_t value)
{
	return row->max == 0 ? value < MAX_SAFE : value <= row->max;
}

static const char *take_span(const struct codec_row *row, struct cursor *cursor,
			     struct codec_span *span)
{
	enum codec_type type = row->kind == CODEC_ROW_TEXT ? CODEC_TEXT : CODEC_BYTES;
	struct codec_head head;

	if (next(cursor, &head) || head.type != type) {
		return row->kind == CODEC_ROW_TEXT ? "is not a text" : "is not a byte string";
	}
	*span = (struct codec_span){cursor->at, (size_t)head.argument};
	cursor->at += head.argument;
	return head.argument < row->min || head.argument > row->max ? "has another length" : NULL;
}

static const char *take_scalar(const struct codec_row *row, struct cursor *cursor, uint8_t *at)
{
	struct codec_head head;

	if (next(cursor, &head)) {
		return "is missing";
	}
	if (row->kind == CODEC_ROW_BOOL) {
		*(bool *)at = head.type == CODEC_TRUE;
		return head.type == CODEC_TRUE || head.type == CODEC_FALSE ? NULL
									   : "is not true or false";
	}
	if (head.type != CODEC_UINT) {
		return "is not a number";
	}
	if (!fits(row, head.argument) || (row->kind == CODEC_ROW_ENUM && head.argument == 0)) {
		return "is out of range";
	}
	store_uint(at, row->kind == CODEC_ROW_ENUM ? sizeof(enum codec_outcome) : row->size,
		   head.argument);
	return NULL;
}

static const char *take_labels(const struct codec_row *row, struct cursor *cursor,
			       struct codec_label *labels, size_t *count)
{
	static const struct codec_row text = {.kind = CODEC_ROW_TEXT, .max = 32};
	struct codec_head head;
	const char *what = NULL;

	if (next(cursor, &head) || head.type != CODEC_MAP) {
		return "is not an object";
	}
	if (head.argument > row->max) {
		return "has too many texts";
	}
	*count = (size_t)head.argument;
	for (size_t index = 0; index < *count && !what; index++) {
		what = take_span(&text, cursor, &labels[index].key);
		if (!what) {
			what = take_span(&text, cursor, &labels[index].value);
		}
	}
	return what;
}

static int take_struct(const struct codec_struct *type, struct cursor *cursor, uint8_t *message);

static int take(const struct codec_struct *type, const struct codec_row *row, struct cursor *cursor,
		uint8_t *message, uint8_t *at);

static int take_list(const struct codec_struct *type, const struct codec_row *row,
		     struct cursor *cursor, uint8_t *message)
{
	struct codec_head head;

	if (next(cursor, &head) || head.type != CODEC_ARRAY) {
		return wrong(type, row, "is not a list");
	}
	if (head.argument > row->max) {
		return wrong(type, row, "has too many elements");
	}
	*(size_t *)(message + row->has) = (size_t)head.argument;
	for (size_t index = 0; index < head.argument; index++) {
		struct codec_row element = *row->element;

		element.name = row->name;
		int error = take(type, &element, cursor, message,
				 message + row->offset + index * row->stride);

		if (error) {
			return error;
		}
	}
	return 0;
}

static int take(const struct codec_struct *type, const struct codec_row *row, struct cursor *cursor,
		uint8_t *message, uint8_t *at)
{
	const char *what;

	switch (row->kind) {
	case CODEC_ROW_TEXT:
	case CODEC_ROW_BYTES:
		what = take_span(row, cursor, (struct codec_span *)at);
		break;
	case CODEC_ROW_STRUCT:
		return take_struct(row->inner, cursor, at);
	case CODEC_ROW_LIST:
		return take_list(type, row, cursor, message);
	case CODEC_ROW_LABELS:
		what = take_labels(row, cursor, (struct codec_label *)at,
				   (size_t *)(message + row->has));
		break;
	default:
		what = take_scalar(row, cursor, at);
	}
	return what ? wrong(type, row, what) : 0;
}

/** Whether the rows from one to another, which were not met, may be missing. */
static int missing(const struct codec_struct *type, uint8_t from, uint8_t to)
{
	for (; from < to; from++) {
		if (!type->rows[from].optional) {
			return wrong(type, &type->rows[from], "is missing");
		}
	}
	return 0;
}

static int take_struct(const struct codec_struct *type, struct cursor *cursor, uint8_t *message)
{
	struct codec_head head;
	unsigned int unknown = 0;
	uint8_t row = 0;
	int error = 0;

	if (next(cursor, &head) || head.type != CODEC_MAP) {
		return wrong(type, NULL, "is not an object");
	}
	for (uint64_t left = head.argument; left > 0 && !error; left--) {
		struct codec_head key;
		uint8_t first = row;

		if (next(cursor, &key) || key.type != CODEC_UINT) {
			return wrong(type, NULL, "has a key that is no number");
		}
		while (row < type->rows_count && type->rows[row].key < key.argument) {
			row++;
		}
		error = missing(type, first, row);
		if (error) {
			return error;
		}
		if (row == type->rows_count || type->rows[row].key != key.argument) {
			if (++unknown > CODEC_UNKNOWN_KEYS) {
				return wrong(type, NULL, "has too many unknown keys");
			}
			skip(cursor);
			continue;
		}
		const struct codec_row *found = &type->rows[row++];

		if (found->has && found->kind != CODEC_ROW_LIST &&
		    found->kind != CODEC_ROW_LABELS) {
			*(bool *)(message + found->has) = true;
		}
		error = take(type, found, cursor, message, message + found->offset);
	}
	return error ? error : missing(type, row, type->rows_count);
}

int codec_decode(const struct codec_struct *type, const uint8_t *data, size_t len, void *message)
{
	struct cursor cursor = {data, data + len};

	memset(message, 0, type->size);
	if (codec_check(data, len)) {
		return wrong(type, NULL, "is not one item of deterministic CBOR");
	}
	return take_struct(type, &cursor, message);
}

static int give_struct(const struct codec_struct *type, struct codec_writer *writer,
		       const uint8_t *message);

static int give(const struct codec_struct *type, const struct codec_row *row,
		struct codec_writer *writer, const uint8_t *message, const uint8_t *at);

static int give_span(const struct codec_struct *type, const struct codec_row *row,
		     struct codec_writer *writer, const struct codec_span *span)
{
	if (span->len < row->min || span->len > row->max) {
		return wrong(type, row, "has another length");
	}
	if (row->kind == CODEC_ROW_TEXT) {
		if (!codec_is_utf8(span->data, span->len)) {
			return wrong(type, row, "is not UTF-8");
		}
		codec_write_text(writer, (const char *)span->data, span->len);
	} else {
		codec_write_bytes(writer, span->data, span->len);
	}
	return 0;
}

static int give_list(const struct codec_struct *type, const struct codec_row *row,
		     struct codec_writer *writer, const uint8_t *message)
{
	size_t count = *(const size_t *)(message + row->has);
	int error = 0;

	if (count > row->max) {
		return wrong(type, row, "has too many elements");
	}
	codec_write_head(writer, CODEC_ARRAY, count);
	for (size_t index = 0; index < count && !error; index++) {
		struct codec_row element = *row->element;

		element.name = row->name;
		error = give(type, &element, writer, message,
			     message + row->offset + index * row->stride);
	}
	return error;
}

/** Labels are written in the order of their keys, which is the caller's business. */
static int give_labels(const struct codec_struct *type, const struct codec_row *row,
		       struct codec_writer *writer, const uint8_t *message)
{
	static const struct codec_row text = {.kind = CODEC_ROW_TEXT, .max = 32, .name = "labels"};
	const struct codec_label *labels = (const struct codec_label *)(message + row->offset);
	size_t count = *(const size_t *)(message + row->has);
	int error = 0;

	if (count > row->max) {
		return wrong(type, row, "has too many texts");
	}
	codec_write_head(writer, CODEC_MAP, count);
	for (size_t index = 0; index < count && !error; index++) {
		error = give_span(type, &text, writer, &labels[index].key);
		if (!error) {
			error = give_span(type, &text, writer, &labels[index].value);
		}
	}
	return error;
}

static int give(const struct codec_struct *type, const struct codec_row *row,
		struct codec_writer *writer, const uint8_t *message, const uint8_t *at)
{
	uint64_t value;

	switch (row->kind) {
	case CODEC_ROW_TEXT:
	case CODEC_ROW_BYTES:
		return give_span(type, row, writer, (const struct codec_span *)at);
	case CODEC_ROW_STRUCT:
		return give_struct(row->inner, writer, at);
	case CODEC_ROW_LIST:
		return give_list(type, row, writer, message);
	case CODEC_ROW_LABELS:
		return give_labels(type, row, writer, message);
	case CODEC_ROW_BOOL:
		codec_write_bool(writer, *(const bool *)at);
		return 0;
	default:
		value = load_uint(at, row->kind == CODEC_ROW_ENUM ? sizeof(enum codec_outcome)
								  : row->size);
		if (!fits(row, value) || (row->kind == CODEC_ROW_ENUM && value == 0)) {
			return wrong(type, row, "is out of range");
		}
		codec_write_uint(writer, value);
		return 0;
	}
}

static bool is_there(const struct codec_row *row, const uint8_t *message)
{
	if (!row->optional) {
		return true;
	}
	switch (row->kind) {
	case CODEC_ROW_TEXT:
	case CODEC_ROW_BYTES:
		return ((const struct codec_span *)(message + row->offset))->data != NULL;
	case CODEC_ROW_LIST:
	case CODEC_ROW_LABELS:
		return *(const size_t *)(message + row->has) > 0;
	default:
		return *(const bool *)(message + row->has);
	}
}

static int give_struct(const struct codec_struct *type, struct codec_writer *writer,
		       const uint8_t *message)
{
	uint8_t count = 0;
	int error = 0;

	for (uint8_t index = 0; index < type->rows_count; index++) {
		count += is_there(&type->rows[index], message);
	}
	codec_write_head(writer, CODEC_MAP, count);
	for (uint8_t index = 0; index < type->rows_count && !error; index++) {
		const struct codec_row *row = &type->rows[index];

		if (is_there(row, message)) {
			codec_write_uint(writer, row->key);
			error = give(type, row, writer, message, message + row->offset);
		}
	}
	return error;
}

int codec_encode(const struct codec_struct *type, uint8_t *data, size_t size, const void *message)
{
	struct codec_writer writer;

	codec_writer_init(&writer, data, size);
	if (give_struct(type, &writer, message)) {
		return -EINVAL;
	}
	return writer.error ? writer.error : (int)writer.len;
}
