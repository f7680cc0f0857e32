/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "codec/stream.h"
#include "store/blobs.h"
#include "store/lock.h"
#include "store/store.h"
#include "store/values.h"

#define PIECE	   480
#define INDEX_BITS 12
#define PIECES_MAX (1u << INDEX_BITS)
#define NUMBERS	   (1u << (32 - INDEX_BITS))
#define BEGUN_SIZE (STORE_DIGEST_SIZE + 4)

struct blob {
	uint8_t digest[STORE_DIGEST_SIZE];
	uint32_t size; /* 0: free */
	uint32_t have; /* bytes that can be read */
	uint32_t number;
	uint32_t used; /* larger is later */
	uint16_t pins;
	bool complete;
	bool verified;
	bool touched; /* since the mount: told to the flash once */
};

static struct blob blobs[CONFIG_SAMARA_BLOBS];
static uint32_t last_number;
static uint32_t uses;
static uint32_t damaged;

/* The end of the blob that is being written, until it is a piece. */
static struct {
	struct blob *blob;
	uint16_t len;
	uint8_t data[PIECE];
} pending;

/* Where the piece is that was read last: the next one mostly follows. */
static struct {
	bool valid;
	uint32_t id;
	struct log_record record;
} hint;

void blobs_reset(void)
{
	memset(blobs, 0, sizeof(blobs));
	last_number = 0;
	uses = 0;
	damaged = 0;
	pending.blob = NULL;
	hint.valid = false;
}

static struct blob *by_number(uint32_t number)
{
	for (size_t index = 0; index < CONFIG_SAMARA_BLOBS; index++) {
		if (blobs[index].size > 0 && blobs[index].number == number) {
			return &blobs[index];
		}
	}
	return NULL;
}

static struct blob *by_digest(const uint8_t *digest)
{
	for (size_t index = 0; index < CONFIG_SAMARA_BLOBS; index++) {
		if (blobs[index].size > 0 &&
		    memcmp(blobs[index].digest, digest, STORE_DIGEST_SIZE) == 0) {
			return &blobs[index];
		}
	}
	return NULL;
}

static struct blob *free_slot(void)
{
	for (size_t index = 0; index < CONFIG_SAMARA_BLOBS; index++) {
		if (blobs[index].size == 0) {
			return &blobs[index];
		}
	}
	return NULL;
}

/** What a blob takes of the log in the end. */
static uint32_t size_in_log(uint32_t size)
{
	uint32_t rest = size % PIECE;

	return size / PIECE * log_size(PIECE) + (rest ? log_size(rest) : 0) + log_size(BEGUN_SIZE) +
	       log_size(4);
}

static void forget(struct blob *blob)
{
	if (pending.blob == blob) {
		pending.blob = NULL;
	}
	hint.valid = false;
	blob->size = 0;
}

static void found_begun(const struct log_record *record)
{
	struct blob *blob = by_number(record->id);
	uint8_t data[BEGUN_SIZE];

	if (!blob) {
		blob = free_slot();
	}
	if (!blob || record->len != sizeof(data) || log_read(record->at, 0, data, sizeof(data))) {
		damaged++;
		return;
	}
	*blob = (struct blob){.number = record->id};
	memcpy(blob->digest, data, STORE_DIGEST_SIZE);
	memcpy(&blob->size, &data[STORE_DIGEST_SIZE], sizeof(blob->size));
	if (last_number < record->id) {
		last_number = record->id;
	}
}

void blobs_found(const struct log_record *record)
{
	struct blob *blob = by_number(record->id);

	if (record->type == BLOB_BEGUN) {
		found_begun(record);
	} else if (record->type == (BLOB_BEGUN | LOG_TOMBSTONE) && blob) {
		forget(blob);
	}
}

void blobs_found_done(const struct log_record *record)
{
	struct blob *blob = by_number(record->id);

	if (!blob || record->len != sizeof(blob->used) ||
	    log_read(record->at, 0, &blob->used, sizeof(blob->used))) {
		return;
	}
	blob->complete = true;
	if (uses < blob->used) {
		uses = blob->used;
	}
}

