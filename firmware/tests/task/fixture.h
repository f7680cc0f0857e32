/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file @brief Task over the fake port, a store in simulated flash, and neighbours that are told
 * what to do. Runners run when told: a call that has begun is held until then.
 */

#ifndef SAMARA_TESTS_TASK_FIXTURE_H_
#define SAMARA_TESTS_TASK_FIXTURE_H_

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/loop.h"
#include "codec/stream.h"
#include "store/flash_sim.h"
#include "store/store.h"
#include "support/fake_port.h"
#include "task/fake_hal.h"
#include "task/fake_runtime.h"
#include "task/manager.h"
#include "task/task.h"

#define MS UINT64_C(1000)
#define S  UINT64_C(1000000)

/* Names of tasks and deployments: their kind and a number below it. */
#define FIXTURE_NAMES 64

/** A function as starts and deployments name it. */
struct version {
	uint8_t manifest[32];
	uint8_t image[32];
	uint32_t manifest_bytes;
	uint32_t image_bytes;
};
extern struct version add; /* the manager has it */

/** @brief setup of cmocka: a new flash, booted, online, with a function `add`. */
int fixture_reset(void **state);
/** @brief teardown of cmocka: the agent ends; nothing is left of pool, sessions and pins. */
int fixture_end(void **state);
/** @brief Power goes and comes: the flash is what it was, and there is no connection. */
void fixture_boot(void);
void fixture_connect(void);
void fixture_welcome(void);
void fixture_disconnect(void);

struct task_stats fixture_stats(void);

void fixture_run(uint64_t us);
void fixture_settle(void);
/** @brief Pulls are served; calls that begin are held. */
void fixture_fetch(void);
/** @brief Calls that have begun come to their end. @retval How many. */
unsigned int fixture_end_calls(void);
/** @brief Pulls are served and calls end, until nothing is left to do now. */
void fixture_work(void);
/** @brief As fixture_work(), for a while. */
void fixture_live(uint64_t us);

/** @brief A complete blob of `size` bytes `fill` in the store, pinned. @retval false No room. */
bool fixture_pin_blob(uint8_t fill, uint32_t size, uint8_t digest[32]);
/** @brief Leave no room in the flash: blobs that are pinned take it. */
void fixture_fill_flash(void);
/** @brief Have a function: `export` of a signature, its image of `image_bytes` bytes that `seed`
 * chooses. */
struct version fixture_version(const char *name, uint32_t image_bytes, unsigned int seed);
/** @brief {1: name, 2: [2, 3]}. @retval Length. */
size_t fixture_call(uint8_t *data, size_t size, const char *name);

const char *fixture_name(char (*names)[22], char kind, unsigned int number);
bool fixture_span_is(const struct codec_span *span, const char *text);

/* Attempts */

const char *fixture_task(unsigned int number);
/** @brief A start of this epoch of `add`, with its call inline. */
struct codec_start fixture_start(unsigned int number, uint16_t attempt);
/** @brief One that has grants, which the manager has. */
struct codec_start fixture_granted(unsigned int number);
/** @brief Start it and serve its pulls: where a slot is free, it runs, and is held there. */
void fixture_begin(unsigned int number);
void fixture_say_start(unsigned int number);
void fixture_cancel(unsigned int number, uint16_t attempt);
void fixture_ack(unsigned int number, uint16_t attempt);
/** @brief Results that were said of a task, and the last of them; fails where there is none. */
size_t fixture_results(unsigned int number);
const struct said *fixture_said_result(unsigned int number);
struct codec_result fixture_result(unsigned int number);
/** @brief Whether the flash has a result with these bytes. */
bool fixture_in_flash(const struct said *said);
struct codec_started fixture_started(void);
void fixture_expect_result(unsigned int number, enum codec_outcome outcome,
			   enum codec_error_code code);

/* Deployments */

struct wish {
	unsigned int number;
	const struct version *version;
	enum codec_trigger trigger;
	uint32_t every_ms;
	bool keep;
	const char *export_name;
	uint32_t timeout_ms;
	uint32_t throttle_ms;
	uint16_t buffer_count;
	const char *device; /* granted, and what `edge` watches; NULL: none */
	enum codec_edge edge;
};

/** @brief Of trigger boot: `add`, four results kept. */
struct wish fixture_wish(unsigned int number);
struct wish fixture_every(unsigned int number, uint32_t every_ms);
const char *fixture_deployment(unsigned int number);
/** @brief A list as bytes. @retval Length. */
size_t fixture_list(uint8_t *data, size_t size, const struct wish *wishes, size_t count);
/** @brief The manager has these bytes, and says that they are the list. */
void fixture_desire_bytes(uint64_t revision, const void *data, size_t len);
void fixture_desire(uint64_t revision, const struct wish *wishes, size_t count);
void fixture_desire_one(uint64_t revision, struct wish wish);
struct codec_reported fixture_reported(void);
void fixture_expect_reported(uint64_t revision, unsigned int count, enum codec_error_code code);
/** @brief The last state that was said of a deployment; fails where there is none. */
struct codec_deployment_state fixture_state(unsigned int number);
size_t fixture_states(unsigned int number);
/** @brief The n-th result of deployments that was said. */
struct codec_deployment_result fixture_told(size_t index);

#endif /* SAMARA_TESTS_TASK_FIXTURE_H_ */
