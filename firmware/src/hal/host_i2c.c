/* SPDX-License-Identifier: Apache-2.0 */

/* wasi:i2c. Adjacent operations of one kind are one message, and one list comes back for each read.
 */

#include "hal/handles.h"
#include "hal/host_functions.h"
#include "port/port.h"

/* error-code */
enum { ERROR_BUS, ERROR_ARBITRATION_LOSS, ERROR_NO_ACKNOWLEDGE, ERROR_OVERRUN, ERROR_OTHER };
/* no-acknowledge carries where it was missing. */
#define NO_ACKNOWLEDGE(source) ((source) << 4 | ERROR_NO_ACKNOWLEDGE)

static const uint8_t cases[BUS_IO + 1] = {
	[BUS_NACK_ADDRESS] = NO_ACKNOWLEDGE(0),
	[BUS_NACK_DATA] = NO_ACKNOWLEDGE(1),
	[BUS_NACK] = NO_ACKNOWLEDGE(2),
	[BUS_ARBITRATION_LOST] = ERROR_ARBITRATION_LOSS,
	[BUS_BUS] = ERROR_BUS,
	[BUS_OVERRUN] = ERROR_OVERRUN,
	[BUS_OVERFLOW] = ERROR_OVERRUN,
	[BUS_TIMEOUT] = ERROR_BUS,
	[BUS_STALL... BUS_IO] = ERROR_OTHER,
};
static const struct result_form read_result = {12, 4, RESULT_NO_WORDS, 0, cases};
static const struct result_form write_result = {3, 1, RESULT_NO_WORDS, 0, cases};
static const struct plan_form plan_form = {&read_result, 2, true};

void host_i2c_i2c_read(struct runtime_guest *guest, uint64_t *args)
{
	static const struct transfer_form form = {HANDLE_I2C, &read_result, 1, 0, 2, 3};

	transfer_bytes(guest, args, &form);
}

void host_i2c_i2c_write(struct runtime_guest *guest, uint64_t *args)
{
	static const struct transfer_form form = {HANDLE_I2C, &write_result, 1, 2, 0, 4};

	transfer_bytes(guest, args, &form);
}

void host_i2c_i2c_write_read(struct runtime_guest *guest, uint64_t *args)
{
	static const struct transfer_form form = {HANDLE_I2C, &read_result, 1, 2, 4, 5};

	transfer_bytes(guest, args, &form);
}

/** One list for each read, of the lengths that the guest has asked for. */
static void give_lists(struct runtime_guest *guest, const uint64_t *args, const struct plan *plan)
{
	uint32_t lists = runtime_guest_alloc(guest, plan->reads * 8, 4);
	uint32_t from = 0;
	uint32_t list = 0;

	for (uint32_t index = 0; lists && index < (uint32_t)args[3]; index++) {
		const uint8_t *one =
			guest_array(guest, args[2] + index * PLAN_OP_SIZE, 1, PLAN_OP_SIZE, 8);

		if (!one) {
			return;
		}
		bool is_read = one[0] == 0;
		uint32_t len = get_u32(one + (is_read ? 8 : 12));

		/* Its realloc has run meanwhile, which may have written anything. */
		if (len > plan->used - from || (is_read && list == plan->reads)) {
			runtime_guest_trap(guest, "its operations changed");
			return;
		}
		if (is_read && !guest_list(guest, lists + list++ * 8,
					   runtime_guest_session(guest)->scratch + from, len)) {
			return;
		}
		/* Writes have their bytes there, too. */
		from += len;
	}
	uint8_t *area = lists ? result_ok(guest, args[4], &read_result) : NULL;

	if (area) {
		put_u32(area + 4, lists);
		put_u32(area + 8, plan->reads);
	}
}

void host_i2c_i2c_transaction(struct runtime_guest *guest, uint64_t *args)
{
	struct hal_grant *grant = handle_grant(guest, args[0], HANDLE_I2C);
	struct plan plan;

	if (grant && plan_run(guest, grant, (uint16_t)args[1], &args[2], &plan_form, &plan)) {
		give_lists(guest, args, &plan);
	}
}

void host_i2c_i2c_drop(struct runtime_guest *guest, uint64_t *args)
{
	handle_drop(guest, args[0], HANDLE_I2C);
}

/** In virtual time it is the lab that waits. @retval false It could not be told. */
static bool delay_virtually(struct runtime_guest *guest, uint32_t ns)
{
	struct hal_session *session = runtime_guest_session(guest);
	struct bus_segment segment = {BUS_SEGMENT_DELAY, ns, NULL, NULL};
	struct bus_operation operation = {
		.op = BUS_DELAY, .segments = &segment, .segments_count = 1};

	return port_time_is_virtual() && session && session->grants_count > 0 && !session->replay &&
	       hal_operate(guest, session->grants, &operation) == BUS_OK;
}

void host_delay_delay_delay_ns(struct runtime_guest *guest, uint64_t *args)
{
	uint32_t ns = (uint32_t)args[1];

	if (handle_is(guest, args[0], HANDLE_DELAY) && ns > 0 && !delay_virtually(guest, ns)) {
		(void)runtime_guest_sleep(guest, port_now_us() + (ns + 999) / 1000);
	}
}

void host_delay_delay_drop(struct runtime_guest *guest, uint64_t *args)
{
	handle_drop(guest, args[0], HANDLE_DELAY);
}
