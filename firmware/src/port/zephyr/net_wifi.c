/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Joins one access point, and joins it again: waits between tries are those of the link. What
 * drivers tell of one failed try may be a result, a disconnection, or both.
 */

#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/net/net_if.h>
#include <zephyr/net/net_mgmt.h>
#include <zephyr/net/wifi_mgmt.h>

#include "link/backoff.h"
#include "net.h"
#include "port/port.h"
#include "settings.h"

static struct net_mgmt_event_callback told;
static struct k_work_delayable join_work;
/* Written by the work queue when it tries, and by the events when one has succeeded. */
static atomic_t tries;
static atomic_t is_joined;

static void join_later(void)
{
	uint16_t chance = 0;
	unsigned int failures = (unsigned int)atomic_get(&tries);

	(void)port_random(&chance, sizeof(chance));
	(void)k_work_reschedule(&join_work, K_MSEC(link_backoff_ms(failures, chance)));
}

static int join(void)
{
	const char *ssid = samara_settings.wifi_ssid;
	const char *psk = samara_settings.wifi_psk;
	struct net_if *interface = net_if_get_wifi_sta();
	struct wifi_connect_req_params request = {
		.ssid = (const uint8_t *)ssid,
		.ssid_length = (uint8_t)strlen(ssid),
		.psk = (const uint8_t *)psk,
		.psk_length = (uint8_t)strlen(psk),
		.security = psk[0] ? WIFI_SECURITY_TYPE_PSK : WIFI_SECURITY_TYPE_NONE,
		.band = WIFI_FREQ_BAND_UNKNOWN,
		.channel = WIFI_CHANNEL_ANY,
		.mfp = WIFI_MFP_OPTIONAL,
		.timeout = SYS_FOREVER_MS,
	};

	return interface ? net_mgmt(NET_REQUEST_WIFI_CONNECT, interface, &request, sizeof(request))
			 : -ENODEV;
}

static void try_to_join(struct k_work *work)
{
	/* A driver that is asked twice says of the second time that it failed. */
	if (atomic_get(&is_joined)) {
		return;
	}
	(void)atomic_inc(&tries);
	int error = join();

	if (error) {
		port_log(PORT_LOG_WRN, "port", "wifi: %s: it cannot be asked to join: %s",
			 samara_settings.wifi_ssid, strerror(-error));
		join_later();
	}
}

static void on_result(int status)
{
	if (status == 0) {
		(void)atomic_set(&is_joined, true);
		(void)atomic_set(&tries, 0);
		port_log(PORT_LOG_INF, "port", "wifi: joined %s", samara_settings.wifi_ssid);
	} else if (!atomic_get(&is_joined)) {
		port_log(PORT_LOG_WRN, "port", "wifi: %s: not joined, status %d",
			 samara_settings.wifi_ssid, status);
		join_later();
	}
}

static void on_event(struct net_mgmt_event_callback *callback, uint64_t event,
		     struct net_if *interface)
{
	const struct wifi_status *status = callback->info;

	if (event == NET_EVENT_WIFI_CONNECT_RESULT) {
		on_result(status->status);
		return;
	}
	(void)atomic_set(&is_joined, false);
	port_log(PORT_LOG_WRN, "port", "wifi: %s is gone", samara_settings.wifi_ssid);
	join_later();
}

void net_wifi_init(void)
{
	if (samara_settings.wifi_ssid[0] == '\0') {
		port_log(PORT_LOG_WRN, "port", "wifi: no network is named: samara/wifi-ssid");
		return;
	}
	net_mgmt_init_event_callback(
		&told, on_event, NET_EVENT_WIFI_CONNECT_RESULT | NET_EVENT_WIFI_DISCONNECT_RESULT);
	net_mgmt_add_event_callback(&told);
	k_work_init_delayable(&join_work, try_to_join);
	(void)k_work_schedule(&join_work, K_NO_WAIT);
}
