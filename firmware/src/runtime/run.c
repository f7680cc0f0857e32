/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One call from its arguments to its result. A guest is stopped where it asks for its next slice of
 * instructions, and where it calls the host: both look at the deadline and at runtime_stop(). All
 * its code runs through guest_call() or runtime_guest_alloc(), with one account of instructions.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/guest.h"
#include "runtime/values.h"

static _Alignas(8) uint8_t memory[CONFIG_SAMARA_POOL_SIZE];
static struct slot slots[CONFIG_SAMARA_SLOTS];
static uint32_t calls;
struct port_mutex guests_lock;

int runtime_init(void)
{
	pool_init(memory, sizeof(memory));
	port_mutex_init(&guests_lock);
	for (size_t index = 0; index < CONFIG_SAMARA_SLOTS; index++) {
		port_cond_init(&slots[index].wake);
	}
	modules_init();
	return wamr_init() == 0 ? 0 : -ENOMEM;
}

void run_end(struct slot *slot, enum codec_outcome outcome, enum codec_error_code code,
	     const char *format, ...)
{
	struct runtime_result *result = slot->result;
	va_list args;

	if (result->outcome != CODEC_NO_OUTCOME) {
		return;
	}
	result->outcome = outcome;
	result->code = code;
	va_start(args, format);
	vsnprintf(result->message, sizeof(result->message), format, args);
	va_end(args);
	codec_cut(result->message, sizeof(result->message));
}

enum guest_end slot_look(struct slot *slot)
{
	if (slot->end != GUEST_GOES_ON) {
		return slot->end;
	}
	port_mutex_lock(&guests_lock);
	bool is_stopped = slot->is_stopped;

	port_mutex_unlock(&guests_lock);
	if (is_stopped) {
		slot->end = GUEST_CANCELLED;
	} else if (port_now_us() >= slot->deadline_us) {
		slot->end = GUEST_TIMED_OUT;
	} else if (slot->instructions == 0) {
		slot->end = GUEST_INSTRUCTIONS;
	}
	return slot->end;
}

static void set_stopped(struct slot *slot, bool is_stopped)
{
	port_mutex_lock(&guests_lock);
	slot->is_stopped = is_stopped;
	port_cond_broadcast(&slot->wake);
	port_mutex_unlock(&guests_lock);
}

void runtime_expect(unsigned int slot)
{
	set_stopped(&slots[slot], false);
}

void runtime_stop(unsigned int slot)
{
	set_stopped(&slots[slot], true);
}

/* Traps in the words of V8, which the other proplets use. */
static const struct {
	const char *wamr;
	const char *words;
} traps[] = {
	{"out of bounds memory access", "memory access out of bounds"},
	{"out of bounds table access", "table index is out of bounds"},
	{"undefined element", "table index is out of bounds"},
	{"uninitialized element", "null function or function signature mismatch"},
	{"indirect call type mismatch", "null function or function signature mismatch"},
	{"integer divide by zero", "divide by zero"},
	{"integer overflow", "integer overflow"},
	{"invalid conversion to integer", "float unrepresentable in integer range"},
	{"wasm operand stack overflow", "call stack exhausted"},
	{"wasm auxiliary stack overflow", "call stack exhausted"},
	{"native stack overflow", "call stack exhausted"},
};

static const char *words_of(const struct slot *slot, const struct runtime_guest *guest)
{
	static const char prefix[] = "Exception: ";
	const char *trap = wamr_trap(guest->instance);

	if (slot->trap[0] != '\0') {
		return slot->trap;
	}
	if (strncmp(trap, prefix, sizeof(prefix) - 1) == 0) {
		trap += sizeof(prefix) - 1;
	}
	for (size_t index = 0; index < sizeof(traps) / sizeof(traps[0]); index++) {
		if (strcmp(trap, traps[index].wamr) == 0) {
			return traps[index].words;
		}
	}
	return trap;
}

