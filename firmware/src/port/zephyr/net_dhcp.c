/* SPDX-License-Identifier: Apache-2.0 */

/* Zephyr's client asks again by itself where a cable or an access point is back. */

#include <zephyr/net/net_if.h>
#include <zephyr/net/net_mgmt.h>
#include <zephyr/net/dhcpv4.h>

#include "link_mqtt.h"
#include "net.h"
#include "port/port.h"

static struct net_mgmt_event_callback bound;

static void on_bound(struct net_mgmt_event_callback *callback, uint64_t event,
		     struct net_if *interface)
{
	char text[NET_IPV4_ADDR_LEN];

	port_log(
		PORT_LOG_INF, "port", "address %s by DHCP",
		net_addr_ntop(AF_INET, &interface->config.dhcpv4.requested_ip, text, sizeof(text)));
	link_mqtt_reachable();
}

static void ask(struct net_if *interface, void *unused)
{
	net_dhcpv4_start(interface);
}

void net_dhcp_init(void)
{
	net_mgmt_init_event_callback(&bound, on_bound, NET_EVENT_IPV4_DHCP_BOUND);
	net_mgmt_add_event_callback(&bound);
	net_if_foreach(ask, NULL);
}
