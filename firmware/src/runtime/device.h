/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Devices that a caller names and a function takes as parameters. */

#ifndef SAMARA_RUNTIME_DEVICE_H_
#define SAMARA_RUNTIME_DEVICE_H_

#include "codec/error.h"
#include "runtime/runtime.h"

#define DEVICE_NAME_MAX	    48
#define DEVICE_RESOURCE_MAX 64

/** Texts do not end in 0. */
struct device_argument {
	const char *name;
	size_t name_len;
	const char *resource;
	size_t resource_len;
};

/** @brief A handle for it. @retval 0 Open. @retval -EACCES Refused; error is filled in. */
int device_open(struct runtime_guest *guest, const struct device_argument *device, uint32_t *handle,
		struct codec_error *error);

#endif /* SAMARA_RUNTIME_DEVICE_H_ */