/** What a guest that was refused memory does: abort, or use the pointer all the same. */
static bool is_after_refusal(const char *words)
{
	return strstr(words, "unreachable") || strstr(words, "out of bounds");
}

/** How a guest ended that did not return: what it was told to stop for counts before what it made
 * of that. */
static void end_of_trap(struct slot *slot, const struct runtime_guest *guest)
{
	const char *words = words_of(slot, guest);

	switch (slot->end) {
	case GUEST_CANCELLED:
		run_end(slot, CODEC_OUTCOME_CANCELLED, CODEC_CANCELLED, "cancelled while it ran");
		return;
	case GUEST_TIMED_OUT:
		run_end(slot, CODEC_OUTCOME_TIMED_OUT, CODEC_DEADLINE_EXCEEDED,
			"still running after %u ms", (unsigned int)slot->call->timeout_ms);
		return;
	case GUEST_INSTRUCTIONS:
		run_end(slot, CODEC_OUTCOME_TIMED_OUT, CODEC_DEADLINE_EXCEEDED,
			"still running after %u instructions",
			(unsigned int)CONFIG_SAMARA_INSTRUCTIONS);
		return;
	default:
		break;
	}
	if (slot->is_refused_memory && is_after_refusal(words)) {
		run_end(slot, CODEC_OUTCOME_OUT_OF_MEMORY, CODEC_GUEST_OUT_OF_MEMORY,
			"%s, with %u bytes of at most %u", words,
			(unsigned int)pool_used(guest_account(guest)),
			(unsigned int)slot->call->budget_bytes);
		return;
	}
	run_end(slot, CODEC_OUTCOME_TRAPPED, CODEC_GUEST_TRAPPED, "%s", words);
}

bool guest_call(struct runtime_guest *guest, struct WASMFunctionInstance *function,
		struct core_call *call)
{
	struct slot *slot = guest->slot;

	if (!wamr_fits(function, call)) {
		run_end(slot, CODEC_OUTCOME_REFUSED, CODEC_INVALID_ARGUMENT,
			"refused: an export is not of the type that its signature says");
		return false;
	}
	if (!wamr_call(slot->env, function, call)) {
		end_of_trap(slot, guest);
		return false;
	}
	return true;
}

static void refuse(struct slot *slot, const struct codec_error *error)
{
	run_end(slot, CODEC_OUTCOME_REFUSED, error->code, "refused: %s", error->message);
}

static bool lower(struct runtime_guest *guest, const struct arguments *arguments,
		  struct core_call *call)
{
	struct codec_error *error = &guest->slot->signing->error;
	int err = arguments_lower(arguments, guest, call->values, &call->params, error);

	if (err == -EFAULT) {
		end_of_trap(guest->slot, guest);
	} else if (err) {
		refuse(guest->slot, error);
	}
	return err == 0;
}

static bool lift(struct runtime_guest *guest, uint64_t core)
{
	struct slot *slot = guest->slot;
	struct codec_writer writer;
	const char *problem;

	if (slot->signing->signature.result == 0) {
		return true;
	}
	codec_writer_init(&writer, slot->call->value, slot->call->value_size);
	int err = result_lift(&slot->signing->signature, guest, core, &writer, &problem);

	if (err == -ENOMEM) {
		run_end(slot, CODEC_OUTCOME_OUTPUT_LIMIT, CODEC_GUEST_OUTPUT_LIMIT,
			"its result or its arguments to the host are too large");
	} else if (err) {
		run_end(slot, CODEC_OUTCOME_TRAPPED, CODEC_GUEST_TRAPPED,
			"result is not what its signature says: %s", problem);
	} else {
		slot->result->has_value = true;
		slot->result->value_len = writer.len;
	}
	return err == 0;
}

/** What the function wants to be called after its result was taken: it frees it. */
static bool call_after(struct runtime_guest *guest, uint64_t core, unsigned int results)
{
	struct WASMFunctionInstance *function =
		guest_export(guest, guest->slot->call->export_name, true);
	struct core_call call = {.values = {core}, .params = results};

	return !function || guest_call(guest, function, &call);
}

