/* SPDX-License-Identifier: Apache-2.0 */

/* wasi:gpio/digital-async, and what it needs of wasi:io/poll. Twin of
 * proplet/runtime/hosts/hardware/gpio-async.ts. */

#include "hal/handles.h"
#include "hal/host_functions.h"

/* wait-error */
enum { ERROR_NOT_IN_PROGRESS, ERROR_WOULD_BLOCK, ERROR_OTHER };

/* result<_, error-code>, result<input-wait-pin, error-code> */
static const struct result_form start_result = {16, 4, 0, 8, NULL};
/* result<_, wait-error>, whose `other` has an error-code, whose `other` has the words */
static const struct result_form finish_result = {20, 4, ERROR_OTHER, 12, NULL};

static void start(struct runtime_guest *guest, uint64_t *args, enum bus_pin_event event)
{
	struct hal_grant *grant = handle_grant(guest, args[0], HANDLE_INPUT_WAIT);
	struct bus_operation operation = {.op = BUS_WAIT};

	if (!grant) {
		return;
	}
	operation.error = hal_wait_begin(guest, grant, (uint32_t)args[0], event);
	if (operation.error == BUS_OK) {
		(void)result_ok(guest, args[1], &start_result);
	} else {
		result_error(guest, args[1], &start_result, &operation);
	}
}

void host_digital_async_input_wait_pin_start_wait_high(struct runtime_guest *guest, uint64_t *args)
{
	start(guest, args, BUS_PIN_HIGH);
}

void host_digital_async_input_wait_pin_start_wait_low(struct runtime_guest *guest, uint64_t *args)
{
	start(guest, args, BUS_PIN_LOW);
}

void host_digital_async_input_wait_pin_start_wait_rising_edge(struct runtime_guest *guest,
							      uint64_t *args)
{
	start(guest, args, BUS_PIN_RISING);
}

void host_digital_async_input_wait_pin_start_wait_falling_edge(struct runtime_guest *guest,
							       uint64_t *args)
{
	start(guest, args, BUS_PIN_FALLING);
}

void host_digital_async_input_wait_pin_start_wait_any_edge(struct runtime_guest *guest,
							   uint64_t *args)
{
	start(guest, args, BUS_PIN_ANY);
}

/** The wait that this handle has begun, over or not. NULL: it has none. */
static struct hal_wait *own_wait(const struct hal_grant *grant, uint64_t handle)
{
	struct hal_wait *wait = grant->wait;

	return wait->state != WAIT_NONE && wait->owner == (uint32_t)handle ? wait : NULL;
}

/** Without a wait there is nothing to wait for, so it is ready. */
void host_digital_async_input_wait_pin_subscribe(struct runtime_guest *guest, uint64_t *args)
{
	struct hal_grant *grant = handle_grant(guest, args[0], HANDLE_INPUT_WAIT);

	if (!grant) {
		return;
	}
	const struct hal_wait *wait = own_wait(grant, args[0]);
	uint32_t handle = handle_new(guest, HANDLE_POLLABLE,
				     (uint8_t)(grant - runtime_guest_session(guest)->grants));

	if (handle && wait) {
		*handle_number(guest, handle) = wait->place.number;
	}
	args[0] = handle;
}

void host_digital_async_input_wait_pin_finish_wait(struct runtime_guest *guest, uint64_t *args)
{
	struct hal_grant *grant = handle_grant(guest, args[0], HANDLE_INPUT_WAIT);

	if (!grant) {
		return;
	}
	struct hal_wait *wait = own_wait(grant, args[0]);

	if (wait && hal_wait_is_over(runtime_guest_session(guest), grant, wait->place.number)) {
		wait->state = WAIT_NONE;
		if (wait->operation.error == BUS_OK) {
			(void)result_ok(guest, args[1], &finish_result);
		} else {
			result_error(guest, args[1], &finish_result, &wait->operation);
		}
		return;
	}
	uint8_t *area = result_ok(guest, args[1], &finish_result);

	if (area) {
		area[0] = 1;
		area[4] = wait ? ERROR_WOULD_BLOCK : ERROR_NOT_IN_PROGRESS;
	}
}

