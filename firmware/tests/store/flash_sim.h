/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Flash in RAM with the rules of NOR, that can lose power at any write or erasure. */

#ifndef FLASH_SIM_H_
#define FLASH_SIM_H_

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

#define FLASH_SIM_MAX (512u * 1024)

extern jmp_buf flash_sim_power_off;

/** @brief A new partition, all erased. */
void flash_sim_open(uint32_t size, uint32_t block_size, uint32_t write_size);
/** @brief Power is cut in the middle of the n-th write or erasure from now, from 1; 0: never.
 * `seed` chooses what is left. */
void flash_sim_cut(unsigned long after, uint32_t seed);
/** @brief Writes and erasures so far. */
unsigned long flash_sim_operations(void);
uint8_t *flash_sim_bytes(void);
/** @brief What was put there by hand counts as written: writing over it is no mistake any more. */
void flash_sim_forgive(void);
/** @brief Erasures of the block that has most, and least. */
void flash_sim_wear(uint32_t *least, uint32_t *most);

#endif /* FLASH_SIM_H_ */
