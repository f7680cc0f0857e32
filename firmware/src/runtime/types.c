/* SPDX-License-Identifier: Apache-2.0 */

/* Descends the text once; a type is laid out when its parts are known. */

#include <errno.h>
#include <string.h>

#include "runtime/layout.h"

struct parser {
	struct signature *signature;
	struct codec_error *error;
	uint16_t at;
};

static const struct primitive {
	char name[7];
	uint8_t size;
} primitives[] = {
	[TYPE_BOOL] = {"bool", 1},     [TYPE_S8] = {"s8", 1},	[TYPE_U8] = {"u8", 1},
	[TYPE_S16] = {"s16", 2},       [TYPE_U16] = {"u16", 2}, [TYPE_S32] = {"s32", 4},
	[TYPE_U32] = {"u32", 4},       [TYPE_S64] = {"s64", 8}, [TYPE_U64] = {"u64", 8},
	[TYPE_F32] = {"f32", 4},       [TYPE_F64] = {"f64", 8}, [TYPE_CHAR] = {"char", 4},
	[TYPE_STRING] = {"string", 4},
};

static const struct container {
	char name[8];
	uint8_t kind;
} containers[] = {
	{"list", TYPE_LIST},	 {"option", TYPE_OPTION}, {"result", TYPE_RESULT},
	{"tuple", TYPE_TUPLE},	 {"record", TYPE_RECORD}, {"variant", TYPE_VARIANT},
	{"enum", TYPE_ENUM},	 {"flags", TYPE_FLAGS},	  {"own", TYPE_HANDLE},
	{"borrow", TYPE_HANDLE},
};

static int wrong(const struct parser *parser, const char *expected)
{
	codec_error_set(parser->error, CODEC_INVALID_ARGUMENT, "signature: expected %s at %u",
			expected, (unsigned int)parser->at);
	return -EINVAL;
}

static bool skip(struct parser *parser, const char *token)
{
	size_t len = strlen(token);

	if (strncmp(&parser->signature->text[parser->at], token, len) != 0) {
		return false;
	}
	parser->at = (uint16_t)(parser->at + len);
	return true;
}

static int take(struct parser *parser, const char *token)
{
	return skip(parser, token) ? 0 : wrong(parser, token);
}

static int take_name(struct parser *parser, uint16_t *at, uint16_t *len)
{
	size_t found = strcspn(&parser->signature->text[parser->at], ":,(){}<>");

	if (found == 0 || found > UINT8_MAX) {
		return wrong(parser, "a name");
	}
	*at = parser->at;
	*len = (uint16_t)found;
	parser->at = (uint16_t)(parser->at + found);
	return 0;
}

static int new_type(struct parser *parser, uint16_t *index)
{
	struct signature *signature = parser->signature;

	if (signature->count == CONFIG_SAMARA_TYPE_NODES) {
		codec_error_set(parser->error, CODEC_UNSUPPORTED,
				"signature: has more than %d types", CONFIG_SAMARA_TYPE_NODES);
		return -EINVAL;
	}
	*index = signature->count++;
	signature->types[*index] = (struct type){.align = 1};
	return 0;
}

static int parse_type(struct parser *parser, unsigned int depth, uint16_t *index);

/** Hang a part into its parent, behind the last one. */
static void adopt(struct parser *parser, uint16_t parent, uint16_t *last, uint16_t child)
{
	struct type *types = parser->signature->types;

	if (*last == 0) {
		types[parent].child = child;
	} else {
		types[*last].next = child;
	}
	*last = child;
	types[parent].count++;
}

/** A part of a type, with a name before it where there is one. */
static int parse_part(struct parser *parser, uint16_t parent, uint16_t *last, unsigned int depth)
{
	struct type *types = parser->signature->types;
	bool is_case = types[parent].kind == TYPE_VARIANT;
	bool is_field = types[parent].kind == TYPE_RECORD || parent == 0;
	uint16_t name = 0;
	uint16_t len = 0;
	uint16_t child = 0;
	int err = is_case || is_field ? take_name(parser, &name, &len) : 0;

	if (!err && is_field) {
		err = take(parser, ":");
	}
	if (!err && is_case && !skip(parser, "(")) {
		err = new_type(parser, &child);
	} else if (!err) {
		err = parse_type(parser, depth, &child);
		if (!err && is_case) {
			err = take(parser, ")");
		}
	}
	if (err) {
		return err;
	}
	types[child].name = name;
	types[child].name_len = (uint8_t)len;
	adopt(parser, parent, last, child);
	return 0;
}

static int parse_parts(struct parser *parser, uint16_t parent, const char *close,
		       unsigned int depth)
{
	uint16_t last = 0;

	if (skip(parser, close)) {
		return 0;
	}
	do {
		int err = parse_part(parser, parent, &last, depth);

		if (err) {
			return err;
		}
	} while (skip(parser, ","));
	return take(parser, close);
}

static int parse_names(struct parser *parser, struct type *type)
{
	uint16_t name;
	uint16_t len;

	if (skip(parser, "}")) {
		return 0;
	}
	do {
		int err = take_name(parser, &name, &len);

		if (err) {
			return err;
		}
		type->count++;
	} while (skip(parser, ","));
	return take(parser, "}");
}

