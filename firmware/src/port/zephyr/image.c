/* SPDX-License-Identifier: Apache-2.0 */

/* What MCUboot knows of the image that runs; without MCUboot nobody swaps it. */

#include <errno.h>

#include <zephyr/dfu/mcuboot.h>
#include <zephyr/fatal.h>
#include <zephyr/logging/log_ctrl.h>
#include <zephyr/sys/reboot.h>

#include "port/port.h"

bool port_image_on_trial(void)
{
	/* An image that a debugger has written is not confirmed either, but nobody swaps it back.
	 */
	return IS_ENABLED(CONFIG_MCUBOOT_IMG_MANAGER) &&
	       mcuboot_swap_type() == BOOT_SWAP_TYPE_REVERT;
}

int port_image_keep(void)
{
	if (!IS_ENABLED(CONFIG_MCUBOOT_IMG_MANAGER)) {
		return 0;
	}
	return boot_write_img_confirmed() ? -EIO : 0;
}

void port_restart(void)
{
	/* Why it starts again is said before it does. */
	LOG_PANIC();
	sys_reboot(SYS_REBOOT_COLD);
}

/* Zephyr's own halts, and before the watchdog runs nothing would end that: a new image that faults
 * is swapped back only at the next start. */
void k_sys_fatal_error_handler(unsigned int reason, const struct arch_esf *esf)
{
	port_restart();
}
