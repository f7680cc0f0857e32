/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Instances, fresh and kept. What a call needs beside (WAMR's environment with its stack) is made
 * for each run, so that an instance that waits takes no more than its own state.
 */

#include <stdio.h>
#include <string.h>

#include "runtime/guest.h"

static struct runtime_guest guests[GUESTS];

/** Accounts: WAMR's, those of modules, those of instances. */
unsigned int guest_account(const struct runtime_guest *guest)
{
	return 1u + CONFIG_SAMARA_MODULES + (unsigned int)(guest - guests);
}

uint32_t guests_count(void)
{
	uint32_t count = 0;

	port_mutex_lock(&guests_lock);
	for (size_t index = 0; index < GUESTS; index++) {
		count += guests[index].is_taken ? 1 : 0;
	}
	port_mutex_unlock(&guests_lock);
	return count;
}

static struct runtime_guest *find_kept(uint32_t keep)
{
	for (size_t index = 0; keep != 0 && index < GUESTS; index++) {
		if (guests[index].is_taken && guests[index].keep == keep) {
			return &guests[index];
		}
	}
	return NULL;
}

static struct runtime_guest *find_empty(uint32_t keep)
{
	struct runtime_guest *empty = NULL;
	size_t kept = 0;

	for (size_t index = 0; index < GUESTS; index++) {
		if (!guests[index].is_taken) {
			empty = &guests[index];
		} else if (guests[index].keep != 0) {
			kept++;
		}
	}
	return keep != 0 && kept == CONFIG_SAMARA_KEPT ? NULL : empty;
}

/** The instance of a call, or an entry for it. */
static struct runtime_guest *claim(struct slot *slot)
{
	uint32_t keep = slot->call->keep;

	port_mutex_lock(&guests_lock);
	struct runtime_guest *guest = find_kept(keep);
	bool is_busy = guest && guest->is_running;

	if (!guest) {
		guest = find_empty(keep);
		if (guest) {
			*guest = (struct runtime_guest){.is_taken = true, .keep = keep};
		}
	}
	if (guest && !is_busy) {
		guest->is_running = true;
	}
	port_mutex_unlock(&guests_lock);
	if (is_busy) {
		run_end(slot, CODEC_OUTCOME_REFUSED, CODEC_RESOURCE_EXHAUSTED,
			"refused: its instance is running another call");
		return NULL;
	}
	if (!guest) {
		run_end(slot, CODEC_OUTCOME_REFUSED, CODEC_RESOURCE_EXHAUSTED,
			"refused: %d instances are kept, which is all that fit",
			CONFIG_SAMARA_KEPT);
	}
	return guest;
}

static void no_memory(struct slot *slot, const struct runtime_guest *guest, const char *problem)
{
	if (pool_refusal(guest_account(guest)) == POOL_OVER_LIMIT) {
		run_end(slot, CODEC_OUTCOME_OUT_OF_MEMORY, CODEC_GUEST_OUT_OF_MEMORY,
			"needs more than its %u bytes", (unsigned int)slot->call->budget_bytes);
	} else if (pool_refusal(guest_account(guest)) == POOL_FULL) {
		run_end(slot, CODEC_OUTCOME_OUT_OF_MEMORY, CODEC_GUEST_OUT_OF_MEMORY,
			"the pool of %u bytes has no room for it",
			(unsigned int)CONFIG_SAMARA_POOL_SIZE);
	} else {
		run_end(slot, CODEC_OUTCOME_REFUSED, CODEC_INVALID_ARGUMENT, "refused: %s",
			problem);
	}
}

/** What its module takes is part of the budget, whoever else uses it. */
static void set_limit(const struct slot *slot, const struct runtime_guest *guest)
{
	uint32_t module = module_bytes(guest->module);
	uint32_t budget = slot->call->budget_bytes;

	pool_limit(guest_account(guest), budget > module ? budget - module : 0);
}

static bool instantiate(struct slot *slot, struct runtime_guest *guest)
{
	char problem[128] = "";
	uint32_t pages = CONFIG_SAMARA_POOL_SIZE / 65536 + 1;

	do {
		set_limit(slot, guest);
		guest->instance = wamr_instantiate(guest_account(guest), guest->module->wasm, pages,
						   problem, sizeof(problem));
	} while (!guest->instance && pool_refusal(guest_account(guest)) == POOL_FULL &&
		 module_drop_one());
	if (!guest->instance) {
		no_memory(slot, guest, problem);
	}
	return guest->instance != NULL;
}

/** What a run needs beside the instance. */
static bool begin(struct slot *slot, struct runtime_guest *guest)
{
	set_limit(slot, guest);
	do {
		slot->env = wamr_env(guest_account(guest), guest);
	} while (!slot->env && pool_refusal(guest_account(guest)) == POOL_FULL &&
		 module_drop_one());
	if (!slot->env) {
		no_memory(slot, guest, "");
		return false;
	}
	guest->slot = slot;
	return true;
}

static bool start_with(struct runtime_guest *guest, const char *name)
{
	struct WASMFunctionInstance *function = wamr_export(guest, name, strlen(name));
	struct core_call call = {.params = 0};

	return !function || guest_call(guest, function, &call);
}

/** [P-8.5] */
static bool start(struct runtime_guest *guest)
{
	static const char initialize[] = "_initialize";
	bool is_old = wamr_export(guest, initialize, sizeof(initialize) - 1) != NULL;

	return start_with(guest, "_samara_start") &&
	       start_with(guest, is_old ? initialize : "cm32p2_initialize");
}

struct runtime_guest *guest_for(struct slot *slot)
{
	struct runtime_guest *guest = claim(slot);

	if (!guest) {
		return NULL;
	}
	bool is_fresh = guest->instance == NULL;
	bool is_ready = true;

	if (is_fresh) {
		guest->module = module_use(slot);
		is_ready = guest->module && instantiate(slot, guest);
	}
	if (is_ready && begin(slot, guest) && (!is_fresh || start(guest))) {
		return guest;
	}
	guest_drop(guest);
	return NULL;
}

static void end_run(struct runtime_guest *guest)
{
	if (guest->slot) {
		wamr_env_end(guest->slot->env);
		guest->slot->env = NULL;
		guest->slot = NULL;
	}
}

void guest_drop(struct runtime_guest *guest)
{
	end_run(guest);
	host_instance_ends(guest);
	if (guest->instance) {
		wamr_deinstantiate(guest->instance);
	}
	if (guest->module) {
		module_leave(guest->module);
	}
	port_mutex_lock(&guests_lock);
	*guest = (struct runtime_guest){.is_taken = false};
	port_mutex_unlock(&guests_lock);
}

void guest_done(struct runtime_guest *guest, bool may_go_on)
{
	if (guest->keep == 0 || !may_go_on) {
		guest_drop(guest);
		return;
	}
	end_run(guest);
	port_mutex_lock(&guests_lock);
	guest->is_running = false;
	port_mutex_unlock(&guests_lock);
}

void runtime_release(uint32_t keep)
{
	port_mutex_lock(&guests_lock);
	struct runtime_guest *guest = find_kept(keep);
	bool is_free = guest && !guest->is_running;

	if (is_free) {
		guest->is_running = true;
	}
	port_mutex_unlock(&guests_lock);
	if (is_free) {
		guest_drop(guest);
	}
}

/** `a:b/c@1.2.3#f` in the other spelling: `cm32p2|a:b/c@1|f`, where compatible versions share a
 * name. */
static size_t standard_name(char *text, size_t size, const char *name, const char *after)
{
	const char *hash = strrchr(name, '#');
	size_t home = hash ? (size_t)(hash - name) : 0;
	const char *at = hash ? memchr(name, '@', home) : NULL;
	size_t len = home;

	if (at && !memchr(at, '-', home - (size_t)(at - name)) &&
	    !memchr(at, '+', home - (size_t)(at - name))) {
		const char *part = at + 1;

		/* 1.x.y is 1; 0.2.y is 0.2; 0.0.3 is itself. */
		while (*part == '0' && part[1] == '.') {
			part += 2;
		}
		len = (size_t)(part - name) + strcspn(part, ".#");
	}
	int wrote = snprintf(text, size, "cm32p2|%.*s|%s%s", (int)len, name, hash ? hash + 1 : name,
			     after);

	return wrote < 0 || (size_t)wrote >= size ? 0 : (size_t)wrote;
}

struct WASMFunctionInstance *guest_export(const struct runtime_guest *guest, const char *name,
					  bool after)
{
	char text[CONFIG_SAMARA_EXPORT_MAX + 24];
	int len = snprintf(text, sizeof(text), "%s%s", after ? "cabi_post_" : "", name);
	struct WASMFunctionInstance *found = NULL;

	if (len > 0 && (size_t)len < sizeof(text)) {
		found = wamr_export(guest, text, (size_t)len);
	}
	if (!found) {
		size_t standard = standard_name(text, sizeof(text), name, after ? "_post" : "");

		found = standard > 0 ? wamr_export(guest, text, standard) : NULL;
	}
	return found;
}
