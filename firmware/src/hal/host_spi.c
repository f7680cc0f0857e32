/* SPDX-License-Identifier: Apache-2.0 */

/* wasi:spi in the variant of `write` that hardware hosts have: the chip stays selected over one
 * transaction. */

#include <stdio.h>
#include <string.h>

#include "hal/handles.h"
#include "hal/host_functions.h"

#define RESULT_SIZE 16 /* any result with error */
#define OP_SIZE	    16
#define ANSWER_SIZE 12

/* error */
enum { ERROR_OVERRUN, ERROR_MODE_FAULT, ERROR_FRAME_FORMAT, ERROR_CHIP_SELECT, ERROR_OTHER };
/* operation */
enum { OP_READ, OP_WRITE, OP_TRANSFER, OP_DELAY };

static uint8_t case_of(enum bus_error error)
{
	switch (error) {
	case BUS_OVERRUN:
	case BUS_OVERFLOW:
		return ERROR_OVERRUN;
	case BUS_MODE_FAULT:
		return ERROR_MODE_FAULT;
	case BUS_FRAME_FORMAT:
		return ERROR_FRAME_FORMAT;
	case BUS_CHIP_SELECT:
		return ERROR_CHIP_SELECT;
	default:
		return ERROR_OTHER;
	}
}

static void fail_with(struct runtime_guest *guest, uint64_t result, uint8_t which,
		      const char *words)
{
	uint8_t *area = guest_result(guest, result, RESULT_SIZE);

	if (!area) {
		return;
	}
	area[0] = 1;
	area[4] = which;
	if (which == ERROR_OTHER) {
		(void)guest_list(guest, result, RESULT_SIZE, 8, words, (uint32_t)strlen(words));
	}
}

static void fail(struct runtime_guest *guest, uint64_t result,
		 const struct bus_operation *operation)
{
	char text[160];

	fail_with(guest, result, case_of(operation->error),
		  error_words(operation, text, sizeof(text)));
}

static void transfer(struct runtime_guest *guest, uint8_t grant, struct bus_operation *operation,
		     struct bus_segment *segments, size_t count)
{
	*operation = (struct bus_operation){
		.op = BUS_TRANSFER, .segments = segments, .segments_count = count};
	(void)hal_operate(guest, runtime_guest_session(guest), grant, operation);
}

static void give_bytes(struct runtime_guest *guest, uint64_t result,
		       const struct bus_operation *operation, const struct bus_segment *segment)
{
	if (operation->error) {
		fail(guest, result, operation);
	} else if (guest_result(guest, result, RESULT_SIZE)) {
		(void)guest_list(guest, result, RESULT_SIZE, 4, segment->in, segment->length);
	}
}

/** Longer than granted: counted, and told as any refusal is. */
static bool length_fits(struct runtime_guest *guest, uint8_t grant, uint64_t len,
			struct bus_operation *operation)
{
	struct hal_session *session = runtime_guest_session(guest);

	if (len <= session->grants[grant].max_bytes) {
		return true;
	}
	operation->error = BUS_NOT_GRANTED;
	snprintf(operation->detail, sizeof(operation->detail),
		 "read of %llu bytes, at most %u are granted", (unsigned long long)len,
		 (unsigned int)session->grants[grant].max_bytes);
	hal_refuse(session, "%s: %s", session->grants[grant].name, operation->detail);
	return false;
}

void host_spi_spi_device_read(struct runtime_guest *guest, uint64_t *args)
{
	struct bus_operation operation;
	uint8_t grant;

	if (!handle_grant(guest, args[0], HANDLE_SPI, &grant)) {
		return;
	}
	if (!length_fits(guest, grant, args[1], &operation)) {
		fail(guest, args[2], &operation);
		return;
	}
	struct bus_segment segment = {BUS_SEGMENT_READ, (uint32_t)args[1], NULL,
				      hal_scratch(runtime_guest_session(guest))};

	transfer(guest, grant, &operation, &segment, 1);
	give_bytes(guest, args[2], &operation, &segment);
}

void host_spi_spi_device_write(struct runtime_guest *guest, uint64_t *args)
{
	struct bus_operation operation;
	uint8_t grant;

	if (!handle_grant(guest, args[0], HANDLE_SPI, &grant)) {
		return;
	}
	struct bus_segment segment = {BUS_SEGMENT_WRITE, (uint32_t)args[2],
				      guest_array(guest, args[1], args[2], 1, 1), NULL};

	if (!segment.out) {
		return;
	}
	transfer(guest, grant, &operation, &segment, 1);
	if (operation.error) {
		fail(guest, args[3], &operation);
	} else {
		(void)guest_result(guest, args[3], RESULT_SIZE);
	}
}

void host_spi_spi_device_transfer(struct runtime_guest *guest, uint64_t *args)
{
	struct bus_operation operation;
	uint8_t grant;

	if (!handle_grant(guest, args[0], HANDLE_SPI, &grant)) {
		return;
	}
	const uint8_t *bytes = guest_array(guest, args[1], args[2], 1, 1);

	if (!bytes) {
		return;
	}
	if (!length_fits(guest, grant, (uint32_t)args[2], &operation)) {
		fail(guest, args[3], &operation);
		return;
	}
	/* What goes out stays as it is: the record keeps it. */
	struct bus_segment segment = {BUS_SEGMENT_TRANSFER, (uint32_t)args[2], bytes,
				      hal_scratch(runtime_guest_session(guest))};

	transfer(guest, grant, &operation, &segment, 1);
	give_bytes(guest, args[3], &operation, &segment);
}

