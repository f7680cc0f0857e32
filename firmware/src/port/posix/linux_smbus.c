/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/i2c-dev.h>
#include <linux/i2c.h>

#include "devices.h"
#include "linux_errno.h"
#include "linux_smbus.h"

_Static_assert(SMBUS_BLOCK_MAX == I2C_SMBUS_BLOCK_MAX, "the kernel's");

/** Bytes behind the command. A block of SMBus carries its length on the wire; a block of i2c does
 * not. */
static bool choose_write(const uint8_t *data, uint32_t len, unsigned long functions,
			 struct smbus_call *call)
{
	memcpy(call->data, data, len < sizeof(call->data) ? len : 0);
	if (len == 0 && (functions & I2C_FUNC_SMBUS_WRITE_BYTE)) {
		call->kind = I2C_SMBUS_BYTE;
	} else if (len == 1 && (functions & I2C_FUNC_SMBUS_WRITE_BYTE_DATA)) {
		call->kind = I2C_SMBUS_BYTE_DATA;
	} else if (len == 2 && (functions & I2C_FUNC_SMBUS_WRITE_WORD_DATA)) {
		call->kind = I2C_SMBUS_WORD_DATA;
	} else if (len >= 1 && len <= SMBUS_BLOCK_MAX &&
		   (functions & I2C_FUNC_SMBUS_WRITE_I2C_BLOCK)) {
		call->kind = I2C_SMBUS_I2C_BLOCK_DATA;
		call->data[0] = (uint8_t)len;
		memcpy(&call->data[1], data, len);
	} else if (len >= 2 && len <= SMBUS_BLOCK_MAX + 1 && data[0] == len - 1 &&
		   (functions & I2C_FUNC_SMBUS_WRITE_BLOCK_DATA)) {
		call->kind = I2C_SMBUS_BLOCK_DATA;
	} else {
		return false;
	}
	return true;
}

static bool choose_register_read(uint32_t len, unsigned long functions, struct smbus_call *call)
{
	call->is_read = true;
	call->answer_len = (uint8_t)len;
	if (len == 1 && (functions & I2C_FUNC_SMBUS_READ_BYTE_DATA)) {
		call->kind = I2C_SMBUS_BYTE_DATA;
	} else if (len == 2 && (functions & I2C_FUNC_SMBUS_READ_WORD_DATA)) {
		call->kind = I2C_SMBUS_WORD_DATA;
	} else if (len <= SMBUS_BLOCK_MAX && (functions & I2C_FUNC_SMBUS_READ_I2C_BLOCK)) {
		call->kind = I2C_SMBUS_I2C_BLOCK_DATA;
		call->data[0] = (uint8_t)len;
		call->answer_at = 1;
	} else {
		return false;
	}
	return true;
}

static bool choose_process_call(const uint8_t *data, unsigned long functions,
				struct smbus_call *call)
{
	call->kind = I2C_SMBUS_PROC_CALL;
	memcpy(call->data, data, 2);
	call->answer_len = 2;
	return (functions & I2C_FUNC_SMBUS_PROC_CALL) != 0;
}

bool smbus_call_of(const struct bus_operation *operation, unsigned long functions,
		   struct smbus_call *call)
{
	const struct bus_segment *first = operation->segments;
	const struct bus_segment *second = operation->segments_count == 2 ? &first[1] : NULL;

	memset(call, 0, sizeof(*call));
	if (operation->segments_count < 1 || operation->segments_count > 2) {
		return false;
	}
	if (first->kind == BUS_SEGMENT_READ) {
		call->kind = I2C_SMBUS_BYTE;
		call->is_read = true;
		call->answer_len = 1;
		return !second && first->length == 1 && (functions & I2C_FUNC_SMBUS_READ_BYTE);
	}
	if (first->length == 0) {
		call->kind = I2C_SMBUS_QUICK;
		return !second && (functions & I2C_FUNC_SMBUS_QUICK);
	}
	call->command = first->out[0];
	if (!second) {
		return choose_write(&first->out[1], first->length - 1, functions, call);
	}
	if (second->kind != BUS_SEGMENT_READ) {
		return false;
	}
	if (first->length == 3 && second->length == 2) {
		return choose_process_call(&first->out[1], functions, call);
	}
	return first->length == 1 && choose_register_read(second->length, functions, call);
}

void smbus_transfer(int fd, unsigned long functions, struct bus_operation *operation)
{
	struct smbus_call call;
	union i2c_smbus_data data;

	if (!smbus_call_of(operation, functions, &call)) {
		device_fail(operation, BUS_UNSUPPORTED,
			    "the adapter knows SMBus only, and no call of its looks like this");
		return;
	}
	memcpy(&data, call.data, sizeof(data));
	struct i2c_smbus_ioctl_data request = {
		.read_write = call.is_read ? I2C_SMBUS_READ : I2C_SMBUS_WRITE,
		.command = call.command,
		.size = call.kind,
		.data = &data,
	};

	if (ioctl(fd, I2C_SMBUS, &request) < 0) {
		linux_errno_fail(operation, LINUX_I2C, errno);
	} else if (call.answer_len > 0) {
		memcpy(operation->segments[operation->segments_count - 1].in,
		       (const uint8_t *)&data + call.answer_at, call.answer_len);
	}
}
