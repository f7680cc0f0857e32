/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "codec/messages.h"
#include "store/store.h"
#include "task/functions.h"

#define PAGE_BYTES     65536u
/* What WAMR keeps of an instance and of its stack, beside linear memory. */
#define OVERHEAD_BYTES (16384u + CONFIG_SAMARA_WASM_STACK)
/* What WAMR keeps of a module beside its image: tables, more than any toolchain's module had; the
 * fast interpreter has its code once more, and longer. */
#define TABLES(image)  (CONFIG_SAMARA_FAST_INTERPRETER ? 3 * (image) : (image) / 2)

/* Keys of call, manifest, manifest-export, manifest-memory and manifest-image. */
enum {
	CALL_EXPORT = 1,
	CALL_ARGS = 2,
	CALL_ARGV = 3,
	CALL_STDIN = 5,
	CALL_MEMORY_PAGES = 6,
	MANIFEST_EXPORTS = 4,
	MANIFEST_MEMORY = 6,
	MANIFEST_IMAGES = 7,
	MANIFEST_DATA_BYTES = 12,
};

struct facts {
	bool has_export;
	bool has_image;
	uint64_t format;
	uint64_t pages;
	uint64_t max_pages;
	uint64_t data_bytes;
	bool grows;
};

static int wrong(struct codec_error *error, enum codec_error_code code, const char *what)
{
	codec_error_set(error, code, "%s", what);
	return -EINVAL;
}

static int read_args(struct codec_reader *reader, struct function_call *call,
		     struct codec_error *error)
{
	uint32_t begin = reader->offset;

	if (codec_skip(reader)) {
		return wrong(error, CODEC_INVALID_ARGUMENT, "call: args are no CBOR");
	}
	call->args_len = reader->offset - begin;
	if (call->args_len > call->args_max) {
		codec_error_set(error, CODEC_TOO_LARGE,
				"call: args have %u bytes, this proplet takes %u",
				(unsigned int)call->args_len, CONFIG_SAMARA_CALL_MAX);
		return -EINVAL;
	}
	return reader->source.read(reader->source.context, begin, call->args, call->args_len) ==
			       (int)call->args_len
		       ? 0
		       : wrong(error, CODEC_DATA_LOSS, "call: cannot be read");
}

static int read_call(const struct codec_source *document, struct function_call *call,
		     uint64_t *pages, struct codec_error *error)
{
	struct codec_reader reader;
	uint32_t pairs = 0;
	uint64_t key = 0;
	int failed = 0;

	codec_reader_init(&reader, document);
	call->export_name[0] = '\0';
	call->args_len = 0;
	(void)codec_read_map(&reader, 16, &pairs);
	while (pairs-- > 0 && !failed && codec_read_key(&reader, &key) == 0) {
		switch (key) {
		case CALL_EXPORT:
			(void)codec_read_text(&reader, call->export_name,
					      sizeof(call->export_name));
			break;
		case CALL_ARGS:
			failed = read_args(&reader, call, error);
			break;
		case CALL_ARGV:
		case CALL_ARGV + 1:
		case CALL_STDIN:
			return wrong(error, CODEC_UNSUPPORTED,
				     "call: argv, env and stdin are for commands, which this "
				     "proplet does not run");
		case CALL_MEMORY_PAGES:
			(void)codec_read_uint(&reader, UINT32_MAX, pages);
			break;
		default:
			(void)codec_skip(&reader);
		}
	}
	if (failed) {
		return failed;
	}
	if (reader.error == -EMSGSIZE) {
		return wrong(error, CODEC_TOO_LARGE, "call: the name of its export is too long");
	}
	if (codec_finish(&reader) || call->args_len == 0) {
		return wrong(error, CODEC_INVALID_ARGUMENT, "call: is no document of its kind");
	}
	return 0;
}

/** One entry of exports: its signature is kept if it is the one that is called. */
static void read_export(struct codec_reader *reader, struct function_call *call,
			struct facts *facts)
{
	char name[CONFIG_SAMARA_EXPORT_MAX + 1] = "";
	uint32_t pairs = 0;
	uint64_t key = 0;

	(void)codec_read_map(reader, 16, &pairs);
	while (pairs-- > 0 && codec_read_key(reader, &key) == 0) {
		struct codec_head head;

		if (key == 1 && codec_peek(reader, &head) == 0 && head.argument < sizeof(name)) {
			(void)codec_read_text(reader, name, sizeof(name));
		} else if (key == 2 && !facts->has_export && strcmp(name, call->export_name) == 0) {
			facts->has_export = true;
			(void)codec_read_text(reader, call->signature, sizeof(call->signature));
		} else {
			(void)codec_skip(reader);
		}
	}
}

