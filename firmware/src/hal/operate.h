/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Devices of the profile that are open. Hal's own. */

#ifndef SAMARA_HAL_OPERATE_H_
#define SAMARA_HAL_OPERATE_H_

#include <stddef.h>
#include <stdint.h>

#include "hal/profile.h"

void hal_operate_init(void);
/** @brief Open it where it is not. @retval >=0 Handle. @retval -errno, and `why` in words. */
int hal_device_open(const struct hal_device *device, char *why, size_t size);
/** @brief What had this handle is gone: whoever wants it next opens it again. */
void hal_device_give_up(const struct hal_device *device, int handle);
void hal_devices_close(void);
/** @brief Sessions that are open. session.c */
uint32_t hal_sessions_open(void);

#endif /* SAMARA_HAL_OPERATE_H_ */
