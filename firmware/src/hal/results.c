/* SPDX-License-Identifier: Apache-2.0 */

/* What host functions find in a guest's memory, and leave there: the canonical ABI. */

#include <stdio.h>
#include <string.h>

#include "hal/handles.h"

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

bool guest_list(struct runtime_guest *guest, uint64_t place, const void *data, uint32_t len)
{
	uint32_t address = runtime_guest_alloc(guest, len, 1);

	if (address == 0) {
		return false;
	}
	void *memory = runtime_guest_memory(guest, address, len);
	/* Memory may have moved. */
	uint8_t *area = memory ? guest_array(guest, place, 2, 4, 4) : NULL;

	if (!area) {
		return false;
	}
	if (len > 0) {
		memcpy(memory, data, len);
	}
	put_u32(area, address);
	put_u32(area + 4, len);
	return true;
}

uint8_t *result_ok(struct runtime_guest *guest, uint64_t result, const struct result_form *form)
{
	uint8_t *area = guest_array(guest, result, 1, form->size, form->align);

	if (area) {
		memset(area, 0, form->size);
	}
	return area;
}

static void give_error(struct runtime_guest *guest, uint64_t result, const struct result_form *form,
		       uint8_t which, const char *words)
{
	uint8_t *area = result_ok(guest, result, form);

	if (!area) {
		return;
	}
	area[0] = 1;
	area[form->align] = which & 0xf;
	area[form->align + 1] = which >> 4;
	if (which == form->words) {
		(void)guest_list(guest, result + form->words_at, words, (uint32_t)strlen(words));
	}
}

void result_words(struct runtime_guest *guest, uint64_t result, const struct result_form *form,
		  const char *words)
{
	give_error(guest, result, form, form->words, words);
}

void result_error(struct runtime_guest *guest, uint64_t result, const struct result_form *form,
		  const struct bus_operation *operation)
{
	char text[BUS_DETAIL_MAX + 16];
	const char *words = bus_error_words[operation->error];

	if (operation->error == BUS_NOT_GRANTED) {
		snprintf(text, sizeof(text), "not granted: %s", operation->detail);
		words = text;
	}
	give_error(guest, result, form, form->cases ? form->cases[operation->error] : form->words,
		   words);
}
