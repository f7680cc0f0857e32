/* SPDX-License-Identifier: Apache-2.0 */

/* Errors of arguments: where, what was there, what was expected; in the words of
 * shared/values/codec.ts. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/lower.h"

/* Characters of a text that are shown. */
#define SHOWN	60
/* Room for 64 bits in digits. */
#define DECIMAL 21

/** Decimal digits, ended with 0: small C libraries print no 64 bits. */
static const char *decimal(uint64_t value, char text[DECIMAL])
{
	char *at = &text[DECIMAL - 1];

	*at = '\0';
	do {
		*--at = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	return at;
}

static void write_path(const struct lowering *lowering, char *field, size_t size)
{
	size_t len = (size_t)snprintf(field, size, lowering->depth > 0 ? "args[%u]" : "args",
				      (unsigned int)lowering->path[0]);

	for (unsigned int level = 1; level < lowering->depth && len < size; level++) {
		uint32_t part = lowering->path[level];
		int more;

		if (part & PATH_NAME) {
			const struct type *type = type_at(lowering->signature, part & 0xffff);

			more = snprintf(&field[len], size - len, ".%.*s", (int)type->name_len,
					&lowering->signature->text[type->name]);
		} else if (part & PATH_SIDE) {
			more = snprintf(&field[len], size - len, ".%s", part & 1 ? "err" : "ok");
		} else {
			more = snprintf(&field[len], size - len, "[%u]", (unsigned int)part);
		}
		len += (size_t)more;
	}
	codec_cut(field, size);
}

static void describe(const struct lowering *lowering, const struct codec_head *head, char *text,
		     size_t size)
{
	const char *data = (const char *)&lowering->arguments->data[lowering->reader.offset];
	bool is_cut = head->argument > SHOWN;
	char digits[DECIMAL];

	switch (head->type) {
	case CODEC_UINT:
		snprintf(text, size, "%s", decimal(head->argument, digits));
		break;
	case CODEC_NINT:
		/* The least of all is one more than fits: nobody sees it cut. */
		snprintf(text, size, "-%s",
			 decimal(head->argument < UINT64_MAX ? head->argument + 1 : UINT64_MAX,
				 digits));
		break;
	case CODEC_TEXT:
		snprintf(text, size, "\"%.*s%s", is_cut ? SHOWN : (int)head->argument, data,
			 is_cut ? "..." : "\"");
		break;
	case CODEC_BYTES:
		snprintf(text, size, "%s bytes", decimal(head->argument, digits));
		break;
	case CODEC_ARRAY:
		snprintf(text, size, "a list of %s", decimal(head->argument, digits));
		break;
	case CODEC_FALSE:
	case CODEC_TRUE:
		snprintf(text, size, "%s", head->type == CODEC_TRUE ? "true" : "false");
		break;
	default:
		snprintf(text, size, "%s", head->type == CODEC_NULL ? "null" : "an object");
		break;
	}
	codec_cut(text, size);
}

int words_wrong(struct lowering *lowering, const struct codec_head *head, const char *expected)
{
	char field[CODEC_FIELD_MAX + 1];
	char seen[SHOWN + 20];

	write_path(lowering, field, sizeof(field));
	describe(lowering, head, seen, sizeof(seen));
	codec_error_set(lowering->error, CODEC_INVALID_ARGUMENT, "%s: %s is not %s", field, seen,
			expected);
	memcpy(lowering->error->field, field, sizeof(field));
	return -EINVAL;
}

int words_wrong_count(struct lowering *lowering, const struct codec_head *head, const char *before,
		      uint32_t count, const char *after)
{
	char expected[80];

	snprintf(expected, sizeof(expected), "%s%u%s", before, (unsigned int)count, after);
	return words_wrong(lowering, head, expected);
}

int words_wrong_int(struct lowering *lowering, const struct codec_head *head, unsigned int bits,
		    bool is_signed)
{
	char expected[72];
	uint64_t most = UINT64_MAX >> (64 - bits + (is_signed ? 1 : 0));
	char least_digits[DECIMAL];
	char most_digits[DECIMAL];

	snprintf(expected, sizeof(expected), "an integer from %s%s to %s", is_signed ? "-" : "",
		 decimal(is_signed ? most + 1 : 0, least_digits), decimal(most, most_digits));
	return words_wrong(lowering, head, expected);
}
