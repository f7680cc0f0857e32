/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Blobs of the manager, each pulled once however many ask for it, one after the other, straight
 * into the store. [P-4.4] Twin of proplet/blobs/{pull,transfer}.ts. The first of the queue is the
 * one that is under way.
 */

#define LOG_SUBSYSTEM "link"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "link/parts.h"
#include "port/log.h"
#include "store/store.h"

#define SILENCE_US 5000000U
/* The link was full. */
#define FULL_US	   100000U
#define ASK_AGAIN  3
/* A blob whose bytes differ from its digest is asked for once more before anybody hears of it. */
#define TRIES	   2

static struct link_pull *queue;
static struct link_pull *ended; /* taken from the queue, and not told yet */
static struct loop_work next_work;
static struct loop_timer silence;

static struct {
	bool active;
	uint8_t digest[STORE_DIGEST_SIZE];
	uint32_t size;
	uint32_t received;
	uint32_t window_end;
	uint8_t silences;
	uint8_t tries;
} transfer;

static void on_silence(void *arg);

struct link_digest link_digest(const uint8_t *digest)
{
	static const char hex[] = "0123456789abcdef";
	struct link_digest words;

	for (size_t index = 0; index < STORE_DIGEST_SIZE; index++) {
		words.text[2 * index] = hex[digest[index] >> 4];
		words.text[2 * index + 1] = hex[digest[index] & 15];
	}
	words.text[LINK_DIGEST_TEXT - 1] = '\0';
	return words;
}

static bool is_of_transfer(const uint8_t *digest)
{
	return transfer.active && memcmp(transfer.digest, digest, STORE_DIGEST_SIZE) == 0;
}

/** One that was told another size waits for its own turn, and its own error. */
static bool waits_for_transfer(const struct link_pull *pull)
{
	return is_of_transfer(pull->digest) && pull->size == transfer.size;
}

static void append(struct link_pull **list, struct link_pull *pull)
{
	while (*list) {
		list = &(*list)->next;
	}
	pull->next = NULL;
	*list = pull;
}

/** @retval false It is not in the list. */
static bool take_out(struct link_pull **list, const struct link_pull *pull)
{
	for (; *list; list = &(*list)->next) {
		if (*list == pull) {
			*list = pull->next;
			return true;
		}
	}
	return false;
}

static void begin_next(void *arg);

static void end_transfer(void)
{
	transfer.active = false;
	loop_timer_stop(&silence);
	loop_post(&next_work, begin_next, NULL);
}

/** Tell everybody who waits for the blob; done() may start and cancel pulls as it likes. */
static void finish(const struct codec_error *error)
{
	struct link_pull **at = &queue;
	struct link_pull *pull;

	while ((pull = *at) != NULL) {
		if (waits_for_transfer(pull)) {
			*at = pull->next;
			append(&ended, pull);
		} else {
			at = &pull->next;
		}
	}
	end_transfer();
	while ((pull = ended) != NULL) {
		ended = pull->next;
		pull->active = false;
		pull->done(pull, error);
	}
}

#define FAIL(code, format, ...)                                                                    \
	do {                                                                                       \
		struct codec_error error_;                                                         \
                                                                                                   \
		codec_error_set(&error_, code, "blob %s: " format,                                 \
				link_digest(transfer.digest).text, __VA_ARGS__);                   \
		finish(&error_);                                                                   \
	} while (0)

/**
 * Ask for the window that begins with the first missing byte. Without a connection it waits for the
 * next welcome.
 */
static void ask(void *arg)
{
	uint32_t chunk = link_chunk_max();
	uint32_t left = transfer.size - transfer.received;
	struct codec_blob_get get = {
		.digest = {transfer.digest, STORE_DIGEST_SIZE},
		.offset = transfer.received,
		.length = left < CONFIG_SAMARA_WINDOW * chunk ? left : CONFIG_SAMARA_WINDOW * chunk,
		.chunk = chunk,
	};
	size_t size;
	uint8_t *data = link_buffer(&size);
	int len = codec_encode_blob_get(data, size, &get);
	int err = len < 0 ? len : link_send(CODEC_TOPIC_PULL, NULL, data, (size_t)len);

	(void)arg;
	transfer.window_end = transfer.received + get.length;
	if (err == -EAGAIN) {
		loop_timer_start(&silence, FULL_US, ask, NULL);
	} else if (err) {
		loop_timer_stop(&silence);
	} else {
		loop_timer_start(&silence, SILENCE_US, on_silence, NULL);
	}
}

static void on_silence(void *arg)
{
	if (++transfer.silences > ASK_AGAIN) {
		FAIL(CODEC_UNAVAILABLE, "no answer for %" PRIu32 " of %" PRIu32 " bytes",
		     transfer.received, transfer.size);
		return;
	}
	ask(arg);
}

static void complete(void);

