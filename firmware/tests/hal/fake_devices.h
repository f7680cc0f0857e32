/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Devices that say what was done with them, and answer what they were told. */

#ifndef SAMARA_TESTS_HAL_FAKE_DEVICES_H_
#define SAMARA_TESTS_HAL_FAKE_DEVICES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/bus.h"

void fake_devices_reset(void);
/**
 * @brief What was done since the last look, a line each: `open thermo`, `thermo 48 w00 r2`,
 * `flash x0102`, `relay set 1`, `button get`, `watch button 2`, `unwatch button`, `cancel thermo`,
 * `close thermo`.
 */
const char *fake_devices_did(void);
/** @brief Bytes of the next reads, one after the other. */
void fake_devices_give(const void *bytes, size_t len);
/** @brief What the next operation comes to. */
void fake_devices_fail(enum bus_error error, const char *detail);
void fake_devices_level(bool level);
/** @brief Microseconds that an operation takes. */
void fake_devices_take(uint64_t us);
/** @brief Called in the middle of the next operation. */
void fake_devices_meanwhile(void (*act)(void));
/** @brief Whether a device can be opened; NULL: all can. */
void fake_devices_absent(const char *name);

/** @brief An event of an input that is watched, as a thread of the port's tells it. @retval false
 * Nobody watches it, or no more is wanted. */
bool fake_devices_event(const char *name, bool level);
/** @brief Its watch ends with an error. */
bool fake_devices_lose(const char *name, enum bus_error error, const char *detail);
/** @brief The next watch cannot begin. */
void fake_devices_refuse_watch(enum bus_error error, const char *detail);
size_t fake_devices_watches(void);

#endif /* SAMARA_TESTS_HAL_FAKE_DEVICES_H_ */
