/*
 * wasi:gpio in the shape of June 2026. High is active: the profile knows whether a line is turned
 * round.
 */
#ifndef SAMARA_GPIO_H
#define SAMARA_GPIO_H

#include "samara-core.h"

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

/* Opening leaves the level as it is. */
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
