/* SPDX-License-Identifier: Apache-2.0 */

/* What host functions may do with a guest, and what a guest may do with them. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/device.h"
#include "runtime/guest.h"

#define TABLES_MAX 16

static struct {
	struct {
		const struct runtime_host_function *functions;
		size_t count;
	} tables[TABLES_MAX];
	size_t count;
	void (*drop)(void *data);
	int (*open)(struct runtime_guest *guest, const char *name, size_t len, const char *resource,
		    uint32_t *handle);
} host;

int runtime_register(const struct runtime_host_function *functions, size_t count)
{
	if (host.count == TABLES_MAX) {
		return -ENOMEM;
	}
	host.tables[host.count].functions = functions;
	host.tables[host.count].count = count;
	host.count++;
	return 0;
}

void runtime_on_instance_end(void (*drop)(void *data))
{
	host.drop = drop;
}

void runtime_on_device_argument(int (*open)(struct runtime_guest *guest, const char *name,
					    size_t len, const char *resource, uint32_t *handle))
{
	host.open = open;
}

/* What the component model proposes for build targets: compatible versions share a name, of which
 * the last parts are left out, and drops are called otherwise. shared/wasm/lowered-names.ts */
#define STANDARD "cm32p2|"
#define DROP	 "[resource-drop]"

static bool is_module(const char *own, const char *asked, bool is_standard)
{
	size_t len = strlen(asked);

	return strncmp(own, asked, len) == 0 &&
	       (own[len] == '\0' || (is_standard && own[len] == '.' && strchr(asked, '@')));
}

static bool is_function(const char *own, const char *asked, bool is_standard)
{
	size_t drop = sizeof(DROP) - 1;

	if (!is_standard || strncmp(own, DROP, drop) != 0) {
		return strcmp(own, asked) == 0;
	}
	size_t len = strlen(own + drop);

	return strncmp(own + drop, asked, len) == 0 && strcmp(asked + len, "_drop") == 0;
}

const struct runtime_host_function *host_function(const char *module, const char *name)
{
	size_t prefix = sizeof(STANDARD) - 1;
	bool is_standard = strncmp(module, STANDARD, prefix) == 0;

	module += is_standard ? prefix : 0;
	for (size_t table = 0; table < host.count; table++) {
		for (size_t index = 0; index < host.tables[table].count; index++) {
			const struct runtime_host_function *one =
				&host.tables[table].functions[index];

			if (is_function(one->name, name, is_standard) &&
			    is_module(one->module, module, is_standard)) {
				return one;
			}
		}
	}
	return NULL;
}

void host_call(struct runtime_guest *guest, const struct runtime_host_function *function,
	       uint64_t *args)
{
	if (guest->slot->is_allocating) {
		runtime_guest_trap(guest, "cabi_realloc called a host function");
	} else if (runtime_guest_stopped(guest)) {
		runtime_guest_trap(guest, "stopped");
	} else {
		function->function(guest, args);
		/* What cut its wait short ends the guest, too. */
		if (guest->slot->end != GUEST_GOES_ON) {
			runtime_guest_trap(guest, "stopped");
		}
	}
}

void host_instance_ends(struct runtime_guest *guest)
{
	void *data = guest->data;

	guest->data = NULL;
	if (data && host.drop) {
		host.drop(data);
	}
}

struct hal_session *runtime_guest_session(struct runtime_guest *guest)
{
	return guest->slot->call->session;
}

void **runtime_guest_data(struct runtime_guest *guest)
{
	return &guest->data;
}

void runtime_guest_trap(struct runtime_guest *guest, const char *why)
{
	char *trap = guest->slot->trap;

	if (trap[0] == '\0') {
		snprintf(trap, sizeof(guest->slot->trap), "%s", why);
		codec_cut(trap, sizeof(guest->slot->trap));
	}
	wamr_set_trap(guest->instance, "host");
}

void *runtime_guest_memory(struct runtime_guest *guest, uint32_t address, uint32_t len)
{
	uint32_t size;
	uint8_t *memory = wamr_memory(guest->instance, &size);

	if (!memory || len > size || address > size - len) {
		runtime_guest_trap(guest, "memory access out of bounds");
		return NULL;
	}
	return &memory[address];
}

static struct WASMFunctionInstance *realloc_of(const struct runtime_guest *guest)
{
	static const char *const names[] = {"cabi_realloc", "cm32p2_realloc"};
	const struct core_call shape = {.params = 4, .results = 1};

	for (size_t index = 0; index < 2; index++) {
		struct WASMFunctionInstance *found =
			wamr_export(guest, names[index], strlen(names[index]));

		if (found && wamr_fits(found, &shape)) {
			return found;
		}
	}
	return NULL;
}

uint32_t runtime_guest_alloc(struct runtime_guest *guest, uint32_t len, uint32_t align)
{
	struct slot *slot = guest->slot;
	struct WASMFunctionInstance *function = realloc_of(guest);
	struct core_call call = {.values = {0, 0, align, len}, .params = 4, .results = 1};

	if (len == 0) {
		return align;
	}
	if (!function) {
		runtime_guest_trap(guest, "it exports no cabi_realloc");
		return 0;
	}
	slot->is_allocating = true;
	bool is_done = wamr_call(slot->env, function, &call);

	slot->is_allocating = false;
	if (!is_done) {
		return 0;
	}
	uint32_t address = (uint32_t)call.values[0];

	if (address == 0) {
		slot->is_refused_memory = true;
		runtime_guest_trap(guest, "unreachable: its cabi_realloc gave no memory");
		return 0;
	}
	if ((address & (align - 1)) != 0) {
		runtime_guest_trap(guest, "its cabi_realloc gave an address that is not aligned");
		return 0;
	}
	return runtime_guest_memory(guest, address, len) ? address : 0;
}

uint64_t runtime_guest_deadline_us(struct runtime_guest *guest)
{
	return guest->slot->deadline_us;
}

bool runtime_guest_stopped(struct runtime_guest *guest)
{
	return slot_look(guest->slot) != GUEST_GOES_ON;
}

int runtime_guest_sleep(struct runtime_guest *guest, uint64_t until_us)
{
	struct slot *slot = guest->slot;
	uint64_t end = until_us < slot->deadline_us ? until_us : slot->deadline_us;

	port_mutex_lock(&guests_lock);
	while (!slot->is_stopped && port_now_us() < end) {
		port_cond_wait(&slot->wake, &guests_lock, end);
	}
	port_mutex_unlock(&guests_lock);
	return runtime_guest_stopped(guest) ? -ECANCELED : 0;
}

int device_open(struct runtime_guest *guest, const struct device_argument *device, uint32_t *handle,
		struct codec_error *error)
{
	char resource[DEVICE_RESOURCE_MAX + 1];
	char *trap = guest->slot->trap;
	int err = -EACCES;

	if (host.open && device->resource_len <= DEVICE_RESOURCE_MAX) {
		memcpy(resource, device->resource, device->resource_len);
		resource[device->resource_len] = '\0';
		err = host.open(guest, device->name, device->name_len, resource, handle);
	}
	if (err == 0) {
		return 0;
	}
	if (trap[0] != '\0') {
		codec_error_set(error, CODEC_PERMISSION_DENIED, "%s", trap);
	} else {
		codec_error_set(error, CODEC_PERMISSION_DENIED, "device %.*s is not granted",
				(int)device->name_len, device->name);
	}
	return -EACCES;
}
