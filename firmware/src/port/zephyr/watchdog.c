/* SPDX-License-Identifier: Apache-2.0 */

/* Zephyr's task watchdog, with the one of the hardware behind it where devicetree names it. */

#include <zephyr/device.h>
#include <zephyr/task_wdt/task_wdt.h>

#include "base.h"
#include "port/port.h"

static int channel = -1;

int watchdog_init(void)
{
	const struct device *hardware = DEVICE_DT_GET_OR_NULL(DT_ALIAS(watchdog0));
	int error = task_wdt_init(hardware);

	if (error) {
		return error;
	}
	/* Without a function of ours the board starts again. */
	channel = task_wdt_add(CONFIG_SAMARA_WATCHDOG_MS, NULL, NULL);
	return channel < 0 ? channel : 0;
}

void port_watchdog_feed(void)
{
	if (channel >= 0) {
		(void)task_wdt_feed(channel);
	}
}
