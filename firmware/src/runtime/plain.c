/* SPDX-License-Identifier: Apache-2.0 */

/* Values without others in them. Without a guest all is checked and nothing is stored. */

#include <errno.h>
#include <string.h>

#include "runtime/device.h"
#include "runtime/lower.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "linear memory is little-endian, and so has the host to be"
#endif

struct spot lower_behind(struct spot spot, uint32_t offset)
{
	return (struct spot){spot.host, spot.at + offset};
}

static int store(const struct lowering *lowering, struct spot spot, const void *data, uint32_t len)
{
	if (!lowering->guest || len == 0) {
		return 0;
	}
	/* Asked for each time: the guest's memory moves when it allocates. */
	uint8_t *to = spot.host ? &spot.host[spot.at]
				: runtime_guest_memory(lowering->guest, spot.at, len);

	if (!to) {
		return -EFAULT;
	}
	memcpy(to, data, len);
	return 0;
}

int lower_store_number(const struct lowering *lowering, struct spot spot, uint64_t value,
		       uint32_t len)
{
#ifdef SAMARA_TEST_BREAK_LOWER
	value ^= len == 2 ? 1 : 0;
#endif
	return store(lowering, spot, &value, len);
}

/** Memory of the guest's for what is longer; its address and length go to the spot. */
int lower_store_block(struct lowering *lowering, struct spot spot, uint32_t count,
		      const struct type *element, uint32_t *address)
{
	uint32_t size = element ? element->size : 1;

	*address = 0;
	if (!lowering->guest) {
		return 0;
	}
	*address = runtime_guest_alloc(lowering->guest, count * size, element ? element->align : 1);
	if (*address == 0) {
		return -EFAULT;
	}
	int err = lower_store_number(lowering, spot, *address, 4);

	return err ? err : lower_store_number(lowering, lower_behind(spot, 4), count, 4);
}

static int lower_int(struct lowering *lowering, const struct type *type,
		     const struct codec_head *head, struct spot spot)
{
	unsigned int order = (unsigned int)type->kind - TYPE_S8;
	unsigned int bits = 8u << (order / 2);
	bool is_signed = order % 2 == 0;
	uint64_t most = UINT64_MAX >> (64 - bits + (is_signed ? 1 : 0));
	bool is_negative = head->type == CODEC_NINT;

	if ((head->type != CODEC_UINT && !(is_negative && is_signed)) || head->argument > most) {
		return words_wrong_int(lowering, head, bits, is_signed);
	}
	return lower_store_number(lowering, spot, is_negative ? ~head->argument : head->argument,
				  bits / 8);
}

/** A number of any kind. One NaN for all, as in JavaScript. */
static bool read_number(const struct codec_head *head, double *value)
{
	uint32_t bits = (uint32_t)head->argument;
	float narrow;

	switch (head->type) {
	case CODEC_UINT:
		*value = (double)head->argument;
		return true;
	case CODEC_NINT:
		*value = -1.0 - (double)head->argument;
		return true;
	case CODEC_FLOAT32:
		memcpy(&narrow, &bits, sizeof(narrow));
		*value = (double)narrow;
		return true;
	case CODEC_FLOAT64:
		memcpy(value, &head->argument, sizeof(*value));
		return true;
	default:
		return false;
	}
}

#define FLOAT_RULE(bits)                                                                           \
	"a number that fits f" #bits ", or one of \"NaN\", \"Infinity\", \"-Infinity\", \"-0\""

static int lower_f64(struct lowering *lowering, const struct codec_head *head, struct spot spot)
{
	uint64_t bits = 0x7ff8000000000000u;
	double value;

	if (!read_number(head, &value)) {
		return words_wrong(lowering, head, FLOAT_RULE(64));
	}
	if (value == value) {
		memcpy(&bits, &value, sizeof(bits));
	}
	return store(lowering, spot, &bits, sizeof(bits));
}

static int lower_f32(struct lowering *lowering, const struct codec_head *head, struct spot spot)
{
	uint32_t bits = 0x7fc00000u;
	double value;

	if (!read_number(head, &value)) {
		return words_wrong(lowering, head, FLOAT_RULE(32));
	}
	float narrow = (float)value;
	/* Infinite less itself is no number. */
	bool is_too_large = value - value == 0 && narrow - narrow != 0;

	if (is_too_large) {
		return words_wrong(lowering, head, FLOAT_RULE(32));
	}
	if (value == value) {
		memcpy(&bits, &narrow, sizeof(bits));
	}
	return store(lowering, spot, &bits, sizeof(bits));
}

