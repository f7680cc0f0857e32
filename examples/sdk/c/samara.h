/*
 * Host interfaces of Samara for functions in C, without libc.
 *
 * Every call returns 0 or one of `enum samara_error`. Devices are named as in the profile of the proplet. What the
 * host hands over goes through an arena of SAMARA_ARENA bytes and from there into your buffer, so the memory of a
 * module is its stack, its data and that arena. Define SAMARA_ARENA before the include where 256 bytes are too few:
 * the longest read, and 8 bytes for each read of a transaction.
 *
 *   samara build sensor.c     compiles, embeds the types of sensor.wit and the devices of sensor.devices.json
 */
#ifndef SAMARA_H
#define SAMARA_H

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
#define SAMARA_EXPORT(name)	    __attribute__((export_name(name)))
/* What the host calls when it has read the result of a function that returns a pointer: gives back what the
 * arguments took of the arena. */
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

/* ---- results: a function that gives result<T, string>, T of one or two fields of 32 bits, or a list ---- */

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

/* ---- samara:device: what has no way of its own to be opened, and the configuration ---- */

SAMARA_IMPORT("samara:device/open@0.1.0", "open-i2c")
void samara_raw_open_i2c(const char *name, uint32_t length, struct samara_area *area);
SAMARA_IMPORT("samara:device/open@0.1.0", "open-delay") uint32_t samara_raw_open_delay(void);
SAMARA_IMPORT("wasi:i2c/delay@0.2.0-draft", "[method]delay.delay-ns")
void samara_raw_delay_ns(uint32_t delay, uint32_t ns);
SAMARA_IMPORT("samara:device/config@0.1.0", "get")
void samara_raw_config(const char *key, uint32_t length, struct samara_area *area);

/* Waits at least so long. */
static inline void samara_delay_ns(uint32_t ns)
{
	static uint32_t delay;

	if (!delay) {
		delay = samara_raw_open_delay();
	}
	samara_raw_delay_ns(delay, ns);
}

/* The text under `key`, without a zero at its end: its length, or -1 where there is none or it does not fit. */
static inline int samara_config(const char *key, char *buffer, uint32_t size)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_config(key, samara_length(key), &area);
	if (!area.is_error) { /* the first case of an option is none */
		return -1;
	}
	uint32_t length = area.list.length;

	if (length > size) {
		samara_used = mark;
		return -1;
	}
	samara_take(area.list, buffer, length, mark);
	return (int)length;
}

/* ---- wasi:i2c ---- */

typedef uint32_t samara_i2c;

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

SAMARA_IMPORT("wasi:i2c/i2c@0.2.0-draft", "[method]i2c.read")
void samara_raw_i2c_read(samara_i2c bus, uint32_t address, uint64_t length,
			 struct samara_area *area);
SAMARA_IMPORT("wasi:i2c/i2c@0.2.0-draft", "[method]i2c.write")
void samara_raw_i2c_write(samara_i2c bus, uint32_t address, const void *data, uint32_t length,
			  struct samara_area *area);
SAMARA_IMPORT("wasi:i2c/i2c@0.2.0-draft", "[method]i2c.write-read")
void samara_raw_i2c_write_read(samara_i2c bus, uint32_t address, const void *data, uint32_t length,
			       uint64_t read, struct samara_area *area);
SAMARA_IMPORT("wasi:i2c/i2c@0.2.0-draft", "[method]i2c.transaction")
void samara_raw_i2c_transaction(samara_i2c bus, uint32_t address, const struct samara_raw_op *ops,
				uint32_t count, struct samara_area *area);
SAMARA_IMPORT("wasi:i2c/i2c@0.2.0-draft", "[resource-drop]i2c")
void samara_i2c_close(samara_i2c bus);

static inline int samara_i2c_error(uint8_t error, uint8_t detail)
{
	if (error == 2) {
		return SAMARA_NACK_ADDRESS + detail;
	}
	return error < 2 ? SAMARA_BUS + error : error == 3 ? SAMARA_OVERRUN : SAMARA_OTHER;
}

static inline int samara_i2c_open(const char *name, samara_i2c *bus)
{
	struct samara_area area;

	samara_raw_open_i2c(name, samara_length(name), &area);
	if (area.is_error) {
		return SAMARA_NOT_GRANTED + area.error;
	}
	*bus = area.handle;
	return SAMARA_OK;
}

