/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How deep a call reaches into the stack of its thread, loading and instantiation included:
 *   stack <module> <export> <signature> <arguments, CBOR in hex>
 * Prints a line of JSON with the bytes of an empty thread, and of the call beyond them.
 */

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "bench/board.h"

#define STACK_BYTES (128 * 1024)
#define PAINT	    0xa5

static _Alignas(4096) unsigned char stack[STACK_BYTES];
static struct runtime_call call;
static struct runtime_result result;

static void *nothing(void *arg)
{
	return arg;
}

static void *run(void *arg)
{
	(void)board_run(&call, &result);
	return arg;
}

/** Bytes that a thread has touched. */
static size_t depth_of(void *(*entry)(void *))
{
	pthread_attr_t attributes;
	pthread_t thread;
	size_t untouched = 0;

	memset(stack, PAINT, sizeof(stack));
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, stack, sizeof(stack));
	if (pthread_create(&thread, &attributes, entry, NULL) || pthread_join(thread, NULL)) {
		return 0;
	}
	pthread_attr_destroy(&attributes);
	while (untouched < sizeof(stack) && stack[untouched] == PAINT) {
		untouched++;
	}
	return sizeof(stack) - untouched;
}

int main(int argc, char **argv)
{
	if (argc != 1 + BOARD_WORDS || board_start(NULL) || board_call(&argv[1], &call)) {
		return 2;
	}
	size_t empty = depth_of(nothing);
	size_t first = depth_of(run);

	printf("{\"thread\":%zu,\"call\":%zu,\"outcome\":\"%s\",\"message\":\"%s\"}\n", empty,
	       first - empty, codec_outcome_name(result.outcome), result.message);
	return 0;
}
