/* SPDX-License-Identifier: Apache-2.0 */

#include "codec/stream.h"
#include "store/store.h"

static int read_blob(const void *context, uint32_t offset, void *data, size_t len)
{
	return store_blob_read(context, offset, data, len);
}

struct codec_source codec_source_blob(const uint8_t *digest, uint32_t size)
{
	return (struct codec_source){read_blob, digest, size};
}
