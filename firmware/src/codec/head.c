/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>

#include "codec/head.h"

static int simple(uint8_t info, struct codec_head *head)
{
	switch (info) {
	case 20:
		head->type = CODEC_FALSE;
		return 0;
	case 21:
		head->type = CODEC_TRUE;
		return 0;
	case 22:
		head->type = CODEC_NULL;
		return 0;
	case 26:
		head->type = CODEC_FLOAT32;
		return 4;
	case 27:
		head->type = CODEC_FLOAT64;
		return 8;
	default:
		return -EBADMSG;
	}
}

int codec_head_read(const uint8_t *data, size_t len, struct codec_head *head)
{
	if (len == 0) {
		return -ENODATA;
	}
	uint8_t major = data[0] >> 5;
	uint8_t info = data[0] & 31;
	int size;

	head->argument = 0;
	if (major == 7) {
		size = simple(info, head);
	} else if (major == 6 || info > 27) {
		size = -EBADMSG;
	} else {
		head->type = (enum codec_type)major;
		head->argument = info;
		size = info < 24 ? 0 : 1 << (info - 24);
	}
	if (size <= 0) {
		return size < 0 ? size : 1;
	}
	if (len < 1 + (size_t)size) {
		return -ENODATA;
	}
	head->argument = 0;
	for (int index = 1; index <= size; index++) {
		head->argument = head->argument << 8 | data[index];
	}
	if (major != 7 && head->argument < (size == 1 ? 24 : (uint64_t)1 << (size * 4))) {
		return -EBADMSG;
	}
	return 1 + size;
}

/*
 * The state between pieces: how many bytes the character still needs (bits 0-1), and what the next
 * of them may be: its least (bits 8-15) and its most (bits 16-23).
 */
static uint32_t lead_state(uint8_t byte)
{
	if (byte >= 0xc2 && byte <= 0xdf) {
		return 0xbf8001;
	}
	if (byte >= 0xe0 && byte <= 0xef) {
		uint32_t least = byte == 0xe0 ? 0xa0 : 0x80;
		uint32_t most = byte == 0xed ? 0x9f : 0xbf;

		return most << 16 | least << 8 | 2;
	}
	if (byte >= 0xf0 && byte <= 0xf4) {
		uint32_t least = byte == 0xf0 ? 0x90 : 0x80;
		uint32_t most = byte == 0xf4 ? 0x8f : 0xbf;

		return most << 16 | least << 8 | 3;
	}
	return 0;
}

bool codec_utf8_piece(uint32_t *state, const uint8_t *data, size_t len)
{
	for (size_t index = 0; index < len; index++) {
		uint8_t byte = data[index];

		if (*state != 0) {
			if (byte < ((*state >> 8) & 0xff) || byte > *state >> 16) {
				return false;
			}
			*state = (*state & 3) > 1 ? 0xbf8000 | ((*state & 3) - 1) : 0;
		} else if (byte >= 0x80) {
			*state = lead_state(byte);
			if (*state == 0) {
				return false;
			}
		}
	}
	return true;
}

bool codec_is_utf8(const uint8_t *data, size_t len)
{
	uint32_t state = 0;

	return codec_utf8_piece(&state, data, len) && state == 0;
}
