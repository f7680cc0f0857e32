/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Modules are loaded once and shared by instances. One that nobody uses stays until its entry or
 * its room in the pool is wanted, the least recently used first. The interpreter runs the bytes as
 * they were loaded, so they stay with it.
 */

#include <errno.h>
#include <string.h>

#define LOG_SUBSYSTEM "runtime"
#include "port/log.h"
#include "runtime/guest.h"
#include "store/store.h"

static struct {
	struct port_mutex lock;
	struct runtime_module entries[CONFIG_SAMARA_MODULES];
	uint32_t uses;
} modules;

static unsigned int account_of(const struct runtime_module *module)
{
	return 1u + (unsigned int)(module - modules.entries);
}

void modules_init(void)
{
	memset(&modules, 0, sizeof(modules));
	port_mutex_init(&modules.lock);
}

uint32_t module_bytes(const struct runtime_module *module)
{
	return pool_used(account_of(module));
}

static void unload(struct runtime_module *module)
{
	if (module->wasm) {
		wamr_unload(module->wasm);
	}
	pool_free(module->bytes);
	module->wasm = NULL;
	module->bytes = NULL;
}

/** Users only ever come with modules.lock held, so one without users stays so here. */
static struct runtime_module *least_used(bool with_empty)
{
	struct runtime_module *found = NULL;

	port_mutex_lock(&guests_lock);
	for (size_t index = 0; index < CONFIG_SAMARA_MODULES; index++) {
		struct runtime_module *one = &modules.entries[index];

		if (!one->wasm && with_empty && one->users == 0) {
			found = one;
			break;
		}
		if (one->wasm && one->users == 0 && (!found || one->used_at < found->used_at)) {
			found = one;
		}
	}
	port_mutex_unlock(&guests_lock);
	return found;
}

static bool drop_one(void)
{
	struct runtime_module *module = least_used(false);

	if (module) {
		unload(module);
	}
	return module != NULL;
}

bool module_drop_one(void)
{
	port_mutex_lock(&modules.lock);
	bool is_dropped = drop_one();

	port_mutex_unlock(&modules.lock);
	return is_dropped;
}

uint32_t modules_count(void)
{
	uint32_t count = 0;

	port_mutex_lock(&modules.lock);
	for (size_t index = 0; index < CONFIG_SAMARA_MODULES; index++) {
		count += modules.entries[index].wasm ? 1 : 0;
	}
	port_mutex_unlock(&modules.lock);
	return count;
}

static void no_memory(struct slot *slot, unsigned int account, uint32_t budget)
{
	if (pool_refusal(account) == POOL_OVER_LIMIT) {
		run_end(slot, CODEC_OUTCOME_OUT_OF_MEMORY, CODEC_GUEST_OUT_OF_MEMORY,
			"its module does not fit in its %u bytes", (unsigned int)budget);
	} else {
		run_end(slot, CODEC_OUTCOME_OUT_OF_MEMORY, CODEC_GUEST_OUT_OF_MEMORY,
			"the pool of %u bytes has no room for its module",
			(unsigned int)CONFIG_SAMARA_POOL_SIZE);
	}
}

static bool read_bytes(struct slot *slot, struct runtime_module *module)
{
	const struct runtime_call *call = slot->call;
	int size = store_blob_size(call->image);

	if (size < 0 || store_blob_verify(call->image) != 0) {
		run_end(slot, CODEC_OUTCOME_REFUSED, CODEC_DATA_LOSS,
			"module: is not in the store, or was damaged");
		return false;
	}
	if ((uint32_t)size != call->image_bytes) {
		run_end(slot, CODEC_OUTCOME_REFUSED, CODEC_DATA_LOSS,
			"module: has %d bytes, %u expected", size, (unsigned int)call->image_bytes);
		return false;
	}
	do {
		module->bytes = pool_alloc(account_of(module), (uint32_t)size, POOL_SMALL);
	} while (!module->bytes && pool_refusal(account_of(module)) == POOL_FULL && drop_one());
	if (!module->bytes) {
		no_memory(slot, account_of(module), call->budget_bytes);
		return false;
	}
	int got = store_blob_read(call->image, 0, module->bytes, (size_t)size);

	if (got != size) {
		run_end(slot, CODEC_OUTCOME_REFUSED, CODEC_DATA_LOSS, "module: cannot be read (%d)",
			got);
		return false;
	}
	store_blob_touch(call->image);
	return true;
}

static bool load(struct slot *slot, struct runtime_module *module)
{
	char problem[160] = "";
	unsigned int account = account_of(module);

	pool_limit(account, slot->call->budget_bytes);
	for (;;) {
		if (!read_bytes(slot, module)) {
			break;
		}
		module->wasm = wamr_load(account, module->bytes, slot->call->image_bytes, problem,
					 sizeof(problem));
		if (module->wasm && wamr_link(module, problem, sizeof(problem))) {
			memcpy(module->digest, slot->call->image, sizeof(module->digest));
			LOG_DBG("module loaded: %u bytes of the pool",
				(unsigned int)module_bytes(module));
			return true;
		}
		bool is_loaded = module->wasm != NULL;
		enum pool_refusal refusal = pool_refusal(account);

		unload(module);
		if (!is_loaded && refusal == POOL_FULL && drop_one()) {
			pool_limit(account, slot->call->budget_bytes);
			continue;
		}
		if (is_loaded) {
			run_end(slot, CODEC_OUTCOME_REFUSED, CODEC_UNSUPPORTED, "refused: %s",
				problem);
		} else if (refusal != POOL_NOT_REFUSED) {
			no_memory(slot, account, slot->call->budget_bytes);
		} else {
			run_end(slot, CODEC_OUTCOME_REFUSED, CODEC_INVALID_ARGUMENT,
				"refused: module: %s", problem);
		}
		break;
	}
	unload(module);
	return false;
}

static struct runtime_module *find(const uint8_t *digest)
{
	for (size_t index = 0; index < CONFIG_SAMARA_MODULES; index++) {
		struct runtime_module *one = &modules.entries[index];

		if (one->wasm && memcmp(one->digest, digest, sizeof(one->digest)) == 0) {
			return one;
		}
	}
	return NULL;
}

static struct runtime_module *find_or_load(struct slot *slot)
{
	struct runtime_module *module = find(slot->call->image);

	if (module) {
		return module;
	}
	module = least_used(true);
	if (!module) {
		run_end(slot, CODEC_OUTCOME_REFUSED, CODEC_RESOURCE_EXHAUSTED,
			"refused: %d modules are in use, which is all that fit",
			CONFIG_SAMARA_MODULES);
		return NULL;
	}
	unload(module);
	return load(slot, module) ? module : NULL;
}

struct runtime_module *module_use(struct slot *slot)
{
	port_mutex_lock(&modules.lock);
	struct runtime_module *module = find_or_load(slot);

	if (module) {
		module->used_at = ++modules.uses;
		port_mutex_lock(&guests_lock);
		module->users++;
		port_mutex_unlock(&guests_lock);
	}
	port_mutex_unlock(&modules.lock);
	return module;
}

void module_leave(struct runtime_module *module)
{
	port_mutex_lock(&guests_lock);
	module->users--;
	port_mutex_unlock(&guests_lock);
}
