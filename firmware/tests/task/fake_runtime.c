/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/port.h"
#include "task/fake_runtime.h"

struct piece {
	_Alignas(16) struct piece *next;
	uint32_t size;
};

struct fake_runtime fake_runtime;
static struct piece *pieces;
static bool stopped[CONFIG_SAMARA_SLOTS];

static const uint8_t five[] = {0x05};

static void defect(const char *what)
{
	(void)fprintf(stderr, "fake runtime: %s\n", what);
	abort();
}

void fake_runtime_reset(void)
{
	while (pieces) {
		struct piece *next = pieces->next;

		free(pieces);
		pieces = next;
	}
	memset(&fake_runtime, 0, sizeof(fake_runtime));
	memset(stopped, 0, sizeof(stopped));
	fake_runtime.limit = CONFIG_SAMARA_POOL_SIZE;
	fake_runtime.end = (struct fake_end){
		.outcome = CODEC_OUTCOME_COMPLETED,
		.value = five,
		.value_len = sizeof(five),
		.ran_us = 700,
		.memory_bytes = 65537,
	};
}

void fake_runtime_ends(enum codec_outcome outcome, enum codec_error_code code)
{
	fake_runtime.end = (struct fake_end){
		.outcome = outcome,
		.code = code,
		.message = code == CODEC_NO_ERROR ? NULL : "as the test says",
		.ran_us = 300,
	};
}

static void keep(unsigned int slot, const struct runtime_call *call)
{
	struct fake_run *run = &fake_runtime.runs[fake_runtime.runs_count++];

	if (fake_runtime.runs_count == FAKE_RUNS_MAX) {
		defect("too many runs");
	}
	*run = (struct fake_run){
		.slot = slot,
		.at_us = port_now_us(),
		.args_len = call->args_len,
		.timeout_ms = call->timeout_ms,
		.keep = call->keep,
		.budget_bytes = call->budget_bytes,
		.session = call->session,
	};
	(void)snprintf(run->export_name, sizeof(run->export_name), "%s", call->export_name);
	memcpy(run->args, call->args,
	       call->args_len < sizeof(run->args) ? call->args_len : sizeof(run->args));
}

void runtime_run(unsigned int slot, const struct runtime_call *call, struct runtime_result *result)
{
	const struct fake_end *end = &fake_runtime.end;
	bool cut = stopped[slot] && !end->outruns;

	keep(slot, call);
	memset(result, 0, sizeof(*result));
	result->outcome = cut ? CODEC_OUTCOME_CANCELLED : end->outcome;
	result->code = cut ? CODEC_CANCELLED : end->code;
	(void)snprintf(result->message, sizeof(result->message), "%s",
		       cut	      ? "stopped"
		       : end->message ? end->message
				      : "");
	result->ran_us = end->ran_us;
	result->memory_bytes = end->memory_bytes;
	if (cut || !end->value) {
		return;
	}
	if (end->value_len > call->value_size) {
		defect("the value is longer than its room");
	}
	memcpy(call->value, end->value, end->value_len);
	result->has_value = true;
	result->value_len = end->value_len;
}

void runtime_expect(unsigned int slot)
{
	stopped[slot] = false;
}

void runtime_stop(unsigned int slot)
{
	stopped[slot] = true;
	fake_runtime.stops++;
}

void runtime_release(uint32_t keep_name)
{
	if (fake_runtime.released_count == sizeof(fake_runtime.released) / sizeof(uint32_t)) {
		fake_runtime.released_count = 0;
	}
	fake_runtime.released[fake_runtime.released_count++] = keep_name;
}

void *runtime_alloc(uint32_t size)
{
	struct piece *piece;

	if (fake_runtime.out + size > fake_runtime.limit) {
		return NULL;
	}
	piece = malloc(sizeof(*piece) + size);
	if (!piece) {
		defect("out of memory");
	}
	piece->next = pieces;
	piece->size = size;
	pieces = piece;
	fake_runtime.out += size;
	/* Whoever expects zeros shall see it. */
	memset(piece + 1, 0xa5, size);
	return piece + 1;
}

void runtime_free(void *data)
{
	struct piece **at = &pieces;

	if (!data) {
		return;
	}
	while (*at && *at + 1 != data) {
		at = &(*at)->next;
	}
	struct piece *piece = *at;

	if (!piece) {
		defect("what is given back was not out");
		return;
	}
	*at = piece->next;
	fake_runtime.out -= piece->size;
	free(piece);
}

void runtime_stats(struct runtime_stats *stats)
{
	*stats = (struct runtime_stats){
		.pool_size = fake_runtime.limit,
		.pool_used = fake_runtime.out,
	};
}
