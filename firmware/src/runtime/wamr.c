/* SPDX-License-Identifier: Apache-2.0 */

/*
 * WAMR behind a dozen functions. Its structures are read where its interface has no word for what
 * is asked: imports are bound here, from tables that may be in flash; exports are looked up in the
 * module, so that instances need no table of them and WAMR finds none of the functions that it
 * would run by itself (`__wasm_call_ctors`,
 * `__post_instantiate`), where no limit holds.
 */

#include <stdio.h>
#include <string.h>

#include "runtime/guest.h"

#include "wasm_export.h"
#include "wasm_exec_env.h"
#include "wasm_runtime.h"

/* Whom WAMR works for: held while it loads, instantiates and makes environments. */
static struct port_mutex account_lock;
static unsigned int account_now;

static void *on_malloc(mem_alloc_usage_t usage, unsigned int size)
{
	if (usage != Alloc_For_LinearMemory) {
		return pool_alloc(account_now, size, POOL_SMALL);
	}
	/* A memory of 4 GiB has wrapped around to 0. */
	return pool_alloc(account_now, size == 0 ? UINT32_MAX : size, POOL_MEMORY);
}

static void *on_realloc(mem_alloc_usage_t usage, bool full_size_mmaped, void *data,
			unsigned int size)
{
	enum pool_use use = usage == Alloc_For_LinearMemory ? POOL_MEMORY : POOL_SMALL;
	void *grown;

	(void)full_size_mmaped;
	if (!data) {
		return on_malloc(usage, size);
	}
	if (size == 0) {
		return NULL;
	}
	do {
		grown = pool_grow(data, size, use);
	} while (!grown && use == POOL_MEMORY && pool_is_full(data) && module_drop_one());
	return grown;
}

static void on_free(mem_alloc_usage_t usage, void *data)
{
	(void)usage;
	pool_free(data);
}

static void on_memory_refused(uint32_t pages, uint64_t bytes, uint32_t index,
			      enlarge_memory_error_reason_t reason, wasm_module_inst_t instance,
			      wasm_exec_env_t env, void *user_data)
{
	struct runtime_guest *guest = env ? wasm_runtime_get_user_data(env) : NULL;

	(void)pages;
	(void)bytes;
	(void)index;
	(void)reason;
	(void)instance;
	(void)user_data;
	if (guest && guest->slot) {
		guest->slot->is_refused_memory = true;
	}
}

int wamr_init(void)
{
	RuntimeInitArgs args = {.mem_alloc_type = Alloc_With_Allocator};

	port_mutex_init(&account_lock);
	args.mem_alloc_option.allocator.malloc_func = (void *)on_malloc;
	args.mem_alloc_option.allocator.realloc_func = (void *)on_realloc;
	args.mem_alloc_option.allocator.free_func = (void *)on_free;
	account_now = POOL_SYSTEM;
	if (!wasm_runtime_full_init(&args)) {
		return -1;
	}
	wasm_runtime_set_enlarge_mem_error_callback(on_memory_refused, NULL);
	return 0;
}

static void begin_for(unsigned int account)
{
	port_mutex_lock(&account_lock);
	account_now = account;
}

static void end_for(void)
{
	account_now = POOL_SYSTEM;
	port_mutex_unlock(&account_lock);
}

struct WASMModule *wamr_load(unsigned int account, uint8_t *bytes, uint32_t len, char *problem,
			     size_t size)
{
	/* Only the fast interpreter has its own copy of the code, but names and data stay in the
	 * bytes there as well. */
	LoadArgs args = {.name = "", .no_resolve = true};

	begin_for(account);
	wasm_module_t wasm = wasm_runtime_load_ex(bytes, len, &args, problem, (uint32_t)size);

	end_for();
	return (struct WASMModule *)wasm;
}

void wamr_unload(struct WASMModule *wasm)
{
	begin_for(POOL_SYSTEM);
	wasm_runtime_unload((wasm_module_t)wasm);
	end_for();
}

struct WASMModuleInstance *wamr_instantiate(unsigned int account, struct WASMModule *wasm,
					    uint32_t max_pages, char *problem, size_t size)
{
	InstantiationArgs args = {
		.default_stack_size = CONFIG_SAMARA_WASM_STACK,
		.max_memory_pages = max_pages,
	};

	begin_for(account);
	WASMModuleInstance *instance = (WASMModuleInstance *)wasm_runtime_instantiate_ex(
		(wasm_module_t)wasm, &args, problem, (uint32_t)size);

	/* Growth from nothing would ask for a block of nobody's. */
	if (instance && instance->memory_count > 0 && !instance->memories[0]->memory_data) {
		instance->memories[0]->memory_data = pool_alloc(account, 0, POOL_SMALL);
		if (!instance->memories[0]->memory_data) {
			wasm_runtime_deinstantiate((wasm_module_inst_t)instance);
			instance = NULL;
		}
	}
	end_for();
	return instance;
}

