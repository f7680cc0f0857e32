/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a module: load, instantiate, start and call within small limits, and nothing stays
 * behind. */

#include <assert.h>
#include <stdlib.h>

#include "runtime/neighbours.h"
#include "runtime/runtime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const exports[][2] = {{"run", "func()->s32"},
						 {"add", "func(a:s32,b:s32)->s32"},
						 {"fib", "func(n:s32)->s32"},
						 {"run", "func()"}};
	static const uint8_t args[][3] = {{0x80}, {0x82, 3, 4}, {0x81, 9}, {0x80}};
	static const uint8_t lengths[] = {1, 3, 2, 1};
	static uint8_t value[128];
	static bool is_ready;
	static size_t at_first;
	struct runtime_stats stats;

	if (!is_ready) {
		if (runtime_init() != 0) {
			abort();
		}
		is_ready = true;
		runtime_stats(&stats);
		at_first = stats.pool_used;
	}
	for (size_t at = 0; at < 4; at++) {
		struct runtime_call call = {
			.image_bytes = (uint32_t)size,
			.export_name = exports[at][0],
			.signature = exports[at][1],
			.args = args[at],
			.args_len = lengths[at],
			.timeout_ms = 5,
			.budget_bytes = 100000,
			.value = value,
			.value_size = sizeof(value),
		};
		struct runtime_result result;

		store_holds(call.image, data, size);
		runtime_run(0, &call, &result);
		store_is_empty();
		if (result.code == CODEC_INVALID_ARGUMENT) {
			break;
		}
	}
	runtime_trim();
	runtime_stats(&stats);
	if (stats.pool_used != at_first) {
		abort();
	}
	return 0;
}
