/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief A runtime whose calls end as the test says, and a pool that counts what is out. */

#ifndef SAMARA_TESTS_TASK_FAKE_RUNTIME_H_
#define SAMARA_TESTS_TASK_FAKE_RUNTIME_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/runtime.h"

#define FAKE_RUNS_MAX 512

/** How calls end from now on. One that was stopped is `cancelled`, unless it `outruns` the stop. */
struct fake_end {
	enum codec_outcome outcome;
	enum codec_error_code code;
	const char *message;
	const uint8_t *value; /* CBOR; NULL: none */
	size_t value_len;
	uint32_t ran_us;
	uint32_t memory_bytes;
	bool outruns;
};

/** A call as runtime_run() was given it. */
struct fake_run {
	unsigned int slot;
	uint64_t at_us;
	char export_name[32];
	uint8_t args[64];
	size_t args_len;
	uint32_t timeout_ms;
	uint32_t keep;
	uint32_t budget_bytes;
	struct hal_session *session;
};

struct fake_runtime {
	struct fake_end end;
	struct fake_run runs[FAKE_RUNS_MAX];
	size_t runs_count;
	unsigned int stops;
	uint32_t released[64];
	size_t released_count;
	size_t limit; /* bytes that the pool has */
	size_t out;   /* bytes that are out */
};
extern struct fake_runtime fake_runtime;

/** @brief As after power-on: what was out is gone, calls complete with the value 5. */
void fake_runtime_reset(void);
/** @brief From now on calls end with this outcome and code, without a value. */
void fake_runtime_ends(enum codec_outcome outcome, enum codec_error_code code);

#endif /* SAMARA_TESTS_TASK_FAKE_RUNTIME_H_ */
