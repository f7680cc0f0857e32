/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Brings the network up, and up again; for whoever owns no interface nothing. */

#ifndef SAMARA_ZEPHYR_NET_H_
#define SAMARA_ZEPHYR_NET_H_

/** @brief Ask for an address on each interface, by DHCP. */
void net_dhcp_init(void);

/** @brief Join the network that settings name. After samara_settings_load(). */
void net_wifi_init(void);

#endif /* SAMARA_ZEPHYR_NET_H_ */
