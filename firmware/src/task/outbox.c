/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A result is up to three values of the store: itself, its body, its transcript; their ids are 4 n,
 * 4 n + 1, 4 n + 2. The result is written last: what has no result beside it is nobody's, and goes
 * at the next start.
 */

#define LOG_SUBSYSTEM "task"

#include <errno.h>
#include <string.h>

#include "agent/loop.h"
#include "codec/stream.h"
#include "link/link.h"
#include "port/log.h"
#include "store/store.h"
#include "task/outbox.h"

#define RESEND_US  5000000ull
#define LOOK_US	   1000000ull
#define INLINE_MAX 512
#define PARTS	   4

enum part { PART_RESULT, PART_BODY, PART_TRANSCRIPT };

struct waiting {
	struct attempt_ref ref;
	uint32_t number; /* 0: free */
	uint64_t sent_us;
	uint8_t body[8]; /* first bytes of digests */
	uint8_t transcript[8];
	bool has_body;
	bool has_transcript;
};

_Static_assert(CONFIG_SAMARA_TRANSCRIPT_MAX <= CONFIG_SAMARA_VALUE_MAX,
	       "a transcript is one value of the store");

static struct waiting table[CONFIG_SAMARA_RESULTS];
static uint32_t last_number;
static struct loop_timer resend_timer;

bool attempt_is(const struct attempt_ref *ref, const struct codec_span *task, uint16_t attempt)
{
	return ref->attempt == attempt && strlen(ref->task) == task->len &&
	       memcmp(ref->task, task->data, task->len) == 0;
}

void attempt_name(struct attempt_ref *ref, const struct codec_span *task, uint16_t attempt)
{
	size_t len = task->len < sizeof(ref->task) ? task->len : sizeof(ref->task) - 1;

	memcpy(ref->task, task->data, len);
	ref->task[len] = '\0';
	ref->attempt = attempt;
}

static uint32_t value_id(uint32_t number, enum part part)
{
	return number * PARTS + part;
}

static struct waiting *find(const struct codec_span *task, uint16_t attempt)
{
	for (unsigned int index = 0; index < CONFIG_SAMARA_RESULTS; index++) {
		if (table[index].number && attempt_is(&table[index].ref, task, attempt)) {
			return &table[index];
		}
	}
	return NULL;
}

unsigned int outbox_count(void)
{
	unsigned int count = 0;

	for (unsigned int index = 0; index < CONFIG_SAMARA_RESULTS; index++) {
		count += table[index].number != 0;
	}
	return count;
}

bool outbox_has(const struct codec_span *task, uint16_t attempt)
{
	return find(task, attempt) != NULL;
}

static void publish(struct waiting *one)
{
	size_t size;
	uint8_t *payload = link_buffer(&size);
	int len = store_get(STORE_RESULT, value_id(one->number, PART_RESULT), 0, payload, size);

	one->sent_us = port_now_us();
	if (len > 0) {
		(void)link_send(CODEC_TOPIC_RESULT, NULL, payload, (size_t)len);
	}
}

static void look(void *arg)
{
	uint64_t now = port_now_us();

	(void)arg;
	for (unsigned int index = 0; index < CONFIG_SAMARA_RESULTS; index++) {
		if (table[index].number && now - table[index].sent_us >= RESEND_US &&
		    link_online()) {
			publish(&table[index]);
		}
	}
	if (outbox_count() > 0) {
		loop_timer_start(&resend_timer, LOOK_US, look, NULL);
	}
}

static void drop_values(uint32_t number)
{
	/* The result first: what is left of a half deletion is found at the next start. */
	for (unsigned int part = PART_RESULT; part <= PART_TRANSCRIPT; part++) {
		if (store_len(STORE_RESULT, value_id(number, (enum part)part)) >= 0) {
			(void)store_delete(STORE_RESULT, value_id(number, (enum part)part));
		}
	}
}

static void remember(struct waiting *one, uint32_t number, const struct codec_result *result)
{
	memset(one, 0, sizeof(*one));
	one->number = number;
	attempt_name(&one->ref, &result->task, result->attempt);
	one->has_body = result->body_digest.data != NULL;
	one->has_transcript = result->transcript.data != NULL;
	if (one->has_body) {
		memcpy(one->body, result->body_digest.data, sizeof(one->body));
	}
	if (one->has_transcript) {
		memcpy(one->transcript, result->transcript.data, sizeof(one->transcript));
	}
}

static struct waiting *free_row(void)
{
	for (unsigned int index = 0; index < CONFIG_SAMARA_RESULTS; index++) {
		if (!table[index].number) {
			return &table[index];
		}
	}
	return NULL;
}

static bool is_whole(const struct waiting *one)
{
	return (!one->has_body || store_len(STORE_RESULT, value_id(one->number, PART_BODY)) >= 0) &&
	       (!one->has_transcript ||
		store_len(STORE_RESULT, value_id(one->number, PART_TRANSCRIPT)) >= 0);
}

