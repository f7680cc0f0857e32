/* SPDX-License-Identifier: Apache-2.0 */

/* samara:device: handles by logical name, and configuration; and devices that a caller names in an
 * argument. */

#include <errno.h>
#include <string.h>

#include "hal/handles.h"
#include "hal/host_functions.h"

#define RESULT_SIZE 8
#define OPTION_SIZE 12

enum { REFUSAL_NOT_GRANTED, REFUSAL_WRONG_KIND };

void host_open_open_i2c(struct runtime_guest *guest, uint64_t *args)
{
	struct hal_session *session = runtime_guest_session(guest);
	char name[HAL_NAME_MAX + 1];
	int grant = find_granted(guest, args[0], args[1], name);

	if (grant == -EFAULT) {
		return;
	}
	bool is_i2c = grant >= 0 && session->grants[grant].kind == BUS_I2C;
	uint32_t handle = is_i2c ? handle_new(guest, HANDLE_I2C, (uint8_t)grant) : 0;
	uint8_t *area = is_i2c && !handle ? NULL : guest_result(guest, args[2], RESULT_SIZE);

	if (!area) {
		return;
	}
	if (is_i2c) {
		put_u32(area + 4, handle);
	} else {
		area[0] = 1;
		area[4] = grant < 0 ? REFUSAL_NOT_GRANTED : REFUSAL_WRONG_KIND;
	}
}

void host_open_open_delay(struct runtime_guest *guest, uint64_t *args)
{
	args[0] = handle_new(guest, HANDLE_DELAY, 0);
}

/** A call to a C proplet has no environment: nothing is configured. */
void host_config_get(struct runtime_guest *guest, uint64_t *args)
{
	if (guest_array(guest, args[0], args[1], 1, 1)) {
		(void)guest_result(guest, args[2], OPTION_SIZE);
	}
}

static enum handle_kind kind_of(const char *resource)
{
	static const struct {
		const char *name;
		enum handle_kind kind;
	} resources[] = {
		{".i2c", HANDLE_I2C},
		{".delay", HANDLE_DELAY},
		{".spi-device", HANDLE_SPI},
		{".output-pin", HANDLE_OUTPUT},
		{".stateful-output-pin", HANDLE_STATEFUL_OUTPUT},
		{".input-pin", HANDLE_INPUT},
	};
	const char *dot = strrchr(resource, '.');

	for (size_t index = 0; dot && index < sizeof(resources) / sizeof(resources[0]); index++) {
		if (strcmp(dot, resources[index].name) == 0) {
			return resources[index].kind;
		}
	}
	return HANDLE_FREE;
}

static bool fits(const struct hal_grant *grant, enum handle_kind kind)
{
	switch (kind) {
	case HANDLE_I2C:
		return grant->kind == BUS_I2C;
	case HANDLE_SPI:
		return grant->kind == BUS_SPI;
	case HANDLE_OUTPUT:
	case HANDLE_STATEFUL_OUTPUT:
		return grant->kind == BUS_GPIO && hal_may_write(grant) &&
		       (!grant->device || grant->device->gpio.direction != HAL_INPUT);
	case HANDLE_INPUT:
		return grant->kind == BUS_GPIO && hal_may_read(grant) &&
		       (!grant->device || grant->device->gpio.direction != HAL_OUTPUT);
	default:
		return false;
	}
}

static int open_argument(struct runtime_guest *guest, const char *name, size_t len,
			 const char *resource, uint32_t *handle)
{
	struct hal_session *session = runtime_guest_session(guest);
	enum handle_kind kind = kind_of(resource);

	if (kind == HANDLE_DELAY) {
		*handle = handle_new(guest, kind, 0);
		return *handle ? 0 : -EACCES;
	}
	for (uint8_t index = 0; session && index < session->grants_count; index++) {
		const struct hal_grant *grant = &session->grants[index];

		if (strlen(grant->name) == len && memcmp(grant->name, name, len) == 0 &&
		    fits(grant, kind)) {
			*handle = handle_new(guest, kind, index);
			return *handle ? 0 : -EACCES;
		}
	}
	hal_refuse(session, "%.*s", (int)len, name);
	return -EACCES;
}

void hal_host_devices(void)
{
	runtime_on_device_argument(open_argument);
}
