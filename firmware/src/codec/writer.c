/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "codec/stream.h"

void codec_writer_init(struct codec_writer *writer, void *data, size_t size)
{
	*writer = (struct codec_writer){.data = data, .size = size};
}

static void put(struct codec_writer *writer, const void *data, size_t len)
{
	if (writer->error == 0 && len > writer->size - writer->len) {
		writer->error = -ENOMEM;
	}
	if (writer->error == 0 && len > 0) {
		memcpy(&writer->data[writer->len], data, len);
	}
	writer->len += len;
}

static void put_number(struct codec_writer *writer, uint8_t initial, uint64_t value,
		       unsigned int len)
{
	uint8_t bytes[9] = {initial};

	for (unsigned int index = 0; index < len; index++) {
		bytes[1 + index] = (uint8_t)(value >> (8 * (len - 1 - index)));
	}
	put(writer, bytes, 1 + len);
}

void codec_write_head(struct codec_writer *writer, enum codec_type type, uint64_t argument)
{
	uint8_t major = (uint8_t)(type << 5);

	if (type > CODEC_MAP) {
		static const uint8_t simple[] = {0xf4, 0xf5, 0xf6, 0xfa, 0xfb};
		unsigned int len = type == CODEC_FLOAT32 ? 4 : type == CODEC_FLOAT64 ? 8 : 0;

		put_number(writer, simple[type - CODEC_FALSE], argument, len);
	} else if (argument < 24) {
		put_number(writer, (uint8_t)(major | argument), 0, 0);
	} else if (argument <= UINT8_MAX) {
		put_number(writer, major | 24, argument, 1);
	} else if (argument <= UINT16_MAX) {
		put_number(writer, major | 25, argument, 2);
	} else if (argument <= UINT32_MAX) {
		put_number(writer, major | 26, argument, 4);
	} else {
		put_number(writer, major | 27, argument, 8);
	}
}

void codec_write_uint(struct codec_writer *writer, uint64_t value)
{
	codec_write_head(writer, CODEC_UINT, value);
}

void codec_write_int(struct codec_writer *writer, int64_t value)
{
	if (value < 0) {
		codec_write_head(writer, CODEC_NINT, ~(uint64_t)value);
	} else {
		codec_write_head(writer, CODEC_UINT, (uint64_t)value);
	}
}

void codec_write_bool(struct codec_writer *writer, bool value)
{
	codec_write_head(writer, value ? CODEC_TRUE : CODEC_FALSE, 0);
}

void codec_write_null(struct codec_writer *writer)
{
	codec_write_head(writer, CODEC_NULL, 0);
}

void codec_write_text(struct codec_writer *writer, const char *text, size_t len)
{
	codec_write_head(writer, CODEC_TEXT, len);
	put(writer, text, len);
}

void codec_write_bytes(struct codec_writer *writer, const void *data, size_t len)
{
	codec_write_head(writer, CODEC_BYTES, len);
	put(writer, data, len);
}

void codec_write_float32(struct codec_writer *writer, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	codec_write_head(writer, CODEC_FLOAT32, bits);
}

void codec_write_float64(struct codec_writer *writer, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	codec_write_head(writer, CODEC_FLOAT64, bits);
}
