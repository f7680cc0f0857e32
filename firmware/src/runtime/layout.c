/* SPDX-License-Identifier: Apache-2.0 */

/* Sizes of types in linear memory, and how many numbers they become: the canonical ABI's own rules.
 */

#include "runtime/layout.h"

static uint8_t add_flat(unsigned int one, unsigned int other)
{
	return (uint8_t)(one + other < UINT8_MAX ? one + other : UINT8_MAX);
}

static void lay_out_fields(const struct signature *signature, struct type *type)
{
	for (uint16_t index = type->child; index != 0; index = signature->types[index].next) {
		const struct type *part = type_at(signature, index);

		type->size = type_align(type->size, part->align) + part->size;
		type->align = part->align > type->align ? part->align : type->align;
		type->flat = add_flat(type->flat, part->flat);
	}
	type->size = type_align(type->size, type->align);
}

static void lay_out_cases(const struct signature *signature, struct type *type)
{
	uint32_t size = 0;

	type->align = (uint8_t)type_case_size(type);
	for (uint16_t index = type->child; index != 0; index = signature->types[index].next) {
		const struct type *part = type_at(signature, index);

		size = part->size > size ? part->size : size;
		type->align = part->align > type->align ? part->align : type->align;
		type->flat = part->flat > type->flat ? part->flat : type->flat;
	}
	type->flat = add_flat(type->flat, 1);
	type->size = type_align(type_payload_offset(signature, type) + size, type->align);
}

static void lay_out_flags(struct type *type)
{
	uint32_t words = (type->count + 31u) / 32u;

	type->flat = (uint8_t)words;
	type->size = type->count == 0	 ? 0
		     : type->count <= 8	 ? 1
		     : type->count <= 16 ? 2
					 : words * 4;
	type->align = type->size >= 4 ? 4 : type->size == 2 ? 2 : 1;
}

void type_lay_out(const struct signature *signature, struct type *type)
{
	switch (type->kind) {
	case TYPE_TUPLE:
	case TYPE_RECORD:
		lay_out_fields(signature, type);
		break;
	case TYPE_FLAGS:
		lay_out_flags(type);
		break;
	case TYPE_LIST:
		type->size = 8;
		type->align = 4;
		type->flat = 2;
		break;
	case TYPE_HANDLE:
		type->size = 4;
		type->align = 4;
		type->flat = 1;
		break;
	default:
		lay_out_cases(signature, type);
		break;
	}
}

const struct type *type_part(const struct signature *signature, const struct type *type,
			     uint32_t index)
{
	const struct type *part = type_at(signature, type->child);

	while (index-- > 0) {
		part = type_at(signature, part->next);
	}
	return part;
}

uint32_t type_case_size(const struct type *type)
{
	return type->count <= 256 ? 1 : 2;
}

uint32_t type_payload_offset(const struct signature *signature, const struct type *type)
{
	uint32_t align = 1;

	for (uint16_t index = type->child; index != 0; index = signature->types[index].next) {
		const struct type *part = type_at(signature, index);

		align = part->align > align ? part->align : align;
	}
	return type_align(type_case_size(type), align);
}
