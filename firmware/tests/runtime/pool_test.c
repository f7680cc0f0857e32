/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/pool.h"

#define SIZE 65536

static _Alignas(8) uint8_t memory[SIZE];

static int begin(void **state)
{
	(void)state;
	pool_init(memory, sizeof(memory));
	return 0;
}

static size_t used(void)
{
	struct pool_stats stats;

	pool_stats(&stats);
	return stats.used;
}

static void gives_back_all_that_it_took(void **state)
{
	(void)state;
	void *blocks[50];

	for (int at = 0; at < 50; at++) {
		blocks[at] = pool_alloc(1, (uint32_t)at * 13, POOL_SMALL);
		assert_non_null(blocks[at]);
	}
	for (int at = 0; at < 50; at++) {
		pool_free(blocks[at * 7 % 50]);
	}
	struct pool_stats stats;

	pool_stats(&stats);
	assert_int_equal(stats.used, 0);
	assert_int_equal(stats.largest, SIZE - 16);
	assert_true(pool_sound());
}

static void refuses_an_account_beyond_its_limit_and_says_so(void **state)
{
	(void)state;
	pool_limit(1, 1000);
	void *block = pool_alloc(1, 900, POOL_SMALL);

	assert_non_null(block);
	assert_int_equal(pool_refusal(1), POOL_NOT_REFUSED);
	assert_null(pool_alloc(1, 100, POOL_SMALL));
	assert_int_equal(pool_refusal(1), POOL_OVER_LIMIT);
	assert_null(pool_grow(block, 1100, POOL_SMALL));
	assert_non_null(pool_alloc(2, 100, POOL_SMALL));
}

static void says_when_it_is_full(void **state)
{
	(void)state;
	void *most = pool_alloc(1, SIZE - 100, POOL_MEMORY);

	assert_non_null(most);
	assert_null(pool_alloc(2, 200, POOL_SMALL));
	assert_int_equal(pool_refusal(2), POOL_FULL);
	pool_free(most);
	pool_limit(2, SIZE);
	assert_int_equal(pool_refusal(2), POOL_NOT_REFUSED);
	assert_non_null(pool_alloc(2, 200, POOL_SMALL));
}

static void gives_no_block_for_a_size_that_wraps_around(void **state)
{
	(void)state;
	assert_null(pool_alloc(1, UINT32_MAX, POOL_SMALL));
	assert_null(pool_alloc(1, UINT32_MAX - 7, POOL_MEMORY));
	assert_int_equal(used(), 0);
}

static void zeroes_linear_memory_when_it_is_new_and_when_it_grows(void **state)
{
	static const uint8_t zeros[30000];

	(void)state;
	uint8_t *dirty = pool_alloc(1, 60000, POOL_SMALL);

	memset(dirty, 0xff, 60000);
	pool_free(dirty);
	uint8_t *block = pool_alloc(1, 10000, POOL_MEMORY);

	assert_memory_equal(block, zeros, 10000);
	block[9999] = 7;
	block = pool_grow(block, 30000, POOL_MEMORY);
	assert_int_equal(block[9999], 7);
	block[9999] = 0;
	assert_memory_equal(block, zeros, 30000);
}

static void grows_a_block_into_the_room_on_both_sides_of_it(void **state)
{
	(void)state;
	void *below = pool_alloc(1, 20000, POOL_SMALL);
	uint8_t *block = pool_alloc(1, 20000, POOL_SMALL);

	memset(block, 0x5a, 20000);
	pool_free(below);
	block = pool_grow(block, 60000, POOL_SMALL);
	assert_non_null(block);
	assert_int_equal(block[0], 0x5a);
	assert_int_equal(block[19999], 0x5a);
	assert_true(pool_sound());
	assert_int_equal(pool_used(1), 60008);
}

static uint32_t chance = 1;

static uint32_t below(uint32_t count)
{
	chance = chance * 1664525 + 1013904223;
	return (chance >> 8) % count;
}

static void keeps_every_block_whole_whatever_is_asked_of_it(void **state)
{
	struct {
		uint8_t *data;
		uint32_t len;
		uint8_t mark;
	} blocks[64] = {0};

	(void)state;
	for (int round = 0; round < 20000; round++) {
		uint32_t at = below(64);
		uint32_t len = below(3000);

		for (uint32_t byte = 0; blocks[at].data && byte < blocks[at].len; byte += 97) {
			assert_int_equal(blocks[at].data[byte], blocks[at].mark);
		}
		if (blocks[at].data && below(3) > 0) {
			pool_free(blocks[at].data);
			blocks[at].data = NULL;
			continue;
		}
		uint8_t *data =
			blocks[at].data
				? pool_grow(blocks[at].data, blocks[at].len + len, POOL_SMALL)
				: pool_alloc(1 + at % 3, len, (enum pool_use)below(2));

		if (!data) {
			continue;
		}
		blocks[at].len = blocks[at].data ? blocks[at].len + len : len;
		blocks[at].data = data;
		blocks[at].mark = (uint8_t)round;
		memset(data, blocks[at].mark, blocks[at].len);
		if (round % 64 == 0) {
			assert_true(pool_sound());
		}
	}
	for (int at = 0; at < 64; at++) {
		pool_free(blocks[at].data);
	}
	assert_true(pool_sound());
	assert_int_equal(used(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(gives_back_all_that_it_took, begin),
		cmocka_unit_test_setup(refuses_an_account_beyond_its_limit_and_says_so, begin),
		cmocka_unit_test_setup(says_when_it_is_full, begin),
		cmocka_unit_test_setup(gives_no_block_for_a_size_that_wraps_around, begin),
		cmocka_unit_test_setup(zeroes_linear_memory_when_it_is_new_and_when_it_grows,
				       begin),
		cmocka_unit_test_setup(grows_a_block_into_the_room_on_both_sides_of_it, begin),
		cmocka_unit_test_setup(keeps_every_block_whole_whatever_is_asked_of_it, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
