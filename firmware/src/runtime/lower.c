/* SPDX-License-Identifier: Apache-2.0 */

/* Values with others in them; plain.c has the rest of the table in [P-8.3]. */

#include <errno.h>

#include "runtime/lower.h"

static int lower_value(struct lowering *lowering, const struct type *type, struct spot spot);

static void enter(struct lowering *lowering, uint32_t part)
{
	lowering->path[lowering->depth++] = part;
}

static int lower_list(struct lowering *lowering, const struct type *type,
		      const struct codec_head *head, struct spot spot)
{
	const struct type *element = type_at(lowering->signature, type->child);
	uint32_t count = (uint32_t)head->argument;
	uint32_t address;

	if (element->kind == TYPE_U8) {
		return head->type == CODEC_BYTES ? lower_bytes(lowering, head, spot)
						 : words_wrong(lowering, head, "a byte string");
	}
	/* Elements have a byte each at least, or the document would have been refused. */
	if (head->type != CODEC_ARRAY) {
		return words_wrong(lowering, head, "a list");
	}
	if ((uint64_t)count * element->size > CONFIG_SAMARA_POOL_SIZE) {
		return words_wrong(lowering, head, "short enough for the memory here");
	}
	int err = lower_store_block(lowering, spot, count, element, &address);

	enter(lowering, 0);
	for (uint32_t index = 0; index < count && !err; index++) {
		lowering->path[lowering->depth - 1] = index;
		err = lower_value(lowering, element,
				  (struct spot){NULL, address + index * element->size});
	}
	lowering->depth--;
	return err;
}

int lower_fields(struct lowering *lowering, const struct type *type, const struct codec_head *head,
		 struct spot spot)
{
	uint32_t offset = 0;
	uint32_t index = 0;
	int err = 0;

	if (head->type != CODEC_ARRAY || head->argument != type->count) {
		return words_wrong_count(lowering, head, "a list of ", type->count, "");
	}
	enter(lowering, 0);
	for (uint16_t at = type->child; at != 0 && !err; index++) {
		const struct type *part = type_at(lowering->signature, at);

		lowering->path[lowering->depth - 1] =
			type->kind == TYPE_RECORD ? PATH_NAME | at : index;
		offset = type_align(offset, part->align);
		err = lower_value(lowering, part, lower_behind(spot, offset));
		offset += part->size;
		at = part->next;
	}
	lowering->depth--;
	return err;
}

/** Which case it is, and its payload where it has one. */
static int lower_case(struct lowering *lowering, const struct type *type, uint32_t index,
		      struct spot spot)
{
	const struct type *part = type_part(lowering->signature, type, index);
	struct spot payload = lower_behind(spot, type_payload_offset(lowering->signature, type));
	int err = lower_store_number(lowering, spot, index, type_case_size(type));

	if (err || part->kind == TYPE_NOTHING) {
		return err;
	}
	if (type->kind == TYPE_OPTION) {
		return lower_value(lowering, part, payload);
	}
	enter(lowering, type->kind == TYPE_RESULT
				? PATH_SIDE | index
				: PATH_NAME | (uint32_t)(part - lowering->signature->types));
	err = lower_value(lowering, part, payload);
	lowering->depth--;
	return err;
}

static int lower_option(struct lowering *lowering, const struct type *type,
			const struct codec_head *head, struct spot spot)
{
	if (head->type == CODEC_NULL) {
		return lower_case(lowering, type, 0, spot);
	}
	if (head->type != CODEC_ARRAY || head->argument != 1) {
		return words_wrong(lowering, head, "null or a list of one");
	}
	return lower_case(lowering, type, 1, spot);
}

/** The number of a case, which is the first of a list. */
static bool read_case(struct lowering *lowering, const struct codec_head *head, uint32_t count,
		      uint32_t *index)
{
	struct codec_head number;

	if (head->type != CODEC_ARRAY || head->argument == 0 ||
	    codec_peek(&lowering->reader, &number) != 0 || number.type != CODEC_UINT ||
	    number.argument >= count) {
		return false;
	}
	codec_next(&lowering->reader, &number);
	*index = (uint32_t)number.argument;
	return true;
}

static int lower_result(struct lowering *lowering, const struct type *type,
			const struct codec_head *head, struct spot spot)
{
	struct codec_head payload;
	uint32_t index;

	if (head->argument != 2 || !read_case(lowering, head, 2, &index)) {
		return words_wrong(lowering, head, "[0, value] or [1, value]");
	}
	if (type_part(lowering->signature, type, index)->kind == TYPE_NOTHING) {
		codec_next(&lowering->reader, &payload);
		if (payload.type != CODEC_NULL) {
			enter(lowering, PATH_SIDE | index);
			return words_wrong(lowering, &payload, "null, for it has no payload");
		}
	}
	return lower_case(lowering, type, index, spot);
}

static int lower_variant(struct lowering *lowering, const struct type *type,
			 const struct codec_head *head, struct spot spot)
{
	uint32_t index;
	bool is_there = read_case(lowering, head, type->count, &index);

	if (!is_there ||
	    head->argument !=
		    (type_part(lowering->signature, type, index)->kind == TYPE_NOTHING ? 1u : 2u)) {
		return words_wrong_count(lowering, head, "[case from 0 to ", type->count - 1u,
					 "] or with its payload [case, payload]");
	}
	return lower_case(lowering, type, index, spot);
}

static int lower_value(struct lowering *lowering, const struct type *type, struct spot spot)
{
	struct codec_head head;

	codec_next(&lowering->reader, &head);
	switch (type->kind) {
	case TYPE_LIST:
		return lower_list(lowering, type, &head, spot);
	case TYPE_TUPLE:
	case TYPE_RECORD:
		return lower_fields(lowering, type, &head, spot);
	case TYPE_OPTION:
		return lower_option(lowering, type, &head, spot);
	case TYPE_RESULT:
		return lower_result(lowering, type, &head, spot);
	case TYPE_VARIANT:
		return lower_variant(lowering, type, &head, spot);
	default:
		return lower_plain(lowering, type, &head, spot);
	}
}
