/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Blobs as records of the log. The store's own; callers hold its lock. */

#ifndef SAMARA_STORE_BLOBS_H_
#define SAMARA_STORE_BLOBS_H_

#include "store/log.h"

/* Types of records above those of values. */
enum {
	BLOB_BEGUN = 0x40, /* id: number of the blob; digest and size */
	BLOB_PIECE,	   /* id: number and index of the piece */
	BLOB_DONE,	   /* id: number; complete, and when it was used last */
};

void blobs_reset(void);
/** @brief A record that says which blobs there are, in the order of the log. */
void blobs_found(const struct log_record *record);
/** @brief All of those were found: a record that one is complete. Compaction may have moved it
 * before the other. */
void blobs_found_done(const struct log_record *record);
/** @brief All records were found: what is there of the blobs that are not complete. */
void blobs_mounted(void);
bool blobs_alive(const struct log_record *record);
uint32_t blobs_used(void);
uint32_t blobs_count(void);
uint32_t blobs_damaged(void);
/** @brief Evict until `bytes` more fit. @retval false They do not, beside what is pinned. */
bool blobs_make_room(uint32_t bytes);

#endif /* SAMARA_STORE_BLOBS_H_ */
