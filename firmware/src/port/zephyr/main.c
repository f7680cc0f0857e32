/* SPDX-License-Identifier: Apache-2.0 */

/* Starts the agent: settings, flash, watchdog. No decisions. */

#include <zephyr/kernel.h>

#include "agent/agent.h"
#include "base.h"
#include "devices.h"
#include "link_mqtt.h"
#include "net.h"
#include "port/port.h"
#include "settings.h"

#ifndef SAMARA_VERSION
#define SAMARA_VERSION "0.1.0"
#endif

static const struct agent_label labels[] = {{"board", CONFIG_BOARD}};

static int start(void)
{
	int error = samara_settings_load();

	if (error) {
		port_log(PORT_LOG_WRN, "port", "settings: %d; those of the image hold", error);
	}
	if (IS_ENABLED(CONFIG_BOARD_NATIVE_SIM)) {
		native_flags_apply();
	}
	error = base_init();
	if (!error) {
		error = flash_init();
	}
	if (!error) {
		error = watchdog_init();
	}
	return error;
}

int main(void)
{
	int error = start();

	if (error) {
		port_log(PORT_LOG_ERR, "port", "it cannot start: %d", error);
		return 0;
	}
	devices_init();
	if (IS_ENABLED(CONFIG_SAMARA_WIFI)) {
		net_wifi_init();
	}
	if (IS_ENABLED(CONFIG_SAMARA_DHCP)) {
		net_dhcp_init();
	}
	link_mqtt_set(samara_settings.host, samara_settings.port);
	const struct agent_options options = {
		.id = samara_settings.id,
		.ns = samara_settings.ns,
		.password = samara_settings.token[0] ? samara_settings.token : NULL,
		.software = "samara-agent " SAMARA_VERSION,
		.arch = CONFIG_ARCH,
		.labels = labels,
		.labels_count = ARRAY_SIZE(labels),
		.alive_ms = CONFIG_SAMARA_ALIVE_MS,
		.clean_session = !IS_ENABLED(CONFIG_SAMARA_PERSISTENT_SESSION),
	};

	(void)agent_run(&options);
	return 0;
}
