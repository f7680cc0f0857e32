/* SPDX-License-Identifier: Apache-2.0 */

/* A record answers in place of devices: row by row, as long as what is asked for is what was
 * recorded. [P-10.6] */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hal/session.h"

#define TEXT_MAX 80
/* Bytes that a text shows of one segment. */
#define SHOWN	 8

static void read_device(struct hal_session *session, struct codec_reader *reader, uint8_t *index)
{
	char name[HAL_NAME_MAX + 1] = "";
	uint32_t pairs = 0;
	uint64_t key = 0;

	*index = UINT8_MAX;
	(void)codec_read_map(reader, 16, &pairs);
	while (pairs-- > 0 && codec_read_key(reader, &key) == 0) {
		if (key == 1) {
			(void)codec_read_text(reader, name, sizeof(name));
		} else {
			(void)codec_skip(reader);
		}
	}
	for (uint8_t at = 0; at < session->grants_count; at++) {
		if (strcmp(session->grants[at].name, name) == 0) {
			*index = at;
		}
	}
}

static int open_rows(struct hal_session *session)
{
	struct replay *replay = session->replay;
	struct codec_reader *reader = &replay->reader;
	uint32_t pairs = 0;
	uint32_t count = 0;
	uint64_t key = 0;

	memset(replay->devices, UINT8_MAX, sizeof(replay->devices));
	codec_reader_init(reader, &replay->source);
	(void)codec_read_map(reader, 16, &pairs);
	if (codec_read_key(reader, &key) || key != 1 || codec_read_array(reader, 16, &count)) {
		return -EBADMSG;
	}
	for (uint32_t index = 0; index < count; index++) {
		read_device(session, reader, &replay->devices[index]);
	}
	if (codec_read_key(reader, &key) || key != 2) {
		return -EBADMSG;
	}
	return codec_read_array(reader, 4096, &replay->left);
}

void hal_replay_begin(struct hal_session *session)
{
	struct replay *replay = session->replay;

	replay->position = 0;
	replay->left = 0;
	replay->difference[0] = '\0';
	if (open_rows(session)) {
		snprintf(replay->difference, sizeof(replay->difference),
			 "the record cannot be read");
	}
}

struct text {
	char words[TEXT_MAX];
	size_t len;
};

static void add(struct text *text, const char *word)
{
	size_t len = strlen(word);

	if (text->len + len + 2 < sizeof(text->words)) {
		if (text->len > 0) {
			text->words[text->len++] = ' ';
		}
		memcpy(&text->words[text->len], word, len + 1);
		text->len += len;
	}
}

static void add_number(struct text *text, const char *format, uint32_t value)
{
	char word[16];

	snprintf(word, sizeof(word), format, (unsigned int)value);
	add(text, word);
}

static void add_bytes(struct text *text, const uint8_t *bytes, size_t len)
{
	char word[2 * SHOWN + 4];
	size_t shown = len < SHOWN ? len : SHOWN;

	for (size_t index = 0; index < shown; index++) {
		snprintf(&word[2 * index], 3, "%02x", bytes[index]);
	}
	memcpy(&word[2 * shown], len > shown ? "..." : "", len > shown ? 4 : 1);
	add(text, len > 0 ? word : "nothing");
}

static void add_op(struct text *text, uint32_t op)
{
	static const char *const words[] = {"?", "transfer", "get", "set", "wait"};

	add(text, op <= BUS_WAIT ? words[op] : op == BUS_DELAY ? "delay" : "another operation");
}

static void add_level(struct text *text, bool level)
{
	add(text, level ? "high" : "low");
}

/** `transfer 0x76 write d0 read 1`: in the order in which it goes over the bus. */
static void describe(struct text *text, const struct bus_operation *operation, enum bus_kind kind)
{
	add_op(text, operation->op);
	if ((operation->op == BUS_TRANSFER && kind == BUS_I2C) || operation->op == BUS_WAIT) {
		add_number(text, "0x%x", operation->target);
	}
	if (operation->op == BUS_SET) {
		add_level(text, operation->level);
	}
	for (size_t index = 0; index < operation->segments_count; index++) {
		const struct bus_segment *segment = &operation->segments[index];

		add(text, bus_segment_words[segment->kind]);
		if (segment->out) {
			add_bytes(text, segment->out, segment->length);
		} else {
			add_number(text, "%u", segment->length);
		}
	}
}

/** Whether the next bytes are those; what the record has is described either way. */
static bool same_bytes(struct codec_reader *reader, const struct bus_segment *segment,
		       struct text *text)
{
	struct codec_head head;
	uint8_t shown[SHOWN + 1];
	uint8_t page[32];
	bool same;

	if (codec_next(reader, &head) || head.type != CODEC_BYTES) {
		return false;
	}
	same = segment && segment->out && head.argument == segment->length;
	for (uint32_t at = 0; at < head.argument;) {
		uint32_t left = (uint32_t)head.argument - at;
		uint32_t some = left < sizeof(page) ? left : (uint32_t)sizeof(page);

		if (reader->source.read(reader->source.context, reader->offset, page, some) !=
		    (int)some) {
			return false;
		}
		if (at == 0) {
			memcpy(shown, page, some < sizeof(shown) ? some : sizeof(shown));
		}
		same = same && memcmp(page, segment->out + at, some) == 0;
		reader->offset += some;
		at += some;
	}
	add_bytes(text, shown, head.argument <= SHOWN ? (size_t)head.argument : SHOWN + 1);
	return same;
}