static uint32_t piece_id(const struct blob *blob, uint32_t index)
{
	return blob->number << INDEX_BITS | index;
}

static uint32_t piece_len(const struct blob *blob, uint32_t index)
{
	uint32_t left = blob->size - index * PIECE;

	return left < PIECE ? left : PIECE;
}

/** The record of a piece: copies are alike, so the first one that holds will do. */
static bool locate(const struct blob *blob, uint32_t index, struct log_record *record)
{
	uint32_t id = piece_id(blob, index);

	if (hint.valid && hint.id == id) {
		*record = hint.record;
		return true;
	}
	if (hint.valid) {
		*record = hint.record;
		if (log_next(record) && record->type == BLOB_PIECE && record->id == id &&
		    record->len == piece_len(blob, index) && log_holds(record)) {
			goto found;
		}
	}
	for (bool more = log_first(record); more; more = log_next(record)) {
		if (record->type == BLOB_PIECE && record->id == id &&
		    record->len == piece_len(blob, index) && log_holds(record)) {
			goto found;
		}
	}
	return false;
found:
	hint.valid = true;
	hint.id = id;
	hint.record = *record;
	return true;
}

void blobs_mounted(void)
{
	for (size_t index = 0; index < CONFIG_SAMARA_BLOBS; index++) {
		struct blob *blob = &blobs[index];
		struct log_record record;

		if (blob->size == 0) {
			continue;
		}
		if (blob->complete) {
			blob->have = blob->size;
			continue;
		}
		uint32_t piece = 0;

		blob->have = 0;
		while (blob->have < blob->size && locate(blob, piece, &record)) {
			blob->have += record.len;
			piece++;
		}
	}
}

bool blobs_alive(const struct log_record *record)
{
	uint32_t number = record->type == BLOB_PIECE ? record->id >> INDEX_BITS : record->id;

	/* Records move: where a piece was is not where it will be. */
	hint.valid = false;
	return by_number(number) != NULL;
}

uint32_t blobs_used(void)
{
	uint32_t used = 0;

	for (size_t index = 0; index < CONFIG_SAMARA_BLOBS; index++) {
		if (blobs[index].size > 0) {
			used += size_in_log(blobs[index].size);
		}
	}
	return used;
}

uint32_t blobs_count(void)
{
	uint32_t count = 0;

	for (size_t index = 0; index < CONFIG_SAMARA_BLOBS; index++) {
		count += blobs[index].size > 0 && blobs[index].complete;
	}
	return count;
}

uint32_t blobs_damaged(void)
{
	return damaged;
}

static int drop(struct blob *blob)
{
	uint32_t at;
	int error = log_append(BLOB_BEGUN | LOG_TOMBSTONE, blob->number, NULL, 0, &at);

	if (!error) {
		forget(blob);
	}
	return error;
}

static struct blob *least_used(void)
{
	struct blob *least = NULL;

	for (size_t index = 0; index < CONFIG_SAMARA_BLOBS; index++) {
		struct blob *blob = &blobs[index];

		if (blob->size > 0 && blob->pins == 0 && (!least || blob->used < least->used)) {
			least = blob;
		}
	}
	return least;
}

bool blobs_make_room(uint32_t bytes)
{
	while (values_used() + blobs_used() + bytes > log_capacity()) {
		struct blob *blob = least_used();

		if (!blob || drop(blob)) {
			return false;
		}
	}
	return true;
}