/** The bytes behind the head of a text or byte string, which are passed. */
static const uint8_t *pass_bytes(struct lowering *lowering, const struct codec_head *head)
{
	const uint8_t *data = &lowering->arguments->data[lowering->reader.offset];

	lowering->reader.offset += (uint32_t)head->argument;
	return data;
}

/** The document was checked: texts are UTF-8. */
static int lower_char(struct lowering *lowering, const struct codec_head *head, struct spot spot)
{
	const uint8_t *data = &lowering->arguments->data[lowering->reader.offset];
	bool is_some = head->type == CODEC_TEXT && head->argument > 0;
	uint32_t len = !is_some		? 0
		       : data[0] < 0x80 ? 1
		       : data[0] < 0xe0 ? 2
		       : data[0] < 0xf0 ? 3
					: 4;

	if (!is_some || len != head->argument) {
		return words_wrong(lowering, head, "a string of one Unicode scalar value");
	}
	uint32_t value = len == 1 ? data[0] : data[0] & (0x7fu >> len);

	for (uint32_t at = 1; at < len; at++) {
		value = (value << 6) | (data[at] & 0x3fu);
	}
	pass_bytes(lowering, head);
	return lower_store_number(lowering, spot, value, 4);
}

int lower_bytes(struct lowering *lowering, const struct codec_head *head, struct spot spot)
{
	uint32_t len = (uint32_t)head->argument;
	uint32_t address;
	int err = lower_store_block(lowering, spot, len, NULL, &address);

	return err ? err
		   : store(lowering, (struct spot){NULL, address}, pass_bytes(lowering, head), len);
}

static int lower_flags(struct lowering *lowering, const struct type *type,
		       const struct codec_head *head, struct spot spot)
{
	uint32_t word = type->size < 4 ? type->size : 4;

	if (head->type != CODEC_UINT || (type->count < 64 && head->argument >> type->count != 0)) {
		return words_wrong_count(lowering, head, "a bit mask of ", type->count, " bits");
	}
	for (uint32_t at = 0; at < type->size; at += 4) {
		int err = lower_store_number(lowering, lower_behind(spot, at),
					     at < 8 ? head->argument >> (8 * at) : 0, word);

		if (err) {
			return err;
		}
	}
	return 0;
}

static int lower_handle(struct lowering *lowering, const struct type *type,
			const struct codec_head *head, struct spot spot)
{
	uint32_t handle = 0;

	if (head->type != CODEC_TEXT || head->argument == 0 || head->argument > DEVICE_NAME_MAX) {
		return words_wrong(lowering, head, "a device name");
	}
	struct device_argument device = {
		.name = (const char *)pass_bytes(lowering, head),
		.name_len = (size_t)head->argument,
		.resource = &lowering->signature->text[type->resource],
		.resource_len = type->count,
	};
	int err = lowering->guest ? device_open(lowering->guest, &device, &handle, lowering->error)
				  : 0;

	return err ? err : lower_store_number(lowering, spot, handle, 4);
}

/** Types whose value is one item, without others in it. */
int lower_plain(struct lowering *lowering, const struct type *type, const struct codec_head *head,
		struct spot spot)
{
	switch (type->kind) {
	case TYPE_BOOL:
		if (head->type != CODEC_FALSE && head->type != CODEC_TRUE) {
			return words_wrong(lowering, head, "true or false");
		}
		return lower_store_number(lowering, spot, head->type == CODEC_TRUE, 1);
	case TYPE_F32:
		return lower_f32(lowering, head, spot);
	case TYPE_F64:
		return lower_f64(lowering, head, spot);
	case TYPE_CHAR:
		return lower_char(lowering, head, spot);
	case TYPE_STRING:
		return head->type == CODEC_TEXT
			       ? lower_bytes(lowering, head, spot)
			       : words_wrong(lowering, head, "a string of Unicode scalar values");
	case TYPE_ENUM:
		if (head->type != CODEC_UINT || head->argument >= type->count) {
			return words_wrong_count(lowering, head, "an index from 0 to ",
						 type->count - 1u, "");
		}
		return lower_store_number(lowering, spot, head->argument, type->size);
	case TYPE_FLAGS:
		return lower_flags(lowering, type, head, spot);
	case TYPE_HANDLE:
		return lower_handle(lowering, type, head, spot);
	default:
		return lower_int(lowering, type, head, spot);
	}
}
