/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "runtime/call.h"

static size_t used(void)
{
	struct runtime_stats stats;

	runtime_trim();
	runtime_stats(&stats);
	return stats.pool_used;
}

static void gives_the_value_of_a_function(void **state)
{
	(void)state;
	RUN(&module, 0x7f, 0x41, 42);
	struct runtime_call call = call_of("run", "func()->s32");

	run(&call);
	assert_int_equal(result.outcome, CODEC_OUTCOME_COMPLETED);
	assert_int_equal(result.value_len, 2);
	assert_int_equal(value[0], 0x18);
	assert_int_equal(value[1], 42);
	assert_int_equal(result.memory_bytes, 65536);
}

static void gives_the_agent_memory_that_an_unused_module_had(void **state)
{
	(void)state;
	RUN(&module, 0x7f, 0x41, 42);
	struct runtime_call call = call_of("run", "func()->s32");
	size_t before = used();
	struct runtime_stats stats;

	run(&call);
	runtime_stats(&stats);
	assert_int_equal(stats.modules, 1);
	void *most = runtime_alloc((uint32_t)(stats.pool_size - before - 64));

	assert_non_null(most);
	assert_null(runtime_alloc(4096));
	runtime_stats(&stats);
	assert_int_equal(stats.modules, 0);
	runtime_free(most);
	assert_int_equal(used(), before);
}

#define LOOP 0x03, 0x40, 0x0c, 0, 0x0b

/** A module whose functions are: run, which returns, and one more export that loops for ever. */
static void loop_in(const char *name)
{
	uint8_t exports[64] = {2, 3, 'r', 'u', 'n', 0, 0, (uint8_t)strlen(name)};
	size_t len = strlen(name);

	memcpy(&exports[8], name, len);
	exports[8 + len] = 0;
	exports[9 + len] = 1;
	module_begin(&module);
	SECTION(&module, 1, 1, 0x60, 0, 0);
	SECTION(&module, 3, 2, 0, 0);
	module_section(&module, 7, exports, len + 10);
	SECTION(&module, 10, 2, 2, 0, 0x0b, 7, 0, LOOP, 0x0b);
}

static void ends_in_time(const char *name, const char *export)
{
	loop_in(name);
	struct runtime_call call = call_of(export, "func()");

	call.timeout_ms = 60;
	run(&call);
	ENDS_AS("timed-out", "DEADLINE_EXCEEDED", "still running after 60 ms");
}

static void ends_an_endless_loop_wherever_it_is(void **state)
{
	(void)state;
	ends_in_time("forever", "forever");
	ends_in_time("_samara_start", "run");
	ends_in_time("_initialize", "run");
	ends_in_time("cm32p2_initialize", "run");
	ends_in_time("cabi_post_run", "run");
	ends_in_time("cm32p2||run_post", "run");
}

static void runs_nothing_that_only_some_engines_run(void **state)
{
	(void)state;
	loop_in("__wasm_call_ctors");
	struct runtime_call call = call_of("run", "func()");

	run(&call);
	assert_int_equal(result.outcome, CODEC_OUTCOME_COMPLETED);
	loop_in("__post_instantiate");
	call = call_of("run", "func()");
	run(&call);
	assert_int_equal(result.outcome, CODEC_OUTCOME_COMPLETED);
}

/** `run` takes a string; cabi_realloc does what the code says. */
static void with_allocator(const uint8_t *code, uint8_t len)
{
	uint8_t bodies[64] = {2, (uint8_t)(len + 2), 0};

	module_begin(&module);
	SECTION(&module, 1, 2, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 1,
		0x7f);
	SECTION(&module, 3, 2, 0, 1);
	SECTION(&module, 5, 1, 0, 1);
	SECTION(&module, 7, 2, 12, 'c', 'a', 'b', 'i', '_', 'r', 'e', 'a', 'l', 'l', 'o', 'c', 0, 0,
		3, 'r', 'u', 'n', 0, 1);
	memcpy(&bodies[3], code, len);
	bodies[3 + len] = 0x0b;
	memcpy(&bodies[4 + len], (const uint8_t[]){4, 0, 0x20, 1, 0x0b}, 5);
	module_section(&module, 10, bodies, len + 9u);
}

