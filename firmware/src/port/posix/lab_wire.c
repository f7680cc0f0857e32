/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "devices.h"
#include "lab_fields.h"
#include "lab_wire.h"

#define DETAIL_MAX 240

void lab_write_request(struct codec_writer *writer, uint32_t id, enum lab_request_key key)
{
	codec_write_head(writer, CODEC_MAP, 2);
	codec_write_uint(writer, 1);
	codec_write_uint(writer, id);
	codec_write_uint(writer, key);
}

void lab_write_hello(struct codec_writer *writer)
{
	codec_write_head(writer, CODEC_MAP, 2);
	lab_write_field(writer, 1, LAB_PROTOCOL);
	lab_write_field(writer, 2, LAB_ROLE_PROPLET);
}

/* Operations */

/** Levels of the lab are those of the wires; what is active may be low there. */
static bool turned(const struct hal_device *device, bool level)
{
	return device->kind == BUS_GPIO && device->gpio.active_low ? !level : level;
}

static uint32_t turned_event(const struct hal_device *device, uint32_t event)
{
	bool is_turned = device->gpio.active_low && event <= BUS_PIN_FALLING;

	/* high and low, rising and falling are neighbours. */
	return is_turned ? event ^ 1 : event;
}

static void write_segment(struct codec_writer *writer, const struct bus_segment *segment)
{
	codec_write_head(writer, CODEC_MAP, 2);
	lab_write_field(writer, 1, segment->kind);
	if (segment->kind == BUS_SEGMENT_READ || segment->kind == BUS_SEGMENT_DELAY) {
		lab_write_field(writer, 3, segment->length);
	} else {
		codec_write_uint(writer, 2);
		codec_write_bytes(writer, segment->out, segment->length);
	}
}

void lab_write_run(struct codec_writer *writer, uint32_t number, const struct hal_device *device,
		   const struct bus_operation *operation)
{
	bool is_wait = operation->op == BUS_WAIT;
	bool has_target = is_wait || (operation->op == BUS_TRANSFER && device->kind == BUS_I2C);
	bool has_segments = operation->op == BUS_TRANSFER || operation->op == BUS_DELAY;
	bool has_level = operation->op == BUS_SET;

	codec_write_head(writer, CODEC_MAP, 2u + has_target + has_segments + has_level + is_wait);
	lab_write_field(writer, 1, number);
	lab_write_field(writer, 2, operation->op);
	if (has_target) {
		lab_write_field(writer, 3,
				is_wait ? turned_event(device, operation->target)
					: operation->target);
	}
	if (has_segments) {
		codec_write_uint(writer, 4);
		codec_write_head(writer, CODEC_ARRAY, operation->segments_count);
		for (size_t index = 0; index < operation->segments_count; index++) {
			write_segment(writer, &operation->segments[index]);
		}
	}
	if (has_level) {
		lab_write_flag(writer, 5, turned(device, operation->level));
	}
	if (is_wait) {
		lab_write_field(writer, 6, operation->timeout_ms);
	}
}

static void read_data(struct codec_reader *reader, struct bus_operation *operation)
{
	uint32_t count = 0;

	(void)codec_read_array(reader, LAB_SEGMENTS_MAX, &count);
	for (size_t index = 0; index < operation->segments_count && count > 0; index++) {
		struct bus_segment *segment = &operation->segments[index];

		if (segment->kind != BUS_SEGMENT_READ && segment->kind != BUS_SEGMENT_TRANSFER) {
			continue;
		}
		int len = codec_read_bytes(reader, segment->in, segment->length);

		if (len < 0 || (uint32_t)len != segment->length) {
			reader->error = -EBADMSG;
			return;
		}
		count--;
	}
	if (count > 0 && !reader->error) {
		reader->error = -EBADMSG;
	}
}

static void read_detail(struct codec_reader *reader, struct bus_operation *operation)
{
	char detail[DETAIL_MAX + 1];

	if (codec_read_text(reader, detail, sizeof(detail)) >= 0) {
		device_fail(operation, operation->error, "%s", detail);
	}
}

void lab_read_ran(struct codec_reader *reader, const struct hal_device *device,
		  struct bus_operation *operation)
{
	uint32_t pairs = 0;
	uint64_t key = 0;

	(void)codec_read_map(reader, LAB_FIELDS_MAX, &pairs);
	for (; pairs > 0 && codec_read_key(reader, &key) == 0; pairs--) {
		switch (key) {
		case 1:
			read_data(reader, operation);
			break;
		case 2:
			operation->level = turned(device, lab_read_flag(reader));
			break;
		case 3:
			operation->error = (enum bus_error)lab_read_number(reader, 1, BUS_IO);
			break;
		case 4:
			read_detail(reader, operation);
			break;
		default:
			(void)codec_skip(reader);
		}
	}
}

/* Other replies */

void lab_read_reply(struct codec_reader *reader, uint32_t *id, enum lab_reply_key *key)
{
	uint32_t pairs = 0;
	uint64_t first = 0;

	(void)codec_read_map(reader, LAB_FIELDS_MAX, &pairs);
	if (codec_read_key(reader, &first) == 0 && first != 1) {
		reader->error = -EBADMSG;
	}
	*id = lab_read_number(reader, 0, UINT32_MAX);
	uint64_t second = first;

	if (pairs > 1) {
		(void)codec_read_key(reader, &second);
	}
	*key = pairs > 1 && !reader->error ? (enum lab_reply_key)second : (enum lab_reply_key)0;
}

void lab_read_error(struct codec_reader *reader, struct codec_error *error)
{
	uint32_t pairs = 0;
	uint64_t key = 0;

	memset(error, 0, sizeof(*error));
	(void)codec_read_map(reader, LAB_FIELDS_MAX, &pairs);
	for (; pairs > 0 && codec_read_key(reader, &key) == 0; pairs--) {
		if (key == 1) {
			error->code =
				(enum codec_error_code)lab_read_number(reader, 1, CODEC_INTERNAL);
		} else if (key == 2) {
			(void)codec_read_text(reader, error->message, sizeof(error->message));
		} else {
			(void)codec_skip(reader);
		}
	}
}

void lab_read_welcome(struct codec_reader *reader, uint32_t *protocol, bool *virtual_time)
{
	uint32_t pairs = 0;
	uint64_t key = 0;

	*protocol = 0;
	(void)codec_read_map(reader, LAB_FIELDS_MAX, &pairs);
	for (; pairs > 0 && codec_read_key(reader, &key) == 0; pairs--) {
		if (key == 1) {
			*protocol = lab_read_number(reader, 0, UINT8_MAX);
		} else if (key == 3) {
			*virtual_time = lab_read_flag(reader);
		} else {
			(void)codec_skip(reader);
		}
	}
}

void lab_read_opened(struct codec_reader *reader, uint32_t *number)
{
	*number = lab_read_number(reader, 0, UINT32_MAX);
}
