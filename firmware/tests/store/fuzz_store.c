/* SPDX-License-Identifier: Apache-2.0 */

/* Any contents of the flash: mounted, used, mounted again. */

#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include "codec/stream.h"
#include "port/port.h"
#include "store/flash_sim.h"
#include "store/store.h"

void port_mutex_init(struct port_mutex *mutex)
{
	(void)mutex;
}

void port_mutex_lock(struct port_mutex *mutex)
{
	(void)mutex;
}

void port_mutex_unlock(struct port_mutex *mutex)
{
	(void)mutex;
}

static void use(const uint8_t *data, size_t size)
{
	uint8_t digests[CONFIG_SAMARA_BLOBS][STORE_DIGEST_SIZE];
	uint8_t digest[STORE_DIGEST_SIZE];
	uint8_t back[64];
	uint32_t id = 0;
	uint32_t some = size < 900 ? (uint32_t)size : 900;

	(void)store_put(STORE_RESULT, 1, data, some);
	(void)store_get(STORE_RESULT, 1, 0, back, sizeof(back));
	(void)store_next(STORE_RESULT, 2, &id);
	(void)store_delete(STORE_RESULT, id);
	size_t count = store_blob_list(digests, CONFIG_SAMARA_BLOBS);

	for (size_t index = 0; index < count; index++) {
		(void)store_blob_verify(digests[index]);
		(void)store_blob_read(digests[index], 0, back, sizeof(back));
	}
	codec_sha256(data, some, digest);
	int have = some > 0 ? store_blob_begin(digest, some) : -1;

	if (have >= 0 &&
	    store_blob_append(digest, (uint32_t)have, data + have, some - (uint32_t)have) == 0) {
		(void)store_blob_finish(digest);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2) {
		return 0;
	}
	if (data[0] & 1) {
		flash_sim_open(4 * 4096, 4096, 32);
	} else {
		flash_sim_open(6 * 1024, 1024 * 2, 4);
	}
	/* A store with something in it, or an empty partition. */
	if (data[0] & 2 && store_mount() == 0) {
		use(data, size);
	}
	/* Places first, so that a short input reaches every block. */
	for (size_t at = 1; at + 3 < size;) {
		uint32_t to = (uint32_t)(data[at] << 8 | data[at + 1]) * 16 % (6 * 1024);
		size_t len = data[at + 2] + 1u;

		at += 3;
		len = len < size - at ? len : size - at;
		memcpy(flash_sim_bytes() + to, &data[at], len);
		at += len;
	}
	flash_sim_forgive();
	if (store_mount() == 0) {
		use(data, size);
		(void)store_mount();
		use(data, size);
	}
	return 0;
}