/** A part that may be nothing. */
static int parse_side(struct parser *parser, uint16_t parent, uint16_t *last, bool is_there,
		      unsigned int depth)
{
	uint16_t child = 0;
	int err = is_there ? parse_type(parser, depth, &child) : new_type(parser, &child);

	if (!err) {
		adopt(parser, parent, last, child);
	}
	return err;
}

static int parse_result(struct parser *parser, uint16_t parent, unsigned int depth)
{
	bool is_open = skip(parser, "<");
	uint16_t last = 0;
	int err = parse_side(parser, parent, &last, is_open && !skip(parser, "_"), depth);

	if (!err) {
		err = parse_side(parser, parent, &last, is_open && skip(parser, ","), depth);
	}
	return !err && is_open ? take(parser, ">") : err;
}

/** `list<T>` and `option<T>`. */
static int parse_single(struct parser *parser, uint16_t parent, bool is_option, unsigned int depth)
{
	uint16_t last = 0;
	int err = take(parser, "<");

	if (!err && is_option) {
		err = parse_side(parser, parent, &last, false, depth);
	}
	if (!err) {
		err = parse_side(parser, parent, &last, true, depth);
	}
	return err ? err : take(parser, ">");
}

static int parse_handle(struct parser *parser, struct type *type)
{
	int err = take(parser, "<");

	if (!err) {
		err = take_name(parser, &type->resource, &type->count);
	}
	return err ? err : take(parser, ">");
}

static int parse_container(struct parser *parser, uint16_t index, unsigned int depth)
{
	struct type *type = &parser->signature->types[index];
	int err;

	switch (type->kind) {
	case TYPE_RESULT:
		return parse_result(parser, index, depth);
	case TYPE_HANDLE:
		return parse_handle(parser, type);
	case TYPE_ENUM:
	case TYPE_FLAGS:
		err = take(parser, "{");
		return err ? err : parse_names(parser, type);
	case TYPE_RECORD:
	case TYPE_VARIANT:
		err = take(parser, "{");
		return err ? err : parse_parts(parser, index, "}", depth);
	case TYPE_TUPLE:
		err = take(parser, "<");
		return err ? err : parse_parts(parser, index, ">", depth);
	default:
		return parse_single(parser, index, type->kind == TYPE_OPTION, depth);
	}
}

static bool skip_primitive(struct parser *parser, const char *word, size_t len, struct type *type)
{
	for (uint8_t kind = TYPE_BOOL; kind <= TYPE_STRING; kind++) {
		const struct primitive *one = &primitives[kind];

		if (strlen(one->name) == len && memcmp(one->name, word, len) == 0) {
			bool is_string = kind == TYPE_STRING;

			parser->at = (uint16_t)(parser->at + len);
			*type = (struct type){.kind = kind, .align = one->size};
			type->size = is_string ? 8 : one->size;
			type->flat = is_string ? 2 : 1;
			return true;
		}
	}
	return false;
}

static int parse_type(struct parser *parser, unsigned int depth, uint16_t *index)
{
	const char *word = &parser->signature->text[parser->at];
	size_t len = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789");
	int err = depth > TYPE_DEPTH_MAX ? wrong(parser, "a type at most 32 levels deep")
					 : new_type(parser, index);

	if (err) {
		return err;
	}
	struct type *type = &parser->signature->types[*index];

	if (skip_primitive(parser, word, len, type)) {
		return 0;
	}
	for (size_t at = 0; at < sizeof(containers) / sizeof(containers[0]); at++) {
		if (strlen(containers[at].name) == len &&
		    memcmp(containers[at].name, word, len) == 0) {
			parser->at = (uint16_t)(parser->at + len);
			type->kind = containers[at].kind;
			err = parse_container(parser, *index, depth + 1);
			if (!err) {
				type_lay_out(parser->signature, type);
			}
			return err;
		}
	}
	return wrong(parser, "a type");
}

int signature_parse(struct signature *signature, const char *text, struct codec_error *error)
{
	struct parser parser = {signature, error, 0};
	uint16_t params;

	signature->text = text;
	signature->count = 0;
	signature->result = 0;
	if (strnlen(text, CONFIG_SAMARA_SIGNATURE_MAX + 1) > CONFIG_SAMARA_SIGNATURE_MAX) {
		codec_error_set(error, CODEC_UNSUPPORTED, "signature: is longer than %d characters",
				CONFIG_SAMARA_SIGNATURE_MAX);
		return -EINVAL;
	}
	int err = new_type(&parser, &params);

	signature->types[0].kind = TYPE_TUPLE;
	if (!err) {
		err = take(&parser, "func(");
	}
	if (!err) {
		err = parse_parts(&parser, 0, ")", 0);
	}
	if (!err && skip(&parser, "->")) {
		err = parse_type(&parser, 0, &signature->result);
	}
	if (!err && text[parser.at] != '\0') {
		err = wrong(&parser, "the end");
	}
	if (!err) {
		type_lay_out(signature, &signature->types[0]);
	}
	return err;
}
