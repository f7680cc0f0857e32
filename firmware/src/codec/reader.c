/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A window of the source is held; heads are read from it, long strings past it. Skipping checks
 * what it skips, so that a document which was walked to its end was in deterministic form.
 */

#include <errno.h>
#include <string.h>

#include "codec/head.h"

static int read_bytes(const void *context, uint32_t offset, void *data, size_t len)
{
	const struct codec_bytes *bytes = context;
	size_t left = offset < bytes->len ? bytes->len - offset : 0;
	size_t some = len < left ? len : left;

	if (some > 0) {
		memcpy(data, &bytes->data[offset], some);
	}
	return (int)some;
}

struct codec_source codec_source_bytes(const struct codec_bytes *bytes)
{
	return (struct codec_source){read_bytes, bytes, (uint32_t)bytes->len};
}

void codec_reader_init(struct codec_reader *reader, const struct codec_source *source)
{
	reader->source = *source;
	reader->offset = 0;
	reader->error = 0;
	reader->window_at = 0;
	reader->window_len = 0;
}

static int fail(struct codec_reader *reader, int error)
{
	if (reader->error == 0) {
		reader->error = error;
	}
	return reader->error;
}

/** Bytes at the offset, without moving it: from the window, which is filled where it lacks `want`.
 */
static int look(struct codec_reader *reader, size_t want, const uint8_t **data)
{
	uint32_t left = reader->source.size - reader->offset;
	uint32_t skew = reader->offset - reader->window_at;

	if (want > left) {
		want = left;
	}
	if (reader->offset < reader->window_at || skew + want > reader->window_len) {
		size_t some = left < CODEC_WINDOW ? left : CODEC_WINDOW;
		size_t have = 0;

		reader->window_len = 0;
		while (have < some) {
			int got = reader->source.read(reader->source.context,
						      reader->offset + (uint32_t)have,
						      &reader->window[have], some - have);
			if (got <= 0) {
				return fail(reader, got < 0 ? got : -EBADMSG);
			}
			have += (size_t)got;
		}
		reader->window_at = reader->offset;
		reader->window_len = (uint8_t)some;
		skew = 0;
	}
	*data = &reader->window[skew];
	return (int)want;
}

static int read_head(struct codec_reader *reader, struct codec_head *head)
{
	const uint8_t *data;

	if (reader->error) {
		return reader->error;
	}
	if (reader->offset == reader->source.size) {
		*head = (struct codec_head){.type = CODEC_END};
		return 0;
	}
	int len = look(reader, CODEC_HEAD_MAX, &data);

	if (len < 0) {
		return len;
	}
	int used = codec_head_read(data, (size_t)len, head);

	if (used < 0) {
		return fail(reader, -EBADMSG);
	}
	bool is_string = head->type == CODEC_BYTES || head->type == CODEC_TEXT;

	if (is_string && head->argument > reader->source.size - reader->offset - (uint32_t)used) {
		return fail(reader, -EBADMSG);
	}
	return used;
}

int codec_peek(struct codec_reader *reader, struct codec_head *head)
{
	int used = read_head(reader, head);

	return used < 0 ? used : 0;
}

int codec_next(struct codec_reader *reader, struct codec_head *head)
{
	int used = read_head(reader, head);

	if (used < 0) {
		return used;
	}
	reader->offset += (uint32_t)used;
	return 0;
}

/** The next head, which must be of one type. */
static int expect(struct codec_reader *reader, enum codec_type type, uint64_t max, uint64_t *value)
{
	struct codec_head head;
	int error = codec_next(reader, &head);

	if (error) {
		return error;
	}
	if (head.type != type) {
		return fail(reader, -EBADMSG);
	}
	if (head.argument > max) {
		return fail(reader, -EMSGSIZE);
	}
	*value = head.argument;
	return 0;
}

int codec_read_uint(struct codec_reader *reader, uint64_t max, uint64_t *value)
{
	if (reader->error) {
		return reader->error;
	}
	int error = expect(reader, CODEC_UINT, max, value);

	return error == -EMSGSIZE ? (reader->error = -ERANGE) : error;
}

int codec_read_int(struct codec_reader *reader, int64_t min, int64_t max, int64_t *value)
{
	struct codec_head head;
	int error = codec_next(reader, &head);

	if (error) {
		return error;
	}
	if (head.type != CODEC_UINT && head.type != CODEC_NINT) {
		return fail(reader, -EBADMSG);
	}
	if (head.argument > INT64_MAX) {
		return fail(reader, -ERANGE);
	}
	int64_t number =
		head.type == CODEC_UINT ? (int64_t)head.argument : -1 - (int64_t)head.argument;

	if (number < min || number > max) {
		return fail(reader, -ERANGE);
	}
	*value = number;
	return 0;
}

int codec_read_bool(struct codec_reader *reader, bool *value)
{
	struct codec_head head;
	int error = codec_next(reader, &head);

	if (error) {
		return error;
	}
	if (head.type != CODEC_FALSE && head.type != CODEC_TRUE) {
		return fail(reader, -EBADMSG);
	}
	*value = head.type == CODEC_TRUE;
	return 0;
}

