/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codec/stream.h"
#include "port/port.h"
#include "store/flash_sim.h"
#include "store/store.h"

void port_mutex_init(struct port_mutex *mutex)
{
	(void)mutex;
}

void port_mutex_lock(struct port_mutex *mutex)
{
	(void)mutex;
}

void port_mutex_unlock(struct port_mutex *mutex)
{
	(void)mutex;
}

/* Both geometries at a size in which a life compacts many times, and at their own. */
static const struct port_flash_geometry small = {10 * 4096, 4096, 4};
static const struct port_flash_geometry wide = {4 * 16384, 16384, 32};
static const struct port_flash_geometry nor = {512 * 1024, 4096, 4};
static const struct port_flash_geometry h7 = {512 * 1024, 128 * 1024, 32};

static void open_flash(const struct port_flash_geometry *geometry)
{
	flash_sim_open(geometry->size, geometry->block_size, geometry->write_size);
	assert_int_equal(store_mount(), 0);
}

static void fill(uint8_t *data, size_t len, uint32_t seed)
{
	uint32_t state = seed * 2654435761u | 1;

	for (size_t index = 0; index < len; index++) {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		data[index] = (uint8_t)state;
	}
}

/* Blobs of the tests: bytes and digest follow from seed and size. */
static uint8_t blob_bytes[256 * 1024];
static uint8_t blob_digest[32];

static void make_blob(uint32_t seed, uint32_t size)
{
	fill(blob_bytes, size, seed);
	codec_sha256(blob_bytes, size, blob_digest);
}

static int put_blob(uint32_t seed, uint32_t size, uint32_t step)
{
	make_blob(seed, size);
	int at = store_blob_begin(blob_digest, size);

	while (at >= 0 && (uint32_t)at < size) {
		uint32_t some = size - (uint32_t)at < step ? size - (uint32_t)at : step;
		int error = store_blob_append(blob_digest, (uint32_t)at, &blob_bytes[at], some);

		if (error) {
			return error;
		}
		at += (int)some;
	}
	return at < 0 ? at : store_blob_finish(blob_digest);
}

static void assert_blob(uint32_t seed, uint32_t size)
{
	static uint8_t back[sizeof(blob_bytes)];

	make_blob(seed, size);
	assert_int_equal(store_blob_size(blob_digest), size);
	assert_int_equal(store_blob_verify(blob_digest), 0);
	for (uint32_t at = 0; at < size;) {
		int got = store_blob_read(blob_digest, at, &back[at], 777);

		assert_true(got > 0);
		at += (uint32_t)got;
	}
	assert_memory_equal(back, blob_bytes, size);
}

static void a_value_is_there_until_it_is_replaced_or_deleted(void **state)
{
	char text[8] = {0};
	uint32_t id;

	(void)state;
	open_flash(&nor);
	assert_int_equal(store_get(STORE_RESULT, 7, 0, text, 4), -ENOENT);
	assert_int_equal(store_put(STORE_RESULT, 7, "one", 3), 0);
	assert_int_equal(store_put(STORE_RESULT, 7, "three", 5), 0);
	assert_int_equal(store_put(STORE_COUNTER, 7, "other", 5), 0);
	assert_int_equal(store_mount(), 0);
	assert_int_equal(store_len(STORE_RESULT, 7), 5);
	assert_int_equal(store_get(STORE_RESULT, 7, 1, text, 7), 4);
	assert_string_equal(text, "hree");
	assert_int_equal(store_next(STORE_RESULT, 0, &id), 0);
	assert_int_equal(id, 7);
	assert_int_equal(store_next(STORE_RESULT, 8, &id), -ENOENT);
	assert_int_equal(store_delete(STORE_RESULT, 7), 0);
	assert_int_equal(store_mount(), 0);
	assert_int_equal(store_len(STORE_RESULT, 7), -ENOENT);
	assert_int_equal(store_len(STORE_COUNTER, 7), 5);
}

