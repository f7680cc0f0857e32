/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How fast a guest runs, by how it can be stopped (stop/CMakeLists.txt):
 *   speed-STOP <module> <export> <argument> <times>
 * Prints a line of JSON: microseconds of processor time of each call of an export that takes one
 * i32, and how many instructions one has, where they are counted.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "wasm_export.h"

/* As the runtime has it: guest.h. */
#define SLICE	    16384
#define STACK_BYTES (64 * 1024)

static unsigned long long slices;

static unsigned long long now_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000;
}

#ifdef SAMARA_STOP_SLICES
/** Looks where run.c looks: at what somebody else may have written, and at the clock. */
int runtime_slice(void *env);
int runtime_slice(void *env)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static bool is_stopped;

	(void)env;
	pthread_mutex_lock(&lock);
	bool stop = is_stopped;

	pthread_mutex_unlock(&lock);
	slices++;
	return stop || now_us(CLOCK_MONOTONIC) == 0 ? 0 : SLICE;
}
#endif

static void *on_malloc(mem_alloc_usage_t usage, unsigned int size)
{
	(void)usage;
	return malloc(size);
}

static void *on_realloc(mem_alloc_usage_t usage, bool full_size_mmaped, void *data,
			unsigned int size)
{
	(void)usage;
	(void)full_size_mmaped;
	return realloc(data, size);
}

static void on_free(mem_alloc_usage_t usage, void *data)
{
	(void)usage;
	free(data);
}

static bool start(void)
{
	/* The thread manager divides a guest's own stack among its threads. */
	RuntimeInitArgs args = {.mem_alloc_type = Alloc_With_Allocator, .max_thread_num = 1};

	args.mem_alloc_option.allocator.malloc_func = (void *)on_malloc;
	args.mem_alloc_option.allocator.realloc_func = (void *)on_realloc;
	args.mem_alloc_option.allocator.free_func = (void *)on_free;
	return wasm_runtime_full_init(&args);
}

static wasm_module_t load(const char *path)
{
	static uint8_t bytes[256 * 1024];
	char problem[128];
	FILE *file = fopen(path, "rb");
	uint32_t len = file ? (uint32_t)fread(bytes, 1, sizeof(bytes), file) : 0;

	return wasm_runtime_load(bytes, len, problem, sizeof(problem));
}

static bool call(wasm_exec_env_t env, wasm_function_inst_t function, uint32_t argument)
{
	/* Room for a result of 64 bits. */
	uint32_t cells[2] = {argument};

#ifdef SAMARA_STOP_SLICES
	wasm_runtime_set_instruction_count_limit(env, 0);
#endif
	slices = 0;
	return wasm_runtime_call_wasm(env, function, 1, cells);
}

int main(int argc, char **argv)
{
	char problem[128] = "";
	wasm_module_t module = argc > 4 && start() ? load(argv[1]) : NULL;
	wasm_module_inst_t instance =
		module ? wasm_runtime_instantiate(module, STACK_BYTES, 0, problem, sizeof(problem))
		       : NULL;
	wasm_function_inst_t function =
		instance ? wasm_runtime_lookup_function(instance, argv[2]) : NULL;
	wasm_exec_env_t env = function ? wasm_runtime_create_exec_env(instance, STACK_BYTES) : NULL;

	if (!env) {
		fprintf(stderr, "%s\n", problem);
		return 2;
	}
	printf("{\"us\":[");
	/* Of this thread alone: other work shares the machine. */
	for (int left = atoi(argv[4]); left > 0; left--) {
		unsigned long long began = now_us(CLOCK_THREAD_CPUTIME_ID);

		if (!call(env, function, (uint32_t)atoi(argv[3]))) {
			fprintf(stderr, "%s\n", wasm_runtime_get_exception(instance));
			return 1;
		}
		printf("%llu%s", now_us(CLOCK_THREAD_CPUTIME_ID) - began, left > 1 ? "," : "]");
	}
	printf(",\"instructions\":%llu}\n", slices * SLICE);
	return 0;
}
