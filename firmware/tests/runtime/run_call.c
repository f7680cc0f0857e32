/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Calls for test/firmware/differential.test.ts: a frame on standard input, one with its result on
 * standard output. In: 1 module, 2 export, 3 signature, 4 encoded arguments, 5 timeoutMs, 6 budget
 * in bytes. Out: 1 outcome, 2 code, 3 message, 4 encoded value where there is one.
 */

#include <string.h>

#include "codec/stream.h"
#include "runtime/neighbours.h"
#include "runtime/runtime.h"
#include "support/frames.h"

#define FRAME_MAX (4 * 1024 * 1024)

static uint8_t frame[FRAME_MAX];
static uint8_t module[FRAME_MAX];
static uint8_t args[FRAME_MAX];
static uint8_t value[1024 * 1024];
static uint8_t answer[FRAME_HEAD + sizeof(value) + 1024];

static int read_call(size_t len, struct runtime_call *call)
{
	static char name[256];
	static char signature[CONFIG_SAMARA_SIGNATURE_MAX * 2];
	struct codec_bytes bytes = {frame, len};
	struct codec_source source = codec_source_bytes(&bytes);
	struct codec_reader reader;
	uint64_t number = 0;
	uint32_t count;
	uint64_t key = 0;

	codec_reader_init(&reader, &source);
	codec_read_map(&reader, 16, &count);
	codec_read_key(&reader, &key);
	int module_len = codec_read_bytes(&reader, module, sizeof(module));

	codec_read_key(&reader, &key);
	codec_read_text(&reader, name, sizeof(name));
	codec_read_key(&reader, &key);
	codec_read_text(&reader, signature, sizeof(signature));
	codec_read_key(&reader, &key);
	int args_len = codec_read_bytes(&reader, args, sizeof(args));

	codec_read_key(&reader, &key);
	codec_read_uint(&reader, UINT32_MAX, &number);
	call->timeout_ms = (uint32_t)number;
	codec_read_key(&reader, &key);
	codec_read_uint(&reader, UINT32_MAX, &number);
	call->budget_bytes = (uint32_t)number;
	call->export_name = name;
	call->signature = signature;
	call->args = args;
	call->args_len = (size_t)args_len;
	call->image_bytes = (uint32_t)module_len;
	return codec_finish(&reader);
}

static void write_answer(const struct runtime_result *result)
{
	struct codec_writer writer;
	const char *outcome = codec_outcome_name(result->outcome);
	const char *code = result->code ? codec_error_name(result->code) : "";

	codec_writer_init(&writer, &answer[FRAME_HEAD], sizeof(answer) - FRAME_HEAD);
	codec_write_head(&writer, CODEC_MAP, result->has_value ? 4 : 3);
	codec_write_uint(&writer, 1);
	codec_write_text(&writer, outcome, strlen(outcome));
	codec_write_uint(&writer, 2);
	codec_write_text(&writer, code, strlen(code));
	codec_write_uint(&writer, 3);
	codec_write_text(&writer, result->message, strlen(result->message));
	if (result->has_value) {
		codec_write_uint(&writer, 4);
		codec_write_bytes(&writer, value, result->value_len);
	}
	frame_write(answer, writer.len);
}

int main(void)
{
	int len;

	if (runtime_init() != 0) {
		return 1;
	}
	while ((len = frame_read(frame, sizeof(frame))) >= 0) {
		struct runtime_call call = {.value = value, .value_size = sizeof(value)};
		struct runtime_result result;

		if (read_call((size_t)len, &call) != 0) {
			return 2;
		}
		store_holds(call.image, module, call.image_bytes);
		runtime_run(0, &call, &result);
		runtime_trim();
		store_is_empty();
		write_answer(&result);
	}
	return 0;
}
