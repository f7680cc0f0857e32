/* SPDX-License-Identifier: Apache-2.0 */

/* A flash that is simulated in memory which a reset keeps: where that memory is zeros, power has
 * come, and no block is ever all zeros otherwise. */

#include <string.h>

#include <zephyr/devicetree.h>
#include <zephyr/init.h>

#define MEMORY DT_PHANDLE(DT_INST(0, zephyr_sim_flash), memory_region)
#define BLOCK  DT_PROP(DT_CHILD(DT_INST(0, zephyr_sim_flash), flash_sim_0), erase_block_size)

static int erase_new(void)
{
	uint8_t *memory = (uint8_t *)DT_REG_ADDR(MEMORY);
	bool is_new = memory[0] == 0 && memcmp(memory, memory + 1, BLOCK - 1) == 0;

	if (is_new) {
		memset(memory, 0xff, DT_REG_SIZE(MEMORY));
	}
	return 0;
}

SYS_INIT(erase_new, PRE_KERNEL_1, 0);
