/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>

#include "runtime/device.h"
#include "runtime/fake_guest.h"

void *runtime_guest_memory(struct runtime_guest *guest, uint32_t address, uint32_t len)
{
	if (len > guest->size || address > guest->size - len) {
		guest->is_trapped = true;
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
	if (!runtime_guest_memory(guest, address, len)) {
		return 0;
	}
	guest->heap = address + len;
	return address;
}

int device_open(struct runtime_guest *guest, const struct device_argument *device, uint32_t *handle,
		struct codec_error *error)
{
	(void)guest;
	if (device->name_len == 4) {
		*handle = 5;
		return 0;
	}
	codec_error_set(error, CODEC_PERMISSION_DENIED, "device %.*s is not granted",
			(int)device->name_len, device->name);
	return -EACCES;
}
