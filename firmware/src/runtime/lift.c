/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A result is read from memory. One that comes as a number is first laid out as memory would have
 * it, on the side of the host. Nothing of the guest's runs meanwhile, so that its memory stays
 * where it is.
 */

#include <errno.h>
#include <string.h>

#include "codec/head.h"
#include "runtime/values.h"

struct lifting {
	const struct signature *signature;
	struct runtime_guest *guest;
	struct codec_writer *writer;
	const char *problem;
};

static int lift_value(struct lifting *lifting, const struct type *type, const uint8_t *from);

static int wrong(struct lifting *lifting, const char *problem)
{
	lifting->problem = problem;
	return -EFAULT;
}

static uint32_t load_word(const uint8_t *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof(value));
	return value;
}

static int lift_int(struct lifting *lifting, const struct type *type, const uint8_t *from)
{
	bool is_signed = (type->kind - TYPE_S8) % 2 == 0;
	uint64_t value = 0;

	memcpy(&value, from, type->size);
#ifdef SAMARA_TEST_BREAK_LIFT
	is_signed = is_signed && type->size > 1;
#endif
	if (is_signed) {
		unsigned int spare = 64 - 8 * type->size;

		codec_write_int(lifting->writer, (int64_t)(value << spare) >> spare);
	} else {
		codec_write_uint(lifting->writer, value);
	}
	return 0;
}

/** One NaN for all: a payload would make two encodings of one value. */
static int lift_float(struct lifting *lifting, const struct type *type, const uint8_t *from)
{
	uint64_t bits = 0;

	memcpy(&bits, from, type->size);
	if (type->kind == TYPE_F32) {
		bool is_nan = (bits & 0x7fffffffu) > 0x7f800000u;

		codec_write_head(lifting->writer, CODEC_FLOAT32, is_nan ? 0x7fc00000u : bits);
	} else {
		bool is_nan = (bits & INT64_MAX) > 0x7ff0000000000000u;

		codec_write_head(lifting->writer, CODEC_FLOAT64,
				 is_nan ? 0x7ff8000000000000u : bits);
	}
	return 0;
}

static int lift_char(struct lifting *lifting, const uint8_t *from)
{
	uint32_t value = load_word(from);
	char text[4];
	size_t len = value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;

	if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
		return wrong(lifting, "a char is not a Unicode scalar value");
	}
	for (size_t at = len - 1; at > 0; at--) {
		text[at] = (char)(0x80 | (value & 0x3f));
		value >>= 6;
	}
	text[0] = (char)(len == 1 ? value : ((0xf00u >> len) & 0xff) | value);
	codec_write_text(lifting->writer, text, len);
	return 0;
}

/** What address and length name, checked. No bytes are nowhere. */
static int find_block(struct lifting *lifting, const uint8_t *from, const struct type *element,
		      const uint8_t **block, uint32_t *count)
{
	uint32_t address = load_word(from);
	uint32_t align = element ? element->align : 1;

	*count = load_word(&from[4]);
	uint64_t bytes = (uint64_t)*count * (element ? element->size : 1);

	if ((address & (align - 1)) != 0) {
		return wrong(lifting, "an address is not aligned");
	}
	*block = bytes == 0 ? from
		 : bytes > UINT32_MAX
			 ? NULL
			 : runtime_guest_memory(lifting->guest, address, (uint32_t)bytes);
	return *block ? 0 : wrong(lifting, "an address is out of bounds");
}

static int lift_string(struct lifting *lifting, const uint8_t *from)
{
	const uint8_t *text;
	uint32_t len;
	int err = find_block(lifting, from, NULL, &text, &len);

	if (err) {
		return err;
	}
	if (len > 0 && !codec_is_utf8(text, len)) {
		return wrong(lifting, "a string is not UTF-8");
	}
	codec_write_text(lifting->writer, (const char *)text, len);
	return 0;
}

static int lift_list(struct lifting *lifting, const struct type *type, const uint8_t *from)
{
	const struct type *element = type_at(lifting->signature, type->child);
	const uint8_t *block;
	uint32_t count;
	int err = find_block(lifting, from, element, &block, &count);

	if (err) {
		return err;
	}
	if (element->kind == TYPE_U8) {
		codec_write_bytes(lifting->writer, block, count);
		return 0;
	}
	codec_write_head(lifting->writer, CODEC_ARRAY, count);
	/* Each element takes a byte at least: a list that is too long ends where the writer is
	 * full. */
	for (uint32_t index = 0; index < count && !err; index++) {
		err = lift_value(lifting, element, &block[index * element->size]);
	}
	return err;
}

static int lift_fields(struct lifting *lifting, const struct type *type, const uint8_t *from)
{
	uint32_t offset = 0;
	int err = 0;

	codec_write_head(lifting->writer, CODEC_ARRAY, type->count);
	for (uint16_t at = type->child; at != 0 && !err;
	     at = type_at(lifting->signature, at)->next) {
		const struct type *part = type_at(lifting->signature, at);

		offset = type_align(offset, part->align);
		err = lift_value(lifting, part, &from[offset]);
		offset += part->size;
	}
	return err;
}