static void values_have_bounds(void **state)
{
	static uint8_t data[CONFIG_SAMARA_VALUE_MAX + 1];

	(void)state;
	open_flash(&nor);
	assert_int_equal(store_put(STORE_RESULT, 1, data, sizeof(data)), -EMSGSIZE);
	assert_int_equal(store_put(STORE_RESULT, 1, data, sizeof(data) - 1), 0);
	for (uint32_t id = 2; id <= CONFIG_SAMARA_VALUES; id++) {
		assert_int_equal(store_put(STORE_RESULT, id, data, 1), 0);
	}
	assert_int_equal(store_put(STORE_RESULT, 1000, data, 1), -ENOSPC);
	assert_int_equal(store_put(STORE_RESULT, 2, data, 2), 0);
}

static void a_blob_goes_on_after_a_power_cut_where_it_was(void **state)
{
	(void)state;
	open_flash(&nor);
	make_blob(1, 5000);
	assert_int_equal(store_blob_begin(blob_digest, 5000), 0);
	assert_int_equal(store_blob_append(blob_digest, 0, blob_bytes, 896), 0);
	assert_int_equal(store_blob_append(blob_digest, 100, blob_bytes, 1), -EINVAL);
	assert_int_equal(store_blob_append(blob_digest, 896, &blob_bytes[896], 896), 0);
	assert_int_equal(store_blob_begin(blob_digest, 5000), 1792);
	assert_int_equal(store_blob_size(blob_digest), -ENOENT);
	assert_int_equal(store_mount(), 0);
	int have = store_blob_begin(blob_digest, 5000);

	assert_in_range(have, 1792 - 480, 1792);
	assert_int_equal(store_blob_finish(blob_digest), -EINVAL);
	assert_int_equal(put_blob(1, 5000, 1000), 0);
	assert_blob(1, 5000);
	assert_int_equal(store_mount(), 0);
	assert_blob(1, 5000);
}

static void a_blob_that_is_not_what_its_digest_says_is_thrown_away(void **state)
{
	(void)state;
	open_flash(&nor);
	make_blob(1, 2000);
	assert_int_equal(store_blob_begin(blob_digest, 2000), 0);
	blob_bytes[1999] ^= 1;
	assert_int_equal(store_blob_append(blob_digest, 0, blob_bytes, 2000), 0);
	assert_int_equal(store_blob_finish(blob_digest), -EBADMSG);
	assert_int_equal(store_blob_size(blob_digest), -ENOENT);
	assert_int_equal(store_blob_begin(blob_digest, 2000), 0);
}

static void a_blob_that_was_damaged_is_found_out_after_the_next_boot(void **state)
{
	uint8_t *flash = flash_sim_bytes();

	(void)state;
	open_flash(&nor);
	assert_int_equal(put_blob(3, 3000, 500), 0);
	assert_int_equal(store_mount(), 0);
	make_blob(3, 3000);
	for (uint32_t at = 0;; at++) {
		if (memcmp(&flash[at], &blob_bytes[1000], 8) == 0) {
			flash[at] ^= 0x10;
			break;
		}
	}
	assert_int_equal(store_blob_verify(blob_digest), -EBADMSG);
	assert_int_equal(store_blob_size(blob_digest), -ENOENT);
}

static void the_least_recently_used_blob_goes_first_and_pinned_ones_stay(
	const struct port_flash_geometry *geometry)
{
	open_flash(geometry);
	assert_int_equal(put_blob(1, 60000, 900), 0);
	store_blob_pin(blob_digest);
	assert_int_equal(put_blob(2, 60000, 900), 0);
	assert_int_equal(put_blob(3, 60000, 900), 0);
	make_blob(2, 60000);
	store_blob_touch(blob_digest);
	assert_int_equal(put_blob(4, 100000, 900), 0);
	make_blob(3, 60000);
	assert_int_equal(store_blob_size(blob_digest), -ENOENT);
	assert_blob(1, 60000);
	assert_blob(4, 100000);
	store_blob_pin(blob_digest);
	make_blob(5, 200000);
	assert_int_equal(store_blob_begin(blob_digest, 200000), -ENOSPC);
	assert_blob(1, 60000);
}

static void eviction_in_small_blocks(void **state)
{
	(void)state;
	the_least_recently_used_blob_goes_first_and_pinned_ones_stay(&nor);
}

static void eviction_in_large_blocks(void **state)
{
	(void)state;
	the_least_recently_used_blob_goes_first_and_pinned_ones_stay(&h7);
}