static const uint8_t hello[] = {0x81, 0x65, 'h', 'e', 'l', 'l', 'o'};

static void ends_an_endless_allocator(void **state)
{
	static const uint8_t loop[] = {LOOP, 0x41, 8};

	(void)state;
	with_allocator(loop, sizeof(loop));
	struct runtime_call call = call_of("run", "func(a:string)->s32");

	call.args = hello;
	call.args_len = sizeof(hello);
	call.timeout_ms = 50;
	run(&call);
	ENDS_AS("timed-out", "DEADLINE_EXCEEDED", "50 ms");
}

static void takes_no_address_from_an_allocator_that_is_none(void **state)
{
	static const struct {
		uint8_t code[6];
		uint8_t len;
		const char *outcome;
		const char *words;
	} rows[] = {
		{{0x41, 0}, 2, "out-of-memory", "gave no memory"},
		{{0x41, 0x7e}, 2, "trapped", "out of bounds"},
		{{0x41, 0xfc, 0xff, 3}, 4, "trapped", "out of bounds"},
		{{0x00}, 1, "trapped", "unreachable"},
	};

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		with_allocator(rows[at].code, rows[at].len);
		struct runtime_call call = call_of("run", "func(a:string)->s32");

		call.args = hello;
		call.args_len = sizeof(hello);
		run(&call);
		assert_string_equal(codec_outcome_name(result.outcome), rows[at].outcome);
		assert_non_null(strstr(result.message, rows[at].words));
	}
}

#define STOPPER_STACK 4096
#define STOPPER_US    1000

/** Stops the call as soon as there is one; looks again and again, for nobody is told of it. */
static void stop_soon(void *arg)
{
	struct runtime_stats stats;
	struct port_mutex mutex;
	struct port_cond never;

	(void)arg;
	port_mutex_init(&mutex);
	port_cond_init(&never);
	port_mutex_lock(&mutex);
	do {
		(void)port_cond_wait(&never, &mutex, port_now_us() + STOPPER_US);
		runtime_stats(&stats);
	} while (stats.instances == 0);
	port_mutex_unlock(&mutex);
	runtime_stop(0);
}

static void ends_a_call_that_is_stopped_from_outside(void **state)
{
	static _Alignas(64) uint8_t stack[STOPPER_STACK];
	static struct port_thread thread;

	(void)state;
	RUN(&module, 0, LOOP);
	struct runtime_call call = call_of("run", "func()");

	call.timeout_ms = 20000;
	assert_int_equal(
		port_thread_start(&thread, "stopper", stack, sizeof(stack), stop_soon, NULL), 0);
	run(&call);
	port_thread_join(&thread);
	ENDS_AS("cancelled", "CANCELLED", "cancelled while it ran");
}

static void a_stop_reaches_a_call_that_is_on_its_way_and_no_other(void **state)
{
	static const uint8_t loop[] = {LOOP};

	(void)state;
	(void)loop;
	RUN(&module, 0, LOOP);
	struct runtime_call call = call_of("run", "func()");

	call.timeout_ms = 20000;
	runtime_expect(0);
	runtime_stop(0);
	run(&call);
	ENDS_AS("cancelled", "CANCELLED", "cancelled while it ran");
	RUN(&module, 0, 0x01);
	call = call_of("run", "func()");
	run(&call);
	assert_int_equal(result.outcome, CODEC_OUTCOME_COMPLETED);
	/* One that came too late for it. */
	runtime_stop(0);
	runtime_expect(0);
	run(&call);
	assert_int_equal(result.outcome, CODEC_OUTCOME_COMPLETED);
}

static void says_how_a_guest_trapped(void **state)
{
	(void)state;
	RUN(&module, 0, 0x00);
	struct runtime_call call = call_of("run", "func()");

	run(&call);
	ENDS_AS("trapped", "GUEST_TRAPPED", "unreachable");
	RUN(&module, 0x7f, 0x41, 1, 0x41, 0, 0x6d);
	call = call_of("run", "func()->s32");
	run(&call);
	ENDS_AS("trapped", "GUEST_TRAPPED", "divide by zero");
	RUN(&module, 0x7f, 0x41, 0x7f, 0x28, 2, 0);
	call = call_of("run", "func()->s32");
	run(&call);
	ENDS_AS("trapped", "GUEST_TRAPPED", "memory access out of bounds");
	RUN(&module, 0, 0x10, 0);
	call = call_of("run", "func()");
	run(&call);
	ENDS_AS("trapped", "GUEST_TRAPPED", "call stack exhausted");
}