static int lift_payload(struct lifting *lifting, const struct type *type, uint32_t index,
			const uint8_t *from)
{
	const struct type *part = type_part(lifting->signature, type, index);
	bool has_payload = part->kind != TYPE_NOTHING;

	if (type->kind == TYPE_OPTION) {
		if (!has_payload) {
			codec_write_null(lifting->writer);
			return 0;
		}
		codec_write_head(lifting->writer, CODEC_ARRAY, 1);
	} else {
		codec_write_head(lifting->writer, CODEC_ARRAY,
				 has_payload || type->kind == TYPE_RESULT ? 2 : 1);
		codec_write_uint(lifting->writer, index);
		if (!has_payload && type->kind == TYPE_RESULT) {
			codec_write_null(lifting->writer);
		}
	}
	return has_payload ? lift_value(lifting, part,
					&from[type_payload_offset(lifting->signature, type)])
			   : 0;
}

static int lift_case(struct lifting *lifting, const struct type *type, const uint8_t *from)
{
	uint32_t index = 0;

	memcpy(&index, from, type_case_size(type));
	if (index >= type->count) {
		return wrong(lifting, "the number of a case is out of range");
	}
	if (type->kind == TYPE_ENUM) {
		codec_write_uint(lifting->writer, index);
		return 0;
	}
	return lift_payload(lifting, type, index, from);
}

/** The other proplets take no bits without a name, though the canonical ABI would ignore them. */
static int lift_flags(struct lifting *lifting, const struct type *type, const uint8_t *from)
{
	uint64_t mask = 0;

	memcpy(&mask, from, type->size < 8 ? type->size : 8);
	if (type->count < 64 && mask >> type->count != 0) {
		return wrong(lifting, "flags have bits without a name");
	}
	codec_write_uint(lifting->writer, mask);
	return 0;
}

static int lift_value(struct lifting *lifting, const struct type *type, const uint8_t *from)
{
	if (lifting->writer->error) {
		return lifting->writer->error;
	}
	switch (type->kind) {
	case TYPE_BOOL:
		codec_write_bool(lifting->writer, from[0] != 0);
		return 0;
	case TYPE_F32:
	case TYPE_F64:
		return lift_float(lifting, type, from);
	case TYPE_CHAR:
		return lift_char(lifting, from);
	case TYPE_STRING:
		return lift_string(lifting, from);
	case TYPE_LIST:
		return lift_list(lifting, type, from);
	case TYPE_TUPLE:
	case TYPE_RECORD:
		return lift_fields(lifting, type, from);
	case TYPE_OPTION:
	case TYPE_RESULT:
	case TYPE_VARIANT:
	case TYPE_ENUM:
		return lift_case(lifting, type, from);
	case TYPE_FLAGS:
		return lift_flags(lifting, type, from);
	default:
		return lift_int(lifting, type, from);
	}
}

/** The type that a single number stands for: the one part that is not empty, all the way down. */
static const struct type *innermost(const struct signature *signature, const struct type *type)
{
	while (type->kind == TYPE_RECORD || type->kind == TYPE_TUPLE) {
		uint16_t at = type->child;

		while (type_at(signature, at)->flat == 0) {
			at = type_at(signature, at)->next;
		}
		type = type_at(signature, at);
	}
	return type;
}

/** Whether a number of 32 bits is one of a type that has fewer. */
static bool fits(const struct type *type, uint32_t core)
{
	unsigned int spare = 32 - 8 * type->size;
	bool is_signed = (type->kind - TYPE_S8) % 2 == 0;
	int32_t number = (int32_t)(core << spare) >> spare;

	return core == (is_signed ? (uint32_t)number : core << spare >> spare);
}

/** Lay a number out. Memory has fewer bits of some types, and these must not be lost unseen. */
static int lay_out(struct lifting *lifting, const struct type *type, uint64_t core,
		   uint8_t place[8])
{
	const struct type *inner = innermost(lifting->signature, type);

	if (type_has_cases(inner) && (uint32_t)core >= inner->count) {
		return wrong(lifting, "the number of a case is out of range");
	}
	if (inner->kind >= TYPE_S8 && inner->kind <= TYPE_U16 && !fits(inner, (uint32_t)core)) {
		return wrong(lifting, "an integer is out of range");
	}
	if (inner->kind == TYPE_FLAGS && inner->count < 32 && (uint32_t)core >> inner->count != 0) {
		return wrong(lifting, "flags have bits without a name");
	}
	if (inner->kind == TYPE_BOOL) {
		core = (uint32_t)core != 0;
	}
	memcpy(place, &core, sizeof(core));
	return 0;
}

static int lift_result(struct lifting *lifting, const struct type *type, uint64_t core)
{
	uint32_t address = (uint32_t)core;
	uint8_t place[8] = {0};

	if (type->flat <= 1) {
		int err = type->flat == 0 ? 0 : lay_out(lifting, type, core, place);

		return err ? err : lift_value(lifting, type, place);
	}
	if ((address & (type->align - 1u)) != 0) {
		return wrong(lifting, "its address is not aligned");
	}
	const uint8_t *from = runtime_guest_memory(lifting->guest, address, type->size);

	return from ? lift_value(lifting, type, from)
		    : wrong(lifting, "its address is out of bounds");
}

int result_lift(const struct signature *signature, struct runtime_guest *guest, uint64_t core,
		struct codec_writer *writer, const char **problem)
{
	struct lifting lifting = {signature, guest, writer, NULL};
	int err = lift_result(&lifting, type_at(signature, signature->result), core);

	*problem = lifting.problem;
	return err ? err : writer->error;
}
