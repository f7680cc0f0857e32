/* SPDX-License-Identifier: Apache-2.0 */

/* wasi:gpio/digital in the shape of 2026. High is active: the profile's activeLow is the driver's
 * business. */

#include <stdio.h>
#include <string.h>

#include "hal/handles.h"
#include "hal/host_functions.h"

#define RESULT_SIZE 16 /* any result with error-code, which has one case: other(string) */

static void fail_with(struct runtime_guest *guest, uint64_t result, const char *words)
{
	uint8_t *area = guest_result(guest, result, RESULT_SIZE);

	if (area) {
		area[0] = 1;
		(void)guest_list(guest, result, RESULT_SIZE, 8, words, (uint32_t)strlen(words));
	}
}

static bool operate(struct runtime_guest *guest, uint8_t grant, uint64_t result,
		    struct bus_operation *operation)
{
	char text[160];

	if (hal_operate(guest, runtime_guest_session(guest), grant, operation) == BUS_OK) {
		return true;
	}
	fail_with(guest, result, error_words(operation, text, sizeof(text)));
	return false;
}

static void set_level(struct runtime_guest *guest, uint64_t handle, enum handle_kind kind,
		      bool level, uint64_t result)
{
	struct bus_operation operation = {.op = BUS_SET, .level = level};
	uint8_t grant;

	if (handle_grant(guest, handle, kind, &grant) &&
	    operate(guest, grant, result, &operation)) {
		(void)guest_result(guest, result, RESULT_SIZE);
	}
}

/** The level that is there; of an output the one that this run has set, where it has. @retval false
 * It failed. */
static bool get_level(struct runtime_guest *guest, uint8_t grant, bool is_output, uint64_t result,
		      bool *level)
{
	const struct hal_grant *own = &runtime_guest_session(guest)->grants[grant];
	struct bus_operation operation = {.op = BUS_GET};

	if (is_output && own->is_set) {
		*level = own->level_set;
		return true;
	}
	if (!operate(guest, grant, result, &operation)) {
		return false;
	}
	*level = operation.level;
	return true;
}

static void give_level(struct runtime_guest *guest, uint64_t *args, enum handle_kind kind,
		       bool wanted)
{
	bool level;
	uint8_t grant;

	if (!handle_grant(guest, args[0], kind, &grant) ||
	    !get_level(guest, grant, kind == HANDLE_STATEFUL_OUTPUT, args[1], &level)) {
		return;
	}
	uint8_t *area = guest_result(guest, args[1], RESULT_SIZE);

	if (area) {
		area[4] = level == wanted;
	}
}

void host_digital_output_pin_set_low(struct runtime_guest *guest, uint64_t *args)
{
	set_level(guest, args[0], HANDLE_OUTPUT, false, args[1]);
}

void host_digital_output_pin_set_high(struct runtime_guest *guest, uint64_t *args)
{
	set_level(guest, args[0], HANDLE_OUTPUT, true, args[1]);
}

static void set_state(struct runtime_guest *guest, uint64_t *args, enum handle_kind kind)
{
	if ((uint32_t)args[1] > 1) {
		runtime_guest_trap(guest, "a pin state of no kind");
		return;
	}
	set_level(guest, args[0], kind, (uint32_t)args[1] == 1, args[2]);
}

void host_digital_output_pin_set_state(struct runtime_guest *guest, uint64_t *args)
{
	set_state(guest, args, HANDLE_OUTPUT);
}

void host_digital_stateful_output_pin_set_low(struct runtime_guest *guest, uint64_t *args)
{
	set_level(guest, args[0], HANDLE_STATEFUL_OUTPUT, false, args[1]);
}

void host_digital_stateful_output_pin_set_high(struct runtime_guest *guest, uint64_t *args)
{
	set_level(guest, args[0], HANDLE_STATEFUL_OUTPUT, true, args[1]);
}

void host_digital_stateful_output_pin_set_state(struct runtime_guest *guest, uint64_t *args)
{
	set_state(guest, args, HANDLE_STATEFUL_OUTPUT);
}

