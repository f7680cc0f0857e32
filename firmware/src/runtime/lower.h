/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief The walk over arguments; for arguments.c, lower.c, words.c and flatten.c alone. */

#ifndef SAMARA_RUNTIME_LOWER_H_
#define SAMARA_RUNTIME_LOWER_H_

#include "runtime/values.h"

/* Parts of a path: numbers of elements, types whose name it is, sides of a result. */
#define PATH_NAME 0x80000000u
#define PATH_SIDE 0x40000000u

struct lowering {
	const struct arguments *arguments;
	const struct signature *signature;
	struct runtime_guest *guest; /* NULL: only check */
	struct codec_reader reader;
	struct codec_error *error;
	unsigned int depth;
	uint32_t path[TYPE_DEPTH_MAX + 2];
};

/** A place for a value: on the host's side, or an address of the guest's. */
struct spot {
	uint8_t *host;
	uint32_t at;
};

/** @brief The parts of a tuple or record, one behind the other, of which the head was read. */
int lower_fields(struct lowering *lowering, const struct type *type, const struct codec_head *head,
		 struct spot spot);

/* plain.c */

struct spot lower_behind(struct spot spot, uint32_t offset);
int lower_store_number(const struct lowering *lowering, struct spot spot, uint64_t value,
		       uint32_t len);
/** @brief Memory of the guest's for what is longer; its address and length go to the spot. */
int lower_store_block(struct lowering *lowering, struct spot spot, uint32_t count,
		      const struct type *element, uint32_t *address);
/** @brief The bytes of a text or byte string, of which the head was read. */
int lower_bytes(struct lowering *lowering, const struct codec_head *head, struct spot spot);
/** @brief A value that is one item, of which the head was read. */
int lower_plain(struct lowering *lowering, const struct type *type, const struct codec_head *head,
		struct spot spot);

/* words.c */

/** @brief Fill in the error for a value whose head was read. @retval -EINVAL */
int words_wrong(struct lowering *lowering, const struct codec_head *head, const char *expected);
/** @brief The same with a number in what was expected. */
int words_wrong_count(struct lowering *lowering, const struct codec_head *head, const char *before,
		      uint32_t count, const char *after);
int words_wrong_int(struct lowering *lowering, const struct codec_head *head, unsigned int bits,
		    bool is_signed);

/** @brief Read numbers from where a value was laid out; `flat` is all zeros. */
void flatten(const struct signature *signature, const struct type *type, const uint8_t *from,
	     uint64_t *flat);

#endif /* SAMARA_RUNTIME_LOWER_H_ */
