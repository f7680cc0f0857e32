/*
 * What the other headers need: errors, exports, the arena, the areas of the canonical ABI, results.
 */
#ifndef SAMARA_CORE_H
#define SAMARA_CORE_H

#include <stddef.h>
#include <stdint.h>

#ifndef SAMARA_ARENA
#define SAMARA_ARENA 256
#endif
/* Most operations of one transaction. */
#define SAMARA_MAX_OPS 8

enum samara_error {
	SAMARA_OK = 0,
	SAMARA_NOT_GRANTED, /* no such device, or not granted */
	SAMARA_WRONG_KIND,
	SAMARA_UNAVAILABLE,
	SAMARA_BUS,
	SAMARA_ARBITRATION_LOSS,
	SAMARA_NACK_ADDRESS,
	SAMARA_NACK_DATA,
	SAMARA_NACK,
	SAMARA_OVERRUN,
	SAMARA_MODE_FAULT,
	SAMARA_FRAME_FORMAT,
	SAMARA_CHIP_SELECT,
	SAMARA_OTHER,	/* refused by the grant, or all else: the proplet's log says which */
	SAMARA_INVALID, /* more operations than SAMARA_MAX_OPS */
	SAMARA_USB_IO,	/* and the twelve other cases of libusb-error, in their order */
	SAMARA_USB_NOT_FOUND = SAMARA_USB_IO + 4,
	SAMARA_USB_TIMEOUT = SAMARA_USB_IO + 6,
	SAMARA_USB_PIPE = SAMARA_USB_IO + 8,
};

#define SAMARA_IMPORT(module, name) __attribute__((import_module(module), import_name(name))) extern
/* Exports a function under its WIT name. */
#define SAMARA_EXPORT(name) __attribute__((export_name(name)))
/*
 * What the host calls when it has read the result of a function that returns a pointer: gives back
 * what the arguments took of the arena.
 */
#define SAMARA_POST(name, identifier)                                                              \
	__attribute__((export_name("cabi_post_" name))) void identifier(void *result);             \
	void identifier(void *result)                                                              \
	{                                                                                          \
		(void)result;                                                                      \
		samara_used = 0;                                                                   \
	}

static _Alignas(8) uint8_t samara_arena[SAMARA_ARENA];
static uint32_t samara_used;

/* Where the host puts lists and texts. */
__attribute__((export_name("cabi_realloc"))) void *samara_realloc(void *old, size_t old_size,
								  size_t align, size_t size);
void *samara_realloc(void *old, size_t old_size, size_t align, size_t size)
{
	uint32_t start = (samara_used + align - 1) & -align;

	/* Only texts that are transcoded grow, and ours are UTF-8 on both sides. */
	if (old || old_size || start > SAMARA_ARENA || size > SAMARA_ARENA - start) {
		__builtin_trap();
	}
	samara_used = start + size;
	return samara_arena + start;
}

static inline uint32_t samara_length(const char *text)
{
	uint32_t length = 0;

	while (text[length]) {
		length++;
	}
	return length;
}

/* Result areas of the canonical ABI: the case, then a handle, a list or the case of the error. */
struct samara_list {
	uint8_t *data;
	uint32_t length;
};

struct samara_area {
	uint8_t is_error;
	uint8_t small; /* of results whose success has no value and whose error has no text */
	uint8_t small_detail;
	union {
		uint32_t handle;
		uint8_t byte;
		struct samara_list list;
		struct {
			uint8_t error;
			uint8_t detail;
			struct samara_list text;
		};
	};
};

/* Copies a list that fills the buffer, and gives back the arena. */
static inline int samara_take(struct samara_list list, void *buffer, uint32_t length, uint32_t mark)
{
	int short_answer = list.length < length;

	if (!short_answer) {
		__builtin_memcpy(buffer, list.data, length);
	}
	samara_used = mark;
	return short_answer ? SAMARA_OVERRUN : SAMARA_OK;
}

/*
 * Results: a function that gives result<T, string>, where T is one or two fields of 32 bits, or a
 * list, returns a pointer to this.
 */
struct samara_result {
	uint32_t is_error;
	union {
		uint32_t number;
		int32_t integer;
		float real;
		const void *data;
	};
	union {
		uint32_t length;
		uint32_t second;
	};
};

/* One for each call: the host has read it before it calls again. */
static struct samara_result samara_result;

static inline const char *samara_error_text(int error)
{
	switch (error) {
	case SAMARA_NOT_GRANTED:
		return "not granted";
	case SAMARA_NACK_ADDRESS:
	case SAMARA_NACK_DATA:
	case SAMARA_NACK:
		return "no acknowledge";
	case SAMARA_USB_NOT_FOUND:
		return "no such device";
	case SAMARA_USB_TIMEOUT:
		return "timeout";
	default:
		return "device failed";
	}
}

static inline const struct samara_result *samara_failed(const char *text)
{
	samara_result.is_error = 1;
	samara_result.data = text;
	samara_result.length = samara_length(text);
	return &samara_result;
}

/* One operation of a transaction; a read fills `data`. */
struct samara_op {
	enum { SAMARA_READ, SAMARA_WRITE, SAMARA_TRANSFER, SAMARA_DELAY } kind;
	void *data;
	uint32_t length; /* of a delay its nanoseconds; i2c has none, and no transfer */
};

struct samara_raw_op {
	uint32_t kind;
	uint32_t pad;
	uint32_t first;
	uint32_t second;
};

static inline void samara_raw_ops(const struct samara_op *ops, uint32_t count,
				  struct samara_raw_op *raw)
{
	for (uint32_t i = 0; i < count; i++) {
		int has_data = ops[i].kind == SAMARA_WRITE || ops[i].kind == SAMARA_TRANSFER;

		raw[i].kind = ops[i].kind;
		raw[i].first = has_data ? (uint32_t)ops[i].data : ops[i].length;
		raw[i].second = has_data ? ops[i].length : 0;
	}
}

#endif