void host_digital_async_open_input_wait(struct runtime_guest *guest, uint64_t *args)
{
	open_to_result(guest, args, HANDLE_INPUT_WAIT, &start_result);
}

/** Its wait is given up with it. */
void host_digital_async_input_wait_pin_drop(struct runtime_guest *guest, uint64_t *args)
{
	struct hal_grant *grant = handle_grant(guest, args[0], HANDLE_INPUT_WAIT);

	if (!grant) {
		return;
	}
	struct hal_wait *wait = own_wait(grant, args[0]);

	if (wait) {
		hal_wait_cancel(runtime_guest_session(guest), grant);
		wait->state = WAIT_NONE;
	}
	handle_drop(guest, args[0], HANDLE_INPUT_WAIT);
}

/* Pollables: the wait whose number they carry */

/** @retval false It is not, or a trap was set. */
static bool is_ready(struct runtime_guest *guest, uint64_t handle)
{
	struct hal_grant *grant = handle_grant(guest, handle, HANDLE_POLLABLE);

	return grant &&
	       hal_wait_is_over(runtime_guest_session(guest), grant, *handle_number(guest, handle));
}

void host_poll_pollable_ready(struct runtime_guest *guest, uint64_t *args)
{
	args[0] = is_ready(guest, args[0]);
}

/** How many of a list are ready, once one is. 0: a trap was set, or the run is to end. */
static uint32_t wait_for_any(struct runtime_guest *guest, uint64_t address, uint64_t count)
{
	bool goes_on = true;

	while (goes_on) {
		uint32_t ends = hal_wait_ends();
		const uint8_t *handles = guest_array(guest, address, count, 4, 4);
		uint32_t ready = 0;

		for (uint32_t index = 0; handles && index < (uint32_t)count; index++) {
			uint32_t handle = get_u32(handles + 4 * index);

			if (!handle_is(guest, handle, HANDLE_POLLABLE)) {
				return 0;
			}
			ready += is_ready(guest, handle);
		}
		if (!handles || ready > 0) {
			return ready;
		}
		goes_on = hal_wait_sleep(guest, ends);
	}
	return 0;
}

void host_poll_pollable_block(struct runtime_guest *guest, uint64_t *args)
{
	bool goes_on = handle_is(guest, args[0], HANDLE_POLLABLE);

	while (goes_on) {
		uint32_t ends = hal_wait_ends();

		goes_on = !is_ready(guest, args[0]) && hal_wait_sleep(guest, ends);
	}
}

void host_poll_poll(struct runtime_guest *guest, uint64_t *args)
{
	uint32_t count = (uint32_t)args[1];

	if (count == 0) {
		runtime_guest_trap(guest, "poll of an empty list");
		return;
	}
	uint32_t ready = wait_for_any(guest, args[0], count);
	uint32_t list = ready > 0 ? runtime_guest_alloc(guest, 4 * ready, 4) : 0;
	uint32_t listed = 0;

	for (uint32_t index = 0; list && index < count && listed < ready; index++) {
		const uint8_t *handles = guest_array(guest, args[0], count, 4, 4);
		uint8_t *indexes = guest_array(guest, list, ready, 4, 4);

		if (!handles || !indexes) {
			return;
		}
		if (is_ready(guest, get_u32(handles + 4 * index))) {
			put_u32(indexes + 4 * listed++, index);
		}
	}
	uint8_t *area = list ? guest_array(guest, args[2], 2, 4, 4) : NULL;

	if (area) {
		put_u32(area, list);
		put_u32(area + 4, listed);
	}
}

void host_poll_pollable_drop(struct runtime_guest *guest, uint64_t *args)
{
	handle_drop(guest, args[0], HANDLE_POLLABLE);
}
