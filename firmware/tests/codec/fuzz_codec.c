/* SPDX-License-Identifier: Apache-2.0 */

/* Whatever is decoded is encoded to the same bytes, unless it had keys that we skip. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/messages.h"
#include "codec/stream.h"

int store_blob_read(const uint8_t *digest, uint32_t offset, void *data, size_t len)
{
	(void)digest;
	(void)offset;
	(void)data;
	(void)len;
	return 0;
}

static uint8_t out[8192];

#define TRY(name)                                                                                  \
	do {                                                                                       \
		static struct codec_##name message;                                                \
		if (codec_decode_##name(data, size, &message) == 0) {                              \
			int len = codec_encode_##name(out, sizeof(out), &message);                 \
			if (len < 0 || (size_t)len > size ||                                       \
			    ((size_t)len == size && memcmp(out, data, size) != 0)) {               \
				abort();                                                           \
			}                                                                          \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 4096) {
		return 0;
	}
	TRY(hello);
	TRY(alive);
	TRY(gone);
	TRY(reported);
	TRY(started);
	TRY(renew);
	TRY(result);
	TRY(log);
	TRY(blob_get);
	TRY(blob_chunk);
	TRY(deployment_state);
	TRY(deployment_result);
	TRY(welcome);
	TRY(desired);
	TRY(start);
	TRY(lease);
	TRY(cancel);
	TRY(ack);
	return 0;
}
