/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hal/handles.h"
#include "hal/host_functions.h"

/* Of the pool, from the first handle of an instance to its end. */
struct handle_table {
	struct {
		uint8_t kind;
		uint8_t grant;
		uint16_t number;
	} rows[CONFIG_SAMARA_HANDLES];
};

/** NULL: the pool is full. */
static struct handle_table *table_of(struct runtime_guest *guest)
{
	void **data = runtime_guest_data(guest);

	if (!*data) {
		*data = runtime_alloc(sizeof(struct handle_table));
		if (*data) {
			memset(*data, 0, sizeof(struct handle_table));
		}
	}
	return *data;
}

uint32_t handle_new(struct runtime_guest *guest, enum handle_kind kind, uint8_t grant)
{
	struct handle_table *table = table_of(guest);

	for (uint32_t index = 0; table && index < CONFIG_SAMARA_HANDLES; index++) {
		if (table->rows[index].kind == HANDLE_FREE) {
			table->rows[index].kind = (uint8_t)kind;
			table->rows[index].grant = grant;
			table->rows[index].number = 0;
			return index + 1;
		}
	}
	runtime_guest_trap(guest, table ? "more handles than this proplet gives"
					: "the pool has no room for its handles");
	return 0;
}

bool handle_is(struct runtime_guest *guest, uint64_t handle, enum handle_kind kind)
{
	const struct handle_table *table = *runtime_guest_data(guest);
	uint32_t index = (uint32_t)handle - 1;

	if (table && index < CONFIG_SAMARA_HANDLES && table->rows[index].kind == kind) {
		return true;
	}
	runtime_guest_trap(guest, "a handle that it does not have");
	return false;
}

struct hal_grant *handle_grant(struct runtime_guest *guest, uint64_t handle, enum handle_kind kind)
{
	const struct handle_table *table = *runtime_guest_data(guest);

	return handle_is(guest, handle, kind)
		       ? &runtime_guest_session(guest)
				  ->grants[table->rows[(uint32_t)handle - 1].grant]
		       : NULL;
}

void handle_drop(struct runtime_guest *guest, uint64_t handle, enum handle_kind kind)
{
	struct handle_table *table = *runtime_guest_data(guest);

	if (handle_is(guest, handle, kind)) {
		table->rows[(uint32_t)handle - 1].kind = HANDLE_FREE;
	}
}

uint16_t *handle_number(struct runtime_guest *guest, uint64_t handle)
{
	struct handle_table *table = *runtime_guest_data(guest);

	return &table->rows[(uint32_t)handle - 1].number;
}

/* Opening */

static enum bus_kind bus_of(enum handle_kind kind)
{
	return kind == HANDLE_I2C ? BUS_I2C : kind == HANDLE_SPI ? BUS_SPI : BUS_GPIO;
}

/** Whether a device can be used so. @retval -EINVAL @retval -EACCES, and the words. */
static int unfit(const struct hal_grant *grant, enum handle_kind kind,
		 char words[BUS_DETAIL_MAX + 1])
{
	bool is_input = kind == HANDLE_INPUT || kind == HANDLE_INPUT_WAIT;
	enum hal_direction direction =
		grant->device && grant->kind == BUS_GPIO ? grant->device->gpio.direction : HAL_BOTH;

	if (grant->kind != bus_of(kind)) {
		snprintf(words, BUS_DETAIL_MAX + 1, "%s is %s, no %s", grant->name,
			 bus_kind_words[grant->kind], bus_kind_words[bus_of(kind)]);
		return -EINVAL;
	}
	if (grant->kind != BUS_GPIO) {
		return 0;
	}
	if (direction == (is_input ? HAL_OUTPUT : HAL_INPUT)) {
		snprintf(words, BUS_DETAIL_MAX + 1, "%s is an %s, an %s needed", grant->name,
			 is_input ? "output" : "input", is_input ? "input" : "output");
		return -EINVAL;
	}
	if (is_input ? hal_may_read(grant) : hal_may_write(grant)) {
		return 0;
	}
	snprintf(words, BUS_DETAIL_MAX + 1, "%s: %s is not granted", grant->name,
		 is_input ? "reading" : "writing");
	return -EACCES;
}

