/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief A virtual lab behind its Unix socket: shared/lab/README.md. */

#ifndef SAMARA_POSIX_LAB_H_
#define SAMARA_POSIX_LAB_H_

#include <stddef.h>

#include "hal/profile.h"

/**
 * @brief Connect, and get this proplet's devices.
 *
 * @param[out] devices CONFIG_SAMARA_DEVICES of them at most; those of kind usb are left out.
 * @param[out] why     What is wrong, in words.
 * @retval 0 @retval -ENODEV There is no lab; it may come. @retval -EINVAL It is there, and
 * something is wrong.
 */
int lab_open(const char *path, const char *proplet, struct hal_device *devices, size_t *count,
	     char *why, size_t size);

#endif /* SAMARA_POSIX_LAB_H_ */
