/* SPDX-License-Identifier: Apache-2.0 */

/* wasi:i2c. Adjacent operations of one kind are one message, and one list comes back for each read.
 */

#include <string.h>

#include "hal/handles.h"
#include "hal/host_functions.h"
#include "port/port.h"

#define READ_SIZE  12 /* result<list<u8>, error-code> */
#define WRITE_SIZE 3  /* result<_, error-code> */
#define OP_SIZE	   16

/* error-code */
enum { ERROR_BUS, ERROR_ARBITRATION_LOSS, ERROR_NO_ACKNOWLEDGE, ERROR_OVERRUN, ERROR_OTHER };

static uint8_t case_of(enum bus_error error, uint8_t *source)
{
	*source = 0;
	switch (error) {
	case BUS_NACK_ADDRESS:
	case BUS_NACK_DATA:
	case BUS_NACK:
		*source = (uint8_t)(error - BUS_NACK_ADDRESS);
		return ERROR_NO_ACKNOWLEDGE;
	case BUS_ARBITRATION_LOST:
		return ERROR_ARBITRATION_LOSS;
	case BUS_BUS:
	case BUS_TIMEOUT:
		return ERROR_BUS;
	case BUS_OVERRUN:
	case BUS_OVERFLOW:
		return ERROR_OVERRUN;
	default:
		return ERROR_OTHER;
	}
}

static void fail(struct runtime_guest *guest, uint64_t result, bool gives_list,
		 enum bus_error error)
{
	uint8_t *area = guest_array(guest, result, 1, gives_list ? READ_SIZE : WRITE_SIZE,
				    gives_list ? 4 : 1);
	uint8_t source;

	if (area) {
		uint8_t which = case_of(error, &source);
		uint32_t at = gives_list ? 4 : 1;

		area[0] = 1;
		area[at] = which;
		area[at + 1] = source;
	}
}

/** Whether a length of the guest's may be read at all, before anything is made of it. */
static bool length_fits(struct hal_session *session, uint8_t grant, uint64_t len)
{
	if (len > session->grants[grant].max_bytes) {
		hal_refuse(session, "%s: read of %llu bytes, at most %u are granted",
			   session->grants[grant].name, (unsigned long long)len,
			   (unsigned int)session->grants[grant].max_bytes);
		return false;
	}
	return len > 0;
}

static enum bus_error transfer(struct runtime_guest *guest, uint8_t grant, uint64_t address,
			       struct bus_segment *segments, size_t count)
{
	struct bus_operation operation = {
		.op = BUS_TRANSFER,
		.target = (uint16_t)address,
		.segments = segments,
		.segments_count = count,
	};

	return hal_operate(guest, runtime_guest_session(guest), grant, &operation);
}

static void give_read(struct runtime_guest *guest, uint64_t result, const struct bus_segment *read,
		      enum bus_error error)
{
	if (error) {
		fail(guest, result, true, error);
	} else if (guest_result(guest, result, READ_SIZE)) {
		(void)guest_list(guest, result, READ_SIZE, 4, read->in, read->length);
	}
}

void host_i2c_i2c_read(struct runtime_guest *guest, uint64_t *args)
{
	struct hal_session *session = runtime_guest_session(guest);
	uint8_t grant;

	if (!handle_grant(guest, args[0], HANDLE_I2C, &grant)) {
		return;
	}
	if (!length_fits(session, grant, args[2])) {
		fail(guest, args[3], true, BUS_NOT_GRANTED);
		return;
	}
	struct bus_segment read = {BUS_SEGMENT_READ, (uint32_t)args[2], NULL, hal_scratch(session)};

	give_read(guest, args[3], &read, transfer(guest, grant, args[1], &read, 1));
}

void host_i2c_i2c_write(struct runtime_guest *guest, uint64_t *args)
{
	uint8_t grant;

	if (!handle_grant(guest, args[0], HANDLE_I2C, &grant)) {
		return;
	}
	struct bus_segment write = {BUS_SEGMENT_WRITE, (uint32_t)args[3],
				    guest_array(guest, args[2], args[3], 1, 1), NULL};

	if (!write.out) {
		return;
	}
	enum bus_error error = transfer(guest, grant, args[1], &write, 1);

	if (error) {
		fail(guest, args[4], false, error);
	} else {
		uint8_t *area = guest_array(guest, args[4], 1, WRITE_SIZE, 1);

		if (area) {
			area[0] = 0;
		}
	}
}

void host_i2c_i2c_write_read(struct runtime_guest *guest, uint64_t *args)
{
	struct hal_session *session = runtime_guest_session(guest);
	uint8_t grant;

	if (!handle_grant(guest, args[0], HANDLE_I2C, &grant)) {
		return;
	}
	struct bus_segment segments[2] = {
		{BUS_SEGMENT_WRITE, (uint32_t)args[3], guest_array(guest, args[2], args[3], 1, 1),
		 NULL},
		{BUS_SEGMENT_READ, 0, NULL, hal_scratch(session)},
	};

	if (!segments[0].out) {
		return;
	}
	if (!length_fits(session, grant, args[4])) {
		fail(guest, args[5], true, BUS_NOT_GRANTED);
		return;
	}
	segments[1].length = (uint32_t)args[4];
	give_read(guest, args[5], &segments[1], transfer(guest, grant, args[1], segments, 2));
}

/* A transaction: operations as the guest has them, merged into messages whose bytes are in the
 * scratch. */

