/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hal/handles.h"
#include "hal/host_functions.h"
#include "port/port.h"

#define TABLES (CONFIG_SAMARA_KEPT + CONFIG_SAMARA_SLOTS)

struct handle_table {
	bool used;
	struct {
		uint8_t kind;
		uint8_t grant;
	} rows[CONFIG_SAMARA_HANDLES];
};

static struct handle_table tables[TABLES];
static struct port_mutex mutex;

static struct handle_table *table_of(struct runtime_guest *guest)
{
	void **data = runtime_guest_data(guest);

	if (*data) {
		return *data;
	}
	port_mutex_lock(&mutex);
	for (size_t index = 0; index < TABLES && !*data; index++) {
		if (!tables[index].used) {
			memset(&tables[index], 0, sizeof(tables[index]));
			tables[index].used = true;
			*data = &tables[index];
		}
	}
	port_mutex_unlock(&mutex);
	return *data;
}

void hal_handles_drop(void *data)
{
	struct handle_table *table = data;

	port_mutex_lock(&mutex);
	table->used = false;
	port_mutex_unlock(&mutex);
}

uint32_t handle_new(struct runtime_guest *guest, enum handle_kind kind, uint8_t grant)
{
	struct handle_table *table = table_of(guest);

	for (uint32_t index = 0; table && index < CONFIG_SAMARA_HANDLES; index++) {
		if (table->rows[index].kind == HANDLE_FREE) {
			table->rows[index].kind = (uint8_t)kind;
			table->rows[index].grant = grant;
			return index + 1;
		}
	}
	runtime_guest_trap(guest, "more handles than this proplet gives");
	return 0;
}

static bool is_handle(struct runtime_guest *guest, uint64_t handle, enum handle_kind kind)
{
	const struct handle_table *table = *runtime_guest_data(guest);
	uint32_t index = (uint32_t)handle - 1;

	if (table && index < CONFIG_SAMARA_HANDLES && table->rows[index].kind == kind) {
		return true;
	}
	runtime_guest_trap(guest, "a handle that it does not have");
	return false;
}

bool handle_grant(struct runtime_guest *guest, uint64_t handle, enum handle_kind kind,
		  uint8_t *grant)
{
	const struct handle_table *table;

	if (!is_handle(guest, handle, kind)) {
		return false;
	}
	table = *runtime_guest_data(guest);
	*grant = table->rows[(uint32_t)handle - 1].grant;
	return true;
}

void handle_drop(struct runtime_guest *guest, uint64_t handle, enum handle_kind kind)
{
	if (is_handle(guest, handle, kind)) {
		struct handle_table *table = *runtime_guest_data(guest);

		table->rows[(uint32_t)handle - 1].kind = HANDLE_FREE;
	}
}

void *guest_array(struct runtime_guest *guest, uint64_t address, uint64_t count, uint32_t size,
		  uint32_t align)
{
	uint64_t len = (uint32_t)count * (uint64_t)size;

	if ((uint32_t)address % align != 0) {
		runtime_guest_trap(guest, "an address that is not aligned");
		return NULL;
	}
	if (len > UINT32_MAX) {
		runtime_guest_trap(guest, "a list longer than its memory");
		return NULL;
	}
	return runtime_guest_memory(guest, (uint32_t)address, (uint32_t)len);
}

uint8_t *guest_result(struct runtime_guest *guest, uint64_t address, uint32_t size)
{
	uint8_t *result = guest_array(guest, address, 1, size, 4);

	if (result) {
		memset(result, 0, size);
	}
	return result;
}

void put_u32(uint8_t *at, uint32_t value)
{
	for (unsigned int index = 0; index < 4; index++) {
		at[index] = (uint8_t)(value >> (8 * index));
	}
}

uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

bool guest_list(struct runtime_guest *guest, uint64_t result, uint32_t size, uint32_t at,
		const void *data, uint32_t len)
{
	uint32_t address = runtime_guest_alloc(guest, len, 1);

	if (address == 0) {
		return false;
	}
	void *memory = runtime_guest_memory(guest, address, len);
	/* Memory may have moved. */
	uint8_t *area = memory ? guest_array(guest, result, 1, size, 4) : NULL;

	if (!area) {
		return false;
	}
	if (len > 0) {
		memcpy(memory, data, len);
	}
	put_u32(area + at, address);
	put_u32(area + at + 4, len);
	return true;
}

int find_granted(struct runtime_guest *guest, uint64_t name, uint64_t len,
		 char text[HAL_NAME_MAX + 1])
{
	struct hal_session *session = runtime_guest_session(guest);
	const char *memory = guest_array(guest, name, len, 1, 1);
	size_t shown = (uint32_t)len < HAL_NAME_MAX ? (uint32_t)len : HAL_NAME_MAX;

	if (!memory) {
		return -EFAULT;
	}
	memcpy(text, memory, shown);
	text[shown] = '\0';
	for (uint8_t index = 0; session && index < session->grants_count; index++) {
		if (strlen(session->grants[index].name) == (uint32_t)len &&
		    memcmp(session->grants[index].name, memory, (uint32_t)len) == 0) {
			return index;
		}
	}
	hal_refuse(session, "%s", text);
	return -ENOENT;
}

const char *error_words(const struct bus_operation *operation, char *text, size_t size)
{
	static const char *const names[] = {
		"",
		"nack-address",
		"nack-data",
		"nack",
		"arbitration-lost",
		"bus",
		"overrun",
		"overflow",
		"timeout",
		"stall",
		"no-device",
		"busy",
		"access",
		"mode-fault",
		"frame-format",
		"chip-select",
		"not-granted",
		"invalid",
		"unsupported",
		"cancelled",
		"io",
	};

	if (operation->error == BUS_NOT_GRANTED) {
		snprintf(text, size, "not granted: %s", operation->detail);
		return text;
	}
	return names[operation->error <= BUS_IO ? operation->error : BUS_IO];
}

int hal_host_init(void)
{
#define ROW_(module, name, signature, function) {module, name, signature, function},
	static struct runtime_host_function functions[] = {HAL_HOST_FUNCTIONS(ROW_)};

	port_mutex_init(&mutex);
	memset(tables, 0, sizeof(tables));
	runtime_on_instance_end(hal_handles_drop);
	hal_host_devices();
	return runtime_register(functions, sizeof(functions) / sizeof(functions[0]));
}