/** The next bytes of the source, into `data` or to nowhere. */
static int copy(struct codec_reader *reader, uint8_t *data, size_t len, bool is_text)
{
	uint32_t state = 0;

	while (len > 0) {
		const uint8_t *piece;
		int some = look(reader, len < CODEC_WINDOW ? len : CODEC_WINDOW, &piece);

		if (some < 0) {
			return some;
		}
		if (is_text && !codec_utf8_piece(&state, piece, (size_t)some)) {
			return fail(reader, -EILSEQ);
		}
		if (data) {
			memcpy(data, piece, (size_t)some);
			data += some;
		}
		reader->offset += (uint32_t)some;
		len -= (size_t)some;
	}
	return state == 0 ? 0 : fail(reader, -EILSEQ);
}

int codec_read_text(struct codec_reader *reader, char *text, size_t size)
{
	uint64_t len = 0;
	int error = expect(reader, CODEC_TEXT, size - 1, &len);

	if (!error) {
		error = copy(reader, (uint8_t *)text, (size_t)len, true);
	}
	text[error ? 0 : len] = '\0';
	return error ? error : (int)len;
}

int codec_read_bytes(struct codec_reader *reader, void *data, size_t size)
{
	uint64_t len = 0;
	int error = expect(reader, CODEC_BYTES, size, &len);

	if (!error) {
		error = copy(reader, data, (size_t)len, false);
	}
	return error ? error : (int)len;
}

int codec_read_array(struct codec_reader *reader, uint32_t max, uint32_t *count)
{
	uint64_t value = 0;
	int error = expect(reader, CODEC_ARRAY, max, &value);

	*count = (uint32_t)value;
	return error;
}

int codec_read_map(struct codec_reader *reader, uint32_t max, uint32_t *count)
{
	uint64_t value = 0;
	int error = expect(reader, CODEC_MAP, max, &value);

	*count = (uint32_t)value;
	return error;
}

int codec_read_key(struct codec_reader *reader, uint64_t *key)
{
	uint64_t last = *key;
	int error = codec_read_uint(reader, UINT32_MAX, key);

	if (error) {
		return error;
	}
	return *key > last ? 0 : fail(reader, -EBADMSG);
}

/** Texts of one length are compared through the source: both are in it. */
static int compare_text_keys(struct codec_reader *reader, uint32_t previous, uint32_t len)
{
	uint32_t now = reader->offset;

	for (uint32_t index = 0; index < len; index++) {
		uint8_t bytes[2];
		int first =
			reader->source.read(reader->source.context, previous + index, &bytes[0], 1);
		int second = reader->source.read(reader->source.context, now + index, &bytes[1], 1);

		if (first != 1 || second != 1) {
			return fail(reader, -EBADMSG);
		}
		if (bytes[0] != bytes[1]) {
			return bytes[0] < bytes[1] ? 0 : fail(reader, -EBADMSG);
		}
	}
	return fail(reader, -EBADMSG);
}

static int skip_item(struct codec_reader *reader, unsigned int depth);

/* Keys ascend by their bytes: numbers before texts, then the smaller number or the shorter text. */
static int skip_map(struct codec_reader *reader, uint64_t pairs, unsigned int depth)
{
	struct codec_head last = {.type = CODEC_UINT};
	uint32_t last_at = 0;

	for (uint64_t index = 0; index < pairs; index++) {
		struct codec_head key;
		int error = codec_peek(reader, &key);

		if (error) {
			return error;
		}
		if (key.type != CODEC_UINT && key.type != CODEC_TEXT) {
			return fail(reader, -EBADMSG);
		}
		error = codec_next(reader, &key);
		if (!error && index > 0) {
			bool ascends = key.type == last.type ? key.argument > last.argument
							     : key.type > last.type;

			if (!ascends && key.type == CODEC_TEXT && last.type == CODEC_TEXT &&
			    key.argument == last.argument) {
				error = compare_text_keys(reader, last_at, (uint32_t)key.argument);
			} else if (!ascends) {
				error = fail(reader, -EBADMSG);
			}
		}
		last = key;
		last_at = reader->offset;
		if (!error && key.type == CODEC_TEXT) {
			error = copy(reader, NULL, (size_t)key.argument, true);
		}
		if (!error) {
			error = skip_item(reader, depth + 1);
		}
		if (error) {
			return error;
		}
	}
	return 0;
}

static int skip_item(struct codec_reader *reader, unsigned int depth)
{
	struct codec_head head;
	int error = depth > CODEC_DEPTH ? fail(reader, -EBADMSG) : codec_next(reader, &head);

	if (error) {
		return error;
	}
	switch (head.type) {
	case CODEC_BYTES:
	case CODEC_TEXT:
		return copy(reader, NULL, (size_t)head.argument, head.type == CODEC_TEXT);
	case CODEC_ARRAY:
		for (uint64_t index = 0; index < head.argument && !error; index++) {
			error = skip_item(reader, depth + 1);
		}
		return error;
	case CODEC_MAP:
		return skip_map(reader, head.argument, depth);
	case CODEC_END:
		return fail(reader, -EBADMSG);
	default:
		return 0;
	}
}

int codec_skip(struct codec_reader *reader)
{
	return skip_item(reader, 0);
}

int codec_finish(struct codec_reader *reader)
{
	if (reader->error) {
		return reader->error;
	}
	return reader->offset == reader->source.size ? 0 : fail(reader, -EBADMSG);
}

int codec_check(const uint8_t *data, size_t len)
{
	struct codec_bytes bytes = {data, len};
	struct codec_source source = codec_source_bytes(&bytes);
	struct codec_reader reader;

	codec_reader_init(&reader, &source);
	int error = codec_skip(&reader);

	if (!error) {
		error = codec_finish(&reader);
	}
	return error ? -EBADMSG : 0;
}