static int begin(const uint8_t *digest, uint32_t size)
{
	struct blob *blob = by_digest(digest);
	uint8_t data[BEGUN_SIZE];
	uint32_t at;

	if (blob && blob->size == size) {
		blob->used = ++uses;
		return (int)blob->have;
	}
	if (blob && (blob->pins > 0 || drop(blob))) {
		return -ENOSPC;
	}
	if (size == 0 || size > store_blob_max()) {
		return -ENOSPC;
	}
	while (!free_slot()) {
		struct blob *least = least_used();

		if (!least || drop(least)) {
			return -ENOSPC;
		}
	}
	if (!blobs_make_room(size_in_log(size))) {
		return -ENOSPC;
	}
	memcpy(data, digest, STORE_DIGEST_SIZE);
	memcpy(&data[STORE_DIGEST_SIZE], &size, sizeof(size));
	uint32_t number = (last_number + 1) % NUMBERS;
	int error = log_append(BLOB_BEGUN, number, data, sizeof(data), &at);

	if (error) {
		return error;
	}
	last_number = number;
	blob = free_slot();
	*blob = (struct blob){.size = size, .number = number, .used = ++uses};
	memcpy(blob->digest, digest, STORE_DIGEST_SIZE);
	return 0;
}

int store_blob_begin(const uint8_t *digest, uint32_t size)
{
	store_lock();
	int have = begin(digest, size);

	store_unlock();
	return have;
}

/** What waits in RAM becomes the next piece. */
static int flush(struct blob *blob)
{
	uint32_t index = (blob->have - pending.len) / PIECE;
	uint32_t at;
	int error = log_append(BLOB_PIECE, piece_id(blob, index), pending.data, pending.len, &at);

	if (error) {
		blob->have -= pending.len;
	}
	pending.blob = NULL;
	pending.len = 0;
	return error;
}

static int append_bytes(struct blob *blob, const uint8_t *data, size_t len)
{
	if (pending.blob != blob) {
		/* Another blob was begun meanwhile: what waited of it will be asked for again. */
		if (pending.blob) {
			pending.blob->have -= pending.len;
		}
		pending.blob = blob;
		pending.len = 0;
	}
	while (len > 0) {
		size_t room = (size_t)(PIECE - pending.len);
		size_t some = len < room ? len : room;

		memcpy(&pending.data[pending.len], data, some);
		pending.len = (uint16_t)(pending.len + some);
		blob->have += (uint32_t)some;
		data += some;
		len -= some;
		if (pending.len == PIECE || blob->have == blob->size) {
			int error = flush(blob);

			if (error) {
				return error;
			}
			pending.blob = blob;
		}
	}
	return 0;
}

int store_blob_append(const uint8_t *digest, uint32_t offset, const void *data, size_t len)
{
	store_lock();
	struct blob *blob = by_digest(digest);
	int error = -EINVAL;

	if (blob && !blob->complete && offset == blob->have && len <= blob->size - offset) {
		error = append_bytes(blob, data, len);
	}
	store_unlock();
	return error;
}

static int read(const struct blob *blob, uint32_t offset, uint8_t *data, size_t len)
{
	size_t done = 0;

	if (offset >= blob->have) {
		return 0;
	}
	if (len > blob->have - offset) {
		len = blob->have - offset;
	}
	while (done < len) {
		uint32_t index = (offset + (uint32_t)done) / PIECE;
		uint32_t within = (offset + (uint32_t)done) % PIECE;
		uint32_t left = piece_len(blob, index) - within;
		size_t some = len - done < left ? len - done : left;
		struct log_record record;

		if (pending.blob == blob && pending.len > 0 &&
		    index == (blob->have - pending.len) / PIECE) {
			memcpy(&data[done], &pending.data[within], some);
		} else if (!locate(blob, index, &record) ||
			   log_read(record.at, within, &data[done], some)) {
			return -EBADMSG;
		}
		done += some;
	}
	return (int)done;
}

int store_blob_read(const uint8_t *digest, uint32_t offset, void *data, size_t len)
{
	store_lock();
	const struct blob *blob = by_digest(digest);
	int got = blob && blob->complete ? read(blob, offset, data, len) : -ENOENT;

	store_unlock();
	return got;
}