void wamr_deinstantiate(struct WASMModuleInstance *instance)
{
	begin_for(POOL_SYSTEM);
	wasm_runtime_deinstantiate((wasm_module_inst_t)instance);
	end_for();
}

struct WASMExecEnv *wamr_env(unsigned int account, struct runtime_guest *guest)
{
	begin_for(account);
	wasm_exec_env_t env = wasm_runtime_create_exec_env((wasm_module_inst_t)guest->instance,
							   CONFIG_SAMARA_WASM_STACK);

	end_for();
	if (env) {
		wasm_runtime_set_user_data(env, guest);
		/* Asks for the first slice at the first instruction. */
		wasm_runtime_set_instruction_count_limit(env, 0);
	}
	return env;
}

void wamr_env_end(struct WASMExecEnv *env)
{
	wasm_runtime_destroy_exec_env(env);
}

/**
 * Called by the interpreter where its instructions are used up: see wamr/interpreter.cmake.
 * @retval >0 So many more. @retval 0 The guest is to end.
 */
int runtime_slice(void *exec_env);
int runtime_slice(void *exec_env)
{
	struct runtime_guest *guest = wasm_runtime_get_user_data(exec_env);

	if (!guest || !guest->slot || slot_look(guest->slot) != GUEST_GOES_ON) {
		return 0;
	}
	uint32_t some = guest->slot->instructions < SLICE ? guest->slot->instructions : SLICE;

	guest->slot->instructions -= some;
	return (int)some;
}

struct WASMFunctionInstance *wamr_export(const struct runtime_guest *guest, const char *name,
					 size_t len)
{
	const WASMModule *wasm = guest->module->wasm;

	for (uint32_t index = 0; index < guest->module->export_count; index++) {
		const WASMExport *one = &wasm->exports[index];

		if (one->kind == EXPORT_KIND_FUNC && strncmp(one->name, name, len) == 0 &&
		    one->name[len] == '\0') {
			return &guest->instance->e->functions[one->index];
		}
	}
	return NULL;
}

static const WASMFuncType *type_of(const struct WASMFunctionInstance *function)
{
	return function->is_import_func ? function->u.func_import->func_type
					: function->u.func->func_type;
}

bool wamr_fits(const struct WASMFunctionInstance *function, const struct core_call *call)
{
	const WASMFuncType *type = type_of(function);

	for (uint32_t index = 0; index < (uint32_t)type->param_count + type->result_count;
	     index++) {
		if (type->types[index] < VALUE_TYPE_F64) {
			return false;
		}
	}
	return type->param_count == call->params && type->result_count == call->results;
}

static bool is_wide(uint8_t type)
{
	return type == VALUE_TYPE_I64 || type == VALUE_TYPE_F64;
}

bool wamr_call(struct WASMExecEnv *env, struct WASMFunctionInstance *function,
	       struct core_call *call)
{
	const WASMFuncType *type = type_of(function);
	uint32_t cells[2 * 16];
	uint32_t count = 0;

	for (unsigned int index = 0; index < call->params; index++) {
		cells[count++] = (uint32_t)call->values[index];
		if (is_wide(type->types[index])) {
			cells[count++] = (uint32_t)(call->values[index] >> 32);
		}
	}
	if (!wasm_runtime_call_wasm(env, (wasm_function_inst_t)function, count, cells)) {
		return false;
	}
	if (call->results > 0) {
		bool has_two = is_wide(type->types[type->param_count]);

		call->values[0] = cells[0] | (has_two ? (uint64_t)cells[1] << 32 : 0);
	}
	return true;
}

const char *wamr_trap(const struct WASMModuleInstance *instance)
{
	return instance->cur_exception;
}

void wamr_set_trap(struct WASMModuleInstance *instance, const char *why)
{
	wasm_runtime_set_exception((wasm_module_inst_t)instance, why);
}

void *wamr_memory(const struct WASMModuleInstance *instance, uint32_t *len)
{
	if (instance->memory_count == 0) {
		*len = 0;
		return NULL;
	}
	*len = (uint32_t)instance->memories[0]->memory_data_size;
	return instance->memories[0]->memory_data;
}
