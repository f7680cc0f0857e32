/*
 * samara:device, for what has no way of its own to be opened, and the configuration.
 */
#ifndef SAMARA_DEVICE_H
#define SAMARA_DEVICE_H

#include "samara-core.h"

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

/*
 * The text under `key`, without a zero at its end: its length, or -1 where there is none or it does
 * not fit.
 */
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

#endif
