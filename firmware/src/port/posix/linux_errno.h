/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief What the system's errno values are in the words of hal/bus.h. Twin of
 * proplet/hal/drivers/linux/errno.ts. */

#ifndef SAMARA_POSIX_LINUX_ERRNO_H_
#define SAMARA_POSIX_LINUX_ERRNO_H_

#include <stddef.h>

#include "hal/bus.h"

enum linux_errnos {
	LINUX_I2C,
	LINUX_GPIO,
	LINUX_EDGES, /* of switching edges on */
	LINUX_SPI,
};

struct linux_errno {
	int number;
	enum bus_error error;
	const char *name;
	const char *doc;
};

/** @brief A bus's own row, or the one that all share. NULL: it is not known. */
const struct linux_errno *linux_errno_find(enum linux_errnos bus, int number);
/** @brief End an operation with what the system answered. */
void linux_errno_fail(struct bus_operation *operation, enum linux_errnos bus, int number);
/** @brief `EBUSY`, or `errno 4711`; at most `size` bytes with its end. */
const char *linux_errno_name(int number, char *text, size_t size);

/**
 * @brief Why a device cannot be opened, as port_device_open() says it: -ENOENT it is not there,
 * -EACCES it is forbidden, -EBUSY somebody has it, -EIO all else.
 */
int linux_errno_open(int number);

#endif /* SAMARA_POSIX_LINUX_ERRNO_H_ */
