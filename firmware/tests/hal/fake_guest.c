/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hal/fake_guest.h"
#include "port/port.h"

static const struct runtime_host_function *functions;
static size_t functions_count;
static void (*drop_data)(void *data);
static int (*open_device)(struct runtime_guest *guest, const char *name, size_t len,
			  const char *resource, uint32_t *handle);
static size_t blocks;
static size_t room = SIZE_MAX;

void *runtime_alloc(uint32_t size)
{
	if (room == 0) {
		return NULL;
	}
	room -= room != SIZE_MAX;
	blocks++;
	/* Not zeroed: nobody may count on it. */
	return memset(malloc(size), 0xa5, size);
}

void runtime_free(void *data)
{
	blocks--;
	free(data);
}

size_t fake_pool_used(void)
{
	return blocks;
}

void fake_pool_room(size_t given)
{
	room = given;
}

int runtime_register(const struct runtime_host_function *table, size_t count)
{
	functions = table;
	functions_count = count;
	return 0;
}

void runtime_on_instance_end(void (*drop)(void *data))
{
	drop_data = drop;
}

void runtime_on_device_argument(int (*open)(struct runtime_guest *guest, const char *name,
					    size_t len, const char *resource, uint32_t *handle))
{
	open_device = open;
}

struct hal_session *runtime_guest_session(struct runtime_guest *guest)
{
	return guest->session;
}

void *runtime_guest_memory(struct runtime_guest *guest, uint32_t address, uint32_t len)
{
	if (len > GUEST_MEMORY || address > GUEST_MEMORY - len) {
		runtime_guest_trap(guest, "memory access out of bounds");
		return NULL;
	}
	return &guest->memory[address];
}

uint32_t runtime_guest_alloc(struct runtime_guest *guest, uint32_t len, uint32_t align)
{
	uint32_t address = (guest->heap + align - 1) / align * align;

	if (len == 0) {
		return align;
	}
	if (guest->on_alloc) {
		guest->on_alloc(guest);
	}
	if (!runtime_guest_memory(guest, address, len)) {
		return 0;
	}
	guest->heap = address + len;
	return address;
}

void runtime_guest_trap(struct runtime_guest *guest, const char *why)
{
	if (guest->trap[0] == '\0') {
		(void)snprintf(guest->trap, sizeof(guest->trap), "%s", why);
	}
}

uint64_t runtime_guest_deadline_us(struct runtime_guest *guest)
{
	return guest->deadline_us;
}

bool runtime_guest_stopped(struct runtime_guest *guest)
{
	return guest->is_stopped || port_now_us() >= guest->deadline_us;
}

int runtime_guest_sleep(struct runtime_guest *guest, uint64_t until_us)
{
	guest->slept_until_us = until_us < guest->deadline_us ? until_us : guest->deadline_us;
	return until_us < guest->deadline_us ? 0 : -ECANCELED;
}

void **runtime_guest_data(struct runtime_guest *guest)
{
	return &guest->data;
}

void fake_guest_reset(struct runtime_guest *guest, struct hal_session *session)
{
	memset(guest, 0, sizeof(*guest));
	memset(guest->memory, 0xee, sizeof(guest->memory));
	guest->heap = GUEST_HEAP;
	guest->session = session;
	guest->deadline_us = PORT_FOREVER;
}

uint64_t fake_guest_call(struct runtime_guest *guest, const char *module, const char *name,
			 const uint64_t *args, size_t count)
{
	uint64_t copy[16] = {0};

	memcpy(copy, args, count * sizeof(*args));
	guest->trap[0] = '\0';
	for (size_t index = 0; index < functions_count; index++) {
		if (strcmp(functions[index].module, module) == 0 &&
		    strcmp(functions[index].name, name) == 0) {
			functions[index].function(guest, copy);
			return copy[0];
		}
	}
	fprintf(stderr, "no host function %s %s\n", module, name);
	abort();
}

void fake_guest_end(struct runtime_guest *guest)
{
	if (guest->data) {
		drop_data(guest->data);
	}
	guest->data = NULL;
}

int fake_guest_argument(struct runtime_guest *guest, const char *name, const char *resource,
			uint32_t *handle)
{
	guest->trap[0] = '\0';
	return open_device(guest, name, strlen(name), resource, handle);
}