struct plan {
	struct bus_segment segments[CONFIG_SAMARA_SEGMENTS];
	uint32_t used;
};

/** @retval false A trap was set, or operation->error. */
static bool read_plan(struct runtime_guest *guest, uint8_t grant, uint64_t *args, struct plan *plan,
		      struct bus_operation *operation)
{
	const uint8_t *operations = guest_array(guest, args[1], args[2], OP_SIZE, 8);
	struct hal_session *session = runtime_guest_session(guest);

	if (!operations) {
		return false;
	}
	if ((uint32_t)args[2] > CONFIG_SAMARA_SEGMENTS) {
		operation->error = BUS_INVALID;
		return false;
	}
	for (uint32_t index = 0; index < (uint32_t)args[2]; index++) {
		const uint8_t *one = operations + index * OP_SIZE;
		struct bus_segment *segment = &plan->segments[index];
		uint64_t len = one[0] == OP_READ
				       ? (uint64_t)get_u32(one + 12) << 32 | get_u32(one + 8)
				       : get_u32(one + 12);

		if (one[0] > OP_DELAY) {
			runtime_guest_trap(guest, "an operation of no kind");
			return false;
		}
		if (one[0] == OP_DELAY) {
			*segment = (struct bus_segment){BUS_SEGMENT_DELAY, get_u32(one + 8), NULL,
							NULL};
			continue;
		}
		*segment = (struct bus_segment){(enum bus_segment_kind)(one[0] + 1), 0, NULL, NULL};
		if (one[0] != OP_READ) {
			segment->out = guest_array(guest, get_u32(one + 8), len, 1, 1);
			if (!segment->out) {
				return false;
			}
		}
		if (one[0] != OP_WRITE) {
			if (!length_fits(guest, grant, len, operation)) {
				return false;
			}
			if (len > CONFIG_SAMARA_TRANSFER_MAX - plan->used) {
				operation->error = BUS_INVALID;
				return false;
			}
			segment->in = hal_scratch(session) + plan->used;
			plan->used += (uint32_t)len;
		}
		segment->length = (uint32_t)len;
	}
	return true;
}

static void give_answers(struct runtime_guest *guest, uint64_t *args, const struct plan *plan)
{
	uint32_t count = (uint32_t)args[2];
	uint32_t answers = runtime_guest_alloc(guest, count * ANSWER_SIZE, 4);

	for (uint32_t index = 0; answers && index < count; index++) {
		const struct bus_segment *segment = &plan->segments[index];
		uint64_t at = answers + index * ANSWER_SIZE;
		uint8_t *answer = guest_result(guest, at, ANSWER_SIZE);

		if (!answer) {
			return;
		}
		answer[0] = (uint8_t)(segment->kind - 1);
		if (segment->in &&
		    !guest_list(guest, at, ANSWER_SIZE, 4, segment->in, segment->length)) {
			return;
		}
	}
	uint8_t *area = answers ? guest_result(guest, args[3], RESULT_SIZE) : NULL;

	if (area) {
		put_u32(area + 4, answers);
		put_u32(area + 8, count);
	}
}

void host_spi_spi_device_transaction(struct runtime_guest *guest, uint64_t *args)
{
	struct bus_operation operation = {.error = BUS_OK};
	struct plan plan = {.used = 0};
	uint8_t grant;

	if (!handle_grant(guest, args[0], HANDLE_SPI, &grant)) {
		return;
	}
	if (!read_plan(guest, grant, args, &plan, &operation)) {
		if (operation.error) {
			fail(guest, args[3], &operation);
		}
		return;
	}
	if ((uint32_t)args[2] > 0) {
		transfer(guest, grant, &operation, plan.segments, (uint32_t)args[2]);
	}
	if (operation.error) {
		fail(guest, args[3], &operation);
	} else {
		give_answers(guest, args, &plan);
	}
}

void host_spi_open(struct runtime_guest *guest, uint64_t *args)
{
	struct hal_session *session = runtime_guest_session(guest);
	char name[HAL_NAME_MAX + 1];
	char words[96];
	int grant = find_granted(guest, args[0], args[1], name);

	if (grant == -14) {
		return;
	}
	if (grant < 0) {
		snprintf(words, sizeof(words), "not granted: %s", name);
		fail_with(guest, args[2], ERROR_OTHER, words);
	} else if (session->grants[grant].kind != BUS_SPI) {
		snprintf(words, sizeof(words), "%s is %s, no spi", name,
			 session->grants[grant].kind == BUS_I2C ? "i2c" : "gpio");
		fail_with(guest, args[2], ERROR_OTHER, words);
	} else {
		uint32_t handle = handle_new(guest, HANDLE_SPI, (uint8_t)grant);
		uint8_t *area = handle ? guest_result(guest, args[2], RESULT_SIZE) : NULL;

		if (area) {
			put_u32(area + 4, handle);
		}
	}
}

void host_spi_spi_device_drop(struct runtime_guest *guest, uint64_t *args)
{
	handle_drop(guest, args[0], HANDLE_SPI);
}
