/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "port/port.h"
#include "runtime/neighbours.h"
#include "store/store.h"

/* One lock stands for all of them: who waits for a signal holds no other. */
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

uint64_t port_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void port_mutex_init(struct port_mutex *mutex)
{
	(void)mutex;
}

void port_mutex_lock(struct port_mutex *mutex)
{
	(void)mutex;
	pthread_mutex_lock(&lock);
}

void port_mutex_unlock(struct port_mutex *mutex)
{
	(void)mutex;
	pthread_mutex_unlock(&lock);
}

void port_cond_init(struct port_cond *cond)
{
	(void)cond;
}

int port_cond_wait(struct port_cond *cond, struct port_mutex *mutex, uint64_t until_us)
{
	struct timespec until = {(time_t)(until_us / 1000000), (long)(until_us % 1000000) * 1000};

	(void)cond;
	(void)mutex;
	return pthread_cond_timedwait(&changed, &lock, &until) == ETIMEDOUT ? -ETIMEDOUT : 0;
}

void port_cond_signal(struct port_cond *cond)
{
	(void)cond;
	pthread_cond_broadcast(&changed);
}

void port_cond_broadcast(struct port_cond *cond)
{
	port_cond_signal(cond);
}

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
