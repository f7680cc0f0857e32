/* SPDX-License-Identifier: Apache-2.0 */

/* SHA-256 (FIPS 180-4) and CRC-32 (reflected 0xedb88320), one block and one nibble at a time: small
 * before fast. */

#include <string.h>

#include "codec/stream.h"

static const uint32_t round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static uint32_t rotate(uint32_t value, unsigned int by)
{
	return (value >> by) | (value << (32 - by));
}

static void compress(uint32_t state[8], const uint8_t block[64])
{
	uint32_t schedule[16];
	uint32_t work[8];

	memcpy(work, state, sizeof(work));
	for (unsigned int round = 0; round < 64; round++) {
		uint32_t *word = &schedule[round % 16];

		if (round < 16) {
			const uint8_t *bytes = &block[round * 4];

			*word = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
				(uint32_t)bytes[2] << 8 | bytes[3];
		} else {
			uint32_t early = schedule[(round + 1) % 16];
			uint32_t late = schedule[(round + 14) % 16];

			*word += (rotate(early, 7) ^ rotate(early, 18) ^ (early >> 3)) +
				 schedule[(round + 9) % 16] +
				 (rotate(late, 17) ^ rotate(late, 19) ^ (late >> 10));
		}
		uint32_t sum = rotate(work[4], 6) ^ rotate(work[4], 11) ^ rotate(work[4], 25);
		uint32_t choice = (work[4] & work[5]) ^ (~work[4] & work[6]);
		uint32_t first = work[7] + sum + choice + round_constants[round] + *word;
		uint32_t other = rotate(work[0], 2) ^ rotate(work[0], 13) ^ rotate(work[0], 22);
		uint32_t majority = (work[0] & work[1]) ^ (work[0] & work[2]) ^ (work[1] & work[2]);

		memmove(&work[1], &work[0], 7 * sizeof(work[0]));
		work[4] += first;
		work[0] = first + other + majority;
	}
	for (unsigned int index = 0; index < 8; index++) {
		state[index] += work[index];
	}
}

void codec_sha256_init(struct codec_sha256 *hash)
{
	static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

	memcpy(hash->state, initial, sizeof(initial));
	hash->len = 0;
}

void codec_sha256_update(struct codec_sha256 *hash, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	while (len > 0) {
		size_t used = (size_t)(hash->len % 64);
		size_t some = 64 - used < len ? 64 - used : len;

		memcpy(&hash->block[used], bytes, some);
		hash->len += some;
		bytes += some;
		len -= some;
		if (hash->len % 64 == 0) {
			compress(hash->state, hash->block);
		}
	}
}

void codec_sha256_finish(struct codec_sha256 *hash, uint8_t digest[CODEC_SHA256_SIZE])
{
	static const uint8_t end[64] = {0x80};
	uint64_t bits = hash->len * 8;
	size_t used = (size_t)(hash->len % 64);
	uint8_t count[8];

	codec_sha256_update(hash, end, used < 56 ? 56 - used : 120 - used);
	for (unsigned int index = 0; index < 8; index++) {
		count[index] = (uint8_t)(bits >> (56 - 8 * index));
	}
	codec_sha256_update(hash, count, sizeof(count));
	for (unsigned int index = 0; index < CODEC_SHA256_SIZE; index++) {
		digest[index] = (uint8_t)(hash->state[index / 4] >> (24 - 8 * (index % 4)));
	}
}

void codec_sha256(const void *data, size_t len, uint8_t digest[CODEC_SHA256_SIZE])
{
	struct codec_sha256 hash;

	codec_sha256_init(&hash);
	codec_sha256_update(&hash, data, len);
	codec_sha256_finish(&hash, digest);
}

uint32_t codec_crc32(uint32_t crc, const void *data, size_t len)
{
	static const uint32_t nibbles[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const uint8_t *bytes = data;

	crc = ~crc;
	for (size_t index = 0; index < len; index++) {
		crc ^= bytes[index];
		crc = (crc >> 4) ^ nibbles[crc & 15];
		crc = (crc >> 4) ^ nibbles[crc & 15];
	}
	return ~crc;
}
