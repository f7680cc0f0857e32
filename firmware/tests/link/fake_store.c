/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/stream.h"
#include "link/fake_store.h"
#include "store/store.h"

#define BLOBS 8

struct blob {
	bool used;
	bool complete;
	uint8_t digest[STORE_DIGEST_SIZE];
	uint32_t size;
	uint32_t there;
	uint8_t data[FAKE_STORE_MAX];
};

static struct blob blobs[BLOBS];
static int begin_err;
static int append_err;
static uint32_t appended;

void fake_store_reset(void)
{
	for (size_t index = 0; index < BLOBS; index++) {
		blobs[index].used = false;
	}
	begin_err = 0;
	append_err = 0;
	appended = 0;
}

static struct blob *find(const uint8_t *digest)
{
	for (size_t index = 0; index < BLOBS; index++) {
		if (blobs[index].used &&
		    memcmp(blobs[index].digest, digest, STORE_DIGEST_SIZE) == 0) {
			return &blobs[index];
		}
	}
	return NULL;
}

static struct blob *make(const uint8_t *digest, uint32_t size)
{
	for (size_t index = 0; index < BLOBS; index++) {
		struct blob *blob = &blobs[index];

		if (!blob->used) {
			blob->used = true;
			blob->complete = false;
			memcpy(blob->digest, digest, STORE_DIGEST_SIZE);
			blob->size = size;
			blob->there = 0;
			return blob;
		}
	}
	(void)fprintf(stderr, "fake store: too many blobs\n");
	abort();
}

int store_blob_begin(const uint8_t *digest, uint32_t size)
{
	struct blob *blob = find(digest);

	if (begin_err) {
		return begin_err;
	}
	if (!blob) {
		blob = make(digest, size);
	}
	return (int)blob->there;
}

int store_blob_append(const uint8_t *digest, uint32_t offset, const void *data, size_t len)
{
	struct blob *blob = find(digest);

	if (append_err) {
		return append_err;
	}
	if (!blob || offset != blob->there || len > blob->size - blob->there) {
		return -EINVAL;
	}
	memcpy(&blob->data[blob->there], data, len);
	blob->there += (uint32_t)len;
	appended += (uint32_t)len;
	return 0;
}

static int check(struct blob *blob)
{
	uint8_t digest[STORE_DIGEST_SIZE];

	codec_sha256(blob->data, blob->size, digest);
	if (memcmp(digest, blob->digest, sizeof(digest)) != 0) {
		blob->used = false;
		return -EBADMSG;
	}
	blob->complete = true;
	return 0;
}

int store_blob_finish(const uint8_t *digest)
{
	struct blob *blob = find(digest);

	return blob && blob->there == blob->size ? check(blob) : -EINVAL;
}

int store_blob_size(const uint8_t *digest)
{
	struct blob *blob = find(digest);

	return blob && blob->complete ? (int)blob->size : -ENOENT;
}

int store_blob_verify(const uint8_t *digest)
{
	struct blob *blob = find(digest);

	return blob && blob->complete ? check(blob) : -ENOENT;
}

uint32_t store_blob_max(void)
{
	return FAKE_STORE_MAX;
}

uint32_t fake_store_there(const uint8_t *digest)
{
	struct blob *blob = find(digest);

	return blob ? blob->there : 0;
}

bool fake_store_is_complete(const uint8_t *digest)
{
	return store_blob_size(digest) >= 0;
}

const uint8_t *fake_store_data(const uint8_t *digest)
{
	struct blob *blob = find(digest);

	return blob ? blob->data : NULL;
}

void fake_store_put(const uint8_t *digest, const void *data, uint32_t size)
{
	struct blob *blob = make(digest, size);

	memcpy(blob->data, data, size);
	blob->there = size;
	blob->complete = true;
}

void fake_store_cut(const uint8_t *digest, uint32_t there)
{
	find(digest)->there = there;
}

void fake_store_fail_begin(int err)
{
	begin_err = err;
}

void fake_store_fail_append(int err)
{
	append_err = err;
}

uint32_t fake_store_appended(void)
{
	return appended;
}
