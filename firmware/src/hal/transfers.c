/* SPDX-License-Identifier: Apache-2.0 */

/* Bytes between a guest and a bus. What comes in goes to the session's scratch, and from there to
 * memory that the guest gives; what goes out stays as it is: the record keeps it. */

#include <string.h>

#include "hal/handles.h"

/** Whether so many bytes may go over the bus at all, before anything is made of the guest's number.
 */
static bool length_fits(struct runtime_guest *guest, const struct hal_grant *grant,
			enum bus_segment_kind kind, uint64_t len, struct bus_operation *operation)
{
	/* A controller cannot end a read before its first byte. */
	if (len == 0 && kind == BUS_SEGMENT_READ && grant->kind == BUS_I2C) {
		return hal_fail(operation, BUS_INVALID, "a read of no bytes");
	}
	if (len <= grant->max_bytes) {
		return true;
	}
	(void)hal_fail(operation, BUS_NOT_GRANTED, "%s of %llu bytes, at most %u are granted",
		       bus_segment_words[kind], (unsigned long long)len,
		       (unsigned int)grant->max_bytes);
	hal_refuse(runtime_guest_session(guest), "%s: %s", grant->name, operation->detail);
	return false;
}

void transfer_bytes(struct runtime_guest *guest, const uint64_t *args,
		    const struct transfer_form *form)
{
	struct hal_grant *grant = handle_grant(guest, args[0], form->kind);
	struct bus_segment segments[2];
	struct bus_segment *last = segments;
	bool is_transfer = form->in == form->out;
	struct bus_operation operation = {.op = BUS_TRANSFER, .segments = segments};

	if (!grant) {
		return;
	}
	uint8_t *scratch = runtime_guest_session(guest)->scratch;

	operation.target = form->target ? (uint16_t)args[form->target] : 0;
	if (form->out) {
		uint32_t len = (uint32_t)args[form->out + 1];

		*last = (struct bus_segment){is_transfer ? BUS_SEGMENT_TRANSFER : BUS_SEGMENT_WRITE,
					     len, guest_array(guest, args[form->out], len, 1, 1),
					     is_transfer ? scratch : NULL};
		if (!last->out) {
			return;
		}
		operation.segments_count++;
	}
	uint64_t wanted = is_transfer ? segments[0].length : form->in ? args[form->in] : 0;

	if (form->in && !is_transfer) {
		last = &segments[operation.segments_count++];
		*last = (struct bus_segment){BUS_SEGMENT_READ, (uint32_t)wanted, NULL, scratch};
	}
	if (!length_fits(guest, grant, last->kind, wanted, &operation) ||
	    hal_operate(guest, grant, &operation) != BUS_OK) {
		result_error(guest, args[form->to], form->result, &operation);
	} else if (result_ok(guest, args[form->to], form->result) && form->in) {
		(void)guest_list(guest, args[form->to] + form->result->align, last->in,
				 last->length);
	}
}

/** The segment that an operation of the guest's is, or belongs to. NULL: plan->operation has an
 * error. */
static struct bus_segment *segment_for(struct plan *plan, enum bus_segment_kind kind, bool join)
{
	struct bus_operation *operation = &plan->operation;
	size_t count = operation->segments_count;

	if (join && count > 0 && plan->segments[count - 1].kind == kind) {
		return &plan->segments[count - 1];
	}
	if (count == CONFIG_SAMARA_SEGMENTS) {
		operation->error = BUS_INVALID;
		return NULL;
	}
	plan->segments[count] = (struct bus_segment){.kind = kind};
	operation->segments_count++;
	return &plan->segments[count];
}

/** Room for bytes that come in, or are joined. NULL: plan->operation has an error. */
static uint8_t *room_for(struct runtime_guest *guest, const struct hal_grant *grant,
			 struct plan *plan, uint64_t len)
{
	struct hal_session *session = runtime_guest_session(guest);
	uint8_t *room = session->scratch + plan->used;

	if (len > CONFIG_SAMARA_TRANSFER_MAX - plan->used) {
		(void)hal_fail(&plan->operation, BUS_NOT_GRANTED,
			       "more than %u bytes in one operation", CONFIG_SAMARA_TRANSFER_MAX);
		hal_refuse(session, "%s: %s", grant->name, plan->operation.detail);
		return NULL;
	}
	plan->used += (uint32_t)len;
	return room;
}

/** @retval false A trap was set, or plan->operation has an error. */
static bool add(struct runtime_guest *guest, struct hal_grant *grant, const uint8_t *one, bool join,
		struct plan *plan)
{
	enum bus_segment_kind kind = (enum bus_segment_kind)(one[0] + 1);
	struct bus_segment *segment = segment_for(plan, kind, join);
	uint32_t first = get_u32(one + 8);
	uint32_t second = get_u32(one + 12);
	const uint8_t *out = NULL;
	uint8_t *room = NULL;

	if (!segment) {
		return false;
	}
	if (kind == BUS_SEGMENT_DELAY) {
		segment->length = first;
		return true;
	}
	uint64_t len = kind == BUS_SEGMENT_READ ? (uint64_t)second << 32 | first : second;

	if (kind != BUS_SEGMENT_READ) {
		out = guest_array(guest, first, len, 1, 1);
		if (!out) {
			return false;
		}
	}
	/* Of one write the grant's own check says more. */
	if ((kind != BUS_SEGMENT_WRITE || segment->out) &&
	    !length_fits(guest, grant, kind, segment->length + len, &plan->operation)) {
		return false;
	}
	if (kind != BUS_SEGMENT_WRITE || join) {
		room = room_for(guest, grant, plan, len);
		if (!room) {
			return false;
		}
	}
	if (kind == BUS_SEGMENT_WRITE && join) {
		memcpy(room, out, (size_t)len);
		out = room;
	}
	if (segment->length == 0) {
		segment->out = out;
		segment->in = kind == BUS_SEGMENT_WRITE ? NULL : room;
	}
	segment->length += (uint32_t)len;
	return true;
}

/** @retval false A trap was set, or plan->operation has an error. */
static bool read_all(struct runtime_guest *guest, struct hal_grant *grant, const uint64_t *args,
		     const struct plan_form *form, struct plan *plan)
{
	const uint8_t *one = guest_array(guest, args[0], args[1], PLAN_OP_SIZE, 8);

	for (uint32_t left = one ? (uint32_t)args[1] : 0; left > 0; left--, one += PLAN_OP_SIZE) {
		if (one[0] >= form->kinds) {
			runtime_guest_trap(guest, "an operation of no kind");
			return false;
		}
		if (!add(guest, grant, one, form->joins, plan)) {
			return false;
		}
		plan->reads += one[0] == 0;
	}
	return one != NULL;
}

bool plan_run(struct runtime_guest *guest, struct hal_grant *grant, uint32_t target,
	      const uint64_t *args, const struct plan_form *form, struct plan *plan)
{
	struct bus_operation *operation = &plan->operation;

	memset(plan, 0, sizeof(*plan));
	operation->op = BUS_TRANSFER;
	operation->target = target;
	operation->segments = plan->segments;
	if (read_all(guest, grant, args, form, plan) &&
	    (operation->segments_count == 0 || hal_operate(guest, grant, operation) == BUS_OK)) {
		return true;
	}
	if (operation->error != BUS_OK) {
		result_error(guest, args[2], form->result, operation);
	}
	return false;
}
