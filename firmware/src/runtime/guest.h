/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief What modules, instances and runs are to each other; the runtime's own. */

#ifndef SAMARA_RUNTIME_GUEST_H_
#define SAMARA_RUNTIME_GUEST_H_

#include "port/port.h"
#include "runtime/pool.h"
#include "runtime/runtime.h"
#include "runtime/types.h"

#define GUESTS (CONFIG_SAMARA_KEPT + CONFIG_SAMARA_SLOTS)

/* Wasm instructions between two looks at the clock. */
#define SLICE 16384

struct WASMModule;
struct WASMModuleInstance;
struct WASMExecEnv;
struct WASMFunctionInstance;

/** A module in memory. Guarded by modules_lock, but for `users`, which is guests_lock's. */
struct runtime_module {
	uint8_t digest[32];
	struct WASMModule *wasm; /* NULL: the entry is free */
	uint8_t *bytes;
	uint32_t export_count;
	uint32_t used_at; /* count of uses then */
	uint32_t users;
};

enum guest_end { GUEST_GOES_ON, GUEST_CANCELLED, GUEST_TIMED_OUT, GUEST_INSTRUCTIONS };

/** An instance; which one is running belongs to its runner. `is_taken` and `keep` are
 * guests_lock's. */
struct runtime_guest {
	bool is_taken; /* the entry is in use */
	bool is_running;
	uint32_t keep; /* 0: fresh */
	struct runtime_module *module;
	struct WASMModuleInstance *instance;
	struct slot *slot; /* NULL: it does not run */
	void *data;	   /* hal's */
};

/** Of the pool while a call runs: too much for the stack, which values of 32 levels need. */
struct signing {
	struct signature signature;
	struct codec_error error;
};

/** What one runner is doing. */
struct slot {
	struct port_cond wake;
	bool is_stopped; /* guests_lock's */
	/* The runner's own */
	struct WASMExecEnv *env;
	const struct runtime_call *call;
	struct runtime_result *result;
	uint64_t deadline_us;
	uint32_t instructions; /* that may still be executed */
	enum guest_end end;
	bool is_allocating; /* the guest's cabi_realloc runs: it may not call the host */
	bool is_refused_memory;
	char trap[CODEC_MESSAGE_MAX + 1]; /* what a host function said */
	struct signing *signing;
};

/* run.c */

extern struct port_mutex guests_lock;

/** @brief Fill in the end of a run, once: the first counts. */
void run_end(struct slot *slot, enum codec_outcome outcome, enum codec_error_code code,
	     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* module.c */

void modules_init(void);
/**
 * @brief The module of a call, loaded if need be, with one user more.
 * @retval NULL It cannot be had; the run has ended.
 */
struct runtime_module *module_use(struct slot *slot);
void module_leave(struct runtime_module *module);
/** @brief Drop the module that nobody used for the longest time. @retval false There is none that
 * nobody uses. */
bool module_drop_one(void);
uint32_t modules_count(void);
/** @brief Bytes of the pool that a module takes. */
uint32_t module_bytes(const struct runtime_module *module);

/* wamr.c: all that knows WAMR's inside */

int wamr_init(void);
/** @brief Whether the pool was to blame when WAMR failed: for the account that it worked for last.
 */
struct WASMModule *wamr_load(unsigned int account, uint8_t *bytes, uint32_t len, char *problem,
			     size_t size);
void wamr_unload(struct WASMModule *wasm);
/** @brief What a module has that is not run here, in words; bind its imports. @retval false
 * `problem` says what. */
bool wamr_link(struct runtime_module *module, char *problem, size_t size);
struct WASMModuleInstance *wamr_instantiate(unsigned int account, struct WASMModule *wasm,
					    uint32_t max_pages, char *problem, size_t size);
void wamr_deinstantiate(struct WASMModuleInstance *instance);
struct WASMExecEnv *wamr_env(unsigned int account, struct runtime_guest *guest);
void wamr_env_end(struct WASMExecEnv *env);
/** @brief A function that the module exports. @retval NULL There is none. */
struct WASMFunctionInstance *wamr_export(const struct runtime_guest *guest, const char *name,
					 size_t len);

/** Numbers of a core function. */
struct core_call {
	uint64_t values[16]; /* parameters, then the result in the first */
	unsigned int params;
	unsigned int results; /* 0 or 1 */
};
/** @brief Whether a function takes and gives so many numbers. */
bool wamr_fits(const struct WASMFunctionInstance *function, const struct core_call *call);
/** @retval false It trapped: wamr_trap() says how. */
bool wamr_call(struct WASMExecEnv *env, struct WASMFunctionInstance *function,
	       struct core_call *call);
/** @brief Words of the trap, without WAMR's own prefix; empty where there is none. */
const char *wamr_trap(const struct WASMModuleInstance *instance);
void wamr_set_trap(struct WASMModuleInstance *instance, const char *why);
void *wamr_memory(const struct WASMModuleInstance *instance, uint32_t *len);

/* instance.c */

unsigned int guest_account(const struct runtime_guest *guest);
/** @brief An instance for a call: the one that is kept, or one that was just made and started.
 * @retval NULL The run has ended. */
struct runtime_guest *guest_for(struct slot *slot);
/** @brief After a run: keep it where the call says so and it may go on, else end it. */
void guest_done(struct runtime_guest *guest, bool may_go_on);
void guest_drop(struct runtime_guest *guest);
/** @brief Call an export of a guest in its run. @retval false The run has ended. */
bool guest_call(struct runtime_guest *guest, struct WASMFunctionInstance *function,
		struct core_call *call);
/** @brief Look an export up as callers and toolchains spell it; `after`: what is to be called after
 * it. */
struct WASMFunctionInstance *guest_export(const struct runtime_guest *guest, const char *name,
					  bool after);
/** @brief Called between slices. */
enum guest_end slot_look(struct slot *slot);
uint32_t guests_count(void);

/* host.c */

const struct runtime_host_function *host_function(const char *module, const char *name);
/** @brief Call a host function on behalf of a guest. */
void host_call(struct runtime_guest *guest, const struct runtime_host_function *function,
	       uint64_t *args);
/** @brief An instance goes: hal's data of it as well. */
void host_instance_ends(struct runtime_guest *guest);

#endif /* SAMARA_RUNTIME_GUEST_H_ */
