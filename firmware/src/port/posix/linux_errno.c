/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "devices.h"
#include "linux_errno.h"

/* The kernel's own EOPNOTSUPP, which has no name in user space. */
#ifndef ENOTSUPP
#define ENOTSUPP 524
#endif

#define ROW(number, error, doc)                                                                    \
	{                                                                                          \
		number, error, #number, doc                                                        \
	}

static const struct linux_errno common[] = {
	ROW(EPERM, BUS_ACCESS, "The system forbids it to this user."),
	ROW(EINTR, BUS_IO, "A signal came; how much was done is unknown."),
	ROW(EIO, BUS_IO, "The controller gives no better reason."),
	ROW(ENXIO, BUS_NO_DEVICE, "Nothing is there."),
	ROW(ENOMEM, BUS_IO, "The kernel is out of memory."),
	ROW(EACCES, BUS_ACCESS, "The system forbids it to this user."),
	ROW(EBUSY, BUS_BUSY, "Somebody else has it."),
	ROW(ENODEV, BUS_NO_DEVICE, "The controller was removed."),
	ROW(EINVAL, BUS_INVALID, "The controller knows no such operation."),
	ROW(EMSGSIZE, BUS_UNSUPPORTED, "Longer than the controller's or the kernel's limit."),
	ROW(EOPNOTSUPP, BUS_UNSUPPORTED, "The controller cannot do it."),
	ROW(ESHUTDOWN, BUS_NO_DEVICE, "The controller is suspended or on its way out."),
	ROW(ETIMEDOUT, BUS_TIMEOUT, "Not done within the time limit."),
	ROW(ENOTSUPP, BUS_UNSUPPORTED, "The kernel's own EOPNOTSUPP, which some drivers let out."),
	{0},
};

/* By the kernel's i2c/fault-codes, and what its adapter drivers make of them. */
static const struct linux_errno of_i2c[] = {
	ROW(ENXIO, BUS_NACK_ADDRESS, "Nobody acknowledged the address."),
	ROW(EAGAIN, BUS_ARBITRATION_LOST, "Another controller won, and won again on every retry."),
	ROW(EBUSY, BUS_BUS, "The bus stayed busy: it needs recovery."),
	ROW(EPROTO, BUS_BUS, "The chip broke the rules of SMBus."),
	ROW(EBADMSG, BUS_BUS, "The checksum of an SMBus packet is wrong."),
	ROW(EREMOTEIO, BUS_NACK,
	    "Not acknowledged; the adapter does not say whether address or data."),
	{0},
};

static const struct linux_errno of_gpio[] = {
	ROW(EPERM, BUS_INVALID, "The line is an input and cannot be set."),
	ROW(EREMOTEIO, BUS_IO, "An expander did not answer."),
	{0},
};

/* The chip has no interrupts, or shares this line with none. */
static const struct linux_errno of_edges[] = {
	ROW(ENXIO, BUS_UNSUPPORTED, "The line has no interrupt."),
	ROW(EINVAL, BUS_UNSUPPORTED, "The line has no interrupt of this kind."),
	{0},
};

static const struct linux_errno of_spi[] = {
	ROW(EOVERFLOW, BUS_OVERRUN, "Bytes were lost in the controller."),
	ROW(EREMOTEIO, BUS_IO, "The controller reports a failed transfer."),
	{0},
};

static const struct {
	const char *name;
	const struct linux_errno *rows;
} buses[] = {
	[LINUX_I2C] = {"i2c", of_i2c},
	[LINUX_GPIO] = {"gpio", of_gpio},
	[LINUX_EDGES] = {"edges", of_edges},
	[LINUX_SPI] = {"spi", of_spi},
};

static const struct linux_errno *row_of(const struct linux_errno *rows, int number)
{
	for (; rows->number != 0; rows++) {
		if (rows->number == number) {
			return rows;
		}
	}
	return NULL;
}

const struct linux_errno *linux_errno_find(enum linux_errnos bus, int number)
{
	const struct linux_errno *own = row_of(buses[bus].rows, number);

	return own ? own : row_of(common, number);
}

const char *linux_errno_name(int number, char *text, size_t size)
{
	const char *name = NULL;

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 32)
	name = strerrorname_np(number);
#endif
	if (name) {
		snprintf(text, size, "%s", name);
	} else {
		snprintf(text, size, "errno %d", number);
	}
	return text;
}

void linux_errno_fail(struct bus_operation *operation, enum linux_errnos bus, int number)
{
	const struct linux_errno *row = linux_errno_find(bus, number);
	char name[24];

	if (row) {
		device_fail(operation, row->error, "%s: %s", row->name, row->doc);
	} else {
		device_fail(operation, BUS_IO, "%s: not known of %s",
			    linux_errno_name(number, name, sizeof(name)), buses[bus].name);
	}
}

int linux_errno_open(int number)
{
	switch (number) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return -ENOENT;
	case EACCES:
	case EPERM:
		return -EACCES;
	case EBUSY:
		return -EBUSY;
	default:
		return -EIO;
	}
}
