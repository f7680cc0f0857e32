/* SPDX-License-Identifier: Apache-2.0 */

/*
 * i2c-dev. One file for all devices of an adapter, because the adapter's time limit and the address
 * of SMBus calls are one for all too.
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/i2c-dev.h>
#include <linux/i2c.h>

#include "devices.h"
#include "linux_errno.h"
#include "linux_smbus.h"

#define MAX_7_BIT	  0x7f
#define MAX_10_BIT	  0x3ff
#define MESSAGE_BYTES_MAX 8192
/* The kernel counts in hundredths of a second. */
#define TIMEOUT_UNIT_MS	  10

struct i2c_adapter {
	const char *path;
	unsigned int users;
	int fd;
	unsigned long functions;
	/* As it was last set. */
	uint32_t timeout_ms;
	bool ten_bit;
	pthread_mutex_t mutex;
};

static struct i2c_adapter adapters[CONFIG_SAMARA_DEVICES];
static pthread_mutex_t adapters_mutex = PTHREAD_MUTEX_INITIALIZER;

static bool is_ten_bit(const struct open_device *device, uint32_t address)
{
	return device->spec->i2c.ten_bit || address > MAX_7_BIT;
}

static int open_adapter(struct i2c_adapter *adapter, const char *path, char *why, size_t size)
{
	char name[24];
	int fd = device_file_open(path, why, size);

	if (fd < 0) {
		return fd;
	}
	*adapter = (struct i2c_adapter){.path = path, .fd = fd};
	if (ioctl(fd, I2C_FUNCS, &adapter->functions) < 0) {
		int error = errno;

		snprintf(why, size, "%s is no i2c adapter: %s", path,
			 linux_errno_name(error, name, sizeof(name)));
		close(fd);
		return linux_errno_open(error);
	}
	/* A lost arbitration is an answer like any other: whether to try again is the function's
	 * business. */
	(void)ioctl(fd, I2C_RETRIES, 0ul);
	pthread_mutex_init(&adapter->mutex, NULL);
	return 0;
}

static int take_adapter(const char *path, struct i2c_adapter **taken, char *why, size_t size)
{
	struct i2c_adapter *free = NULL;
	int error = -EIO;

	snprintf(why, size, "more adapters than devices");
	pthread_mutex_lock(&adapters_mutex);
	for (size_t index = 0; index < CONFIG_SAMARA_DEVICES; index++) {
		struct i2c_adapter *adapter = &adapters[index];

		if (adapter->users > 0 && strcmp(adapter->path, path) == 0) {
			*taken = adapter;
			adapter->users++;
			pthread_mutex_unlock(&adapters_mutex);
			return 0;
		}
		free = !free && adapter->users == 0 ? adapter : free;
	}
	if (free) {
		error = open_adapter(free, path, why, size);
		free->users = error ? 0 : 1;
		*taken = free;
	}
	pthread_mutex_unlock(&adapters_mutex);
	return error;
}

static void give_adapter(struct i2c_adapter *adapter)
{
	pthread_mutex_lock(&adapters_mutex);
	if (--adapter->users == 0) {
		close(adapter->fd);
		pthread_mutex_destroy(&adapter->mutex);
	}
	pthread_mutex_unlock(&adapters_mutex);
}

/** What SMBus calls go to; raw transfers carry their address themselves. */
static int select_address(struct i2c_adapter *adapter, uint32_t address, bool ten_bit)
{
	if (adapter->ten_bit != ten_bit) {
		if (ioctl(adapter->fd, I2C_TENBIT, (unsigned long)ten_bit) < 0) {
			return errno;
		}
		adapter->ten_bit = ten_bit;
	}
	return ioctl(adapter->fd, I2C_SLAVE, (unsigned long)address) < 0 ? errno : 0;
}

/** I2C_RDWR asks nobody, so it would talk into a chip that the kernel itself drives. */
static int refuse_taken(struct open_device *device, char *why, size_t size)
{
	int error = 0;

	pthread_mutex_lock(&device->adapter->mutex);
	for (uint8_t index = 0; index < device->spec->i2c.addresses_count && !error; index++) {
		uint16_t address = device->spec->i2c.addresses[index];

		if (select_address(device->adapter, address, is_ten_bit(device, address)) ==
		    EBUSY) {
			snprintf(why, size, "address 0x%x belongs to a driver of the kernel",
				 address);
			error = -EBUSY;
		}
	}
	pthread_mutex_unlock(&device->adapter->mutex);
	return error;
}

static int open_i2c(struct open_device *device, char *why, size_t size)
{
	int error = take_adapter(device->spec->bus, &device->adapter, why, size);

	if (error) {
		return error;
	}
	error = refuse_taken(device, why, size);
	if (error) {
		give_adapter(device->adapter);
	}
	return error;
}