void host_digital_stateful_output_pin_is_set_high(struct runtime_guest *guest, uint64_t *args)
{
	give_level(guest, args, HANDLE_STATEFUL_OUTPUT, true);
}

void host_digital_stateful_output_pin_is_set_low(struct runtime_guest *guest, uint64_t *args)
{
	give_level(guest, args, HANDLE_STATEFUL_OUTPUT, false);
}

void host_digital_stateful_output_pin_toggle(struct runtime_guest *guest, uint64_t *args)
{
	bool level;
	uint8_t grant;

	if (handle_grant(guest, args[0], HANDLE_STATEFUL_OUTPUT, &grant) &&
	    get_level(guest, grant, true, args[1], &level)) {
		set_level(guest, args[0], HANDLE_STATEFUL_OUTPUT, !level, args[1]);
	}
}

void host_digital_input_pin_is_high(struct runtime_guest *guest, uint64_t *args)
{
	give_level(guest, args, HANDLE_INPUT, true);
}

void host_digital_input_pin_is_low(struct runtime_guest *guest, uint64_t *args)
{
	give_level(guest, args, HANDLE_INPUT, false);
}

/** Why the line of a grant cannot be used so. @retval false `words` say it. */
static bool is_fit(struct hal_session *session, const struct hal_grant *grant, bool as_output,
		   char *words, size_t size)
{
	bool is_input = grant->device && grant->device->gpio.direction == HAL_INPUT;
	bool is_output = grant->device && grant->device->gpio.direction == HAL_OUTPUT;

	if (grant->kind != BUS_GPIO) {
		snprintf(words, size, "%s is %s, no gpio", grant->name,
			 grant->kind == BUS_I2C ? "i2c" : "spi");
		return false;
	}
	if ((as_output && is_input) || (!as_output && is_output)) {
		snprintf(words, size, "%s is an %s", grant->name, is_input ? "input" : "output");
		return false;
	}
	if (as_output ? !hal_may_write(grant) : !hal_may_read(grant)) {
		snprintf(words, size, "not granted: %s is not granted",
			 as_output ? "writing" : "reading");
		hal_refuse(session, "%s: %s is not granted", grant->name,
			   as_output ? "writing" : "reading");
		return false;
	}
	return true;
}

static void open_line(struct runtime_guest *guest, uint64_t *args, enum handle_kind kind)
{
	struct hal_session *session = runtime_guest_session(guest);
	char name[HAL_NAME_MAX + 1];
	char words[128];
	int grant = find_granted(guest, args[0], args[1], name);

	if (grant == -14) {
		return;
	}
	if (grant < 0) {
		snprintf(words, sizeof(words), "not granted: %s", name);
		fail_with(guest, args[2], words);
		return;
	}
	if (!is_fit(session, &session->grants[grant], kind != HANDLE_INPUT, words, sizeof(words))) {
		fail_with(guest, args[2], words);
		return;
	}
	uint32_t handle = handle_new(guest, kind, (uint8_t)grant);
	uint8_t *area = handle ? guest_result(guest, args[2], RESULT_SIZE) : NULL;

	if (area) {
		put_u32(area + 4, handle);
	}
}

void host_digital_open_output(struct runtime_guest *guest, uint64_t *args)
{
	open_line(guest, args, HANDLE_OUTPUT);
}

void host_digital_open_stateful_output(struct runtime_guest *guest, uint64_t *args)
{
	open_line(guest, args, HANDLE_STATEFUL_OUTPUT);
}

void host_digital_open_input(struct runtime_guest *guest, uint64_t *args)
{
	open_line(guest, args, HANDLE_INPUT);
}

void host_digital_output_pin_drop(struct runtime_guest *guest, uint64_t *args)
{
	handle_drop(guest, args[0], HANDLE_OUTPUT);
}

void host_digital_stateful_output_pin_drop(struct runtime_guest *guest, uint64_t *args)
{
	handle_drop(guest, args[0], HANDLE_STATEFUL_OUTPUT);
}

void host_digital_input_pin_drop(struct runtime_guest *guest, uint64_t *args)
{
	handle_drop(guest, args[0], HANDLE_INPUT);
}