static inline int samara_i2c_read(samara_i2c bus, uint16_t address, void *buffer, uint32_t length)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_i2c_read(bus, address, length, &area);
	return area.is_error ? samara_i2c_error(area.error, area.detail)
			     : samara_take(area.list, buffer, length, mark);
}

static inline int samara_i2c_write(samara_i2c bus, uint16_t address, const void *data,
				   uint32_t length)
{
	struct samara_area area;

	samara_raw_i2c_write(bus, address, data, length, &area);
	return area.is_error ? samara_i2c_error(area.small, area.small_detail) : SAMARA_OK;
}

/* Write, repeated start, read. */
static inline int samara_i2c_write_read(samara_i2c bus, uint16_t address, const void *data,
					uint32_t length, void *buffer, uint32_t read)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_i2c_write_read(bus, address, data, length, read, &area);
	return area.is_error ? samara_i2c_error(area.error, area.detail)
			     : samara_take(area.list, buffer, read, mark);
}

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

/* One list comes back for each read, in order. */
static inline int samara_i2c_transaction(samara_i2c bus, uint16_t address,
					 const struct samara_op *ops, uint32_t count)
{
	struct samara_raw_op raw[SAMARA_MAX_OPS];
	struct samara_area area;
	uint32_t mark = samara_used;
	int error = SAMARA_OK;

	if (count > SAMARA_MAX_OPS) {
		return SAMARA_INVALID;
	}
	samara_raw_ops(ops, count, raw);
	samara_raw_i2c_transaction(bus, address, raw, count, &area);
	if (area.is_error) {
		return samara_i2c_error(area.error, area.detail);
	}
	const struct samara_list *next = (const struct samara_list *)area.list.data;

	for (uint32_t i = 0; i < count && !error; i++) {
		if (ops[i].kind == SAMARA_READ) {
			error = samara_take(*next++, ops[i].data, ops[i].length, mark);
		}
	}
	samara_used = mark;
	return error;
}

/* ---- wasi:spi ---- */

typedef uint32_t samara_spi;

SAMARA_IMPORT("wasi:spi/spi", "open")
void samara_raw_spi_open(const char *name, uint32_t length, struct samara_area *area);
SAMARA_IMPORT("wasi:spi/spi", "[method]spi-device.read")
void samara_raw_spi_read(samara_spi device, uint64_t length, struct samara_area *area);
SAMARA_IMPORT("wasi:spi/spi", "[method]spi-device.write")
void samara_raw_spi_write(samara_spi device, const void *data, uint32_t length,
			  struct samara_area *area);
SAMARA_IMPORT("wasi:spi/spi", "[method]spi-device.transfer")
void samara_raw_spi_transfer(samara_spi device, const void *data, uint32_t length,
			     struct samara_area *area);
SAMARA_IMPORT("wasi:spi/spi", "[method]spi-device.transaction")
void samara_raw_spi_transaction(samara_spi device, const struct samara_raw_op *ops, uint32_t count,
				struct samara_area *area);
SAMARA_IMPORT("wasi:spi/spi", "[resource-drop]spi-device") void samara_spi_close(samara_spi device);

/* The text of an error is in the arena: it goes with the mark. */
static inline int samara_spi_error(uint8_t error, uint32_t mark)
{
	samara_used = mark;
	return error < 4 ? SAMARA_OVERRUN + error : SAMARA_OTHER;
}

static inline int samara_spi_open(const char *name, samara_spi *device)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_spi_open(name, samara_length(name), &area);
	*device = area.handle;
	return area.is_error ? samara_spi_error(area.error, mark) : SAMARA_OK;
}

static inline int samara_spi_read(samara_spi device, void *buffer, uint32_t length)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_spi_read(device, length, &area);
	return area.is_error ? samara_spi_error(area.error, mark)
			     : samara_take(area.list, buffer, length, mark);
}

static inline int samara_spi_write(samara_spi device, const void *data, uint32_t length)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_spi_write(device, data, length, &area);
	return area.is_error ? samara_spi_error(area.error, mark) : SAMARA_OK;
}

