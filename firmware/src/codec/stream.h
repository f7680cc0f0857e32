/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief CBOR documents that may be longer than RAM: a reader over a source, a writer into a
 * buffer.
 *
 * Both know one form alone, the deterministic one of [P-1.3]; the reader refuses any other with
 * -EBADMSG, at the first byte that is wrong. An error stays: later calls return it too, so a caller
 * may check once at the end.
 */

#ifndef SAMARA_CODEC_STREAM_H_
#define SAMARA_CODEC_STREAM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** @brief Bytes of a document, wherever they are. */
struct codec_source {
	/** @retval >=0 Bytes that were read; fewer than `len` only at the end. @retval -errno It
	 * failed. */
	int (*read)(const void *context, uint32_t offset, void *data, size_t len);
	const void *context;
	uint32_t size;
};

/** @brief A source over memory. */
struct codec_bytes {
	const uint8_t *data;
	size_t len;
};
struct codec_source codec_source_bytes(const struct codec_bytes *bytes);
/** @brief A source over a complete blob of the store; `digest` stays the caller's. */
struct codec_source codec_source_blob(const uint8_t *digest, uint32_t size);

enum codec_type {
	CODEC_UINT,
	CODEC_NINT, /* argument n stands for -1 - n */
	CODEC_BYTES,
	CODEC_TEXT,
	CODEC_ARRAY,
	CODEC_MAP,
	CODEC_FALSE,
	CODEC_TRUE,
	CODEC_NULL,
	CODEC_FLOAT32,
	CODEC_FLOAT64,
	CODEC_END, /* the source is at its end */
};

struct codec_head {
	enum codec_type type;
	uint64_t
		argument; /* value, length in bytes, count of items or pairs; the bits of a float */
};

#define CODEC_WINDOW 64

struct codec_reader {
	struct codec_source source;
	uint32_t offset;
	int error;
	uint8_t window[CODEC_WINDOW];
	uint32_t window_at;
	uint8_t window_len;
};

void codec_reader_init(struct codec_reader *reader, const struct codec_source *source);
/** @brief What comes next, which stays next. */
int codec_peek(struct codec_reader *reader, struct codec_head *head);
/** @brief What comes next, and go on behind its head. */
int codec_next(struct codec_reader *reader, struct codec_head *head);
int codec_read_uint(struct codec_reader *reader, uint64_t max, uint64_t *value);
int codec_read_int(struct codec_reader *reader, int64_t min, int64_t max, int64_t *value);
int codec_read_bool(struct codec_reader *reader, bool *value);
/** @brief Text into a buffer of `size` bytes, ended with 0. @retval >=0 Length. @retval -EMSGSIZE
 * Longer. @retval -EILSEQ No UTF-8. */
int codec_read_text(struct codec_reader *reader, char *text, size_t size);
/** @retval >=0 Length. @retval -EMSGSIZE Longer than `size`. */
int codec_read_bytes(struct codec_reader *reader, void *data, size_t size);
int codec_read_array(struct codec_reader *reader, uint32_t max, uint32_t *count);
int codec_read_map(struct codec_reader *reader, uint32_t max, uint32_t *count);
/** @brief Key of a message's map; keys ascend: `*key` is the last one, and 0 before the first. */
int codec_read_key(struct codec_reader *reader, uint64_t *key);
/** @brief Skip one whole item, to a depth of 32. */
int codec_skip(struct codec_reader *reader);
/** @brief Nothing comes after. */
int codec_finish(struct codec_reader *reader);

/** @brief Whether bytes are exactly one item in deterministic form. @retval 0 @retval -EBADMSG */
int codec_check(const uint8_t *data, size_t len);

struct codec_writer {
	uint8_t *data;
	size_t size;
	size_t len;
	int error; /* -ENOMEM: it was too small; `len` goes on counting */
};

void codec_writer_init(struct codec_writer *writer, void *data, size_t size);
void codec_write_head(struct codec_writer *writer, enum codec_type type, uint64_t argument);
void codec_write_uint(struct codec_writer *writer, uint64_t value);
void codec_write_int(struct codec_writer *writer, int64_t value);
void codec_write_bool(struct codec_writer *writer, bool value);
void codec_write_null(struct codec_writer *writer);
void codec_write_text(struct codec_writer *writer, const char *text, size_t len);
void codec_write_bytes(struct codec_writer *writer, const void *data, size_t len);
void codec_write_float32(struct codec_writer *writer, float value);
void codec_write_float64(struct codec_writer *writer, double value);

#define CODEC_SHA256_SIZE 32

struct codec_sha256 {
	uint32_t state[8];
	uint64_t len;
	uint8_t block[64];
};
void codec_sha256_init(struct codec_sha256 *hash);
void codec_sha256_update(struct codec_sha256 *hash, const void *data, size_t len);
void codec_sha256_finish(struct codec_sha256 *hash, uint8_t digest[CODEC_SHA256_SIZE]);
void codec_sha256(const void *data, size_t len, uint8_t digest[CODEC_SHA256_SIZE]);
uint32_t codec_crc32(uint32_t crc, const void *data, size_t len);

#endif /* SAMARA_CODEC_STREAM_H_ */