static void read_memory(struct codec_reader *reader, struct facts *facts)
{
	uint32_t pairs = 0;
	uint64_t key = 0;

	(void)codec_read_map(reader, 16, &pairs);
	while (pairs-- > 0 && codec_read_key(reader, &key) == 0) {
		if (key == 1) {
			(void)codec_read_uint(reader, UINT32_MAX, &facts->pages);
		} else if (key == 2) {
			(void)codec_read_uint(reader, UINT32_MAX, &facts->max_pages);
		} else if (key == 3) {
			(void)codec_read_bool(reader, &facts->grows);
		} else {
			(void)codec_skip(reader);
		}
	}
}

static void read_image(struct codec_reader *reader, const uint8_t *image, struct facts *facts)
{
	uint8_t digest[32];
	uint32_t pairs = 0;
	uint64_t key = 0;
	uint64_t format = 0;

	(void)codec_read_map(reader, 16, &pairs);
	while (pairs-- > 0 && codec_read_key(reader, &key) == 0) {
		if (key == 2) {
			(void)codec_read_uint(reader, UINT8_MAX, &format);
		} else if (key == 3 &&
			   codec_read_bytes(reader, digest, sizeof(digest)) == sizeof(digest)) {
			if (memcmp(digest, image, sizeof(digest)) == 0) {
				facts->has_image = true;
				facts->format = format;
			}
		} else if (key != 3) {
			(void)codec_skip(reader);
		}
	}
}

static int read_manifest(const struct function_ref *function, struct function_call *call,
			 struct facts *facts, struct codec_error *error)
{
	struct codec_source source =
		codec_source_blob(function->manifest, function->manifest_bytes);
	struct codec_reader reader;
	uint32_t pairs = 0;
	uint32_t count = 0;
	uint64_t key = 0;

	codec_reader_init(&reader, &source);
	(void)codec_read_map(&reader, 32, &pairs);
	while (pairs-- > 0 && codec_read_key(&reader, &key) == 0) {
		switch (key) {
		case MANIFEST_EXPORTS:
		case MANIFEST_IMAGES:
			(void)codec_read_array(&reader, 1024, &count);
			for (; count > 0 && !reader.error; count--) {
				if (key == MANIFEST_EXPORTS) {
					read_export(&reader, call, facts);
				} else {
					read_image(&reader, function->image, facts);
				}
			}
			break;
		case MANIFEST_MEMORY:
			read_memory(&reader, facts);
			break;
		case MANIFEST_DATA_BYTES:
			(void)codec_read_uint(&reader, UINT32_MAX, &facts->data_bytes);
			break;
		default:
			(void)codec_skip(&reader);
		}
	}
	if (reader.error == -EMSGSIZE) {
		return wrong(error, CODEC_TOO_LARGE,
			     "the signature of the export is longer than this proplet takes");
	}
	if (codec_finish(&reader)) {
		return wrong(error, CODEC_DATA_LOSS, "the manifest is no document of its kind");
	}
	return 0;
}

/**
 * What of the pool it may use: its linear memory, as far as it may grow and up to what hello
 * promises, and beside it what WAMR needs and what its module takes.
 */
static uint32_t budget_of(const struct facts *facts, uint64_t call_pages, uint32_t image_bytes)
{
	uint64_t memory = facts->data_bytes;

	if (memory == 0) {
		uint64_t pages = facts->grows ? call_pages : facts->pages;

		if (facts->grows && facts->max_pages > 0 && facts->max_pages < pages) {
			pages = facts->max_pages;
		}
		memory = (pages > facts->pages ? pages : facts->pages) * PAGE_BYTES;
	}
	/* A module that may grow without end is held by the promise. */
	if (memory > CONFIG_SAMARA_BUDGET || (facts->grows && call_pages == 0)) {
		memory = CONFIG_SAMARA_BUDGET;
	}
	return (uint32_t)memory + OVERHEAD_BYTES + image_bytes + TABLES(image_bytes);
}

int function_read(const struct function_ref *function, const struct codec_source *document,
		  struct function_call *call, struct codec_error *error)
{
	struct facts facts = {.pages = 0};
	uint64_t call_pages = 0;
	int failed = read_call(document, call, &call_pages, error);

	if (!failed &&
	    (store_blob_verify(function->manifest) || store_blob_verify(function->image))) {
		failed =
			wrong(error, CODEC_DATA_LOSS, "manifest or image was damaged in the flash");
	}
	if (!failed) {
		failed = read_manifest(function, call, &facts, error);
	}
	if (failed) {
		return failed;
	}
	if (!facts.has_image) {
		return wrong(error, CODEC_PERMISSION_DENIED,
			     "the image is not one of its manifest");
	}
	if (facts.format != CODEC_FORMAT_LOWERED_CORE) {
		return wrong(error, CODEC_UNSUPPORTED,
			     "the image is no lowered-core, which alone this proplet loads");
	}
	if (!facts.has_export) {
		codec_error_set(error, CODEC_NOT_FOUND, "the function has no export %s",
				call->export_name);
		return -EINVAL;
	}
	call->budget_bytes = budget_of(&facts, call_pages, function->image_bytes);
	return 0;
}
