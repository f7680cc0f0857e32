/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief What this proplet's hardware is called and where it is. [P-10.1] Twin of
 * proplet/hal/profile.ts.
 *
 * The port fills it before the agent starts (a YAML file, a lab, devicetree); afterwards nobody
 * writes it.
 */

#ifndef SAMARA_HAL_PROFILE_H_
#define SAMARA_HAL_PROFILE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/bus.h"

#define HAL_NAME_MAX  48
#define HAL_CHIP_MAX  24
#define HAL_PLACE_MAX 96

enum hal_direction { HAL_INPUT = 1, HAL_OUTPUT, HAL_BOTH };
enum hal_safe { HAL_SAFE_LOW, HAL_SAFE_HIGH, HAL_SAFE_HOLD };
enum hal_pull { HAL_PULL_UNSET, HAL_PULL_UP, HAL_PULL_DOWN, HAL_PULL_NONE };

struct hal_device {
	char name[HAL_NAME_MAX + 1];
	enum bus_kind kind;
	bool simulated;
	char chip[HAL_CHIP_MAX + 1]; /* empty: not known */
	char bus[HAL_PLACE_MAX + 1]; /* /dev/i2c-1, /dev/gpiochip0, a lab's bus; what devices on one
					controller share */
	uint32_t max_bytes;	     /* longest read or write of one operation */
	uint32_t timeout_ms;	     /* of one operation, waits aside */
	union {
		struct {
			uint16_t addresses[CONFIG_SAMARA_ADDRESSES_MAX];
			uint8_t addresses_count;
			bool ten_bit;
		} i2c;
		struct {
			uint8_t mode;
			uint8_t bits_per_word;
			bool lsb_first;
			bool cs_high;
			uint32_t hz;
		} spi;
		struct {
			char line[HAL_NAME_MAX + 1]; /* a number, or a name that the system knows */
			enum hal_direction direction;
			enum hal_pull pull;
			enum hal_safe safe;
			bool active_low;
			uint32_t debounce_us;
		} gpio;
	};
	uint32_t port_data; /* the port's own */
};

/** @brief Devices of this proplet. The port calls it once, before agent_run(). `devices` stays the
 * port's. */
void hal_profile_set(const struct hal_device *devices, size_t count);
const struct hal_device *hal_profile(size_t *count);
/** @brief By name, which need not end in 0. NULL: there is none. */
const struct hal_device *hal_profile_find(const char *name, size_t len);
/** @brief What a device is made of, as hello reports it: `bus:address`, `bus:line`. @retval Length
 * of the text. */
size_t hal_place(const struct hal_device *device, size_t index, char place[HAL_PLACE_MAX + 1]);

#endif /* SAMARA_HAL_PROFILE_H_ */
