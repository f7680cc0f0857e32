/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Fields of a lab's messages. */

#ifndef SAMARA_POSIX_LAB_FIELDS_H_
#define SAMARA_POSIX_LAB_FIELDS_H_

#include <errno.h>

#include "codec/stream.h"

/* More fields than any message has. */
#define LAB_FIELDS_MAX 32

static inline void lab_write_field(struct codec_writer *writer, uint64_t key, uint64_t value)
{
	codec_write_uint(writer, key);
	codec_write_uint(writer, value);
}

static inline void lab_write_flag(struct codec_writer *writer, uint64_t key, bool value)
{
	codec_write_uint(writer, key);
	codec_write_bool(writer, value);
}

static inline uint32_t lab_read_number(struct codec_reader *reader, uint32_t min, uint32_t max)
{
	uint64_t value = 0;

	if (codec_read_uint(reader, max, &value) == 0 && value < min) {
		reader->error = -EBADMSG;
	}
	return reader->error ? min : (uint32_t)value;
}

static inline bool lab_read_flag(struct codec_reader *reader)
{
	bool value = false;

	(void)codec_read_bool(reader, &value);
	return value;
}

#endif /* SAMARA_POSIX_LAB_FIELDS_H_ */
