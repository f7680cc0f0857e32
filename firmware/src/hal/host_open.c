/* SPDX-License-Identifier: Apache-2.0 */

/* samara:device: handles by logical name, and configuration. */

#include <errno.h>

#include "hal/handles.h"
#include "hal/host_functions.h"

enum { REFUSAL_NOT_GRANTED, REFUSAL_WRONG_KIND };

void host_open_open_i2c(struct runtime_guest *guest, uint64_t *args)
{
	static const struct result_form result = {8, 4, RESULT_NO_WORDS, 0, NULL};
	char words[BUS_DETAIL_MAX + 1];
	int32_t handle = open_named(guest, args, HANDLE_I2C, words);
	uint8_t *area = handle == -EFAULT ? NULL : result_ok(guest, args[2], &result);

	if (!area) {
		return;
	}
	if (handle > 0) {
		put_u32(area + 4, (uint32_t)handle);
	} else {
		area[0] = 1;
		area[4] = handle == -EINVAL ? REFUSAL_WRONG_KIND : REFUSAL_NOT_GRANTED;
	}
}

void host_open_open_delay(struct runtime_guest *guest, uint64_t *args)
{
	args[0] = handle_new(guest, HANDLE_DELAY, 0);
}

/** A call to a C proplet has no environment: nothing is configured. */
void host_config_get(struct runtime_guest *guest, uint64_t *args)
{
	static const struct result_form option = {12, 4, RESULT_NO_WORDS, 0, NULL};

	if (guest_array(guest, args[0], args[1], 1, 1)) {
		(void)result_ok(guest, args[2], &option);
	}
}
