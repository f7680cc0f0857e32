/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief A profile, documents of grants, and a run of one guest with them. */

#ifndef SAMARA_TESTS_HAL_FIXTURE_H_
#define SAMARA_TESTS_HAL_FIXTURE_H_

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hal/fake_devices.h"
#include "hal/fake_guest.h"
#include "hal/hal.h"
#include "support/fake_port.h"

#define I2C   "wasi:i2c/i2c@0.2.0-draft"
#define DELAY "wasi:i2c/delay@0.2.0-draft"
#define SPI   "wasi:spi/spi"
#define GPIO  "wasi:gpio/digital@0.2.0"
#define ASYNC "wasi:gpio/digital-async@0.2.0"
#define POLL  "wasi:io/poll@0.2.6"
#define OPEN  "samara:device/open@0.1.0"

/* Places in the guest's memory. */
#define NAME   0x100
#define BYTES  0x200
#define OPS    0x400
#define RESULT 0x1000

#define S UINT64_C(1000000)

/** @brief One grant; 0 where its document leaves a field out. */
struct grant {
	const char *name;
	enum bus_kind kind;
	uint8_t access;
	uint16_t addresses[4];
	uint32_t max_bytes;
	uint32_t per_second;
};
#define READ  CODEC_ACCESS_READ
#define WRITE CODEC_ACCESS_WRITE
#define BOTH  CODEC_ACCESS_READ_WRITE

/**
 * @brief Devices, all of them that no test leaves out: `thermo` i2c 0x48, `twin` the same place
 * under another name, `memory` i2c 0x50 and 0x51, `flash` spi, outputs `relay` (safe: low), `lamp`
 * (safe: high) and `valve` (safe: hold), inputs `button` and `door`, `line` of both directions.
 */
int fixture_setup(void **state);
/** @brief Whether the pool is as it was. */
int fixture_teardown(void **state);

/** @brief The document of a task's grants; valid until the next one. */
const struct codec_source *grants_of(const struct grant *grants, size_t count);
#define GRANT(label, bus, may, ...)                                                                \
	{                                                                                          \
		.name = (label), .kind = (bus), .access = (may), __VA_ARGS__                       \
	}
#define GRANTS(...)                                                                                \
	grants_of((const struct grant[]){__VA_ARGS__},                                             \
		  sizeof((const struct grant[]){__VA_ARGS__}) / sizeof(struct grant))

struct hal_session *opened(const struct codec_source *grants);
struct hal_session *opened_to_record(const struct codec_source *grants);
/** @brief It cannot be opened: with that code and these words. */
void assert_refused(const struct codec_source *grants, enum codec_error_code code,
		    const char *words);

extern struct runtime_guest guest;
/** @brief Open a session and begin its run, which `guest` is. */
struct hal_session *running(const struct codec_source *grants);
void begin(struct hal_session *session);
/** @brief End the run, and close. */
void ended(struct hal_session *session);
/** @brief Close after a run that has ended. */
void closed(struct hal_session *session);

/** @brief Handle of a device that the guest opens. */
uint32_t open_i2c(const char *name);
uint32_t open_spi(const char *name);
/** @brief `open-output`, `open-stateful-output`, `open-input`. */
uint32_t open_pin(const char *function, const char *name);
/** @brief Text at NAME; its length. */
uint32_t put_name(const char *name);
/** @brief Bytes at an address of the guest's. */
void put(uint32_t address, const void *bytes, size_t len);
#define PUT(address, ...)                                                                          \
	put(address, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
/** @brief What is at an address of the guest's. */
#define assert_memory(address, ...)                                                                \
	assert_memory_equal(&guest.memory[address], ((const uint8_t[]){__VA_ARGS__}),              \
			    sizeof((const uint8_t[]){__VA_ARGS__}))
#define assert_no_trap() assert_string_equal(guest.trap, "")

#endif /* SAMARA_TESTS_HAL_FIXTURE_H_ */
