/* Waits of wasi:gpio/digital-async, which the headers of the SDK leave out. */
#include "samara.h"

#define ASYNC "wasi:gpio/digital-async@0.2.0"
#define POLL "wasi:io/poll@0.2.6"

SAMARA_IMPORT(ASYNC, "open-input-wait") void raw_open(const char *name, uint32_t size, struct samara_area *area);
SAMARA_IMPORT(ASYNC, "[method]input-wait-pin.start-wait-high") void raw_high(uint32_t pin, struct samara_area *area);
SAMARA_IMPORT(ASYNC, "[method]input-wait-pin.start-wait-low") void raw_low(uint32_t pin, struct samara_area *area);
SAMARA_IMPORT(ASYNC, "[method]input-wait-pin.start-wait-rising-edge")
void raw_rising(uint32_t pin, struct samara_area *area);
SAMARA_IMPORT(ASYNC, "[method]input-wait-pin.start-wait-falling-edge")
void raw_falling(uint32_t pin, struct samara_area *area);
SAMARA_IMPORT(ASYNC, "[method]input-wait-pin.start-wait-any-edge") void raw_any(uint32_t pin, struct samara_area *area);
SAMARA_IMPORT(ASYNC, "[method]input-wait-pin.subscribe") uint32_t raw_subscribe(uint32_t pin);
SAMARA_IMPORT(ASYNC, "[method]input-wait-pin.finish-wait") void raw_finish(uint32_t pin, void *area);
SAMARA_IMPORT(ASYNC, "[resource-drop]input-wait-pin") void raw_drop_pin(uint32_t pin);
SAMARA_IMPORT(POLL, "poll") void raw_poll(const uint32_t *list, uint32_t count, void *area);
SAMARA_IMPORT(POLL, "[method]pollable.ready") uint32_t raw_ready(uint32_t pollable);
SAMARA_IMPORT(POLL, "[method]pollable.block") void raw_block(uint32_t pollable);
SAMARA_IMPORT(POLL, "[resource-drop]pollable") void raw_drop_pollable(uint32_t pollable);

enum { MAX_PINS = 4, NOTHING = 0xff };

typedef void (*start)(uint32_t pin, struct samara_area *area);
static const start starts[] = {raw_high, raw_low, raw_rising, raw_falling, raw_any};

struct text {
	const char *data;
	uint32_t length;
};

/* result<_, wait-error> */
struct finished {
	uint8_t is_error;
	uint32_t error;
	uint32_t other;
	struct text words;
};

static const void *failed(struct text words)
{
	samara_result = (struct samara_result){
		.is_error = 1, .data = (void *)words.data, .length = words.length};
	return &samara_result;
}

/* A pin whose wait is under way. 0: the area says why not. */
static uint32_t begin(struct text name, uint32_t event, struct samara_area *area)
{
	raw_open(name.data, name.length, area);
	uint32_t pin = area->is_error ? 0 : area->handle;

	if (pin) {
		starts[event](pin, area);
	}
	return area->is_error ? 0 : pin;
}

const void *SAMARA_EXPORT("wait-pins") wait_pins(const struct text *names, uint32_t count, uint32_t event)
{
	uint32_t pins[MAX_PINS], pollables[MAX_PINS];
	struct samara_list ready;
	struct finished finished;
	struct samara_area area;

	if (count > MAX_PINS) {
		return samara_failed("more pins than it waits for");
	}
	for (uint32_t i = 0; i < count; i++) {
		pins[i] = begin(names[i], event, &area);
		if (!pins[i]) {
			return failed((struct text){(const char *)area.text.data, area.text.length});
		}
		pollables[i] = raw_subscribe(pins[i]);
	}
	raw_poll(pollables, count, &ready);
	uint32_t first = *(const uint32_t *)(const void *)ready.data;

	raw_finish(pins[first], &finished);
	for (uint32_t i = 0; i < count; i++) {
		raw_drop_pollable(pollables[i]);
		raw_drop_pin(pins[i]);
	}
	samara_result = (struct samara_result){.number = first};
	return finished.is_error ? failed(finished.words) : &samara_result;
}
SAMARA_POST("wait-pins", post_wait_pins)

static uint8_t outcome(uint32_t pin)
{
	struct finished finished;

	raw_finish(pin, &finished);
	return finished.is_error ? (uint8_t)finished.error : NOTHING;
}

/* The wait is for an edge that nobody makes. */
const void *SAMARA_EXPORT("wait-wrongly") wait_wrongly(const char *name, uint32_t size)
{
	static uint8_t found[5];
	struct samara_area area;

	raw_open(name, size, &area);
	if (area.is_error) {
		return failed((struct text){(const char *)area.text.data, area.text.length});
	}
	uint32_t pin = area.handle;
	uint32_t unused = raw_subscribe(pin);

	found[0] = outcome(pin);
	found[1] = (uint8_t)raw_ready(unused);
	raw_any(pin, &area);
	uint32_t pollable = raw_subscribe(pin);

	found[2] = outcome(pin);
	found[3] = (uint8_t)raw_ready(pollable);
	/* Its wait ends with it, so this returns. */
	raw_drop_pin(pin);
	raw_block(pollable);
	found[4] = (uint8_t)raw_ready(pollable);
	samara_result = (struct samara_result){.data = found, .length = sizeof(found)};
	return &samara_result;
}
SAMARA_POST("wait-wrongly", post_wait_wrongly)
