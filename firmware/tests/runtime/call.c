/* SPDX-License-Identifier: Apache-2.0 */

#include "runtime/call.h"

struct module module;
uint8_t value[256];
struct runtime_result result;

struct runtime_call call_of(const char *name, const char *signature)
{
	static const uint8_t none[] = {0x80};
	struct runtime_call call = {
		.export_name = name,
		.signature = signature,
		.args = none,
		.args_len = sizeof(none),
		.timeout_ms = 1000,
		.value = value,
		.value_size = sizeof(value),
		.image_bytes = (uint32_t)module.len,
	};

	store_holds(call.image, module.bytes, module.len);
	return call;
}

void run(const struct runtime_call *call)
{
	runtime_run(0, call, &result);
}

int count(const struct runtime_call *call)
{
	run(call);
	return result.outcome == CODEC_OUTCOME_COMPLETED ? value[0] : -1;
}

int begin(void **state)
{
	(void)state;
	runtime_trim();
	store_is_empty();
	return 0;
}