static void fail_store(int err)
{
	if (err == -ENOSPC) {
		FAIL(CODEC_RESOURCE_EXHAUSTED, "there is no room for its %" PRIu32 " bytes",
		     transfer.size);
	} else {
		FAIL(CODEC_INTERNAL, "it cannot be stored: %d", err);
	}
}

/** Make room in the store, and go on from what is there. */
static void resume(void)
{
	int there = store_blob_begin(transfer.digest, transfer.size);

	if (there < 0) {
		fail_store(there);
	} else {
		transfer.received = (uint32_t)there;
		if (transfer.received < transfer.size) {
			ask(NULL);
		} else {
			complete();
		}
	}
}

static void complete(void)
{
	int err = store_blob_finish(transfer.digest);

	loop_timer_stop(&silence);
	if (err == 0) {
		finish(NULL);
	} else if (err != -EBADMSG) {
		fail_store(err);
	} else if (++transfer.tries < TRIES) {
		LOG_WRN("blob %s: the pulled bytes differ from it; pulled once more",
			link_digest(transfer.digest).text);
		resume();
	} else {
		FAIL(CODEC_DATA_LOSS, "%s", "the pulled bytes differ from it");
	}
}

static void begin_next(void *arg)
{
	int there;

	(void)arg;
	if (transfer.active || !queue) {
		return;
	}
	memset(&transfer, 0, sizeof(transfer));
	transfer.active = true;
	memcpy(transfer.digest, queue->digest, STORE_DIGEST_SIZE);
	transfer.size = queue->size;
	there = store_blob_size(transfer.digest);
	if (there > 0 && (uint32_t)there != transfer.size) {
		FAIL(CODEC_DATA_LOSS, "has %d bytes, %" PRIu32 " were announced", there,
		     transfer.size);
	} else if (there > 0 && store_blob_verify(transfer.digest) == 0) {
		finish(NULL);
	} else if (transfer.size > store_blob_max()) {
		FAIL(CODEC_TOO_LARGE, "%" PRIu32 " bytes are above the %" PRIu32 " that fit",
		     transfer.size, store_blob_max());
	} else {
		resume();
	}
}

static void take_data(const struct codec_blob_chunk *chunk)
{
	int err = store_blob_append(transfer.digest, chunk->offset, chunk->data.data,
				    chunk->data.len);

	if (err == -EINVAL && ++transfer.tries < TRIES) {
		/* The store has less of it than before: another blob was written meanwhile. */
		resume();
		return;
	}
	if (err) {
		fail_store(err);
		return;
	}
	transfer.received += (uint32_t)chunk->data.len;
	transfer.silences = 0;
	if (transfer.received >= transfer.size) {
		complete();
	} else if (transfer.received >= transfer.window_end) {
		ask(NULL);
	} else {
		loop_timer_start(&silence, SILENCE_US, on_silence, NULL);
	}
}

void link_pulls_chunk(const struct codec_blob_chunk *chunk)
{
	if (!is_of_transfer(chunk->digest.data)) {
		return;
	}
	if (chunk->has_error) {
		FAIL(chunk->error.code, "%.*s", (int)chunk->error.message.len,
		     (const char *)chunk->error.message.data);
		return;
	}
	if (chunk->size_bytes != transfer.size) {
		FAIL(CODEC_DATA_LOSS, "has %" PRIu32 " bytes, %" PRIu32 " were announced",
		     chunk->size_bytes, transfer.size);
		return;
	}
	/*
	 * What came before comes again after a second question; what is ahead means that one is
	 * missing: silence asks again.
	 */
	if (chunk->offset == transfer.received && chunk->data.len > 0 &&
	    chunk->data.len <= transfer.size - transfer.received) {
		take_data(chunk);
	}
}

void link_pulls_init(void)
{
	queue = NULL;
	ended = NULL;
	transfer.active = false;
	loop_timer_stop(&silence);
}

void link_pulls_online(void)
{
	if (transfer.active) {
		ask(NULL);
	}
}

void link_pulls_offline(void)
{
	transfer.silences = 0;
	loop_timer_stop(&silence);
}

void link_pull_start(struct link_pull *pull, const uint8_t *digest, uint32_t size,
		     void (*done)(struct link_pull *pull, const struct codec_error *error))
{
	link_pull_cancel(pull);
	memcpy(pull->digest, digest, STORE_DIGEST_SIZE);
	pull->size = size;
	pull->done = done;
	pull->active = true;
	append(&queue, pull);
	loop_post(&next_work, begin_next, NULL);
}

static bool is_wanted(void)
{
	for (const struct link_pull *pull = queue; pull; pull = pull->next) {
		if (waits_for_transfer(pull)) {
			return true;
		}
	}
	return false;
}

void link_pull_cancel(struct link_pull *pull)
{
	if (!pull->active) {
		return;
	}
	pull->active = false;
	if (!take_out(&queue, pull)) {
		(void)take_out(&ended, pull);
	}
	if (transfer.active && !is_wanted()) {
		end_transfer();
	}
}
