/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/stream.h"
#include "port/port.h"
#include "store/store.h"
#include "task/manager.h"

#define SAID_MAX  768
#define BLOBS_MAX 96

struct blob {
	bool there;
	uint8_t digest[32];
	uint32_t size;
	uint8_t data[16384];
};

struct manager manager;
static struct said said[SAID_MAX];
static size_t said_count;
static struct blob blobs[BLOBS_MAX];
static struct link_pull *pulls; /* the one that waits longest first */
static uint8_t buffer[CONFIG_SAMARA_HELLO_MAX];

static void defect(const char *what)
{
	(void)fprintf(stderr, "manager: %s\n", what);
	abort();
}

void manager_reset(void)
{
	memset(&manager, 0, sizeof(manager));
	said_count = 0;
	pulls = NULL;
}

void manager_forget(void)
{
	said_count = 0;
	manager.asked_count = 0;
}

size_t manager_said(enum codec_topic topic)
{
	size_t count = 0;

	for (size_t index = 0; index < said_count; index++) {
		count += said[index].topic == topic;
	}
	return count;
}

const struct said *manager_heard(enum codec_topic topic, size_t index)
{
	for (size_t at = 0; at < said_count; at++) {
		if (said[at].topic == topic && index-- == 0) {
			return &said[at];
		}
	}
	defect("that was not said");
	return NULL;
}

const struct said *manager_last(enum codec_topic topic)
{
	return manager_heard(topic, manager_said(topic) - 1);
}

const struct said *manager_any(size_t index)
{
	return index < said_count ? &said[index] : NULL;
}

/* Link */

bool link_online(void)
{
	return manager.online;
}

bool link_connected(void)
{
	return manager.connected;
}

uint32_t link_epoch(void)
{
	return manager.epoch;
}

const uint8_t *link_boot(void)
{
	return manager.boot;
}

uint8_t *link_buffer(size_t *size)
{
	*size = sizeof(buffer);
	return buffer;
}

int link_send(enum codec_topic topic, const char *deployment, const void *payload, size_t len)
{
	struct said *one = &said[said_count];

	/* Before the welcome, results alone. [P-3.1] */
	if (!manager.connected || (!manager.online && topic != CODEC_TOPIC_RESULT)) {
		return -ENOTCONN;
	}
	if (manager.send_err) {
		return manager.send_err;
	}
	if (said_count == SAID_MAX || len > sizeof(one->payload)) {
		defect("too much is said");
	}
	said_count++;
	one->topic = topic;
	(void)snprintf(one->deployment, sizeof(one->deployment), "%s",
		       deployment ? deployment : "");
	one->at_us = port_now_us();
	one->len = len;
	memcpy(one->payload, payload, len);
	if (manager.on_said) {
		manager.on_said(one);
	}
	return 0;
}

/* Blobs */

static struct blob *find(const uint8_t *digest)
{
	for (size_t index = 0; index < BLOBS_MAX; index++) {
		if (blobs[index].there && memcmp(blobs[index].digest, digest, 32) == 0) {
			return &blobs[index];
		}
	}
	return NULL;
}

void manager_publish(const void *data, uint32_t size, uint8_t digest[32])
{
	codec_sha256(data, size, digest);
	struct blob *blob = find(digest);

	for (size_t index = 0; index < BLOBS_MAX && !blob; index++) {
		blob = blobs[index].there ? NULL : &blobs[index];
	}
	if (!blob || size > sizeof(blob->data)) {
		defect("no room for a blob");
		return;
	}
	blob->there = true;
	memcpy(blob->digest, digest, 32);
	blob->size = size;
	memcpy(blob->data, data, size);
}

void manager_withdraw(const uint8_t digest[32])
{
	find(digest)->there = false;
}

void manager_withdraw_all(void)
{
	for (size_t index = 0; index < BLOBS_MAX; index++) {
		blobs[index].there = false;
	}
}

void link_pull_start(struct link_pull *pull, const uint8_t *digest, uint32_t size,
		     void (*done)(struct link_pull *pull, const struct codec_error *error))
{
	struct link_pull **at = &pulls;

	if (pull->active) {
		defect("a pull is begun twice");
	}
	memcpy(pull->digest, digest, 32);
	pull->size = size;
	pull->done = done;
	pull->active = true;
	pull->next = NULL;
	while (*at) {
		at = &(*at)->next;
	}
	*at = pull;
	if (manager.asked_count < sizeof(manager.asked) / sizeof(manager.asked[0])) {
		memcpy(manager.asked[manager.asked_count++], digest, 32);
	}
}

void link_pull_cancel(struct link_pull *pull)
{
	for (struct link_pull **at = &pulls; *at; at = &(*at)->next) {
		if (*at == pull) {
			*at = pull->next;
			break;
		}
	}
	pull->active = false;
}

size_t manager_pulls(void)
{
	size_t count = 0;

	for (const struct link_pull *pull = pulls; pull; pull = pull->next) {
		count++;
	}
	return count;
}

static enum codec_error_code fill(const struct link_pull *pull)
{
	const struct blob *blob = find(pull->digest);

	if (store_blob_size(pull->digest) == (int)pull->size &&
	    store_blob_verify(pull->digest) == 0) {
		return CODEC_NO_ERROR;
	}
	if (!blob || blob->size != pull->size) {
		return CODEC_NOT_FOUND;
	}
	int at = store_blob_begin(blob->digest, blob->size);

	manager.giving = at < 0 ? NULL : blob->digest;
	manager.giving_size = blob->size;
	while (at >= 0 && (uint32_t)at < blob->size) {
		uint32_t left = blob->size - (uint32_t)at;
		uint32_t some = left < CONFIG_SAMARA_CHUNK ? left : CONFIG_SAMARA_CHUNK;

		manager.given = (uint32_t)at;
		if (store_blob_append(blob->digest, (uint32_t)at, &blob->data[at], some)) {
			return CODEC_RESOURCE_EXHAUSTED;
		}
		at += (int)some;
	}
	if (at < 0) {
		return CODEC_RESOURCE_EXHAUSTED;
	}
	manager.given = blob->size;
	int error = store_blob_finish(blob->digest);

	manager.giving = NULL;
	return error ? CODEC_DATA_LOSS : CODEC_NO_ERROR;
}

static void end(struct link_pull *pull, enum codec_error_code code)
{
	struct codec_error error;

	codec_error_set(&error, code, "the manager has no such blob for you");
	link_pull_cancel(pull);
	pull->done(pull, code == CODEC_NO_ERROR ? NULL : &error);
}

bool manager_serve_one(void)
{
	struct link_pull *pull = pulls;

	if (!pull || !manager.online) {
		return false;
	}
	end(pull, fill(pull));
	return true;
}

unsigned int manager_serve(void)
{
	unsigned int count = 0;

	while (manager_serve_one()) {
		count++;
	}
	return count;
}

void manager_fail(enum codec_error_code code)
{
	if (!pulls) {
		defect("nothing is asked for");
	}
	end(pulls, code);
}
