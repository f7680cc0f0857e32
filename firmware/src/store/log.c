/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "codec/stream.h"
#include "port/port.h"
#include "store/log.h"

#define BLOCK_MAGIC 0x31474c53 /* SLG1 */
#define WRITE_MAX   32
#define PAGE	    256
/* In the last block that was free: all of the oldest one, whose sequence number is its id, is
 * elsewhere. */
#define COMPACTED   0x7f

struct block_header {
	uint32_t magic;
	uint32_t sequence;
	uint32_t reserved;
	uint32_t crc;
};

struct record_header {
	uint8_t type;
	uint8_t reserved;
	uint16_t len;
	uint32_t id;
	uint32_t data_crc;
	uint32_t crc;
};

static const struct port_flash_geometry *geometry;
static const struct log_owner *owner;
static uint32_t blocks;
static uint32_t tail;	  /* the oldest block */
static uint32_t chain;	  /* blocks in use, from the tail to the head */
static uint32_t sequence; /* of the head */
static uint32_t head_at;  /* where the next record goes; an offset of the flash */
static uint32_t erasures;

static uint32_t padded(size_t len)
{
	uint32_t unit = geometry->write_size;

	return ((uint32_t)len + unit - 1) / unit * unit;
}

uint32_t log_size(size_t len)
{
	return padded(LOG_HEADER_SIZE) + padded(len);
}

uint32_t log_capacity(void)
{
	uint32_t longest = log_size(CONFIG_SAMARA_VALUE_MAX);

	return (blocks - 2) * (geometry->block_size - 2 * padded(LOG_HEADER_SIZE) - longest);
}

static uint32_t block_of(uint32_t at)
{
	return at / geometry->block_size;
}

static uint32_t end_of(uint32_t block)
{
	return (block + 1) * geometry->block_size;
}

/** Where records end: the mark of a compaction still fits behind them. */
static uint32_t limit_of(uint32_t block)
{
	return end_of(block) - log_size(0);
}

static uint32_t head_block(void)
{
	return (tail + chain - 1) % blocks;
}

/** Sequence number of a block in use. */
static uint32_t sequence_of(uint32_t block)
{
	uint32_t behind = (head_block() + blocks - block) % blocks;

	return sequence - behind;
}

static uint32_t header_crc(const struct record_header *header, uint32_t block_sequence)
{
	return codec_crc32(codec_crc32(0, &block_sequence, sizeof(block_sequence)), header,
			   offsetof(struct record_header, crc));
}

static bool read_block_header(uint32_t block, uint32_t *found)
{
	struct block_header header;

	if (port_flash_read(block * geometry->block_size, &header, sizeof(header)) ||
	    header.magic != BLOCK_MAGIC ||
	    header.crc != codec_crc32(0, &header, offsetof(struct block_header, crc))) {
		return false;
	}
	*found = header.sequence;
	return true;
}

/** Write bytes that need not fill the last unit; 0xff fills it. */
static int write_padded(uint32_t at, const void *data, size_t len)
{
	uint32_t unit = geometry->write_size;
	size_t whole = len / unit * unit;
	uint8_t rest[WRITE_MAX];
	int error = whole > 0 ? port_flash_write(at, data, whole) : 0;

	if (error || whole == len) {
		return error;
	}
	memset(rest, 0xff, sizeof(rest));
	memcpy(rest, (const uint8_t *)data + whole, len - whole);
	return port_flash_write(at + (uint32_t)whole, rest, unit);
}

static bool is_blank(uint32_t from, uint32_t to)
{
	uint8_t page[PAGE];

	while (from < to) {
		uint32_t some = to - from < PAGE ? to - from : PAGE;

		if (port_flash_read(from, page, some)) {
			return false;
		}
		for (uint32_t index = 0; index < some; index++) {
			if (page[index] != 0xff) {
				return false;
			}
		}
		from += some;
	}
	return true;
}

/** The block after the head becomes the head. */
static int open_block(void)
{
	uint32_t block = chain == 0 ? tail : (tail + chain) % blocks;
	struct block_header header = {
		.magic = BLOCK_MAGIC, .sequence = sequence + 1, .reserved = UINT32_MAX};
	uint32_t at = block * geometry->block_size;
	int error = 0;

	/* An erasure that was cut off may have left anything. */
	if (!is_blank(at, end_of(block))) {
		error = port_flash_erase(at);
		erasures++;
	}
	header.crc = codec_crc32(0, &header, offsetof(struct block_header, crc));
	if (!error) {
		error = write_padded(at, &header, sizeof(header));
	}
	if (error) {
		return error;
	}
	sequence++;
	chain++;
	head_at = at + padded(LOG_HEADER_SIZE);
	return 0;
}