static bool matches(const struct blob *blob)
{
	struct codec_sha256 hash;
	uint8_t page[128];
	uint8_t digest[STORE_DIGEST_SIZE];

	codec_sha256_init(&hash);
	for (uint32_t at = 0; at < blob->size;) {
		int got = read(blob, at, page, sizeof(page));

		if (got <= 0) {
			return false;
		}
		codec_sha256_update(&hash, page, (size_t)got);
		at += (uint32_t)got;
	}
	codec_sha256_finish(&hash, digest);
	return memcmp(digest, blob->digest, sizeof(digest)) == 0;
}

static int mark_done(struct blob *blob)
{
	uint32_t at;

	return log_append(BLOB_DONE, blob->number, &blob->used, sizeof(blob->used), &at);
}

static int finish(struct blob *blob)
{
	if (!blob || blob->have < blob->size) {
		return -EINVAL;
	}
	if (blob->complete) {
		return 0;
	}
	if (!matches(blob)) {
		(void)drop(blob);
		return -EBADMSG;
	}
	int error = mark_done(blob);

	if (!error) {
		blob->complete = true;
		blob->verified = true;
		blob->touched = true;
	}
	return error;
}

int store_blob_finish(const uint8_t *digest)
{
	store_lock();
	int error = finish(by_digest(digest));

	store_unlock();
	return error;
}

int store_blob_size(const uint8_t *digest)
{
	store_lock();
	const struct blob *blob = by_digest(digest);
	int size = blob && blob->complete ? (int)blob->size : -ENOENT;

	store_unlock();
	return size;
}

int store_blob_verify(const uint8_t *digest)
{
	store_lock();
	struct blob *blob = by_digest(digest);
	int error = blob && blob->complete ? 0 : -ENOENT;

	if (!error && !blob->verified) {
		if (matches(blob)) {
			blob->verified = true;
		} else {
			damaged++;
			(void)drop(blob);
			error = -EBADMSG;
		}
	}
	store_unlock();
	return error;
}

void store_blob_touch(const uint8_t *digest)
{
	store_lock();
	struct blob *blob = by_digest(digest);

	if (blob && blob->complete) {
		blob->used = ++uses;
		if (!blob->touched) {
			blob->touched = mark_done(blob) == 0;
		}
	}
	store_unlock();
}

static void add_pins(const uint8_t *digest, int by)
{
	store_lock();
	struct blob *blob = by_digest(digest);

	if (blob && (by > 0 || blob->pins > 0)) {
		blob->pins = (uint16_t)(blob->pins + by);
	}
	store_unlock();
}

void store_blob_pin(const uint8_t *digest)
{
	add_pins(digest, 1);
}

void store_blob_unpin(const uint8_t *digest)
{
	add_pins(digest, -1);
}

void store_blob_drop(const uint8_t *digest)
{
	store_lock();
	struct blob *blob = by_digest(digest);

	if (blob && blob->pins == 0) {
		(void)drop(blob);
	}
	store_unlock();
}

size_t store_blob_list(uint8_t (*digests)[STORE_DIGEST_SIZE], size_t max)
{
	size_t count = 0;
	uint32_t before = UINT32_MAX;

	store_lock();
	while (count < max) {
		const struct blob *next = NULL;

		for (size_t index = 0; index < CONFIG_SAMARA_BLOBS; index++) {
			const struct blob *blob = &blobs[index];

			if (blob->size > 0 && blob->complete && blob->used < before &&
			    (!next || blob->used > next->used)) {
				next = blob;
			}
		}
		if (!next) {
			break;
		}
		memcpy(digests[count++], next->digest, STORE_DIGEST_SIZE);
		before = next->used;
	}
	store_unlock();
	return count;
}

uint32_t store_blob_max(void)
{
	uint32_t capacity = log_capacity();
	uint32_t most = capacity / log_size(PIECE) * PIECE;

	return most < 2 * PIECE			   ? 0
	       : most - PIECE < PIECES_MAX * PIECE ? most - PIECE
						   : PIECES_MAX * PIECE;
}
