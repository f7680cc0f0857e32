/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Calls with devices for test/firmware/table-arm.test.ts: store, runtime, hal and the lab's client,
 * without a connection to a manager. Arguments: a folder for the flash, the socket of a lab, a
 * proplet's name. A frame on standard input, one with its result on standard output. In: 1 module,
 * 2 export, 3 signature, 4 encoded arguments, 5 timeoutMs, 6 Grants. Out: 1 outcome, 2 code, 3
 * message, 4 refusals, 5 Transcript, 6 encoded value where there is one.
 */

#include <stdio.h>
#include <string.h>

#include "base.h"
#include "codec/stream.h"
#include "flash_file.h"
#include "hal/hal.h"
#include "lab.h"
#include "runtime/runtime.h"
#include "store/store.h"
#include "support/frames.h"

#define FLASH_SIZE  (1024 * 1024)
#define FLASH_BLOCK 4096
#define FLASH_WRITE 4

struct row {
	char export_name[CONFIG_SAMARA_EXPORT_MAX + 1];
	char signature[CONFIG_SAMARA_SIGNATURE_MAX + 1];
	uint8_t module[CONFIG_SAMARA_IMAGE_MAX];
	uint8_t args[CONFIG_SAMARA_CALL_MAX];
	uint8_t grants[4096];
	int module_len;
	int args_len;
	int grants_len;
	uint64_t timeout_ms;
};

static struct hal_device devices[CONFIG_SAMARA_DEVICES];
static struct row row;
static uint8_t value[CONFIG_SAMARA_RESULT_MAX];

static int read_row(const uint8_t *map, size_t len)
{
	struct codec_bytes bytes = {map, len};
	struct codec_source source = codec_source_bytes(&bytes);
	struct codec_reader reader;
	uint32_t count;
	uint64_t key = 0;

	codec_reader_init(&reader, &source);
	codec_read_map(&reader, 6, &count);
	codec_read_key(&reader, &key);
	row.module_len = codec_read_bytes(&reader, row.module, sizeof(row.module));
	codec_read_key(&reader, &key);
	codec_read_text(&reader, row.export_name, sizeof(row.export_name));
	codec_read_key(&reader, &key);
	codec_read_text(&reader, row.signature, sizeof(row.signature));
	codec_read_key(&reader, &key);
	row.args_len = codec_read_bytes(&reader, row.args, sizeof(row.args));
	codec_read_key(&reader, &key);
	codec_read_uint(&reader, UINT32_MAX, &row.timeout_ms);
	codec_read_key(&reader, &key);
	row.grants_len = codec_read_bytes(&reader, row.grants, sizeof(row.grants));
	return codec_finish(&reader);
}

static int put_module(uint8_t digest[CODEC_SHA256_SIZE])
{
	uint32_t len = (uint32_t)row.module_len;

	codec_sha256(row.module, len, digest);
	if (store_blob_size(digest) >= 0) {
		return 0;
	}
	int error = store_blob_begin(digest, len);

	error = error < 0 ? error : store_blob_append(digest, 0, row.module, len);
	return error ? error : store_blob_finish(digest);
}

static void write_end(const struct runtime_result *result, const struct hal_report *report)
{
	static uint8_t answer[FRAME_HEAD + sizeof(value) + CONFIG_SAMARA_TRANSCRIPT_MAX + 1024];
	const char *outcome = codec_outcome_name(result->outcome);
	const char *code = result->code ? codec_error_name(result->code) : "";
	struct codec_writer writer;

	codec_writer_init(&writer, &answer[FRAME_HEAD], sizeof(answer) - FRAME_HEAD);
	codec_write_head(&writer, CODEC_MAP, result->has_value ? 6 : 5);
	codec_write_uint(&writer, 1);
	codec_write_text(&writer, outcome, strlen(outcome));
	codec_write_uint(&writer, 2);
	codec_write_text(&writer, code, strlen(code));
	codec_write_uint(&writer, 3);
	codec_write_text(&writer, result->message, strlen(result->message));
	codec_write_uint(&writer, 4);
	codec_write_uint(&writer, report->refusals);
	codec_write_uint(&writer, 5);
	codec_write_bytes(&writer, report->transcript, report->transcript_len);
	if (result->has_value) {
		codec_write_uint(&writer, 6);
		codec_write_bytes(&writer, value, result->value_len);
	}
	frame_write(answer, writer.len);
}

/** As an attempt does it. @retval 0 It ran, whatever became of it. */
static int run_row(void)
{
	struct codec_bytes bytes = {row.grants, (size_t)row.grants_len};
	struct codec_source grants = codec_source_bytes(&bytes);
	struct hal_session_options options = {.holder = "row", .record = true};
	struct runtime_call call = {
		.image_bytes = (uint32_t)row.module_len,
		.export_name = row.export_name,
		.signature = row.signature,
		.args = row.args,
		.args_len = (size_t)row.args_len,
		.timeout_ms = (uint32_t)row.timeout_ms,
		.value = value,
		.value_size = sizeof(value),
	};
	struct runtime_result result;
	struct hal_report report;
	struct codec_error error;
	int err = put_module(call.image);

	if (err) {
		fprintf(stderr, "the module is not in the store: %d\n", err);
		return err;
	}
	err = hal_session_open(&call.session, &options, &grants, &error);
	if (err) {
		fprintf(stderr, "no session: %s\n", error.message);
		return err;
	}
	err = hal_session_try_begin(call.session);
	if (!err) {
		runtime_run(0, &call, &result);
		hal_session_end(call.session, result.outcome != CODEC_OUTCOME_COMPLETED);
		hal_session_report(call.session, &report);
		write_end(&result, &report);
	}
	hal_session_close(call.session);
	return err;
}

int main(int argc, char *argv[])
{
	static uint8_t map[sizeof(row) + 256];
	char path[256];
	char why[256];
	size_t count;
	int len;

	if (argc != 4 || posix_base_init()) {
		return 1;
	}
	posix_log_level(0);
	snprintf(path, sizeof(path), "%s/flash.bin", argv[1]);
	if (flash_file_open(path, FLASH_SIZE, FLASH_BLOCK, FLASH_WRITE) || store_mount()) {
		return 2;
	}
	if (lab_open(argv[2], argv[3], devices, &count, why, sizeof(why))) {
		fprintf(stderr, "%s\n", why);
		return 3;
	}
	hal_profile_set(devices, count);
	if (hal_open() || runtime_init()) {
		return 4;
	}
	while ((len = frame_read(map, sizeof(map))) >= 0) {
		if (read_row(map, (size_t)len) || run_row()) {
			return 5;
		}
	}
	hal_close();
	flash_file_close();
	return 0;
}
