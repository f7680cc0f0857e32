/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How many instances of a module the pool holds:
 *   instances <module> <export> <signature> [<import module> <import name> <core signature>]...
 * Imports do nothing. Prints one line of JSON.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/neighbours.h"
#include "runtime/runtime.h"

static void nothing(struct runtime_guest *guest, uint64_t *args)
{
	(void)guest;
	args[0] = 1;
}

static size_t used(void)
{
	struct runtime_stats stats;

	runtime_stats(&stats);
	return stats.pool_used;
}

int main(int argc, char **argv)
{
	static struct runtime_host_function functions[64];
	static uint8_t bytes[256 * 1024];
	static uint8_t value[4096];
	static const uint8_t none[] = {0x80};
	struct runtime_result result;
	size_t count = 0;
	FILE *file = argc > 3 ? fopen(argv[1], "rb") : NULL;

	if (!file || runtime_init() != 0) {
		return 2;
	}
	for (int at = 4; at + 2 < argc && count < 64; at += 3) {
		functions[count++] = (struct runtime_host_function){argv[at], argv[at + 1],
								    argv[at + 2], nothing};
	}
	runtime_register(functions, count);
	struct runtime_call call = {
		.image_bytes = (uint32_t)fread(bytes, 1, sizeof(bytes), file),
		.export_name = argv[2],
		.signature = argv[3],
		.args = none,
		.args_len = sizeof(none),
		.timeout_ms = 5000,
		.value = value,
		.value_size = sizeof(value),
	};
	size_t before = used();
	size_t first = 0;
	size_t second = 0;
	uint32_t instances = 0;

	store_holds(call.image, bytes, call.image_bytes);
	for (call.keep = 1; call.keep <= CONFIG_SAMARA_KEPT; call.keep++) {
		runtime_run(0, &call, &result);
		if (result.outcome != CODEC_OUTCOME_COMPLETED) {
			break;
		}
		instances++;
		first = instances == 1 ? used() : first;
		second = instances == 2 ? used() : second;
	}
	size_t instance = second > first ? second - first : 0;

	printf("{\"pool\":%d,\"instances\":%u,\"instanceBytes\":%zu,\"moduleBytes\":%zu,\"image\":%"
	       "u,\"memory\":%u,\"end\":\"%s\"}\n",
	       CONFIG_SAMARA_POOL_SIZE, (unsigned int)instances, instance,
	       first - before - instance, (unsigned int)call.image_bytes,
	       (unsigned int)result.memory_bytes, result.message);
	return instances > 0 ? 0 : 1;
}
