/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How many instances of a module the pool holds, each kept after a call:
 *   instances <module> <export> <signature> <arguments, CBOR in hex>
 * Prints one line of JSON.
 */

#include <stdio.h>

#include "bench/board.h"

static size_t used(void)
{
	struct runtime_stats stats;

	runtime_stats(&stats);
	return stats.pool_used;
}

int main(int argc, char **argv)
{
	struct runtime_result result;
	struct runtime_call call;
	uint32_t memory = 0;
	uint32_t instances = 0;
	size_t first = 0;
	size_t second = 0;

	if (argc != 1 + BOARD_WORDS || board_start(NULL) || board_call(&argv[1], &call)) {
		return 2;
	}
	size_t before = used();

	for (call.keep = 1; call.keep <= CONFIG_SAMARA_KEPT; call.keep++) {
		if (board_run(&call, &result)) {
			break;
		}
		instances++;
		memory = result.memory_bytes;
		first = instances == 1 ? used() : first;
		second = instances == 2 ? used() : second;
	}
	size_t instance = second > first ? second - first : 0;

	printf("{\"pool\":%d,\"instances\":%u,\"instanceBytes\":%zu,\"moduleBytes\":%zu,\"image\":%"
	       "u,\"memory\":%u,\"end\":\"%s\"}\n",
	       CONFIG_SAMARA_POOL_SIZE, (unsigned int)instances, instance,
	       first - before - instance, (unsigned int)call.image_bytes, (unsigned int)memory,
	       result.message);
	return instances > 0 ? 0 : 1;
}