int32_t open_named(struct runtime_guest *guest, const uint64_t *args, enum handle_kind kind,
		   char words[BUS_DETAIL_MAX + 1])
{
	struct hal_session *session = runtime_guest_session(guest);
	uint32_t len = (uint32_t)args[1];
	const char *name = guest_array(guest, args[0], len, 1, 1);

	if (!name) {
		return -EFAULT;
	}
	struct hal_grant *grant = hal_session_find(session, name, len);
	int error = -ENOENT;

	if (grant) {
		error = unfit(grant, kind, words);
	} else {
		snprintf(words, BUS_DETAIL_MAX + 1, "%.*s",
			 (int)(len < HAL_NAME_MAX ? len : HAL_NAME_MAX), name);
	}
	if (error == 0) {
		uint32_t handle = handle_new(guest, kind, (uint8_t)(grant - session->grants));

		return handle ? (int32_t)handle : -EFAULT;
	}
	if (error != -EINVAL) {
		hal_refuse(session, "%s", words);
	}
	return error;
}

void open_to_result(struct runtime_guest *guest, const uint64_t *args, enum handle_kind kind,
		    const struct result_form *form)
{
	struct bus_operation operation = {.error = BUS_NOT_GRANTED};
	int32_t handle = open_named(guest, args, kind, operation.detail);

	if (handle > 0) {
		uint8_t *area = result_ok(guest, args[2], form);

		if (area) {
			put_u32(area + form->align, (uint32_t)handle);
		}
	} else if (handle == -EINVAL) {
		result_words(guest, args[2], form, operation.detail);
	} else if (handle != -EFAULT) {
		result_error(guest, args[2], form, &operation);
	}
}

static enum handle_kind kind_of(const char *resource)
{
	static const char *const resources[] = {
		[HANDLE_FREE] = "",
		[HANDLE_I2C] = "i2c",
		[HANDLE_DELAY] = "delay",
		[HANDLE_SPI] = "spi-device",
		[HANDLE_OUTPUT] = "output-pin",
		[HANDLE_STATEFUL_OUTPUT] = "stateful-output-pin",
		[HANDLE_INPUT] = "input-pin",
		[HANDLE_INPUT_WAIT] = "input-wait-pin",
	};
	const char *dot = strrchr(resource, '.');
	size_t kind = sizeof(resources) / sizeof(resources[0]) - 1;

	while (dot && kind > 0 && strcmp(dot + 1, resources[kind]) != 0) {
		kind--;
	}
	return dot ? (enum handle_kind)kind : HANDLE_FREE;
}

/** A device that a caller names in an argument. */
static int open_argument(struct runtime_guest *guest, const char *name, size_t len,
			 const char *resource, uint32_t *handle)
{
	struct hal_session *session = runtime_guest_session(guest);
	struct hal_grant *grant = hal_session_find(session, name, len);
	enum handle_kind kind = kind_of(resource);
	char words[BUS_DETAIL_MAX + 1];

	if (kind == HANDLE_DELAY) {
		*handle = handle_new(guest, kind, 0);
	} else if (kind != HANDLE_FREE && grant && unfit(grant, kind, words) == 0) {
		*handle = handle_new(guest, kind, (uint8_t)(grant - session->grants));
	} else {
		hal_refuse(session, "%.*s", (int)len, name);
		return -EACCES;
	}
	return *handle ? 0 : -EACCES;
}

int hal_host_init(void)
{
#define ROW_(module, name, signature, function) {module, name, signature, function},
	static const struct runtime_host_function functions[] = {HAL_HOST_FUNCTIONS(ROW_)};

	runtime_on_instance_end(runtime_free);
	runtime_on_device_argument(open_argument);
	return runtime_register(functions, sizeof(functions) / sizeof(functions[0]));
}