/** The record at an offset of a block in use. */
static bool read_record(uint32_t at, struct log_record *record)
{
	uint32_t end = end_of(block_of(at));
	struct record_header header;

	if (at + padded(LOG_HEADER_SIZE) > end || port_flash_read(at, &header, sizeof(header)) ||
	    header.crc != header_crc(&header, sequence_of(block_of(at))) ||
	    at + log_size(header.len) > end) {
		return false;
	}
	*record = (struct log_record){at, header.type, header.len, header.id, header.data_crc};
	return true;
}

static bool first_of(uint32_t block, struct log_record *record)
{
	return read_record(block * geometry->block_size + padded(LOG_HEADER_SIZE), record);
}

bool log_first(struct log_record *record)
{
	for (uint32_t index = 0; index < chain; index++) {
		if (first_of((tail + index) % blocks, record)) {
			return true;
		}
	}
	return false;
}

bool log_next(struct log_record *record)
{
	uint32_t block = block_of(record->at);
	uint32_t at = record->at + log_size(record->len);

	if (at < end_of(block) && read_record(at, record)) {
		return true;
	}
	while (block != head_block()) {
		block = (block + 1) % blocks;
		if (first_of(block, record)) {
			return true;
		}
	}
	return false;
}

int log_read(uint32_t at, size_t offset, void *data, size_t len)
{
	return port_flash_read(at + padded(LOG_HEADER_SIZE) + (uint32_t)offset, data, len);
}

bool log_holds(const struct log_record *record)
{
	uint8_t page[PAGE];
	uint32_t crc = 0;

	for (size_t done = 0; done < record->len;) {
		size_t some = record->len - done < PAGE ? record->len - done : PAGE;

		if (log_read(record->at, done, page, some)) {
			return false;
		}
		crc = codec_crc32(crc, page, some);
		done += some;
	}
	return crc == record->crc;
}

bool log_newest(uint8_t type, uint32_t id, struct log_record *found)
{
	struct log_record record;
	bool is_there = false;

	for (bool more = log_first(&record); more; more = log_next(&record)) {
		if (record.type == type && record.id == id && log_holds(&record)) {
			*found = record;
			is_there = true;
		}
	}
	return is_there;
}

/** Bytes of a record that is to be moved, or of `data`. */
static int read_data(const void *data, uint32_t from, uint32_t offset, void *to, size_t len)
{
	if (!data) {
		return log_read(from, offset, to, len);
	}
	memcpy(to, (const uint8_t *)data + offset, len);
	return 0;
}

/**
 * Write a record at the head, which has room for it. Its begin goes with its header in one write:
 * where each write is waited for, a short one costs one.
 */
static int write_record(const struct record_header *header, const void *data, uint32_t from)
{
	uint32_t head = padded(LOG_HEADER_SIZE);
	uint32_t at = head_at;
	uint32_t done = header->len < PAGE - head ? header->len : PAGE - head;
	uint8_t page[PAGE];

	memset(page, 0xff, sizeof(page));
	memcpy(page, header, sizeof(*header));
	int error = read_data(data, from, 0, &page[head], done);

	if (!error) {
		error = port_flash_write(at, page, padded(head + done));
	}
	/* Whatever became of it: this place is used. */
	head_at = error ? end_of(head_block()) : at + log_size(header->len);
	for (uint32_t some; done < header->len && !error; done += some) {
		uint32_t left = header->len - done;

		some = data || left < PAGE ? left : PAGE;
		error = data ? 0 : read_data(NULL, from, done, page, some);
		if (!error) {
			error = write_padded(at + head + done,
					     data ? (const uint8_t *)data + done : page, some);
		}
	}
	return error;
}

static int append(const struct log_record *record, const void *data, uint32_t *at)
{
	struct record_header header = {.type = record->type,
				       .reserved = 0xff,
				       .len = record->len,
				       .id = record->id,
				       .data_crc = record->crc};

	if (chain == 0 || head_at + log_size(record->len) > limit_of(head_block())) {
		int error = chain == blocks ? -ENOSPC : open_block();

		if (error) {
			return error;
		}
	}
	header.crc = header_crc(&header, sequence);
	*at = head_at;
	return write_record(&header, data, record->at);
}

/** Whether a later record takes its place. */
static bool is_newest(const struct log_record *record)
{
	struct log_record later = *record;

	while (log_next(&later)) {
		if ((later.type & ~LOG_TOMBSTONE) == record->type && later.id == record->id &&
		    log_holds(&later)) {
			return false;
		}
	}
	return true;
}

