/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief The one pool of the runtime: blocks of it are charged to accounts, and no account gets
 * above its limit.
 *
 * Any thread: calls are one at a time inside.
 */

#ifndef SAMARA_RUNTIME_POOL_H_
#define SAMARA_RUNTIME_POOL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One for WAMR itself, one for each module, one for each instance. */
#define POOL_ACCOUNTS (1 + CONFIG_SAMARA_MODULES + CONFIG_SAMARA_KEPT + CONFIG_SAMARA_SLOTS)
#define POOL_SYSTEM   0

enum pool_use {
	POOL_SMALL,  /* from the lower end */
	POOL_MEMORY, /* linear memory: zeroed, from the upper end, where it leaves the rest in one
			piece */
};

/** @brief Begin with nothing used. `memory` is aligned to 8 and stays the pool's. */
void pool_init(void *memory, size_t size);

/** @brief Bytes that an account may have from now on, those of the blocks' heads among them;
 * forgets refusals. */
void pool_limit(unsigned int account, uint32_t limit);
uint32_t pool_used(unsigned int account);
/** @brief Why an account was refused last, since pool_limit(). */
enum pool_refusal {
	POOL_NOT_REFUSED,
	POOL_OVER_LIMIT,
	POOL_FULL
} pool_refusal(unsigned int account);

/** @retval NULL The account is at its limit, or the pool is full; never for want of a size: 0 gives
 * a block. */
void *pool_alloc(unsigned int account, uint32_t size, enum pool_use use);
/** @brief Make a block longer; its bytes move with it, and what is new of linear memory is zero.
 * @retval NULL As it was. */
void *pool_grow(void *data, uint32_t size, enum pool_use use);
/** @brief Whether the account of a block was refused last because the pool is full. */
bool pool_is_full(const void *data);
void pool_free(void *data);

struct pool_stats {
	size_t size;
	size_t used;
	size_t high;
	size_t largest; /* longest block that could be had */
};
void pool_stats(struct pool_stats *stats);

/** @brief Whether heads, neighbours, free list and accounts agree; for tests. */
bool pool_sound(void);

#endif /* SAMARA_RUNTIME_POOL_H_ */
