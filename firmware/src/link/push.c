/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Blobs that the manager asks for: bodies of results that it has not acknowledged, transcripts.
 * [P-4.4] Twin of proplet/blobs/push.ts. What it asks beside two that are under way it asks again:
 * silence is its sign to.
 */

#define LOG_SUBSYSTEM "link"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "link/parts.h"
#include "port/log.h"
#include "store/store.h"

#define TRANSFERS   2
/* Chunks of one transfer that the broker has not confirmed yet. */
#define UNCONFIRMED 4
/* The link was full. */
#define FULL_US	    20000U

struct push {
	bool active;
	uint8_t digest[STORE_DIGEST_SIZE];
	uint32_t size;
	uint32_t offset;
	uint32_t end;
	uint32_t chunk;
	int unconfirmed[UNCONFIRMED]; /* their numbers; 0: free */
};

static const struct link_handlers *handlers;
static struct push pushes[TRANSFERS];
static struct loop_timer full;

static int send_chunk(const struct codec_blob_chunk *chunk)
{
	size_t size;
	uint8_t *data = link_buffer(&size);
	int len = codec_encode_blob_chunk(data, CONFIG_SAMARA_PACKET_MAX, chunk);

	return len < 0 ? len : link_session_send(CODEC_TOPIC_PUSHED, NULL, data, (size_t)len);
}

/** An error that the link cannot take is one less: the manager asks again. */
static void refuse(const struct push *push, const struct codec_error *error)
{
	struct codec_blob_chunk chunk = {
		.digest = {push->digest, STORE_DIGEST_SIZE},
		.offset = push->offset,
		.size_bytes = push->size,
		.has_error = true,
		.error = {.code = error->code, .message = codec_span_of(error->message)},
	};

	(void)send_chunk(&chunk);
}

static void refuse_read(const struct push *push, int err)
{
	struct link_digest digest = link_digest(push->digest);
	struct codec_error error;

	if (err == -ENOENT) {
		codec_error_set(&error, CODEC_NOT_FOUND, "blob %s is not offered", digest.text);
	} else {
		codec_error_set(&error, CODEC_INTERNAL, "blob %s: cannot be read: %d", digest.text,
				err);
	}
	refuse(push, &error);
}

static int *free_number(struct push *push)
{
	for (size_t index = 0; index < UNCONFIRMED; index++) {
		if (push->unconfirmed[index] == 0) {
			return &push->unconfirmed[index];
		}
	}
	return NULL;
}

/** @retval >=0 The chunk is on its way. */
static int send_next(struct push *push)
{
	uint32_t left = push->end - push->offset;
	size_t size;
	uint8_t *data = link_buffer(&size) + CONFIG_SAMARA_PACKET_MAX;
	struct codec_blob_chunk chunk = {
		.digest = {push->digest, STORE_DIGEST_SIZE},
		.offset = push->offset,
		.size_bytes = push->size,
		.data = {data, left < push->chunk ? left : push->chunk},
	};
	int got =
		handlers->push_read(push->digest, push->offset, data, chunk.data.len, &push->size);
	int id;

	if (got < 0 || (size_t)got != chunk.data.len) {
		refuse_read(push, got < 0 ? got : -EIO);
		return -ENOENT;
	}
	id = send_chunk(&chunk);
	if (id >= 0) {
		push->offset += (uint32_t)got;
	}
	return id;
}

static void pump(struct push *push)
{
	int *number;

	while (push->active && (number = free_number(push)) != NULL) {
		int id = send_next(push);

		if (id == -EAGAIN) {
			return;
		}
		*number = id > 0 ? id : 0;
		/* The end of what is asked for may be where it begins: that is one empty chunk. */
		push->active = id >= 0 && push->offset < push->end;
	}
}

static void pump_all(void *arg)
{
	bool waits = false;

	(void)arg;
	for (size_t index = 0; index < TRANSFERS; index++) {
		pump(&pushes[index]);
		waits |= pushes[index].active && free_number(&pushes[index]) != NULL;
	}
	if (waits) {
		loop_timer_start(&full, FULL_US, pump_all, NULL);
	}
}

/** The transfer of that blob, which a newer question begins anew, or one that is free. */
static struct push *slot_for(const uint8_t *digest)
{
	struct push *empty = NULL;

	for (size_t index = 0; index < TRANSFERS; index++) {
		if (!pushes[index].active) {
			empty = &pushes[index];
		} else if (memcmp(pushes[index].digest, digest, STORE_DIGEST_SIZE) == 0) {
			return &pushes[index];
		}
	}
	return empty;
}

static void begin(struct push *push, const struct codec_blob_get *get)
{
	uint32_t most = link_chunk_max();
	uint64_t end = (uint64_t)get->offset + get->length;
	size_t room;
	int err;

	memset(push, 0, sizeof(*push));
	memcpy(push->digest, get->digest.data, STORE_DIGEST_SIZE);
	push->offset = get->offset;
	push->chunk = get->chunk < most ? get->chunk : most;
	err = handlers->push_read(push->digest, 0, link_buffer(&room), 0, &push->size);
	if (err < 0) {
		refuse_read(push, err);
		return;
	}
	if (get->chunk == 0 || get->offset > push->size) {
		struct codec_error error;

		codec_error_set(&error, CODEC_INVALID_ARGUMENT,
				"blob %s: chunk %" PRIu32 " at %" PRIu32 " of %" PRIu32,
				link_digest(push->digest).text, get->chunk, get->offset,
				push->size);
		refuse(push, &error);
		return;
	}
	push->end = end < push->size ? (uint32_t)end : push->size;
	push->active = true;
}

void link_pushes_get(const struct codec_blob_get *get)
{
	struct push *push = slot_for(get->digest.data);

	if (!push) {
		LOG_DBG("blob %s: %d others are under way", link_digest(get->digest.data).text,
			TRANSFERS);
		return;
	}
	begin(push, get);
	pump_all(NULL);
}

void link_pushes_published(int id)
{
	for (size_t index = 0; index < TRANSFERS; index++) {
		for (size_t at = 0; at < UNCONFIRMED; at++) {
			if (pushes[index].unconfirmed[at] == id) {
				pushes[index].unconfirmed[at] = 0;
			}
		}
	}
	pump_all(NULL);
}

void link_pushes_offline(void)
{
	memset(pushes, 0, sizeof(pushes));
	loop_timer_stop(&full);
}

void link_pushes_init(const struct link_handlers *upper)
{
	handlers = upper;
	link_pushes_offline();
}