static bool call_function(struct runtime_guest *guest, const struct arguments *arguments)
{
	struct slot *slot = guest->slot;
	struct WASMFunctionInstance *function = guest_export(guest, slot->call->export_name, false);
	struct core_call call = {.results = result_flat(&slot->signing->signature)};

	if (!function) {
		run_end(slot, CODEC_OUTCOME_REFUSED, CODEC_NOT_FOUND,
			"refused: export \"%.80s\" does not exist", slot->call->export_name);
		return false;
	}
	return lower(guest, arguments, &call) && guest_call(guest, function, &call) &&
	       lift(guest, call.values[0]) && call_after(guest, call.values[0], call.results);
}

static void run_signed(struct slot *slot, struct signing *signing)
{
	struct arguments arguments = {&signing->signature, slot->call->args, slot->call->args_len};
	uint64_t began = port_now_us();

	if (signature_parse(&signing->signature, slot->call->signature, &signing->error) ||
	    arguments_check(&arguments, &signing->error)) {
		refuse(slot, &signing->error);
		return;
	}
	struct runtime_guest *guest = guest_for(slot);
	uint64_t ready = port_now_us();
	uint32_t size = 0;

	slot->result->prepare_us = (uint32_t)(ready - began);
	if (!guest) {
		return;
	}
	bool is_completed = call_function(guest, &arguments);

	wamr_memory(guest->instance, &size);
	slot->result->memory_bytes = size;
	slot->result->ran_us = (uint32_t)(port_now_us() - ready);
	guest_done(guest, is_completed);
	if (is_completed) {
		slot->result->outcome = CODEC_OUTCOME_COMPLETED;
	} else {
		slot->result->has_value = false;
	}
}

static void run(struct slot *slot)
{
	slot->signing = runtime_alloc(sizeof(*slot->signing));
	if (!slot->signing) {
		run_end(slot, CODEC_OUTCOME_OUT_OF_MEMORY, CODEC_GUEST_OUT_OF_MEMORY,
			"the pool of %u bytes has no room for its signature",
			(unsigned int)CONFIG_SAMARA_POOL_SIZE);
		return;
	}
	run_signed(slot, slot->signing);
	runtime_free(slot->signing);
}

void runtime_run(unsigned int number, const struct runtime_call *call,
		 struct runtime_result *result)
{
	struct slot *slot = &slots[number];
	struct runtime_call own = *call;

	if (own.budget_bytes == 0) {
		own.budget_bytes = CONFIG_SAMARA_BUDGET;
	}
	*result = (struct runtime_result){.outcome = CODEC_NO_OUTCOME};
	port_mutex_lock(&guests_lock);
	calls++;
	port_mutex_unlock(&guests_lock);
	slot->call = &own;
	slot->result = result;
	slot->deadline_us = port_now_us() + (uint64_t)own.timeout_ms * 1000;
	slot->instructions = CONFIG_SAMARA_INSTRUCTIONS;
	slot->end = GUEST_GOES_ON;
	slot->is_allocating = false;
	slot->is_refused_memory = false;
	slot->trap[0] = '\0';
	run(slot);
	set_stopped(slot, false);
}

void runtime_trim(void)
{
	while (module_drop_one()) {
	}
}

void *runtime_alloc(uint32_t size)
{
	void *data;

	do {
		data = pool_alloc(POOL_SYSTEM, size, POOL_SMALL);
	} while (!data && module_drop_one());
	return data;
}

void runtime_free(void *data)
{
	pool_free(data);
}

void runtime_stats(struct runtime_stats *stats)
{
	struct pool_stats pool;

	pool_stats(&pool);
	*stats = (struct runtime_stats){
		.pool_size = pool.size,
		.pool_used = pool.used,
		.pool_high = pool.high,
		.modules = modules_count(),
		.instances = guests_count(),
		.calls = calls,
	};
}
