/* SPDX-License-Identifier: Apache-2.0 */

/* wasi:gpio/digital in the shape of 2026. High is active: the profile's activeLow is the driver's
 * business. */

#include "hal/handles.h"
#include "hal/host_functions.h"

/* Any result with error-code, which has one case: other(string). */
static const struct result_form form = {16, 4, 0, 8, NULL};

static bool operate(struct runtime_guest *guest, struct hal_grant *grant, uint64_t result,
		    struct bus_operation *operation)
{
	if (hal_operate(guest, grant, operation) == BUS_OK) {
		return true;
	}
	result_error(guest, result, &form, operation);
	return false;
}

static void set_level(struct runtime_guest *guest, struct hal_grant *grant, bool level,
		      uint64_t result)
{
	struct bus_operation operation = {.op = BUS_SET, .level = level};

	if (grant && operate(guest, grant, result, &operation)) {
		(void)result_ok(guest, result, &form);
	}
}

static void set_low(struct runtime_guest *guest, uint64_t *args, enum handle_kind kind)
{
	set_level(guest, handle_grant(guest, args[0], kind), false, args[1]);
}

static void set_high(struct runtime_guest *guest, uint64_t *args, enum handle_kind kind)
{
	set_level(guest, handle_grant(guest, args[0], kind), true, args[1]);
}

static void set_state(struct runtime_guest *guest, uint64_t *args, enum handle_kind kind)
{
	uint32_t state = (uint32_t)args[1];

	if (state > 1) {
		runtime_guest_trap(guest, "a pin state of no kind");
	} else {
		set_level(guest, handle_grant(guest, args[0], kind), state == 1, args[2]);
	}
}

/** The level that is there; of an output the one that this run has set, where it has. @retval false
 * It failed. */
static bool get_level(struct runtime_guest *guest, struct hal_grant *grant, bool is_output,
		      uint64_t result, bool *level)
{
	struct bus_operation operation = {.op = BUS_GET};

	if (is_output && grant->is_set) {
		*level = grant->level_set;
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
	struct hal_grant *grant = handle_grant(guest, args[0], kind);
	bool level;

	if (!grant || !get_level(guest, grant, kind == HANDLE_STATEFUL_OUTPUT, args[1], &level)) {
		return;
	}
	uint8_t *area = result_ok(guest, args[1], &form);

	if (area) {
		area[4] = level == wanted;
	}
}

void host_digital_output_pin_set_low(struct runtime_guest *guest, uint64_t *args)
{
	set_low(guest, args, HANDLE_OUTPUT);
}

void host_digital_output_pin_set_high(struct runtime_guest *guest, uint64_t *args)
{
	set_high(guest, args, HANDLE_OUTPUT);
}

void host_digital_output_pin_set_state(struct runtime_guest *guest, uint64_t *args)
{
	set_state(guest, args, HANDLE_OUTPUT);
}

void host_digital_stateful_output_pin_set_low(struct runtime_guest *guest, uint64_t *args)
{
	set_low(guest, args, HANDLE_STATEFUL_OUTPUT);
}

void host_digital_stateful_output_pin_set_high(struct runtime_guest *guest, uint64_t *args)
{
	set_high(guest, args, HANDLE_STATEFUL_OUTPUT);
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
	struct hal_grant *grant = handle_grant(guest, args[0], HANDLE_STATEFUL_OUTPUT);
	bool level;

	if (grant && get_level(guest, grant, true, args[1], &level)) {
		set_level(guest, grant, !level, args[1]);
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

void host_digital_open_output(struct runtime_guest *guest, uint64_t *args)
{
	open_to_result(guest, args, HANDLE_OUTPUT, &form);
}

void host_digital_open_stateful_output(struct runtime_guest *guest, uint64_t *args)
{
	open_to_result(guest, args, HANDLE_STATEFUL_OUTPUT, &form);
}

void host_digital_open_input(struct runtime_guest *guest, uint64_t *args)
{
	open_to_result(guest, args, HANDLE_INPUT, &form);
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