static void a_module_of_128_kib_fits_beside_results(const struct port_flash_geometry *geometry)
{
	static uint8_t data[1500];

	open_flash(geometry);
	assert_true(store_blob_max() >= 128 * 1024);
	for (uint32_t round = 0; round < 6; round++) {
		assert_int_equal(put_blob(10 + round, 128 * 1024, 896), 0);
		for (uint32_t id = 0; id < 20; id++) {
			fill(data, sizeof(data), id + round);
			assert_int_equal(store_put(STORE_RESULT, id, data, sizeof(data)), 0);
		}
		assert_int_equal(store_mount(), 0);
		assert_blob(10 + round, 128 * 1024);
	}
}

static void large_module_in_small_blocks(void **state)
{
	(void)state;
	a_module_of_128_kib_fits_beside_results(&nor);
}

static void large_module_in_large_blocks(void **state)
{
	(void)state;
	a_module_of_128_kib_fits_beside_results(&h7);
}

static void blocks_wear_evenly(void **state)
{
	static uint8_t data[700];
	uint32_t least;
	uint32_t most;

	(void)state;
	open_flash(&small);
	assert_int_equal(put_blob(9, 6000, 900), 0);
	store_blob_pin(blob_digest);
	for (uint32_t round = 0; round < 3000; round++) {
		assert_int_equal(store_put(STORE_COUNTER, round % 3, data, sizeof(data)), 0);
	}
	flash_sim_wear(&least, &most);
	print_message("erasures of a block: %u to %u\n", least, most);
	assert_true(least > 10 && most - least <= 2);
	assert_blob(9, 6000);
}

/* A life: what happens follows from a seed, and the model knows what must be there. */

#define KEYS  6
#define STEPS 220

struct model {
	uint32_t seeds[KEYS]; /* 0: none */
	bool pinned;	      /* the blob that must never go is complete */
};

static struct model model;
static uint32_t step_at;
static uint32_t step_key; /* of the step that is under way, KEYS: none */
static uint32_t step_seed;

#define PINNED_SEED 77
#define PINNED_SIZE 3000

static size_t value_len(uint32_t seed)
{
	return 5 + seed * 37 % 900;
}

static void put_value(uint32_t key, uint32_t seed)
{
	static uint8_t data[1000];

	fill(data, value_len(seed), seed);
	assert_int_equal(store_put(STORE_RESULT, key, data, value_len(seed)), 0);
}

static void one_step(void)
{
	uint32_t seed = step_at * 7919 + 13;

	step_key = KEYS;
	step_seed = 0;
	if (step_at == 5) {
		assert_int_equal(put_blob(PINNED_SEED, PINNED_SIZE, 600), 0);
		store_blob_pin(blob_digest);
		model.pinned = true;
	} else if (seed % 5 == 0) {
		assert_int_equal(put_blob(seed % 9 + 1, 500 + seed % 4000, 200 + seed % 800), 0);
	} else if (seed % 5 == 1) {
		step_key = seed / 5 % KEYS;
		assert_int_equal(store_delete(STORE_RESULT, step_key), 0);
		model.seeds[step_key] = 0;
	} else {
		step_key = seed / 5 % KEYS;
		step_seed = seed;
		put_value(step_key, seed);
		model.seeds[step_key] = seed;
	}
}

static bool has_value(uint32_t key, uint32_t seed)
{
	static uint8_t expected[1000];
	static uint8_t data[1000];
	int len = store_len(STORE_RESULT, key);

	if (seed == 0) {
		return len == -ENOENT;
	}
	if (len != (int)value_len(seed) ||
	    store_get(STORE_RESULT, key, 0, data, sizeof(data)) != len) {
		return false;
	}
	fill(expected, (size_t)len, seed);
	return memcmp(data, expected, (size_t)len) == 0;
}

