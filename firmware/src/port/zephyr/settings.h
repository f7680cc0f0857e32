/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Settings: Kconfig's, and above them those that are stored under `samara/`. */

#ifndef SAMARA_ZEPHYR_SETTINGS_H_
#define SAMARA_ZEPHYR_SETTINGS_H_

#include <stdint.h>

struct samara_settings {
	char id[64];
	char ns[64];
	char host[128];
	char token[128];
	uint16_t port;
};

extern struct samara_settings samara_settings;

/** @brief Read what is stored. @retval 0 @retval -errno Kconfig's hold. */
int samara_settings_load(void);

/** @brief What the command line of native_sim says goes above all. */
void native_flags_apply(void);

#endif /* SAMARA_ZEPHYR_SETTINGS_H_ */
