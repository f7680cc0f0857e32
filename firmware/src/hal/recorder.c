/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A Transcript is written as it happens: its devices first, then rows. How many rows there are is
 * known at the end alone: two bytes are left for that number, and the rows move by one where one is
 * enough.
 */

#include <errno.h>
#include <string.h>

#include "hal/session.h"

#define ROWS_MAX     255
#define COUNT_ROOM   2
/* The longest: a detail, nine numbers and their keys. */
#define WAIT_ROW_MAX (BUS_DETAIL_MAX + 64)
/* `dropped` at the end. */
#define TAIL_ROOM    6

static uint32_t clipped(uint64_t value)
{
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static void put_uint(struct codec_writer *writer, uint32_t key, uint32_t value)
{
	codec_write_uint(writer, key);
	codec_write_uint(writer, value);
}

static void put_bool(struct codec_writer *writer, uint32_t key, bool value)
{
	codec_write_uint(writer, key);
	codec_write_bool(writer, value);
}

static void put_text(struct codec_writer *writer, uint32_t key, const char *text)
{
	codec_write_uint(writer, key);
	codec_write_text(writer, text, strlen(text));
}

static void put_array(struct codec_writer *writer, uint32_t key, size_t count)
{
	codec_write_uint(writer, key);
	codec_write_head(writer, CODEC_ARRAY, count);
}

void hal_record_begin(struct hal_session *session)
{
	struct codec_writer writer;

	session->rows = 0;
	session->dropped = 0;
	codec_writer_init(&writer, session->transcript, CONFIG_SAMARA_TRANSCRIPT_MAX);
	codec_write_head(&writer, CODEC_MAP, 2);
	put_array(&writer, 1, session->grants_count);
	for (uint8_t index = 0; index < session->grants_count; index++) {
		const struct hal_grant *grant = &session->grants[index];
		const char *chip = grant->device->chip;

		codec_write_head(&writer, CODEC_MAP, chip[0] ? 3 : 2);
		put_text(&writer, 1, grant->name);
		put_uint(&writer, 2, grant->kind);
		if (chip[0]) {
			put_text(&writer, 3, chip);
		}
	}
	codec_write_uint(&writer, 2);
	session->prefix_len = writer.error ? CONFIG_SAMARA_TRANSCRIPT_MAX : writer.len;
	session->transcript_len = session->prefix_len + COUNT_ROOM;
}

static void write_segments(struct codec_writer *writer, const struct bus_operation *operation)
{
	put_array(writer, 4, operation->segments_count);
	for (size_t index = 0; index < operation->segments_count; index++) {
		const struct bus_segment *segment = &operation->segments[index];

		codec_write_head(writer, CODEC_MAP, 2);
		put_uint(writer, 1, segment->kind);
		if (segment->out) {
			codec_write_uint(writer, 2);
			codec_write_bytes(writer, segment->out, segment->length);
		} else {
			put_uint(writer, 3, segment->length);
		}
	}
}

static void write_data(struct codec_writer *writer, const struct bus_operation *operation)
{
	unsigned int count = 0;

	for (size_t index = 0; index < operation->segments_count; index++) {
		count += operation->segments[index].in != NULL;
	}
	put_array(writer, 6, count);
	for (size_t index = 0; index < operation->segments_count; index++) {
		const struct bus_segment *segment = &operation->segments[index];

		if (segment->in) {
			codec_write_bytes(writer, segment->in, segment->length);
		}
	}
}

static void write_row(struct codec_writer *writer, const struct hal_session *session,
		      const struct hal_grant *grant, const struct bus_operation *operation,
		      bool had_level, uint32_t at_us, uint32_t took_us)
{
	bool is_well = operation->error == BUS_OK;
	bool is_transfer = operation->op == BUS_TRANSFER;
	bool is_set = operation->op == BUS_SET;
	bool is_wait = operation->op == BUS_WAIT;
	bool has_target = (is_transfer && grant->kind == BUS_I2C) || is_wait;
	bool has_segments = is_transfer || operation->op == BUS_DELAY;
	bool has_data = is_transfer && is_well;
	bool has_level = (operation->op == BUS_GET || is_wait) && is_well;
	bool has_detail = operation->detail[0] != '\0';

	codec_write_head(writer, CODEC_MAP,
			 4u + has_target + has_segments + is_set + has_data + has_level + !is_well +
				 has_detail + is_wait);
	put_uint(writer, 1, (uint32_t)(grant - session->grants));
	put_uint(writer, 2, operation->op);
	if (has_target) {
		put_uint(writer, 3, operation->target);
	}
	if (has_segments) {
		write_segments(writer, operation);
	}
	if (is_set) {
		put_bool(writer, 5, had_level);
	}
	if (has_data) {
		write_data(writer, operation);
	}
	if (has_level) {
		put_bool(writer, 7, operation->level);
	}
	if (!is_well) {
		put_uint(writer, 8, operation->error);
	}
	if (has_detail) {
		put_text(writer, 9, operation->detail);
	}
	put_uint(writer, 10, at_us);
	put_uint(writer, 11, took_us);
	if (is_wait) {
		put_uint(writer, 12, operation->timeout_ms);
	}
}

/** A row has come to a place: those of waits that began later move on. */
static void move_places(struct hal_session *session, const struct hal_row_place *place, size_t len)
{
	for (uint8_t index = 0; index < session->grants_count; index++) {
		struct hal_wait *wait = session->grants[index].wait;

		if (wait && wait->state == WAIT_UNDER_WAY && wait->place.number > place->number) {
			wait->place.at += len;
			wait->place.rows++;
		}
	}
}

/** From a place on nothing is kept: what comes after would leave a gap. */
static void cut(struct hal_session *session, const struct hal_row_place *place)
{
	session->dropped += session->rows - place->rows + 1;
	session->rows = place->rows;
	session->transcript_len = place->at;
	for (uint8_t index = 0; index < session->grants_count; index++) {
		struct hal_wait *wait = session->grants[index].wait;

		if (wait && wait->place.at > place->at) {
			wait->place.at = place->at;
			wait->place.rows = place->rows;
		}
	}
}

/** What was written behind the last row goes to its place. */
static void put_in_place(struct hal_session *session, const struct hal_row_place *place,
			 const uint8_t *row, size_t len)
{
	uint8_t *at = session->transcript + place->at;

	memmove(at + len, at, session->transcript_len - place->at);
	memcpy(at, row, len);
	move_places(session, place, len);
}

void hal_record_row(struct hal_session *session, const struct hal_grant *grant,
		    const struct bus_operation *operation, bool had_level, uint64_t at_us,
		    uint64_t took_us, const struct hal_row_place *place)
{
	const struct hal_row_place last = {session->transcript_len, session->rows, UINT16_MAX};
	size_t end = CONFIG_SAMARA_TRANSCRIPT_MAX - TAIL_ROOM;
	struct codec_writer writer = {.error = -ENOMEM};
	uint8_t row[WAIT_ROW_MAX];
	bool is_wait = place != NULL;

	place = is_wait ? place : &last;
	if (session->transcript_len < end && session->rows < ROWS_MAX &&
	    (session->dropped == 0 || place->at < session->transcript_len)) {
		size_t room = end - session->transcript_len;

		codec_writer_init(&writer,
				  is_wait ? row : session->transcript + session->transcript_len,
				  is_wait && sizeof(row) < room ? sizeof(row) : room);
		write_row(&writer, session, grant, operation, had_level,
			  clipped(at_us - session->began_us), clipped(took_us));
	}
	if (writer.error) {
		cut(session, place);
		return;
	}
	if (is_wait) {
		put_in_place(session, place, row, writer.len);
	}
	session->rows++;
	session->transcript_len += writer.len;
}

void hal_record_finish(struct hal_session *session)
{
	uint8_t *count = session->transcript + session->prefix_len;
	struct codec_writer writer;

	if (session->transcript_len > CONFIG_SAMARA_TRANSCRIPT_MAX - TAIL_ROOM) {
		/* Not even its devices fit. */
		session->transcript_len = 0;
		return;
	}
	size_t rows_len = session->transcript_len - session->prefix_len - COUNT_ROOM;

	codec_writer_init(&writer, count, COUNT_ROOM);
	codec_write_head(&writer, CODEC_ARRAY, session->rows);
	memmove(count + writer.len, count + COUNT_ROOM, rows_len);
	session->transcript_len = session->prefix_len + writer.len + rows_len;
	if (session->dropped > 0) {
		session->transcript[0] = 0xa3;
		codec_writer_init(&writer, session->transcript + session->transcript_len,
				  TAIL_ROOM);
		put_uint(&writer, 3, session->dropped);
		session->transcript_len += writer.len;
	}
}