static bool is_refused(const struct open_device *device, struct bus_operation *operation)
{
	if (operation->op != BUS_TRANSFER) {
		device_unknown(operation, "i2c");
	} else if (operation->target > MAX_10_BIT) {
		device_fail(operation, BUS_INVALID, "address %u is not 0 to %u", operation->target,
			    MAX_10_BIT);
	} else if (is_ten_bit(device, operation->target) &&
		   !(device->adapter->functions & I2C_FUNC_10BIT_ADDR)) {
		device_fail(operation, BUS_UNSUPPORTED,
			    "the adapter knows no addresses of 10 bits");
	}
	for (size_t index = 0; index < operation->segments_count && !operation->error; index++) {
		const struct bus_segment *segment = &operation->segments[index];

		if (segment->kind == BUS_SEGMENT_READ && segment->length == 0) {
			device_fail(operation, BUS_INVALID,
				    "a read of no bytes cannot be told apart from one of many");
		} else if (segment->kind != BUS_SEGMENT_READ &&
			   segment->kind != BUS_SEGMENT_WRITE) {
			device_fail(operation, BUS_INVALID, "i2c knows no %s in a transfer",
				    segment->kind == BUS_SEGMENT_DELAY ? "delay" : "transfer");
		}
	}
	return operation->error != BUS_OK;
}

static void limit(struct i2c_adapter *adapter, uint32_t timeout_ms)
{
	unsigned long units = (timeout_ms + TIMEOUT_UNIT_MS - 1) / TIMEOUT_UNIT_MS;

	if (adapter->timeout_ms != timeout_ms) {
		adapter->timeout_ms = timeout_ms;
		(void)ioctl(adapter->fd, I2C_TIMEOUT, units > 0 ? units : 1);
	}
}

/** One start, one repeated start before each further segment, one stop. */
static void transfer_raw(struct open_device *device, struct bus_operation *operation)
{
	struct i2c_msg messages[I2C_RDWR_IOCTL_MAX_MSGS];
	struct i2c_rdwr_ioctl_data data = {messages, (uint32_t)operation->segments_count};
	bool ten_bit = is_ten_bit(device, operation->target);

	if (data.nmsgs > I2C_RDWR_IOCTL_MAX_MSGS) {
		device_fail(operation, BUS_UNSUPPORTED,
			    "%u messages are more than the %u of i2c-dev", data.nmsgs,
			    I2C_RDWR_IOCTL_MAX_MSGS);
		return;
	}
	for (uint32_t index = 0; index < data.nmsgs; index++) {
		const struct bus_segment *segment = &operation->segments[index];
		bool is_read = segment->kind == BUS_SEGMENT_READ;

		if (segment->length > MESSAGE_BYTES_MAX) {
			device_fail(operation, BUS_UNSUPPORTED,
				    "%u bytes are more than the %u of i2c-dev", segment->length,
				    MESSAGE_BYTES_MAX);
			return;
		}
		messages[index] = (struct i2c_msg){
			.addr = (uint16_t)operation->target,
			.flags = (uint16_t)((is_read ? I2C_M_RD : 0) | (ten_bit ? I2C_M_TEN : 0)),
			.len = (uint16_t)segment->length,
			.buf = is_read ? segment->in : (uint8_t *)(uintptr_t)segment->out,
		};
	}
	int done = ioctl(device->adapter->fd, I2C_RDWR, &data);

	if (done < 0) {
		linux_errno_fail(operation, LINUX_I2C, errno);
	} else if ((uint32_t)done < data.nmsgs) {
		device_fail(operation, BUS_IO, "the adapter did %d of %u messages", done,
			    data.nmsgs);
	}
}

static void transfer_smbus(struct open_device *device, struct bus_operation *operation)
{
	struct i2c_adapter *adapter = device->adapter;
	int error =
		select_address(adapter, operation->target, is_ten_bit(device, operation->target));

	if (error == EBUSY) {
		device_fail(operation, BUS_BUSY,
			    "EBUSY: the address belongs to a driver of the kernel");
	} else {
		smbus_transfer(adapter->fd, adapter->functions, operation);
	}
}

static void run_i2c(struct open_device *device, struct bus_operation *operation,
		    const struct device_call *call)
{
	(void)call;
	struct i2c_adapter *adapter = device->adapter;

	if (is_refused(device, operation) || operation->segments_count == 0) {
		return;
	}
	pthread_mutex_lock(&adapter->mutex);
	limit(adapter, device->spec->timeout_ms);
	if (adapter->functions & I2C_FUNC_I2C) {
		transfer_raw(device, operation);
	} else {
		transfer_smbus(device, operation);
	}
	pthread_mutex_unlock(&adapter->mutex);
}

static void close_i2c(struct open_device *device)
{
	give_adapter(device->adapter);
}

const struct device_driver device_linux_i2c = {open_i2c, run_i2c, close_i2c};
