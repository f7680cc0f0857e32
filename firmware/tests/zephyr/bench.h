/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Calls that are counted in instructions; the benchmark writes their table. */

#ifndef SAMARA_TESTS_ZEPHYR_BENCH_H_
#define SAMARA_TESTS_ZEPHYR_BENCH_H_

#include <stddef.h>
#include <stdint.h>

struct bench_call {
	const char *name;
	const uint8_t *image;
	const uint8_t *image_end;
	const char *export_name;
	const char *signature;
	const uint8_t *args; /* CBOR */
	size_t args_len;
};

extern const struct bench_call bench_calls[];
extern const size_t bench_calls_count;

#endif /* SAMARA_TESTS_ZEPHYR_BENCH_H_ */