/** What is there is what was put; of the step that was cut off, the state before it or after it. */
static void assert_state(void)
{
	for (uint32_t key = 0; key < KEYS; key++) {
		bool before = has_value(key, model.seeds[key]);

		if (key == step_key && !before) {
			assert_true(has_value(key, step_seed));
			model.seeds[key] = step_seed;
		} else {
			assert_true(before);
		}
	}
	if (model.pinned) {
		assert_blob(PINNED_SEED, PINNED_SIZE);
		store_blob_pin(blob_digest);
	}
	/* Whatever says that it is complete, is. */
	uint8_t digests[CONFIG_SAMARA_BLOBS][STORE_DIGEST_SIZE];
	size_t count = store_blob_list(digests, CONFIG_SAMARA_BLOBS);

	for (size_t index = 0; index < count; index++) {
		assert_int_equal(store_blob_verify(digests[index]), 0);
	}
}

static void begin_life(const struct port_flash_geometry *geometry)
{
	memset(&model, 0, sizeof(model));
	step_key = KEYS;
	flash_sim_open(geometry->size, geometry->block_size, geometry->write_size);
}

static void live(uint32_t from)
{
	for (step_at = from; step_at < STEPS; step_at++) {
		one_step();
	}
	step_key = KEYS;
}

/** @retval Step that was cut off. */
static uint32_t live_until_cut(const struct port_flash_geometry *geometry, unsigned long cut)
{
	begin_life(geometry);
	flash_sim_cut(cut, (uint32_t)cut * 31);
	if (setjmp(flash_sim_power_off) == 0) {
		assert_int_equal(store_mount(), 0);
		live(0);
		return STEPS;
	}
	return step_at;
}

/** Mounts, and goes on to write. */
static void recover(uint32_t seed)
{
	assert_int_equal(store_mount(), 0);
	assert_state();
	for (uint32_t key = 0; key < 4; key++) {
		step_key = key;
		step_seed = seed + key;
		put_value(key, step_seed);
		model.seeds[key] = step_seed;
	}
	step_key = KEYS;
}

/* Sanitizers and an emulated processor are slow: they see one write in so many, the others all. */
#ifndef CUT_STEP
#define CUT_STEP 1
#endif

static void a_power_cut_at_every_write(const struct port_flash_geometry *geometry)
{
	begin_life(geometry);
	assert_int_equal(store_mount(), 0);
	live(0);
	assert_state();
	unsigned long writes = flash_sim_operations();
	unsigned long seconds = 0;
	uint32_t least;
	uint32_t most;

	flash_sim_wear(&least, &most);
	print_message("%lu writes and erasures in a life, %u erasures of a block\n", writes, most);
	assert_true(most >= 3);
	for (unsigned long cut = 1; cut <= writes; cut += CUT_STEP) {
		uint32_t at = live_until_cut(geometry, cut);

		/* Power goes again at one of the first writes of the recovery: in the mount, or for
		 * want of room. */
		flash_sim_cut(1 + cut % 9, (uint32_t)cut * 17);
		if (setjmp(flash_sim_power_off) == 0) {
			recover((uint32_t)cut);
		} else {
			seconds++;
		}
		flash_sim_cut(0, 1);
		assert_int_equal(store_mount(), 0);
		assert_state();
		if (cut % 5 == 0) {
			live(at);
			assert_state();
		}
	}
	print_message("%lu cuts, %lu second cuts\n", (writes + CUT_STEP - 1) / CUT_STEP, seconds);
}

static void cuts_in_small_blocks(void **state)
{
	(void)state;
	a_power_cut_at_every_write(&small);
}

static void cuts_in_large_blocks(void **state)
{
	(void)state;
	a_power_cut_at_every_write(&wide);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_there_until_it_is_replaced_or_deleted),
		cmocka_unit_test(values_have_bounds),
		cmocka_unit_test(a_blob_goes_on_after_a_power_cut_where_it_was),
		cmocka_unit_test(a_blob_that_is_not_what_its_digest_says_is_thrown_away),
		cmocka_unit_test(a_blob_that_was_damaged_is_found_out_after_the_next_boot),
		cmocka_unit_test(eviction_in_small_blocks),
		cmocka_unit_test(eviction_in_large_blocks),
		cmocka_unit_test(large_module_in_small_blocks),
		cmocka_unit_test(large_module_in_large_blocks),
		cmocka_unit_test(blocks_wear_evenly),
		cmocka_unit_test(cuts_in_small_blocks),
		cmocka_unit_test(cuts_in_large_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
