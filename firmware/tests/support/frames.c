/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>

#include "support/frames.h"

int frame_read(uint8_t *map, size_t size)
{
	uint8_t head[FRAME_HEAD];

	if (fread(head, 1, sizeof(head), stdin) != sizeof(head)) {
		return -1;
	}
	size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];

	return len <= size && fread(map, 1, len, stdin) == len ? (int)len : -1;
}

void frame_write(uint8_t *frame, size_t len)
{
	for (int at = 0; at < FRAME_HEAD; at++) {
		frame[at] = (uint8_t)(len >> (24 - 8 * at));
	}
	fwrite(frame, 1, len + FRAME_HEAD, stdout);
	fflush(stdout);
}