/* What comes in takes the place of what went out. */
static inline int samara_spi_transfer(samara_spi device, void *buffer, uint32_t length)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_spi_transfer(device, buffer, length, &area);
	return area.is_error ? samara_spi_error(area.error, mark)
			     : samara_take(area.list, buffer, length, mark);
}

/* The chip stays selected from the first operation to the last; one result comes back for each. */
static inline int samara_spi_transaction(samara_spi device, const struct samara_op *ops,
					 uint32_t count)
{
	struct samara_raw_op raw[SAMARA_MAX_OPS];
	struct samara_area area;
	uint32_t mark = samara_used;
	int error = SAMARA_OK;

	if (count > SAMARA_MAX_OPS) {
		return SAMARA_INVALID;
	}
	samara_raw_ops(ops, count, raw);
	samara_raw_spi_transaction(device, raw, count, &area);
	if (area.is_error) {
		return samara_spi_error(area.error, mark);
	}
	const struct {
		uint32_t kind;
		struct samara_list list;
	} *results = (const void *)area.list.data;

	for (uint32_t i = 0; i < count && !error; i++) {
		if (ops[i].kind == SAMARA_READ || ops[i].kind == SAMARA_TRANSFER) {
			error = samara_take(results[i].list, ops[i].data, ops[i].length, mark);
		}
	}
	samara_used = mark;
	return error;
}

/* ---- wasi:gpio, June 2026: high is active ---- */

typedef uint32_t samara_output;
typedef uint32_t samara_input;

SAMARA_IMPORT("wasi:gpio/digital@0.2.0", "open-stateful-output")
void samara_raw_open_output(const char *name, uint32_t length, struct samara_area *area);
SAMARA_IMPORT("wasi:gpio/digital@0.2.0", "open-input")
void samara_raw_open_input(const char *name, uint32_t length, struct samara_area *area);
SAMARA_IMPORT("wasi:gpio/digital@0.2.0", "[method]stateful-output-pin.set-state")
void samara_raw_output_set(samara_output pin, uint32_t state, struct samara_area *area);
SAMARA_IMPORT("wasi:gpio/digital@0.2.0", "[method]stateful-output-pin.is-set-high")
void samara_raw_output_get(samara_output pin, struct samara_area *area);
SAMARA_IMPORT("wasi:gpio/digital@0.2.0", "[method]stateful-output-pin.toggle")
void samara_raw_output_toggle(samara_output pin, struct samara_area *area);
SAMARA_IMPORT("wasi:gpio/digital@0.2.0", "[method]input-pin.is-high")
void samara_raw_input_get(samara_input pin, struct samara_area *area);
SAMARA_IMPORT("wasi:gpio/digital@0.2.0", "[resource-drop]stateful-output-pin")
void samara_output_close(samara_output pin);
SAMARA_IMPORT("wasi:gpio/digital@0.2.0", "[resource-drop]input-pin")
void samara_input_close(samara_input pin);

static inline int samara_pin_result(const struct samara_area *area, uint32_t mark)
{
	samara_used = mark;
	return area->is_error ? SAMARA_OTHER : SAMARA_OK;
}

/* Opening leaves the level as it is; a pin that is closed, as at the end of its instance, takes its safe state. */
static inline int samara_output_open(const char *name, samara_output *pin)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_open_output(name, samara_length(name), &area);
	*pin = area.handle;
	return samara_pin_result(&area, mark);
}

static inline int samara_output_set(samara_output pin, int high)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_output_set(pin, high != 0, &area);
	return samara_pin_result(&area, mark);
}

static inline int samara_output_get(samara_output pin, int *high)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_output_get(pin, &area);
	*high = area.byte;
	return samara_pin_result(&area, mark);
}

static inline int samara_output_toggle(samara_output pin)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_output_toggle(pin, &area);
	return samara_pin_result(&area, mark);
}

static inline int samara_input_open(const char *name, samara_input *pin)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_open_input(name, samara_length(name), &area);
	*pin = area.handle;
	return samara_pin_result(&area, mark);
}

static inline int samara_input_get(samara_input pin, int *high)
{
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_input_get(pin, &area);
	*high = area.byte;
	return samara_pin_result(&area, mark);
}

#endif
