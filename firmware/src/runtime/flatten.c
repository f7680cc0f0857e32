/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Numbers are zero-extended: what a case lends to another with wider numbers is then the same bits,
 * as the canonical ABI has it.
 */

#include <string.h>

#include "runtime/lower.h"

static void flatten_case(const struct signature *signature, const struct type *type,
			 const uint8_t *from, uint64_t *flat)
{
	uint32_t index = 0;

	memcpy(&index, from, type_case_size(type));
	flat[0] = index;
	if (type->kind != TYPE_ENUM) {
		flatten(signature, type_part(signature, type, index),
			&from[type_payload_offset(signature, type)], &flat[1]);
	}
}

static void flatten_fields(const struct signature *signature, const struct type *type,
			   const uint8_t *from, uint64_t *flat)
{
	uint32_t offset = 0;

	for (uint16_t at = type->child; at != 0; at = type_at(signature, at)->next) {
		const struct type *part = type_at(signature, at);

		offset = type_align(offset, part->align);
		flatten(signature, part, &from[offset], flat);
		offset += part->size;
		flat += part->flat;
	}
}

void flatten(const struct signature *signature, const struct type *type, const uint8_t *from,
	     uint64_t *flat)
{
	int32_t number;
	int16_t half;

	switch (type->kind) {
	case TYPE_S8:
		number = (int8_t)from[0];
		flat[0] = (uint32_t)number;
		break;
	case TYPE_S16:
		memcpy(&half, from, sizeof(half));
		number = half;
		flat[0] = (uint32_t)number;
		break;
	case TYPE_TUPLE:
	case TYPE_RECORD:
		flatten_fields(signature, type, from, flat);
		break;
	case TYPE_OPTION:
	case TYPE_RESULT:
	case TYPE_VARIANT:
	case TYPE_ENUM:
		flatten_case(signature, type, from, flat);
		break;
	default:
		for (uint32_t at = 0; at < type->flat; at++) {
			uint32_t each = type->size / type->flat;

			memcpy(&flat[at], &from[at * each], each);
		}
		break;
	}
}