static void says_when_a_guest_was_refused_memory(void **state)
{
	(void)state;
	/* loop { if (memory.grow(1) == -1) unreachable } */
	RUN(&module, 0, 0x03, 0x40, 0x41, 1, 0x40, 0, 0x41, 0x7f, 0x46, 0x04, 0x40, 0x00, 0x0b,
	    0x0c, 0, 0x0b);
	struct runtime_call call = call_of("run", "func()");

	call.budget_bytes = 150000;
	run(&call);
	ENDS_AS("out-of-memory", "GUEST_OUT_OF_MEMORY", "of at most 150000");
	call.budget_bytes = 40000;
	run(&call);
	ENDS_AS("out-of-memory", "GUEST_OUT_OF_MEMORY", "needs more than its 40000 bytes");
	call.budget_bytes = 300;
	runtime_trim();
	run(&call);
	ENDS_AS("out-of-memory", "GUEST_OUT_OF_MEMORY", "its module does not fit in its 300 bytes");
}

static void refuses_what_it_cannot_run(void **state)
{
	(void)state;
	RUN(&module, 0, 0x01);
	struct runtime_call call = call_of("walk", "func()");

	run(&call);
	ENDS_AS("refused", "NOT_FOUND", "export \"walk\"");
	call = call_of("run", "func()->s32");
	run(&call);
	ENDS_AS("refused", "INVALID_ARGUMENT", "not of the type");
	call = call_of("run", "func(");
	run(&call);
	ENDS_AS("refused", "INVALID_ARGUMENT", "signature");
	call = call_of("run", "func()");
	call.image_bytes++;
	run(&call);
	ENDS_AS("refused", "DATA_LOSS", "expected");
	call = call_of("run", "func()");
	call.image[5]++;
	run(&call);
	ENDS_AS("refused", "DATA_LOSS", "not in the store");
	module.bytes[4] = 9;
	call = call_of("run", "func()");
	run(&call);
	ENDS_AS("refused", "INVALID_ARGUMENT", "module");
	module_begin(&module);
	SECTION(&module, 1, 1, 0x60, 0, 0);
	SECTION(&module, 2, 1, 3, 'e', 'n', 'v', 3, 'o', 'f', 'f', 0, 0);
	call = call_of("run", "func()");
	run(&call);
	ENDS_AS("refused", "UNSUPPORTED", "import \"env.off\" is not provided");
	module_begin(&module);
	SECTION(&module, 1, 1, 0x60, 0, 0);
	SECTION(&module, 3, 1, 0);
	SECTION(&module, 8, 0);
	SECTION(&module, 10, 1, 2, 0, 0x0b);
	call = call_of("run", "func()");
	run(&call);
	ENDS_AS("refused", "UNSUPPORTED", "start section");
}

static void ends_a_result_that_is_longer_than_its_room(void **state)
{
	(void)state;
	RUN(&module, 0x7f, 0x41, 42);
	struct runtime_call call = call_of("run", "func()->s32");

	call.value_size = 1;
	run(&call);
	ENDS_AS("output-limit", "GUEST_OUTPUT_LIMIT", "too large");
	assert_false(result.has_value);
}

/** Counts its calls in a global. */
static void counter(void)
{
	module_begin(&module);
	SECTION(&module, 1, 1, 0x60, 0, 1, 0x7f);
	SECTION(&module, 3, 2, 0, 0);
	SECTION(&module, 5, 1, 0, 1);
	SECTION(&module, 6, 1, 0x7f, 1, 0x41, 0, 0x0b);
	SECTION(&module, 7, 2, 3, 'r', 'u', 'n', 0, 0, 4, 'f', 'a', 'i', 'l', 0, 1);
	SECTION(&module, 10, 2, 11, 0, 0x23, 0, 0x41, 1, 0x6a, 0x24, 0, 0x23, 0, 0x0b, 3, 0, 0x00,
		0x0b);
}

