/* SPDX-License-Identifier: Apache-2.0 */

/* Accounts and the lock; blocks.c knows where blocks are. */

#include <assert.h>
#include <string.h>

#include "port/port.h"
#include "runtime/blocks.h"
#include "runtime/pool.h"

static_assert(POOL_ACCOUNTS <= 255, "an account is 8 bits");

static struct {
	struct port_mutex lock;
	uint32_t used; /* units, heads too */
	uint32_t high;
	struct {
		uint32_t used; /* units */
		uint32_t limit;
		uint8_t refusal;
	} accounts[POOL_ACCOUNTS];
} pool;

static void charge(unsigned int account, uint32_t more, uint32_t less)
{
	pool.accounts[account].used += more - less;
	pool.used += more - less;
	if (pool.used > pool.high) {
		pool.high = pool.used;
	}
}

void pool_init(void *memory, size_t size)
{
	memset(&pool, 0, sizeof(pool));
	port_mutex_init(&pool.lock);
	for (unsigned int account = 0; account < POOL_ACCOUNTS; account++) {
		pool.accounts[account].limit = UINT32_MAX;
	}
	blocks_init(memory, size);
}

void pool_limit(unsigned int account, uint32_t limit)
{
	port_mutex_lock(&pool.lock);
	pool.accounts[account].limit = limit;
	pool.accounts[account].refusal = POOL_NOT_REFUSED;
	port_mutex_unlock(&pool.lock);
}

uint32_t pool_used(unsigned int account)
{
	port_mutex_lock(&pool.lock);
	uint32_t used = pool.accounts[account].used * BLOCK_UNIT;

	port_mutex_unlock(&pool.lock);
	return used;
}

enum pool_refusal pool_refusal(unsigned int account)
{
	port_mutex_lock(&pool.lock);
	enum pool_refusal refusal = (enum pool_refusal)pool.accounts[account].refusal;

	port_mutex_unlock(&pool.lock);
	return refusal;
}

bool pool_is_full(const void *data)
{
	uint32_t at = (uint32_t)((const struct block_head *)data - blocks.heads) - 1;

	return pool_refusal(blocks.heads[at].account) == POOL_FULL;
}

static uint32_t units_for(uint32_t size)
{
	uint32_t units = size / BLOCK_UNIT + (size % BLOCK_UNIT > 0 ? 1 : 0) + 1;

	return units < BLOCK_LEAST ? BLOCK_LEAST : units;
}

/** Whether an account may have so many units more; remembers where not. */
static bool may_have(unsigned int account, uint32_t more)
{
	if (more <= (pool.accounts[account].limit / BLOCK_UNIT) - pool.accounts[account].used &&
	    pool.accounts[account].used <= pool.accounts[account].limit / BLOCK_UNIT) {
		return true;
	}
	pool.accounts[account].refusal = POOL_OVER_LIMIT;
	return false;
}

void *pool_alloc(unsigned int account, uint32_t size, enum pool_use use)
{
	uint32_t units = units_for(size);
	uint32_t at = BLOCK_NONE;

	port_mutex_lock(&pool.lock);
	if (may_have(account, units)) {
		at = blocks_find(units, use == POOL_MEMORY);
		if (at == BLOCK_NONE) {
			pool.accounts[account].refusal = POOL_FULL;
		}
	}
	if (at != BLOCK_NONE) {
		at = blocks_take(at, units, use == POOL_MEMORY);
		blocks.heads[at].is_used = 1;
		blocks.heads[at].account = account & 0xff;
		charge(account, blocks.heads[at].units, 0);
	}
	port_mutex_unlock(&pool.lock);
	if (at == BLOCK_NONE) {
		return NULL;
	}
	if (use == POOL_MEMORY) {
		memset(&blocks.heads[at + 1], 0, (size_t)(blocks.heads[at].units - 1) * BLOCK_UNIT);
	}
	return &blocks.heads[at + 1];
}

void *pool_grow(void *data, uint32_t size, enum pool_use use)
{
	uint32_t at = (uint32_t)((struct block_head *)data - blocks.heads) - 1;
	uint32_t units = units_for(size);
	uint32_t now = BLOCK_NONE;

	port_mutex_lock(&pool.lock);
	uint32_t old = blocks.heads[at].units;
	unsigned int account = blocks.heads[at].account;

	if (units <= old) {
		now = at;
	} else if (may_have(account, units - old)) {
		now = blocks_widen(at, units);
		if (now == BLOCK_NONE) {
			now = blocks_move(at, units, use == POOL_MEMORY);
			if (now != BLOCK_NONE) {
				blocks_release(at);
			}
		}
		if (now == BLOCK_NONE) {
			pool.accounts[account].refusal = POOL_FULL;
		} else {
			charge(account, blocks.heads[now].units, old);
		}
	}
	port_mutex_unlock(&pool.lock);
	if (now == BLOCK_NONE) {
		return NULL;
	}
	if (use == POOL_MEMORY && units > old) {
		memset(&blocks.heads[now + old], 0,
		       (size_t)(blocks.heads[now].units - old) * BLOCK_UNIT);
	}
	return &blocks.heads[now + 1];
}

void pool_free(void *data)
{
	if (!data) {
		return;
	}
	uint32_t at = (uint32_t)((struct block_head *)data - blocks.heads) - 1;

	port_mutex_lock(&pool.lock);
	charge(blocks.heads[at].account, 0, blocks.heads[at].units);
	blocks_release(at);
	port_mutex_unlock(&pool.lock);
}

void pool_stats(struct pool_stats *stats)
{
	uint32_t largest = 0;

	port_mutex_lock(&pool.lock);
	for (uint32_t at = blocks_next_free(BLOCK_NONE); at != BLOCK_NONE;
	     at = blocks_next_free(at)) {
		uint32_t units = blocks.heads[at].units;

		largest = units > largest ? units : largest;
	}
	*stats = (struct pool_stats){
		.size = (size_t)blocks.units * BLOCK_UNIT,
		.used = (size_t)pool.used * BLOCK_UNIT,
		.high = (size_t)pool.high * BLOCK_UNIT,
		.largest = largest > 0 ? (size_t)(largest - 1) * BLOCK_UNIT : 0,
	};
	port_mutex_unlock(&pool.lock);
}

bool pool_sound(void)
{
	uint32_t used[POOL_ACCOUNTS] = {0};
	uint32_t free = 0;
	uint32_t before = 0;
	bool was_free = false;
	uint32_t at = 0;

	for (; at < blocks.units - 1; at += blocks.heads[at].units) {
		const struct block_head *head = &blocks.heads[at];

		if (head->units < BLOCK_LEAST || head->before != before ||
		    (was_free && !head->is_used)) {
			return false;
		}
		if (head->is_used) {
			used[head->account] += head->units;
		} else {
			free++;
		}
		before = head->units;
		was_free = !head->is_used;
	}
	for (uint32_t one = blocks_next_free(BLOCK_NONE); one != BLOCK_NONE && free > 0;
	     one = blocks_next_free(one)) {
		free--;
	}
	for (unsigned int account = 0; account < POOL_ACCOUNTS; account++) {
		if (used[account] != pool.accounts[account].used) {
			return false;
		}
	}
	return free == 0 && at == blocks.units - 1 && blocks.heads[at].before == before;
}
