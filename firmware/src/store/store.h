/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief What outlives a power cut: small values by key, and blobs by digest, in one log over the
 * flash partition.
 *
 * One log of records serves everything, oldest block first, so that wear is even; a call that
 * returned 0 is durable, a power cut at any write or erasure leaves the state before or after a
 * call, and the mount finds it. Any thread: calls are one at a time inside.
 */

#ifndef SAMARA_STORE_H_
#define SAMARA_STORE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_DIGEST_SIZE 32

/** Kinds of values; the id is their owner's. */
enum store_type {
	STORE_RESULT =
		1, /* an encoded Result, or a document that belongs to one, until acknowledged */
	STORE_DEPLOYMENTS, /* the desired index that is followed */
	STORE_DEPLOYMENT,  /* one DesiredDeployment */
	STORE_COUNTER,
	STORE_TYPES,
};

/**
 * @brief Find what is there; an empty or foreign partition becomes an empty store.
 * @retval 0 Mounted. @retval -EIO Flash fails. @retval -EINVAL Geometry: fewer than 3 blocks, or a
 * write size above 32.
 */
int store_mount(void);

/** @brief Put a value in place of the one that is there. @retval -ENOSPC No room. @retval -EMSGSIZE
 * Above CONFIG_SAMARA_VALUE_MAX. */
int store_put(enum store_type type, uint32_t id, const void *data, size_t len);
/** @brief Read from a value. @retval >=0 Bytes that were read. @retval -ENOENT No such value.
 * @retval -EBADMSG It is damaged. */
int store_get(enum store_type type, uint32_t id, size_t offset, void *data, size_t len);
/** @retval >=0 Its length. @retval -ENOENT */
int store_len(enum store_type type, uint32_t id);
/** @retval 0 It is gone, or never was. */
int store_delete(enum store_type type, uint32_t id);
/** @brief Ids of a type, in ascending order, from `from` on. @retval 0 `*id` is the next. @retval
 * -ENOENT There is none. */
int store_next(enum store_type type, uint32_t from, uint32_t *id);

/** @brief Begin or go on with a blob. Evicts the least recently used ones that are not pinned.
 * @retval >=0 Bytes that are there: go on from here. @retval -ENOSPC It does not fit beside what is
 * pinned. */
int store_blob_begin(const uint8_t *digest, uint32_t size);
/** @brief Next bytes. `offset` is what is there. @retval -EINVAL Not the next. @retval -EIO */
int store_blob_append(const uint8_t *digest, uint32_t offset, const void *data, size_t len);
/** @brief All bytes are there: check them. @retval 0 Complete. @retval -EBADMSG They are not what
 * the digest says, and are thrown away. */
int store_blob_finish(const uint8_t *digest);
/** @retval >0 Size of a complete blob. @retval -ENOENT */
int store_blob_size(const uint8_t *digest);
/** @brief Check its digest, once after every mount. @retval -EBADMSG It was damaged, and is gone.
 * @retval -ENOENT */
int store_blob_verify(const uint8_t *digest);
/** @retval >=0 Bytes that were read. @retval -ENOENT @retval -EBADMSG Damaged. */
int store_blob_read(const uint8_t *digest, uint32_t offset, void *data, size_t len);
/** @brief It was used: the last to go. */
void store_blob_touch(const uint8_t *digest);
/** @brief Pinned blobs are never evicted. Counts; in RAM, so said anew after every mount. */
void store_blob_pin(const uint8_t *digest);
void store_blob_unpin(const uint8_t *digest);
void store_blob_drop(const uint8_t *digest);
/** @brief Complete blobs, most recently used first. @retval Count, at most `max`. */
size_t store_blob_list(uint8_t (*digests)[STORE_DIGEST_SIZE], size_t max);
/** @brief Longest blob that an empty store takes. */
uint32_t store_blob_max(void);

struct store_stats {
	uint32_t capacity; /* bytes for values and blobs */
	uint32_t used;	   /* by what is alive */
	uint32_t erasures;
	uint32_t least_worn; /* erasures of one block */
	uint32_t most_worn;
	uint32_t blobs;
	uint32_t damaged; /* records that were thrown away */
};
void store_stats(struct store_stats *stats);

#endif /* SAMARA_STORE_H_ */