struct plan {
	struct bus_segment segments[CONFIG_SAMARA_SEGMENTS];
	size_t count;
	uint32_t used; /* of the scratch */
	uint32_t reads;
	enum bus_error error;
};

static void add(struct plan *plan, struct hal_session *session, uint8_t grant, bool is_read,
		const uint8_t *bytes, uint64_t len)
{
	enum bus_segment_kind kind = is_read ? BUS_SEGMENT_READ : BUS_SEGMENT_WRITE;
	bool same = plan->count > 0 && plan->segments[plan->count - 1].kind == kind;
	uint8_t *scratch = hal_scratch(session) + plan->used;

	if (is_read && !length_fits(session, grant, len)) {
		plan->error = BUS_NOT_GRANTED;
	} else if (len > CONFIG_SAMARA_TRANSFER_MAX - plan->used ||
		   (same && plan->segments[plan->count - 1].length + len >
				    session->grants[grant].max_bytes)) {
		hal_refuse(session, "%s: %s of more bytes than are granted",
			   session->grants[grant].name, is_read ? "read" : "write");
		plan->error = BUS_NOT_GRANTED;
	} else if (!same && plan->count == CONFIG_SAMARA_SEGMENTS) {
		plan->error = BUS_INVALID;
	}
	if (plan->error) {
		return;
	}
	if (!is_read && len > 0) {
		memcpy(scratch, bytes, (size_t)len);
	}
	if (same) {
		plan->segments[plan->count - 1].length += (uint32_t)len;
	} else {
		plan->segments[plan->count++] = (struct bus_segment){
			kind, (uint32_t)len, is_read ? NULL : scratch, is_read ? scratch : NULL};
	}
	plan->used += (uint32_t)len;
	plan->reads += is_read;
}

/** @retval false A trap was set. */
static bool read_plan(struct runtime_guest *guest, uint8_t grant, uint64_t address, uint64_t count,
		      struct plan *plan)
{
	const uint8_t *operations = guest_array(guest, address, count, OP_SIZE, 8);
	struct hal_session *session = runtime_guest_session(guest);

	for (uint32_t index = 0; operations && index < (uint32_t)count && !plan->error; index++) {
		const uint8_t *one = operations + index * OP_SIZE;
		uint32_t low = get_u32(one + 8);
		uint32_t high = get_u32(one + 12);

		if (one[0] > 1) {
			runtime_guest_trap(guest, "an operation of no kind");
			return false;
		}
		const uint8_t *bytes = one[0] == 1 ? guest_array(guest, low, high, 1, 1) : NULL;

		if (one[0] == 1 && !bytes) {
			return false;
		}
		add(plan, session, grant, one[0] == 0, bytes,
		    one[0] == 0 ? (uint64_t)high << 32 | low : high);
	}
	return operations != NULL;
}

/** One list for each read, of the lengths that the guest has asked for. */
static void give_lists(struct runtime_guest *guest, uint64_t *args, const struct plan *plan)
{
	uint32_t lists = runtime_guest_alloc(guest, plan->reads * 8, 4);
	uint32_t from = 0;
	uint32_t list = 0;

	for (uint32_t index = 0; lists && index < (uint32_t)args[3]; index++) {
		const uint8_t *one = guest_array(guest, args[2] + index * OP_SIZE, 1, OP_SIZE, 8);

		if (!one) {
			return;
		}
		/* Writes have their bytes in the scratch too. */
		uint32_t len = get_u32(one + (one[0] == 0 ? 8 : 12));

		if (one[0] == 0 &&
		    !guest_list(guest, lists + list++ * 8, 8, 0,
				hal_scratch(runtime_guest_session(guest)) + from, len)) {
			return;
		}
		from += len;
	}
	uint8_t *area = lists ? guest_result(guest, args[4], READ_SIZE) : NULL;

	if (area) {
		put_u32(area + 4, lists);
		put_u32(area + 8, plan->reads);
	}
}

void host_i2c_i2c_transaction(struct runtime_guest *guest, uint64_t *args)
{
	struct plan plan = {.count = 0};
	uint8_t grant;

	if (!handle_grant(guest, args[0], HANDLE_I2C, &grant) ||
	    !read_plan(guest, grant, args[2], args[3], &plan)) {
		return;
	}
	if (!plan.error && (uint32_t)args[3] > 0) {
		plan.error = transfer(guest, grant, args[1], plan.segments, plan.count);
	}
	if (plan.error) {
		fail(guest, args[4], true, plan.error);
	} else {
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

	return session && session->grants_count > 0 &&
	       (port_time_is_virtual() || session->has_replay) &&
	       hal_operate(guest, session, 0, &operation) == BUS_OK;
}

void host_delay_delay_delay_ns(struct runtime_guest *guest, uint64_t *args)
{
	uint8_t grant;
	uint32_t ns = (uint32_t)args[1];
	struct hal_session *session = runtime_guest_session(guest);
	bool is_virtual = port_time_is_virtual() && session && !session->has_replay;

	if (!handle_grant(guest, args[0], HANDLE_DELAY, &grant) || ns == 0) {
		return;
	}
	if (!is_virtual || !delay_virtually(guest, ns)) {
		(void)runtime_guest_sleep(guest, port_now_us() + (ns + 999) / 1000);
	}
}

void host_delay_delay_drop(struct runtime_guest *guest, uint64_t *args)
{
	handle_drop(guest, args[0], HANDLE_DELAY);
}
