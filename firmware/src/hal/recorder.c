/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A Transcript is written as it happens: its devices first, then rows. How many rows there are is
 * known at the end alone: two bytes are left for that number, and the rows move by one where one is
 * enough.
 */

#include <string.h>

#include "hal/session.h"

#define ROWS_MAX   255
#define COUNT_ROOM 2
/* `dropped` at the end. */
#define TAIL_ROOM  6

static uint32_t clipped(uint64_t value)
{
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

void hal_record_begin(struct hal_session *session)
{
	struct codec_writer writer;

	session->rows = 0;
	session->dropped = 0;
	if (!session->transcript) {
		return;
	}
	codec_writer_init(&writer, session->transcript, CONFIG_SAMARA_TRANSCRIPT_MAX);
	codec_write_head(&writer, CODEC_MAP, 2);
	codec_write_uint(&writer, 1);
	codec_write_head(&writer, CODEC_ARRAY, session->grants_count);
	for (uint8_t index = 0; index < session->grants_count; index++) {
		const struct hal_grant *grant = &session->grants[index];
		const char *chip = grant->device ? grant->device->chip : "";

		codec_write_head(&writer, CODEC_MAP, chip[0] ? 3 : 2);
		codec_write_uint(&writer, 1);
		codec_write_text(&writer, grant->name, strlen(grant->name));
		codec_write_uint(&writer, 2);
		codec_write_uint(&writer, grant->kind);
		if (chip[0]) {
			codec_write_uint(&writer, 3);
			codec_write_text(&writer, chip, strlen(chip));
		}
	}
	codec_write_uint(&writer, 2);
	session->prefix_len = writer.error ? CONFIG_SAMARA_TRANSCRIPT_MAX : writer.len;
	session->transcript_len = session->prefix_len + COUNT_ROOM;
}

static void write_segment(struct codec_writer *writer, const struct bus_segment *segment)
{
	codec_write_head(writer, CODEC_MAP, 2);
	codec_write_uint(writer, 1);
	codec_write_uint(writer, segment->kind);
	if (segment->kind == BUS_SEGMENT_READ || segment->kind == BUS_SEGMENT_DELAY) {
		codec_write_uint(writer, 3);
		codec_write_uint(writer, segment->length);
	} else {
		codec_write_uint(writer, 2);
		codec_write_bytes(writer, segment->out, segment->length);
	}
}

static bool comes_in(const struct bus_segment *segment)
{
	return segment->kind == BUS_SEGMENT_READ || segment->kind == BUS_SEGMENT_TRANSFER;
}

static void write_data(struct codec_writer *writer, const struct bus_operation *operation)
{
	unsigned int count = 0;

	for (size_t index = 0; index < operation->segments_count; index++) {
		count += comes_in(&operation->segments[index]);
	}
	codec_write_uint(writer, 6);
	codec_write_head(writer, CODEC_ARRAY, count);
	for (size_t index = 0; index < operation->segments_count; index++) {
		if (comes_in(&operation->segments[index])) {
			codec_write_bytes(writer, operation->segments[index].in,
					  operation->segments[index].length);
		}
	}
}

static void write_row(struct codec_writer *writer, uint8_t index,
		      const struct bus_operation *operation, bool had_level, uint32_t at_us,
		      uint32_t took_us, enum bus_kind kind)
{
	bool is_transfer = operation->op == BUS_TRANSFER;
	bool has_target = (is_transfer && kind == BUS_I2C) || operation->op == BUS_WAIT;
	bool has_segments = is_transfer || operation->op == BUS_DELAY;
	bool has_data = is_transfer && operation->error == BUS_OK;
	bool has_answer = (operation->op == BUS_GET || operation->op == BUS_WAIT) &&
			  operation->error == BUS_OK;
	bool has_detail = operation->detail[0] != '\0';
	bool is_set = operation->op == BUS_SET;
	bool is_wait = operation->op == BUS_WAIT;
	unsigned int pairs = 4u + has_target + has_segments + is_set + has_data + has_answer +
			     (operation->error != BUS_OK) + has_detail + is_wait;

	codec_write_head(writer, CODEC_MAP, pairs);
	codec_write_uint(writer, 1);
	codec_write_uint(writer, index);
	codec_write_uint(writer, 2);
	codec_write_uint(writer, operation->op);
	if (has_target) {
		codec_write_uint(writer, 3);
		codec_write_uint(writer, operation->target);
	}
	if (has_segments) {
		codec_write_uint(writer, 4);
		codec_write_head(writer, CODEC_ARRAY, operation->segments_count);
		for (size_t at = 0; at < operation->segments_count; at++) {
			write_segment(writer, &operation->segments[at]);
		}
	}
	if (is_set) {
		codec_write_uint(writer, 5);
		codec_write_bool(writer, had_level);
	}
	if (has_data) {
		write_data(writer, operation);
	}
	if (has_answer) {
		codec_write_uint(writer, 7);
		codec_write_bool(writer, operation->level);
	}
	if (operation->error != BUS_OK) {
		codec_write_uint(writer, 8);
		codec_write_uint(writer, operation->error);
	}
	if (has_detail) {
		codec_write_uint(writer, 9);
		codec_write_text(writer, operation->detail, strlen(operation->detail));
	}
	codec_write_uint(writer, 10);
	codec_write_uint(writer, at_us);
	codec_write_uint(writer, 11);
	codec_write_uint(writer, took_us);
	if (is_wait) {
		codec_write_uint(writer, 12);
		codec_write_uint(writer, operation->timeout_ms);
	}
}

void hal_record_row(struct hal_session *session, uint8_t index,
		    const struct bus_operation *operation, bool had_level, uint64_t at_us,
		    uint64_t took_us)
{
	size_t end = CONFIG_SAMARA_TRANSCRIPT_MAX - TAIL_ROOM;
	struct codec_writer writer;

	if (!session->record) {
		return;
	}
	if (!session->transcript || session->transcript_len >= end || session->rows == ROWS_MAX ||
	    session->dropped > 0) {
		/* What comes after one that was not kept would leave a gap. */
		session->dropped++;
		return;
	}
	codec_writer_init(&writer, session->transcript + session->transcript_len,
			  end - session->transcript_len);
	write_row(&writer, index, operation, had_level, clipped(at_us - session->began_us),
		  clipped(took_us), session->grants[index].kind);
	if (writer.error) {
		session->dropped++;
		return;
	}
	session->rows++;
	session->transcript_len += writer.len;
}

void hal_record_finish(struct hal_session *session)
{
	uint8_t *count = session->transcript + session->prefix_len;
	struct codec_writer writer;

	if (!session->transcript ||
	    session->transcript_len > CONFIG_SAMARA_TRANSCRIPT_MAX - TAIL_ROOM) {
		return;
	}
	size_t rows_len = session->transcript_len - session->prefix_len - COUNT_ROOM;

	codec_writer_init(&writer, count, COUNT_ROOM);
	codec_write_head(&writer, CODEC_ARRAY, session->rows);
	memmove(count + writer.len, count + COUNT_ROOM, rows_len);
	size_t len = session->prefix_len + writer.len + rows_len;

	if (session->dropped > 0) {
		session->transcript[0] = 0xa3;
		codec_writer_init(&writer, session->transcript + len, TAIL_ROOM);
		codec_write_uint(&writer, 3);
		codec_write_uint(&writer, session->dropped);
		len += writer.len;
	}
	session->report.transcript = session->transcript;
	session->report.transcript_len = len;
}
