/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Lines `<message> <hex>` to lines: the bytes after decoding and encoding again, or `! ` and what
 * is wrong. `item` is any document: it is walked by the streaming reader, a byte of source at a
 * time, and written back by the writer.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/messages.h"
#include "codec/stream.h"

#define BYTES_MAX (256 * 1024)

static uint8_t in[BYTES_MAX];
static uint8_t out[BYTES_MAX];
static char line[BYTES_MAX * 2 + 64];

union any_message {
	struct codec_hello hello;
	struct codec_alive alive;
	struct codec_gone gone;
	struct codec_reported reported;
	struct codec_started started;
	struct codec_renew renew;
	struct codec_result result;
	struct codec_log log;
	struct codec_blob_get blob_get;
	struct codec_blob_chunk blob_chunk;
	struct codec_deployment_state deployment_state;
	struct codec_deployment_result deployment_result;
	struct codec_welcome welcome;
	struct codec_desired desired;
	struct codec_start start;
	struct codec_lease lease;
	struct codec_cancel cancel;
	struct codec_ack ack;
};

#define MESSAGE(name)                                                                              \
	if (strcmp(word, #name) == 0) {                                                            \
		int error = codec_decode_##name(in, len, &any.name);                               \
		return error ? error : codec_encode_##name(out, sizeof(out), &any.name);           \
	}

static int again(const char *word, size_t len)
{
	static union any_message any;

	MESSAGE(hello)
	MESSAGE(alive)
	MESSAGE(gone)
	MESSAGE(reported)
	MESSAGE(started)
	MESSAGE(renew)
	MESSAGE(result)
	MESSAGE(log)
	MESSAGE(blob_get)
	MESSAGE(blob_chunk)
	MESSAGE(deployment_state)
	MESSAGE(deployment_result)
	MESSAGE(welcome)
	MESSAGE(desired)
	MESSAGE(start)
	MESSAGE(lease)
	MESSAGE(cancel)
	MESSAGE(ack)
	return -ENOENT;
}

static int one_byte(const void *context, uint32_t offset, void *data, size_t len)
{
	const struct codec_bytes *bytes = context;

	if (len == 0 || offset >= bytes->len) {
		return 0;
	}
	*(uint8_t *)data = bytes->data[offset];
	return 1;
}

static int copy_item(struct codec_reader *reader, struct codec_writer *writer, unsigned int depth)
{
	static uint8_t text[BYTES_MAX];
	struct codec_head head;
	int error = codec_peek(reader, &head);

	if (error || depth > 40) {
		return error ? error : -EBADMSG;
	}
	if (head.type == CODEC_TEXT) {
		int len = codec_read_text(reader, (char *)text, sizeof(text));

		codec_write_text(writer, (const char *)text, len < 0 ? 0 : (size_t)len);
		return len < 0 ? len : 0;
	}
	if (head.type == CODEC_BYTES) {
		int len = codec_read_bytes(reader, text, sizeof(text));

		codec_write_bytes(writer, text, len < 0 ? 0 : (size_t)len);
		return len < 0 ? len : 0;
	}
	error = codec_next(reader, &head);
	if (error || head.type == CODEC_END) {
		return error ? error : -EBADMSG;
	}
	codec_write_head(writer, head.type, head.argument);
	uint64_t items = head.type == CODEC_ARRAY ? head.argument
			 : head.type == CODEC_MAP ? 2 * head.argument
						  : 0;

	for (; items > 0 && !error; items--) {
		error = copy_item(reader, writer, depth + 1);
	}
	return error;
}

static int again_item(size_t len)
{
	struct codec_bytes bytes = {in, len};
	struct codec_source source = {one_byte, &bytes, (uint32_t)len};
	struct codec_reader reader;
	struct codec_writer writer;

	if (codec_check(in, len)) {
		return -EBADMSG;
	}
	codec_reader_init(&reader, &source);
	codec_writer_init(&writer, out, sizeof(out));
	int error = copy_item(&reader, &writer, 0);

	if (!error) {
		error = codec_finish(&reader);
	}
	return error ? error : writer.error ? writer.error : (int)writer.len;
}

int main(void)
{
	while (fgets(line, sizeof(line), stdin)) {
		char word[32] = "";
		size_t len = 0;
		int at = 0;

		sscanf(line, "%31s %n", word, &at);
		for (unsigned int byte; sscanf(line + at, "%2x", &byte) == 1; at += 2) {
			in[len++] = (uint8_t)byte;
		}
		/* Bytes of their own, so that a sanitizer sees the end. */
		int got = strcmp(word, "item") == 0 ? again_item(len) : again(word, len);

		if (got < 0) {
			printf("! %s\n", got == -ENOENT ? "unknown" : codec_problem());
			continue;
		}
		for (int index = 0; index < got; index++) {
			printf("%02x", out[index]);
		}
		printf("\n");
	}
	return 0;
}
