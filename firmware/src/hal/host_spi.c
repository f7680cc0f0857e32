/* SPDX-License-Identifier: Apache-2.0 */

/* wasi:spi in the variant of `write` that hardware hosts have: the chip stays selected over one
 * transaction. */

#include "hal/handles.h"
#include "hal/host_functions.h"

#define ANSWER_SIZE 12

/* error */
enum { ERROR_OVERRUN, ERROR_MODE_FAULT, ERROR_FRAME_FORMAT, ERROR_CHIP_SELECT, ERROR_OTHER };

static const uint8_t cases[BUS_IO + 1] = {
	[BUS_OK... BUS_BUS] = ERROR_OTHER,     [BUS_OVERRUN] = ERROR_OVERRUN,
	[BUS_OVERFLOW] = ERROR_OVERRUN,	       [BUS_TIMEOUT... BUS_ACCESS] = ERROR_OTHER,
	[BUS_MODE_FAULT] = ERROR_MODE_FAULT,   [BUS_FRAME_FORMAT] = ERROR_FRAME_FORMAT,
	[BUS_CHIP_SELECT] = ERROR_CHIP_SELECT, [BUS_NOT_GRANTED... BUS_IO] = ERROR_OTHER,
};
/* Any result with error. */
static const struct result_form result = {16, 4, ERROR_OTHER, 8, cases};
static const struct plan_form plan_form = {&result, 4, false};

void host_spi_spi_device_read(struct runtime_guest *guest, uint64_t *args)
{
	static const struct transfer_form form = {HANDLE_SPI, &result, 0, 0, 1, 2};

	transfer_bytes(guest, args, &form);
}

void host_spi_spi_device_write(struct runtime_guest *guest, uint64_t *args)
{
	static const struct transfer_form form = {HANDLE_SPI, &result, 0, 1, 0, 3};

	transfer_bytes(guest, args, &form);
}

void host_spi_spi_device_transfer(struct runtime_guest *guest, uint64_t *args)
{
	static const struct transfer_form form = {HANDLE_SPI, &result, 0, 1, 1, 3};

	transfer_bytes(guest, args, &form);
}

/** An answer for each operation, with what came in. */
static void give_answers(struct runtime_guest *guest, const uint64_t *args,
			 const struct bus_operation *operation)
{
	uint32_t count = (uint32_t)operation->segments_count;
	uint32_t answers = runtime_guest_alloc(guest, count * ANSWER_SIZE, 4);

	for (uint32_t index = 0; answers && index < count; index++) {
		const struct bus_segment *segment = &operation->segments[index];
		uint32_t at = answers + index * ANSWER_SIZE;
		uint8_t *answer = guest_array(guest, at, 1, ANSWER_SIZE, 4);

		if (!answer) {
			return;
		}
		put_u32(answer, segment->kind - 1u);
		if (segment->in && !guest_list(guest, at + 4, segment->in, segment->length)) {
			return;
		}
	}
	uint8_t *area = answers ? result_ok(guest, args[3], &result) : NULL;

	if (area) {
		put_u32(area + 4, answers);
		put_u32(area + 8, count);
	}
}

void host_spi_spi_device_transaction(struct runtime_guest *guest, uint64_t *args)
{
	struct hal_grant *grant = handle_grant(guest, args[0], HANDLE_SPI);
	struct plan plan;

	if (grant && plan_run(guest, grant, 0, &args[1], &plan_form, &plan)) {
		give_answers(guest, args, &plan.operation);
	}
}

void host_spi_open(struct runtime_guest *guest, uint64_t *args)
{
	open_to_result(guest, args, HANDLE_SPI, &result);
}

void host_spi_spi_device_drop(struct runtime_guest *guest, uint64_t *args)
{
	handle_drop(guest, args[0], HANDLE_SPI);
}
