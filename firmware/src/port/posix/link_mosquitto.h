/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief MQTT through libmosquitto, driven by port_wait(). */

#ifndef SAMARA_POSIX_LINK_MOSQUITTO_H_
#define SAMARA_POSIX_LINK_MOSQUITTO_H_

#include <stdbool.h>

struct link_settings {
	const char *host;
	int port;
	bool tls;
	const char *ca;	  /* file; NULL: the system's */
	const char *cert; /* client certificate, with its key */
	const char *key;
};

/** @brief Before port_link_init(). Texts stay the caller's. */
void link_mosquitto_set(const struct link_settings *settings);

#endif /* SAMARA_POSIX_LINK_MOSQUITTO_H_ */