void outbox_open(void)
{
	size_t size;
	uint8_t *payload = link_buffer(&size);
	uint32_t id = 0;

	memset(table, 0, sizeof(table));
	last_number = 0;
	for (; store_next(STORE_RESULT, id, &id) == 0; id++) {
		uint32_t number = id / PARTS;
		struct codec_result result;
		int len = id % PARTS == PART_RESULT ? store_get(STORE_RESULT, id, 0, payload, size)
						    : -1;
		struct waiting *row = free_row();

		last_number = number > last_number ? number : last_number;
		if (id % PARTS != PART_RESULT) {
			if (store_len(STORE_RESULT, value_id(number, PART_RESULT)) < 0) {
				(void)store_delete(STORE_RESULT, id);
			}
			continue;
		}
		if (len <= 0 || !row || codec_decode_result(payload, (size_t)len, &result)) {
			drop_values(number);
			continue;
		}
		remember(row, number, &result);
		if (!is_whole(row)) {
			row->number = 0;
			drop_values(number);
		}
	}
	if (outbox_count() > 0) {
		LOG_INF("%u results of an earlier run wait", outbox_count());
		loop_timer_start(&resend_timer, LOOK_US, look, NULL);
	}
}

/** Bodies that do not travel inside of the result. */
static int keep_parts(uint32_t number, struct codec_result *result, const uint8_t *body,
		      size_t body_len, const uint8_t *transcript, size_t transcript_len,
		      uint8_t digests[2][32])
{
	int error = 0;

	if (body_len > INLINE_MAX) {
		codec_sha256(body, body_len, digests[0]);
		result->body_digest = (struct codec_span){digests[0], 32};
		result->has_body_bytes = true;
		result->body_bytes = (uint32_t)body_len;
		error = store_put(STORE_RESULT, value_id(number, PART_BODY), body, body_len);
	} else if (body_len > 0) {
		result->body = (struct codec_span){body, body_len};
	}
	if (!error && transcript_len > 0) {
		codec_sha256(transcript, transcript_len, digests[1]);
		result->transcript = (struct codec_span){digests[1], 32};
		result->has_transcript_bytes = true;
		result->transcript_bytes = (uint32_t)transcript_len;
		error = store_put(STORE_RESULT, value_id(number, PART_TRANSCRIPT), transcript,
				  transcript_len);
	}
	return error;
}

void outbox_add(const struct attempt_ref *ref, struct codec_result *result, const uint8_t *body,
		size_t body_len, const uint8_t *transcript, size_t transcript_len)
{
	struct waiting *row = free_row();
	size_t size;
	uint8_t *payload = link_buffer(&size);
	uint8_t digests[2][32];
	uint32_t number = last_number + 1;

	result->task = codec_span_of(ref->task);
	result->attempt = ref->attempt;
	if (!row) {
		LOG_ERR("task %s: no room for its result", ref->task);
		return;
	}
	last_number = number;
	int error = keep_parts(number, result, body, body_len, transcript, transcript_len, digests);
	int len = error ? error : codec_encode_result(payload, size, result);

	if (len > 0) {
		error = store_put(STORE_RESULT, value_id(number, PART_RESULT), payload,
				  (size_t)len);
	}
	if (len <= 0 || error) {
		/* Its lease ends, and the job's policy decides. */
		LOG_ERR("task %s: its result cannot be kept: %s", ref->task,
			strerror(-(len <= 0 ? len : error)));
		drop_values(number);
		return;
	}
	remember(row, number, result);
	publish(row);
	if (!link_online()) {
		LOG_INF("%u results wait for the broker", outbox_count());
	}
	if (!resend_timer.armed) {
		loop_timer_start(&resend_timer, LOOK_US, look, NULL);
	}
}

void outbox_say(const struct attempt_ref *ref, struct codec_result *result)
{
	size_t size;
	uint8_t *payload = link_buffer(&size);

	result->task = codec_span_of(ref->task);
	result->attempt = ref->attempt;
	int len = codec_encode_result(payload, size, result);

	if (len > 0) {
		(void)link_send(CODEC_TOPIC_RESULT, NULL, payload, (size_t)len);
	}
}

void outbox_resend(const struct codec_span *task, uint16_t attempt)
{
	struct waiting *one = find(task, attempt);

	if (one) {
		publish(one);
	}
}

void outbox_resend_all(void)
{
	uint32_t after = 0;

	/* The oldest first. */
	for (;;) {
		struct waiting *next = NULL;

		for (unsigned int index = 0; index < CONFIG_SAMARA_RESULTS; index++) {
			if (table[index].number > after &&
			    (!next || table[index].number < next->number)) {
				next = &table[index];
			}
		}
		if (!next) {
			return;
		}
		after = next->number;
		publish(next);
	}
}

bool outbox_forget(const struct codec_span *task, uint16_t attempt)
{
	struct waiting *one = find(task, attempt);

	if (!one) {
		return false;
	}
	drop_values(one->number);
	one->number = 0;
	return true;
}

int outbox_read_blob(const uint8_t *digest, uint32_t offset, void *data, size_t len, uint32_t *size)
{
	for (unsigned int index = 0; index < CONFIG_SAMARA_RESULTS; index++) {
		const struct waiting *one = &table[index];
		bool is_body = one->number && one->has_body && memcmp(one->body, digest, 8) == 0;
		bool is_transcript = one->number && one->has_transcript &&
				     memcmp(one->transcript, digest, 8) == 0;

		if (is_body || is_transcript) {
			uint32_t id = value_id(one->number, is_body ? PART_BODY : PART_TRANSCRIPT);
			int whole = store_len(STORE_RESULT, id);

			*size = whole < 0 ? 0 : (uint32_t)whole;
			return whole < 0 ? whole : store_get(STORE_RESULT, id, offset, data, len);
		}
	}
	return -ENOENT;
}

void outbox_close(void)
{
	loop_timer_stop(&resend_timer);
}
