/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief The log under the store: records in blocks that are used in turn. The store's own; callers
 * hold its lock.
 *
 * A block begins with a header whose sequence number says how old it is; blocks follow each other
 * on the flash, from the oldest to the head, and wear evenly for that reason. A record is a header
 * and its data; it counts when both checksums hold. A header that is torn ends its block: what
 * comes later goes to the next one. A checksum of a header covers the sequence number of its block,
 * so that what an erasure left behind is never taken for a record.
 *
 * Compaction takes the oldest block: what is alive in it is appended again, then it is erased. One
 * block stays free for that. It ends if what is alive fits all blocks but two, each less its header
 * and one record that did not fit its end: then the blocks between hold at least one record that is
 * dead or missing, and each round frees more than it writes.
 */

#ifndef SAMARA_STORE_LOG_H_
#define SAMARA_STORE_LOG_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_HEADER_SIZE 16
#define LOG_NOWHERE	UINT32_MAX
/** Deletes the value of its key. */
#define LOG_TOMBSTONE	0x80

struct log_record {
	uint32_t at; /* offset of its header */
	uint8_t type;
	uint16_t len;
	uint32_t id;
	uint32_t crc;
};

/** @brief What the log asks of its owner while it compacts. */
struct log_owner {
	/** Whether a record of the oldest block is still needed; there may be a newer one. */
	bool (*alive)(const struct log_record *record);
	/** It is at another place now. */
	void (*moved)(const struct log_record *from, uint32_t to);
};

int log_mount(const struct log_owner *owner);
/** @brief Bytes that a record of this length takes. */
uint32_t log_size(size_t len);
/** @brief Bytes of records that may be alive at most. */
uint32_t log_capacity(void);
/**
 * @brief Append a record. @param[out] at Where it is.
 * @retval 0 Durable. @retval -EIO Flash fails.
 */
int log_append(uint8_t type, uint32_t id, const void *data, size_t len, uint32_t *at);
/** @brief The first record, or the one after: from the oldest to the newest. @retval false There
 * are no more. */
bool log_first(struct log_record *record);
bool log_next(struct log_record *record);
/** @brief Whether the data of a record are what was written. */
bool log_holds(const struct log_record *record);
/** @brief The last record with this key that holds. @retval false There is none. */
bool log_newest(uint8_t type, uint32_t id, struct log_record *record);
/** @brief Read from the data of a record. */
int log_read(uint32_t at, size_t offset, void *data, size_t len);

struct log_stats {
	uint32_t erasures;
	uint32_t least_worn;
	uint32_t most_worn;
};
void log_stats(struct log_stats *stats);

#endif /* SAMARA_STORE_LOG_H_ */