static void keeps_an_instance_by_name_until_it_fails_or_is_released(void **state)
{
	(void)state;
	counter();
	struct runtime_call call = call_of("run", "func()->s32");

	assert_int_equal(count(&call), 1);
	assert_int_equal(count(&call), 1);
	call.keep = 7;
	assert_int_equal(count(&call), 1);
	assert_int_equal(count(&call), 2);
	call.keep = 8;
	assert_int_equal(count(&call), 1);
	call.keep = 7;
	assert_int_equal(count(&call), 3);
	call.export_name = "fail";
	assert_int_equal(count(&call), -1);
	call.export_name = "run";
	assert_int_equal(count(&call), 1);
	runtime_release(7);
	assert_int_equal(count(&call), 1);
	runtime_release(7);
	runtime_release(8);
}

static void lets_no_function_eat_what_another_may_have(void **state)
{
	(void)state;
	counter();
	struct runtime_call call = call_of("run", "func()->s32");

	call.budget_bytes = 80000;
	call.keep = 1;
	assert_int_equal(count(&call), 1);
	call.keep = 2;
	assert_int_equal(count(&call), 1);
	call.keep = 3;
	assert_int_equal(count(&call), 1);
	call.keep = 4;
	assert_int_equal(count(&call), -1);
	ENDS_AS("out-of-memory", "GUEST_OUT_OF_MEMORY", "has no room for it");
	call.keep = 2;
	assert_int_equal(count(&call), 2);
	for (uint32_t keep = 1; keep < 4; keep++) {
		runtime_release(keep);
	}
}

static void drops_modules_that_nobody_uses_for_others(void **state)
{
	struct runtime_stats stats;

	(void)state;
	for (uint8_t number = 0; number < 2 * CONFIG_SAMARA_MODULES; number++) {
		RUN(&module, 0x7f, 0x41, number);
		struct runtime_call call = call_of("run", "func()->s32");

		assert_int_equal(count(&call), number);
	}
	runtime_stats(&stats);
	assert_int_equal(stats.modules, CONFIG_SAMARA_MODULES);
}

static void leaves_no_byte_behind_after_10000_instances(void **state)
{
	(void)state;
	size_t before = used();

	counter();
	struct runtime_call call = call_of("run", "func()->s32");

	for (int at = 0; at < 10000; at++) {
		call.export_name = at % 3 == 2 ? "fail" : "run";
		run(&call);
		if (at % 100 == 99) {
			runtime_trim();
		}
	}
	assert_int_equal(used(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(gives_the_value_of_a_function, begin),
		cmocka_unit_test_setup(gives_the_agent_memory_that_an_unused_module_had, begin),
		cmocka_unit_test_setup(ends_an_endless_loop_wherever_it_is, begin),
		cmocka_unit_test_setup(runs_nothing_that_only_some_engines_run, begin),
		cmocka_unit_test_setup(ends_an_endless_allocator, begin),
		cmocka_unit_test_setup(takes_no_address_from_an_allocator_that_is_none, begin),
		cmocka_unit_test_setup(ends_a_call_that_is_stopped_from_outside, begin),
		cmocka_unit_test_setup(a_stop_reaches_a_call_that_is_on_its_way_and_no_other,
				       begin),
		cmocka_unit_test_setup(says_how_a_guest_trapped, begin),
		cmocka_unit_test_setup(says_when_a_guest_was_refused_memory, begin),
		cmocka_unit_test_setup(refuses_what_it_cannot_run, begin),
		cmocka_unit_test_setup(ends_a_result_that_is_longer_than_its_room, begin),
		cmocka_unit_test_setup(keeps_an_instance_by_name_until_it_fails_or_is_released,
				       begin),
		cmocka_unit_test_setup(lets_no_function_eat_what_another_may_have, begin),
		cmocka_unit_test_setup(drops_modules_that_nobody_uses_for_others, begin),
		cmocka_unit_test_setup(leaves_no_byte_behind_after_10000_instances, begin),
	};

	runtime_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
