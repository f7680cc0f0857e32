/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "port/port.h"
#include "runtime/neighbours.h"
#include "store/store.h"

void port_log(enum port_log_level level, const char *subsystem, const char *format, ...)
{
	(void)level;
	(void)subsystem;
	(void)format;
}

#define MODULES_MAX 32

static struct {
	uint8_t digest[32];
	const uint8_t *bytes;
	size_t len;
} modules[MODULES_MAX];
static size_t modules_count;

void store_holds(uint8_t digest[32], const void *bytes, size_t len)
{
	static uint32_t number;
	size_t at = modules_count++ % MODULES_MAX;

	number++;
	memset(digest, 0, 32);
	memcpy(digest, &number, sizeof(number));
	memcpy(modules[at].digest, digest, 32);
	modules[at].bytes = bytes;
	modules[at].len = len;
}

void store_is_empty(void)
{
	memset(modules, 0, sizeof(modules));
	modules_count = 0;
}

static int find(const uint8_t *digest)
{
	for (int at = 0; at < MODULES_MAX; at++) {
		if (modules[at].bytes && memcmp(modules[at].digest, digest, 32) == 0) {
			return at;
		}
	}
	return -1;
}

int store_blob_size(const uint8_t *digest)
{
	int at = find(digest);

	return at < 0 ? -ENOENT : (int)modules[at].len;
}

int store_blob_verify(const uint8_t *digest)
{
	return find(digest) < 0 ? -ENOENT : 0;
}

int store_blob_read(const uint8_t *digest, uint32_t offset, void *data, size_t len)
{
	int at = find(digest);

	if (at < 0) {
		return -ENOENT;
	}
	memcpy(data, &modules[at].bytes[offset], len);
	return (int)len;
}

void store_blob_touch(const uint8_t *digest)
{
	(void)digest;
}
