/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief A profile as a person writes it: proplet/README.md, Hardware. */

#ifndef SAMARA_POSIX_PROFILE_YAML_H_
#define SAMARA_POSIX_PROFILE_YAML_H_

#include <stddef.h>

#include "hal/profile.h"

/**
 * @brief Read a profile.
 *
 * @param[out] problem Which key, which value, what was expected.
 * @retval 0 @retval -EINVAL problem is filled in. @retval -ENOENT No such file.
 */
int profile_yaml_read(const char *path, struct hal_device *devices, size_t *count, char *problem,
		      size_t size);

#endif /* SAMARA_POSIX_PROFILE_YAML_H_ */
