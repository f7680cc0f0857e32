/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief Slots: each a thread that runs one call at a time, with the room that a call needs.
 * Agent's thread. Task's own.
 */

#ifndef SAMARA_TASK_RUNNERS_H_
#define SAMARA_TASK_RUNNERS_H_

#include "codec/stream.h"
#include "hal/hal.h"
#include "runtime/runtime.h"

/** @brief A version of a function as starts and deployments name it. */
struct function_ref {
	uint8_t manifest[32];
	uint8_t image[32];
	uint32_t manifest_bytes;
	uint32_t image_bytes;
};

/** @brief How a run ended; valid until done() returns. */
struct run_end {
	struct runtime_result result;
	struct hal_report report;
	const uint8_t *body; /* ResultBody, NULL: no value */
	size_t body_len;
};

/**
 * @brief One that wants to run: it waits for a slot and for its devices. Embedded in an attempt or
 * a deployment.
 *
 * The caller fills in function to done, all else is the runners'.
 */
struct run {
	const struct function_ref *function;
	struct codec_source call; /* a Call */
	uint32_t timeout_ms;
	uint32_t keep;		     /* 0: a fresh instance */
	struct hal_session *session; /* NULL: no devices */
	bool always_safe;	     /* outputs take their safe states after a good run too */
	bool spares_one;	     /* it does not take the last free slot, of several */
	/** It begins now. @retval false It shall not: late() follows. */
	bool (*begin)(struct run *run);
	/** It did not begin; its devices are free again. */
	void (*late)(struct run *run);
	void (*done)(struct run *run, const struct run_end *end);
	struct run *next;
	int slot;
	bool waiting;
};

#define RUN_NO_SLOT (-1)

int runners_init(void);
/** @brief Wait for slot and devices; done() follows, unless runs_cancel() comes first. Never from
 * inside this call. */
void run_wait(struct run *run);
/** @brief It does not wait any more. What runs is stopped, and done() tells how it ended. */
void run_cancel(struct run *run);
/** @brief Somebody may go on: devices or a slot have become free. */
void runners_kick(void);
unsigned int runners_busy(void);
void runners_close(void);

#endif /* SAMARA_TASK_RUNNERS_H_ */
