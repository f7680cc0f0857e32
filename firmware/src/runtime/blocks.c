/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Blocks lie side by side, each behind a head of 8 bytes that knows its own length, that of the
 * block before and the account it is charged to. Free neighbours are always one block; the free
 * ones are in a list through their first bytes, of which the smallest that fits is taken. The last
 * head is that of an empty block in use.
 */

#include <assert.h>
#include <string.h>

#include "runtime/blocks.h"
#include "runtime/poison.h"

struct links {
	uint32_t next;
	uint32_t previous;
};

static_assert(sizeof(struct block_head) == BLOCK_UNIT && sizeof(struct links) == BLOCK_UNIT,
	      "blocks are made of units");

struct blocks blocks;

static struct links *links_of(uint32_t at)
{
	return (struct links *)(void *)&blocks.heads[at + 1];
}

static void list_add(uint32_t at)
{
	struct links *links = links_of(at);

	links->next = blocks.free;
	links->previous = BLOCK_NONE;
	if (blocks.free != BLOCK_NONE) {
		links_of(blocks.free)->previous = at;
	}
	blocks.free = at;
}

static void list_remove(uint32_t at)
{
	const struct links *links = links_of(at);

	if (links->previous == BLOCK_NONE) {
		blocks.free = links->next;
	} else {
		links_of(links->previous)->next = links->next;
	}
	if (links->next != BLOCK_NONE) {
		links_of(links->next)->previous = links->previous;
	}
}

/** Set the length of a block, for itself and for the one behind it. */
static void measure(uint32_t at, uint32_t units)
{
	blocks.heads[at].units = units & BLOCK_NONE;
	blocks.heads[at + units].before = units & BLOCK_NONE;
}

static void make_free(uint32_t at, uint32_t units)
{
	measure(at, units);
	blocks.heads[at].is_used = 0;
	poison_allow(&blocks.heads[at + 1], sizeof(struct links));
	list_add(at);
	poison_forbid(&blocks.heads[at + BLOCK_LEAST], (size_t)(units - BLOCK_LEAST) * BLOCK_UNIT);
}

void blocks_init(void *memory, size_t size)
{
	blocks.heads = memory;
	blocks.units = (uint32_t)(size / BLOCK_UNIT);
	blocks.free = BLOCK_NONE;
	poison_allow(memory, size);
	memset(blocks.heads, 0, sizeof(struct block_head));
	blocks.heads[blocks.units - 1] = (struct block_head){.units = 1, .is_used = 1};
	make_free(0, blocks.units - 1);
}

uint32_t blocks_next_free(uint32_t at)
{
	return at == BLOCK_NONE ? blocks.free : links_of(at)->next;
}

/** The smallest free block that fits; of equal ones the lower, or the upper. */
uint32_t blocks_find(uint32_t units, bool is_upper)
{
	uint32_t best = BLOCK_NONE;

	for (uint32_t at = blocks.free; at != BLOCK_NONE; at = links_of(at)->next) {
		uint32_t size = blocks.heads[at].units;

		if (size < units || (best != BLOCK_NONE && size > blocks.heads[best].units)) {
			continue;
		}
		if (best == BLOCK_NONE || size < blocks.heads[best].units ||
		    (at > best) == is_upper) {
			best = at;
		}
	}
	return best;
}

/** Take a block of so many units out of a free one, from its lower or its upper end. */
uint32_t blocks_take(uint32_t at, uint32_t units, bool is_upper)
{
	uint32_t rest = blocks.heads[at].units - units;

	list_remove(at);
	if (rest < BLOCK_LEAST) {
		poison_allow(&blocks.heads[at + 1],
			     (size_t)(blocks.heads[at].units - 1) * BLOCK_UNIT);
		return at;
	}
	uint32_t taken = is_upper ? at + rest : at;

	poison_allow(&blocks.heads[at], (size_t)(units + rest) * BLOCK_UNIT);
	make_free(is_upper ? at : at + units, rest);
	if (!is_upper) {
		poison_allow(&blocks.heads[at + units], sizeof(struct block_head));
	}
	measure(taken, units);
	return taken;
}

/** Make one block of a used one and the free ones beside it, as far as they are needed; its bytes
 * go to the lower end. */
uint32_t blocks_widen(uint32_t at, uint32_t units)
{
	struct block_head *head = &blocks.heads[at];
	uint32_t old = head->units;
	uint32_t behind = at + old;
	uint32_t room = old + (blocks.heads[behind].is_used ? 0 : blocks.heads[behind].units);
	uint32_t before = at > 0 && !blocks.heads[at - head->before].is_used ? head->before : 0;
	struct block_head kept = *head;

	if (room + before < units) {
		return BLOCK_NONE;
	}
	if (room > old) {
		list_remove(behind);
	}
	uint32_t start = at;

	if (room < units) {
		start = at - before;
		room += before;
		kept.before = blocks.heads[start].before;
		list_remove(start);
	}
	poison_allow(&blocks.heads[start + 1], (size_t)(room - 1) * BLOCK_UNIT);
	memmove(&blocks.heads[start + 1], &blocks.heads[at + 1], (size_t)(old - 1) * BLOCK_UNIT);
	blocks.heads[start] = kept;
	if (room - units >= BLOCK_LEAST) {
		make_free(start + units, room - units);
		room = units;
	}
	measure(start, room);
	return start;
}

/** A block for more, elsewhere; the old one is the caller's to free. */
uint32_t blocks_move(uint32_t at, uint32_t units, bool is_upper)
{
	uint32_t to = blocks_find(units, is_upper);

	if (to == BLOCK_NONE) {
		return BLOCK_NONE;
	}
	to = blocks_take(to, units, is_upper);
	blocks.heads[to].is_used = 1;
	blocks.heads[to].account = blocks.heads[at].account;
	memcpy(&blocks.heads[to + 1], &blocks.heads[at + 1],
	       (size_t)(blocks.heads[at].units - 1) * BLOCK_UNIT);
	return to;
}

void blocks_release(uint32_t at)
{
	uint32_t units = blocks.heads[at].units;
	uint32_t behind = at + units;

	if (!blocks.heads[behind].is_used) {
		list_remove(behind);
		units += blocks.heads[behind].units;
	}
	if (at > 0 && !blocks.heads[at - blocks.heads[at].before].is_used) {
		at -= blocks.heads[at].before;
		list_remove(at);
		units += blocks.heads[at].units;
	}
	make_free(at, units);
}