static bool same_segment(struct codec_reader *reader, const struct bus_segment *segment,
			 struct text *text)
{
	uint32_t pairs = 0;
	uint32_t value;
	uint64_t key = 0;
	bool same = segment != NULL;

	(void)codec_read_map(reader, 16, &pairs);
	while (pairs-- > 0 && codec_read_key(reader, &key) == 0) {
		if (key == 1) {
			value = hal_read_number(reader, BUS_SEGMENT_DELAY);
			add(text, bus_segment_words[value]);
			same = same && value == segment->kind;
		} else if (key == 2) {
			same = same_bytes(reader, segment, text) && same;
		} else if (key == 3) {
			value = hal_read_number(reader, UINT32_MAX);
			add_number(text, "%u", value);
			same = same && value == segment->length;
		} else {
			(void)codec_skip(reader);
		}
	}
	return same;
}

static bool same_segments(struct codec_reader *reader, const struct bus_operation *operation,
			  struct text *text)
{
	uint32_t count = 0;

	(void)codec_read_array(reader, 64, &count);
	bool same = count == operation->segments_count;

	for (uint32_t index = 0; index < count && !reader->error; index++) {
		const struct bus_segment *segment =
			index < operation->segments_count ? &operation->segments[index] : NULL;

		same = same_segment(reader, segment, text) && same;
	}
	return same;
}

/** The answer of a row, where the bytes go to the places of what was asked. */
static void take_data(struct codec_reader *reader, struct bus_operation *operation, bool wanted)
{
	uint32_t count = 0;
	size_t at = 0;

	(void)codec_read_array(reader, 64, &count);
	for (; count > 0 && !reader->error; count--, at++) {
		while (at < operation->segments_count && !operation->segments[at].in) {
			at++;
		}
		if (wanted && at < operation->segments_count) {
			(void)codec_read_bytes(reader, operation->segments[at].in,
					       operation->segments[at].length);
		} else {
			(void)codec_skip(reader);
		}
	}
}

/** @retval true The row is what was asked for, and operation has its answer. */
static bool take_row(struct hal_session *session, size_t device, struct bus_operation *operation,
		     struct text *text)
{
	struct codec_reader *reader = &session->replay->reader;
	uint32_t pairs = 0;
	uint32_t value;
	uint64_t key = 0;
	bool same = true;
	bool has_segments = operation->segments_count == 0;
	bool flag = false;

	(void)codec_read_map(reader, 24, &pairs);
	while (pairs-- > 0 && codec_read_key(reader, &key) == 0) {
		switch (key) {
		case 1:
			value = session->replay->devices[hal_read_number(reader, 15)];
			same = value == device;
			add(text, value < session->grants_count ? session->grants[value].name
								: "another device");
			break;
		case 2:
			value = hal_read_number(reader, BUS_DELAY);
			add_op(text, value);
			same = same && value == operation->op;
			break;
		case 3:
			value = hal_read_number(reader, UINT32_MAX);
			add_number(text, "0x%x", value);
			same = same && value == operation->target;
			break;
		case 4:
			has_segments = true;
			same = same_segments(reader, operation, text) && same;
			break;
		case 5:
			(void)codec_read_bool(reader, &flag);
			add_level(text, flag);
			same = same && flag == operation->level;
			break;
		case 6:
			take_data(reader, operation, same);
			break;
		case 7:
			(void)codec_read_bool(reader, &operation->level);
			break;
		case 8:
			operation->error = (enum bus_error)hal_read_number(reader, BUS_IO);
			break;
		case 9:
			(void)codec_read_text(reader, operation->detail, sizeof(operation->detail));
			break;
		default:
			(void)codec_skip(reader);
		}
	}
	return same && !reader->error && has_segments;
}

static void differs(struct replay *replay, const struct text *asked, const struct text *recorded)
{
	snprintf(replay->difference, sizeof(replay->difference),
		 "replay differs at operation %u: %s was asked for, the record has %s",
		 (unsigned int)replay->position + 1, asked->words, recorded->words);
}

bool hal_replay_answer(struct hal_session *session, const struct hal_grant *grant,
		       struct bus_operation *operation)
{
	struct replay *replay = session->replay;
	struct text asked = {.len = 0};
	struct text recorded = {.len = 0};

	if (!replay->difference[0]) {
		add(&asked, grant->name);
		describe(&asked, operation, grant->kind);
		if (replay->left == 0) {
			add(&recorded, "the end");
		} else {
			replay->left--;
			if (take_row(session, (size_t)(grant - session->grants), operation,
				     &recorded)) {
				replay->position++;
				return true;
			}
		}
		differs(replay, &asked, &recorded);
	}
	operation->error = BUS_CANCELLED;
	return false;
}

void hal_replay_finish(struct hal_session *session)
{
	struct replay *replay = session->replay;
	struct bus_operation nothing = {.op = BUS_GET};
	struct text asked = {.len = 0};
	struct text recorded = {.len = 0};

	if (!replay->difference[0] && replay->left > 0) {
		(void)take_row(session, SIZE_MAX, &nothing, &recorded);
		add(&asked, "nothing");
		differs(replay, &asked, &recorded);
	}
}
