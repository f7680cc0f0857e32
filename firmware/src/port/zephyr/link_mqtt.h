/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief MQTT through Zephyr's client, driven by port_wait(). */

#ifndef SAMARA_ZEPHYR_LINK_MQTT_H_
#define SAMARA_ZEPHYR_LINK_MQTT_H_

#include <stdint.h>

/** @brief Before port_link_init(). The text stays the caller's. */
void link_mqtt_set(const char *host, uint16_t port);
/** @brief There is a network where there was none. Any thread. */
void link_mqtt_reachable(void);

#endif /* SAMARA_ZEPHYR_LINK_MQTT_H_ */
