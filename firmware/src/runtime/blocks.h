/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Blocks of the pool by their place in units; for pool.c alone, which holds the lock.
 */

#ifndef SAMARA_RUNTIME_BLOCKS_H_
#define SAMARA_RUNTIME_BLOCKS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK_UNIT  8u
/* Head and list. */
#define BLOCK_LEAST 2u
#define BLOCK_NONE  0xffffffu

struct block_head {
	uint32_t units: 24; /* of this block, its head too */
	uint32_t account: 8;
	uint32_t before: 24; /* units of the block before */
	uint32_t is_used: 1;
	uint32_t spare: 7;
};

struct blocks {
	struct block_head *heads;
	uint32_t units;
	uint32_t free; /* first of the list */
};
extern struct blocks blocks;

void blocks_init(void *memory, size_t size);
/** @brief The free block behind one in the list; behind BLOCK_NONE the first. */
uint32_t blocks_next_free(uint32_t at);
/** @brief The smallest free block that fits; of equal ones the lower, or the upper. @retval
 * BLOCK_NONE */
uint32_t blocks_find(uint32_t units, bool is_upper);
/** @brief Take a block out of a free one, from its lower or its upper end; the caller marks it. */
uint32_t blocks_take(uint32_t at, uint32_t units, bool is_upper);
/** @brief Lengthen a block into the free ones beside it; its bytes go to the lower end. @retval
 * BLOCK_NONE */
uint32_t blocks_widen(uint32_t at, uint32_t units);
/** @brief A longer copy of a block elsewhere; the old one is the caller's to release. @retval
 * BLOCK_NONE */
uint32_t blocks_move(uint32_t at, uint32_t units, bool is_upper);
void blocks_release(uint32_t at);

#endif /* SAMARA_RUNTIME_BLOCKS_H_ */
