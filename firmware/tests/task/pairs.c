/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "task/pairs.h"

void pair_uint(struct codec_writer *writer, uint64_t key, uint64_t value)
{
	codec_write_uint(writer, key);
	codec_write_uint(writer, value);
}

void pair_bool(struct codec_writer *writer, uint64_t key, bool value)
{
	codec_write_uint(writer, key);
	codec_write_bool(writer, value);
}

void pair_text(struct codec_writer *writer, uint64_t key, const char *text)
{
	codec_write_uint(writer, key);
	codec_write_text(writer, text, strlen(text));
}

void pair_bytes(struct codec_writer *writer, uint64_t key, const uint8_t *data, size_t len)
{
	codec_write_uint(writer, key);
	codec_write_bytes(writer, data, len);
}

void pair_begin(struct codec_writer *writer, uint64_t key, enum codec_type type, uint64_t count)
{
	codec_write_uint(writer, key);
	codec_write_head(writer, type, count);
}