/** From here on the oldest block may be anything. It is written behind the limit. */
static int mark_compacted(void)
{
	struct record_header header = {
		.type = COMPACTED, .reserved = 0xff, .id = sequence_of(tail)};

	header.crc = header_crc(&header, sequence);
	return write_record(&header, NULL, 0);
}

static int drop_tail(void)
{
	int error = port_flash_erase(tail * geometry->block_size);

	erasures++;
	tail = (tail + 1) % blocks;
	chain--;
	return error;
}

/** Append what is alive in the oldest block again, and erase it. */
static int compact(void)
{
	uint32_t oldest = tail;
	struct log_record record;
	int error = 0;

	for (bool more = first_of(oldest, &record); more && !error;) {
		struct log_record here = record;
		uint32_t to;

		if (!(here.type & LOG_TOMBSTONE) && owner->alive(&here) && log_holds(&here) &&
		    is_newest(&here)) {
			error = append(&here, NULL, &to);
			if (!error) {
				owner->moved(&here, to);
			}
		}
		more = log_next(&record) && block_of(record.at) == oldest;
	}
	if (!error && chain == blocks) {
		error = mark_compacted();
	}
	return error ? error : drop_tail();
}

int log_append(uint8_t type, uint32_t id, const void *data, size_t len, uint32_t *at)
{
	struct log_record record = {
		.type = type, .id = id, .len = (uint16_t)len, .crc = codec_crc32(0, data, len)};

	/* One block stays free for the compaction. */
	for (uint32_t rounds = 0;
	     (chain == 0 || head_at + log_size(len) > limit_of(head_block())) &&
	     chain + 1 >= blocks;
	     rounds++) {
		int error = rounds > 2 * blocks ? -ENOSPC : compact();

		if (error) {
			return error;
		}
	}
	return append(&record, data, at);
}

/** The chain of blocks that ends with the largest sequence number. */
static void find_chain(void)
{
	bool found = false;

	chain = 0;
	tail = 0;
	sequence = 0;
	uint32_t newest = 0;

	for (uint32_t block = 0; block < blocks; block++) {
		uint32_t seen;

		if (read_block_header(block, &seen) && (!found || (int32_t)(seen - sequence) > 0)) {
			found = true;
			sequence = seen;
			newest = block;
		}
	}
	if (!found) {
		return;
	}
	uint32_t seen = sequence;

	tail = newest;
	chain = 1;
	while (chain < blocks) {
		uint32_t before = (tail + blocks - 1) % blocks;

		if (!read_block_header(before, &seen) || seen != sequence - chain) {
			break;
		}
		tail = before;
		chain++;
	}
}

/** Where the next record goes: behind the last one, if nothing is there; else to the next block. */
static void find_head(bool *compacted)
{
	uint32_t block = head_block();
	uint32_t at = block * geometry->block_size + padded(LOG_HEADER_SIZE);
	struct log_record record;

	*compacted = false;
	while (read_record(at, &record)) {
		*compacted |= record.type == COMPACTED && record.id == sequence_of(tail);
		at += log_size(record.len);
	}
	head_at = is_blank(at, end_of(block)) ? at : end_of(block);
}

/**
 * All blocks are in use only while a compaction lasts. Where it was done, the oldest block is
 * erased, of which nobody knows how much is left; where it was not, the head is, which has nothing
 * but copies.
 */
static int finish_compaction(bool compacted)
{
	if (compacted) {
		return drop_tail();
	}
	int error = port_flash_erase(head_block() * geometry->block_size);

	erasures++;
	sequence--;
	chain--;
	find_head(&compacted);
	return error;
}

int log_mount(const struct log_owner *who)
{
	geometry = port_flash_geometry();
	owner = who;
	erasures = 0;
	if (geometry->write_size > WRITE_MAX || geometry->write_size == 0 ||
	    geometry->block_size < 4 * PAGE || geometry->size / geometry->block_size < 3) {
		return -EINVAL;
	}
	blocks = geometry->size / geometry->block_size;
	find_chain();
	if (chain > 0) {
		bool compacted;

		find_head(&compacted);
		if (chain == blocks) {
			return finish_compaction(compacted);
		}
	}
	return 0;
}

void log_stats(struct log_stats *stats)
{
	uint32_t turns = sequence / blocks;

	*stats = (struct log_stats){.erasures = erasures,
				    .least_worn = turns,
				    .most_worn = turns + (sequence % blocks ? 1 : 0)};
}
