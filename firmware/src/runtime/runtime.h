/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief Runs functions that nobody vouches for: WAMR behind one header.
 *
 * One pool of CONFIG_SAMARA_POOL_SIZE bytes holds modules, instances and linear memories; each call
 * has a budget in it. A guest is stopped by its instruction limit, by its deadline and by
 * runtime_stop(), in its body, in _samara_start, _initialize, cabi_realloc and post-return alike.
 * After a trap its instance is dropped.
 */

#ifndef SAMARA_RUNTIME_H_
#define SAMARA_RUNTIME_H_

#include "codec/messages.h"
#include "codec/stream.h"

struct hal_session;

/** @brief Everything of one call. Pointers stay the caller's and valid until runtime_run() returns.
 */
struct runtime_call {
	uint8_t image[32]; /* digest: of the module table; its bytes come from the store */
	uint32_t image_bytes;
	const char *export_name; /* as a caller says it: `add`, `interface#function` */
	const char *signature;	 /* canonical text [P-8.1], ends in 0 */
	const uint8_t *args;	 /* CBOR array [P-8.3] */
	size_t args_len;
	uint32_t budget_bytes; /* of the pool; 0: CONFIG_SAMARA_BUDGET */
	uint32_t timeout_ms;   /* from now; instantiation is part of it */
	uint32_t keep; /* name of an instance that lives from call to call; 0: a fresh one */
	struct hal_session *session; /* NULL: every device is refused */
	uint8_t *value;		     /* where the result goes, CBOR [P-8.3] */
	size_t value_size;
};

struct runtime_result {
	enum codec_outcome outcome;
	enum codec_error_code code; /* 0 where completed */
	char message[CODEC_MESSAGE_MAX + 1];
	bool has_value;
	size_t value_len;
	uint32_t prepare_us; /* load and instantiation */
	uint32_t ran_us;
	uint32_t memory_bytes; /* linear memory at the end */
};

int runtime_init(void);
/**
 * @brief Run one call; blocks. `slot` is the runner's number, below CONFIG_SAMARA_SLOTS. Runner
 * thread.
 *
 * Never fails for what a guest did: the result says it. Outcomes and codes are those of
 * proplet/runtime/runtime.ts: completed; trapped GUEST_TRAPPED; out-of-memory GUEST_OUT_OF_MEMORY
 * (budget, pool or memory.grow); timed-out DEADLINE_EXCEEDED (deadline or instruction limit);
 * cancelled CANCELLED; output-limit GUEST_OUTPUT_LIMIT (value_size); refused (INVALID_ARGUMENT for
 * arguments, NOT_FOUND for an export, UNSUPPORTED for an import).
 */
void runtime_run(unsigned int slot, const struct runtime_call *call, struct runtime_result *result);
/** @brief A call of this slot is on its way to its runner: what stopped an earlier one is over.
 * Agent's thread. */
void runtime_expect(unsigned int slot);
/** @brief End what runs in a slot or is on its way to it: its outcome is `cancelled`. Agent's
 * thread.
 */
void runtime_stop(unsigned int slot);
/** @brief Drop the kept instance of that name. Agent's thread, while it does not run. */
void runtime_release(uint32_t keep);
/** @brief Drop modules that nobody uses. Agent's thread. */
void runtime_trim(void);

/**
 * @brief Bytes of the pool for the agent's own use while something runs or is deployed: modules
 * that nobody uses make room. Aligned to 8, not zeroed. Any thread.
 * @retval NULL The pool is full.
 */
void *runtime_alloc(uint32_t size);
void runtime_free(void *data);

struct runtime_stats {
	size_t pool_size;
	size_t pool_used;
	size_t pool_high;
	uint32_t modules;
	uint32_t instances;
	uint32_t calls;
};
void runtime_stats(struct runtime_stats *stats);

/* For host functions: hal registers its tables, and knows nothing of WAMR. */

struct runtime_guest;

/** Parameters in order, each in one element; the result, if there is one, goes to args[0]. */
typedef void (*runtime_host_fn)(struct runtime_guest *guest, uint64_t *args);

struct runtime_host_function {
	const char *module; /* `wasi:i2c/i2c@0.2.0-draft`; the standard's spelling finds it too */
	const char *name;   /* `[method]i2c.read` */
	const char *signature; /* core, as WAMR writes it: `(iiIi)`, `(ii)i`; i I f F */
	runtime_host_fn function;
};

/** @brief Before the first load. The table stays the caller's; it may be in flash. */
int runtime_register(const struct runtime_host_function *functions, size_t count);

struct hal_session *runtime_guest_session(struct runtime_guest *guest);
/** @brief Memory of the guest's, or NULL after a trap was set. Anew after every
 * runtime_guest_alloc(): memory moves. */
void *runtime_guest_memory(struct runtime_guest *guest, uint32_t address, uint32_t len);
/**
 * @brief Memory from the guest's own cabi_realloc, for results that it will free. Runs guest code.
 * @retval Address, 0 where a trap was set: return at once. For `len` 0 it is `align`.
 */
uint32_t runtime_guest_alloc(struct runtime_guest *guest, uint32_t len, uint32_t align);
/** @brief The guest traps when the host function returns. */
void runtime_guest_trap(struct runtime_guest *guest, const char *why);
/** @brief When the run is to end, on port_now_us()'s clock; waits of host functions end then. */
uint64_t runtime_guest_deadline_us(struct runtime_guest *guest);
/** @brief Whether the run is to end now; cheap. */
bool runtime_guest_stopped(struct runtime_guest *guest);
/**
 * @brief Sleep until then, or until the run is to end: deadline or runtime_stop(). @retval
 * -ECANCELED It is to end.
 */
int runtime_guest_sleep(struct runtime_guest *guest, uint64_t until_us);
/** @brief Slots for hal's table of handles of one instance: one pointer, NULL at first. */
void **runtime_guest_data(struct runtime_guest *guest);
/** @brief Called with that pointer, where it is not NULL, on every way an instance ends. */
void runtime_on_instance_end(void (*drop)(void *data));
/**
 * @brief How a device that a caller named becomes a handle of the guest's, for parameters of type
 * own or borrow.
 *
 * `name` has `len` bytes; `resource` is as a signature spells it, `wasi/i2c/i2c.i2c`, and ends in
 * 0.
 * @retval 0       `*handle` is its number.
 * @retval -EACCES It may not be had; runtime_guest_trap() says why, or the words are `device NAME
 * is not granted`.
 */
void runtime_on_device_argument(int (*open)(struct runtime_guest *guest, const char *name,
					    size_t len, const char *resource, uint32_t *handle));

#endif /* SAMARA_RUNTIME_H_ */
