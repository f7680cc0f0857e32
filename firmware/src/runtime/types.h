/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief The canonical text of a function, read into a tree of bounded size. [P-8.1] The
 * runtime's own. */

#ifndef SAMARA_RUNTIME_TYPES_H_
#define SAMARA_RUNTIME_TYPES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/error.h"

/** As shared/signature.ts has it: every walk over a type recurses. */
#define TYPE_DEPTH_MAX 32

enum type_kind {
	TYPE_NOTHING, /* payload of a case that has none */
	TYPE_BOOL,
	TYPE_S8,
	TYPE_U8,
	TYPE_S16,
	TYPE_U16,
	TYPE_S32,
	TYPE_U32,
	TYPE_S64,
	TYPE_U64,
	TYPE_F32,
	TYPE_F64,
	TYPE_CHAR,
	TYPE_STRING,
	TYPE_LIST,
	TYPE_OPTION, /* two parts, as a result has: nothing and the other */
	TYPE_RESULT,
	TYPE_VARIANT,
	TYPE_ENUM,
	TYPE_TUPLE,
	TYPE_RECORD,
	TYPE_FLAGS,
	TYPE_HANDLE,
};

/** Sizes are those in linear memory. */
struct type {
	uint8_t kind;
	uint8_t align;
	uint8_t flat;	  /* numbers that it becomes as a parameter or result */
	uint8_t name_len; /* of the field, case or parameter */
	uint16_t name;	  /* where it is in the text */
	uint16_t next;	  /* sibling; 0: none */
	union {
		uint16_t child;	   /* first part; 0: none */
		uint16_t resource; /* of TYPE_HANDLE: where its name is in the text */
	};
	uint16_t count; /* of parts or names; of TYPE_HANDLE length of the resource's name */
	uint32_t size;
};

/** The first type is the tuple of the parameters. */
struct signature {
	const char *text;
	struct type types[CONFIG_SAMARA_TYPE_NODES];
	uint16_t count;
	uint16_t result; /* 0: none */
};

/**
 * @brief Read a signature; `text` stays the caller's and is needed as long as the signature.
 * @retval 0       Read.
 * @retval -EINVAL error is filled in: INVALID_ARGUMENT with the place, UNSUPPORTED where it is too
 * large.
 */
int signature_parse(struct signature *signature, const char *text, struct codec_error *error);

static inline const struct type *type_at(const struct signature *signature, unsigned int index)
{
	return &signature->types[index];
}

static inline const struct type *signature_params(const struct signature *signature)
{
	return &signature->types[0];
}

/** @brief Part of a type by its number, which is below its count. */
const struct type *type_part(const struct signature *signature, const struct type *type,
			     uint32_t index);

/** @brief Whether it is one of several cases, which a number says. */
static inline bool type_has_cases(const struct type *type)
{
	return type->kind >= TYPE_OPTION && type->kind <= TYPE_ENUM;
}

/** @brief Bytes of the number that says which case. */
uint32_t type_case_size(const struct type *type);
/** @brief Where the payload of a case begins. */
uint32_t type_payload_offset(const struct signature *signature, const struct type *type);

static inline uint32_t type_align(uint32_t offset, uint32_t align)
{
	return (offset + align - 1) & ~(align - 1);
}

#endif /* SAMARA_RUNTIME_TYPES_H_ */
