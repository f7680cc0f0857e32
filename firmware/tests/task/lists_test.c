/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "task/fixture.h"

/* The desired index [P-7.1] */

static void the_list_is_pulled_taken_over_and_reported(void **state)
{
	struct wish wishes[] = {fixture_wish(1), fixture_wish(2)};

	(void)state;
	fixture_desire(3, wishes, 2);
	assert_int_equal(fixture_stats().deployments, 0);
	fixture_work();
	fixture_expect_reported(3, 2, CODEC_NO_ERROR);
	assert_int_equal(fixture_reported().incarnation, 1);
	assert_int_equal(fixture_stats().deployments, 2);
	assert_int_equal(fake_runtime.runs_count, 2);
	/* The list is in the store twice otherwise. */
	assert_int_equal(store_blob_size(manager.asked[0]), -ENOENT);
}

static void an_index_that_is_equal_or_older_is_a_no_op(void **state)
{
	(void)state;
	fixture_desire_one(2, fixture_wish(1));
	fixture_fetch();
	manager_forget();
	fixture_disconnect();
	fixture_connect();
	fixture_desire_one(2, fixture_wish(1));
	fixture_desire_one(1, fixture_wish(2));
	fixture_fetch();
	assert_int_equal(manager.asked_count, 0);
	assert_int_equal(fake_runtime.stops, 0);
	fixture_expect_reported(2, 1, CODEC_NO_ERROR);
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 1);
}

static void a_larger_incarnation_wins_over_a_larger_revision(void **state)
{
	static const uint8_t empty[] = {0xa1, 0x01, 0x80};
	uint8_t digest[32];
	struct codec_desired next = {
		.incarnation = 2,
		.revision = 1,
		.digest = {digest, 32},
		.size_bytes = sizeof(empty),
	};

	(void)state;
	fixture_desire_one(9, fixture_wish(1));
	fixture_work();
	manager_publish(empty, sizeof(empty), digest);
	task_desired(&next);
	fixture_work();
	fixture_expect_reported(1, 0, CODEC_NO_ERROR);
	assert_int_equal(fixture_reported().incarnation, 2);
	assert_int_equal(fixture_stats().deployments, 0);
	fixture_desire_one(10, fixture_wish(1));
	fixture_work();
	fixture_expect_reported(1, 0, CODEC_NO_ERROR);
}

static void a_list_that_cannot_be_had_is_told_and_tried_again(void **state)
{
	(void)state;
	fixture_desire_one(1, fixture_wish(1));
	manager_fail(CODEC_NOT_FOUND);
	fixture_expect_reported(0, 0, CODEC_NOT_FOUND);
	assert_int_equal(manager_pulls(), 0);
	fixture_run(900 * MS);
	assert_int_equal(manager_pulls(), 0);
	fixture_run(200 * MS);
	assert_int_equal(manager_pulls(), 1);
	manager_fail(CODEC_UNAVAILABLE);
	fixture_run(1900 * MS);
	assert_int_equal(manager_pulls(), 0);
	fixture_run(200 * MS);
	fixture_work();
	fixture_expect_reported(1, 1, CODEC_NO_ERROR);
}

static void what_was_taken_over_is_reported_when_the_link_takes_it_again(void **state)
{
	(void)state;
	manager_forget();
	manager.send_err = -EAGAIN;
	fixture_desire_one(1, fixture_wish(1));
	fixture_work();
	manager.send_err = 0;
	fixture_run(2 * S);
	fixture_expect_reported(1, 1, CODEC_NO_ERROR);
	assert_int_equal(manager_said(CODEC_TOPIC_REPORTED), 1);
}

static void a_newer_index_replaces_one_that_cannot_be_had_at_once(void **state)
{
	(void)state;
	fixture_desire_one(1, fixture_wish(1));
	manager_fail(CODEC_NOT_FOUND);
	fixture_desire_one(2, fixture_wish(2));
	fixture_work();
	fixture_expect_reported(2, 1, CODEC_NO_ERROR);
	fixture_desire_one(3, fixture_wish(1));
	fixture_desire_one(4, fixture_wish(3));
	assert_int_equal(manager_pulls(), 1);
	fixture_work();
	fixture_expect_reported(4, 1, CODEC_NO_ERROR);
}

/** What cannot be taken over leaves what is there, and is tried again. */
static void expect_old_one_stays(const void *data, size_t len, enum codec_error_code code)
{
	fixture_desire_one(1, fixture_every(1, 1000));
	fixture_work();
	size_t runs = fake_runtime.runs_count;

	fixture_desire_bytes(2, data, len);
	fixture_work();
	fixture_expect_reported(1, 1, code);
	assert_int_equal(fixture_stats().deployments, 1);
	fixture_live(3 * S);
	assert_int_equal(fake_runtime.runs_count, runs + 3);
	fixture_boot();
	fixture_connect();
	assert_int_equal(fixture_stats().deployments, 1);
	fixture_live(2 * S);
	assert_int_equal(fake_runtime.runs_count, 3);
}

static void what_is_no_list_leaves_the_old_one(void **state)
{
	(void)state;
	expect_old_one_stays("not a list", 10, CODEC_INVALID_ARGUMENT);
}

static void a_list_with_an_item_that_is_no_deployment_leaves_the_old_one(void **state)
{
	static const uint8_t number[] = {0xa1, 0x01, 0x81, 0x07};

	(void)state;
	expect_old_one_stays(number, sizeof(number), CODEC_INVALID_ARGUMENT);
}

static void a_list_of_more_than_fit_leaves_the_old_one(void **state)
{
	static uint8_t data[8192];
	struct wish wishes[CONFIG_SAMARA_DEPLOYMENTS + 1];
	size_t count = CONFIG_SAMARA_DEPLOYMENTS + 1;

	(void)state;
	for (unsigned int number = 0; number < count; number++) {
		wishes[number] = fixture_wish(number + 1);
	}
	expect_old_one_stays(data, fixture_list(data, sizeof(data), wishes, count),
			     CODEC_RESOURCE_EXHAUSTED);
}

static void a_list_with_a_deployment_that_is_too_long_leaves_the_old_one(void **state)
{
	static uint8_t data[8192];
	static char name[CONFIG_SAMARA_VALUE_MAX + 1];
	struct wish wish = fixture_wish(2);

	(void)state;
	memset(name, 'n', CONFIG_SAMARA_VALUE_MAX);
	wish.export_name = name;
	expect_old_one_stays(data, fixture_list(data, sizeof(data), &wish, 1), CODEC_TOO_LARGE);
}

static void a_list_that_the_flash_has_no_room_for_leaves_the_old_one(void **state)
{
	struct wish wishes[] = {fixture_wish(2), fixture_wish(3), fixture_wish(4)};
	uint8_t digest[32];

	(void)state;
	fixture_desire_one(1, fixture_every(1, 1000));
	fixture_work();
	/* Room for the list alone, not for what is made of it. */
	assert_true(fixture_pin_blob(0, 700, digest));
	fixture_fill_flash();
	store_blob_unpin(digest);
	store_blob_drop(digest);
	fixture_desire(2, wishes, 3);
	fixture_work();
	assert_int_equal(manager.asked_count, 4);
	fixture_expect_reported(1, 1, CODEC_RESOURCE_EXHAUSTED);
	assert_memory_equal(fixture_reported().error.message.data, "the flash has no room", 21);
	size_t before = fake_runtime.runs_count;

	fixture_live(1500 * MS);
	assert_true(fake_runtime.runs_count > before);
	/* After a reboot nothing is pinned but what is deployed. */
	fixture_boot();
	fixture_connect();
	assert_int_equal(fixture_stats().deployments, 1);
	fixture_desire(2, wishes, 3);
	fixture_work();
	fixture_expect_reported(2, 3, CODEC_NO_ERROR);
}

static void a_revision_that_the_flash_has_no_room_for_is_told_and_tried_again(void **state)
{
	uint8_t digest[32];
	uint32_t id = 0;

	(void)state;
	fixture_desire_one(1, fixture_wish(1));
	fixture_work();
	assert_true(fixture_pin_blob(0, 2000, digest));
	fixture_fill_flash();
	while (store_put(STORE_COUNTER, id, "some bytes to fill what is left", 31) == 0) {
		id++;
	}
	fixture_desire_one(2, fixture_wish(1));
	fixture_expect_reported(1, 1, CODEC_RESOURCE_EXHAUSTED);
	store_blob_unpin(digest);
	store_blob_drop(digest);
	fixture_run(1100 * MS);
	fixture_expect_reported(2, 1, CODEC_NO_ERROR);
	/* For the end of the test: pins are in RAM. */
	fixture_boot();
}

static void a_list_that_the_pool_has_no_room_for_leaves_the_old_one(void **state)
{
	(void)state;
	fixture_desire_one(1, fixture_wish(1));
	fixture_work();
	fake_runtime.limit = fake_runtime.out + 100;
	fixture_desire_one(2, fixture_wish(2));
	fixture_work();
	fixture_expect_reported(1, 1, CODEC_RESOURCE_EXHAUSTED);
	fake_runtime.limit = CONFIG_SAMARA_POOL_SIZE;
	fixture_live(1200 * MS);
	fixture_expect_reported(2, 1, CODEC_NO_ERROR);
}

static void a_list_of_as_many_as_fit_is_taken_over(void **state)
{
	struct wish wishes[CONFIG_SAMARA_DEPLOYMENTS];

	(void)state;
	for (unsigned int number = 0; number < CONFIG_SAMARA_DEPLOYMENTS; number++) {
		wishes[number] = fixture_wish(number + 1);
	}
	fixture_desire(1, wishes, CONFIG_SAMARA_DEPLOYMENTS);
	fixture_work();
	fixture_expect_reported(1, CONFIG_SAMARA_DEPLOYMENTS, CODEC_NO_ERROR);
	wishes[0].timeout_ms = 1;
	fixture_desire(2, wishes, CONFIG_SAMARA_DEPLOYMENTS);
	fixture_work();
	fixture_expect_reported(2, CONFIG_SAMARA_DEPLOYMENTS, CODEC_NO_ERROR);
	assert_int_equal(fake_runtime.runs_count, CONFIG_SAMARA_DEPLOYMENTS + 1);
}

static void another_revision_of_the_same_list_is_not_pulled_and_restarts_nothing(void **state)
{
	(void)state;
	fixture_desire_one(1, fixture_wish(1));
	fixture_work();
	manager_forget();
	fixture_desire_one(2, fixture_wish(1));
	assert_int_equal(manager.asked_count, 0);
	fixture_expect_reported(2, 1, CODEC_NO_ERROR);
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 1);
	fixture_boot();
	fixture_connect();
	fixture_expect_reported(2, 1, CODEC_NO_ERROR);
}

static void what_the_pool_has_no_room_for_now_is_begun_later_and_the_others_go_on(void **state)
{
	struct wish first = fixture_every(1, 300);
	struct wish wishes[] = {fixture_wish(2), first};

	(void)state;
	fixture_desire(1, &first, 1);
	fixture_work();
	fixture_desire(2, wishes, 2);
	/* One more instance is more than there is. */
	fake_runtime.limit = 3000 + fake_runtime.out;
	void *most = runtime_alloc(2500);

	fixture_fetch();
	assert_int_equal(fixture_stats().deployments, 1);
	fixture_expect_reported(2, 2, CODEC_RESOURCE_EXHAUSTED);
	fake_runtime.limit += CONFIG_SAMARA_POOL_SIZE;
	fixture_live(900 * MS);
	assert_int_equal(fixture_stats().deployments, 1);
	assert_int_equal(fake_runtime.runs_count, 4);
	fixture_live(300 * MS);
	assert_int_equal(fixture_stats().deployments, 2);
	fixture_expect_reported(2, 2, CODEC_NO_ERROR);
	assert_int_equal(fake_runtime.runs_count, 1 + 4 + 1);
	fixture_live(S);
	assert_int_equal(fixture_state(1).failures, 0);
	assert_true(fixture_state(1).runs >= 5);
	runtime_free(most);
}

static void a_kept_list_that_is_damaged_is_fetched_anew(void **state)
{
	struct wish wishes[] = {fixture_wish(1), fixture_wish(2)};
	uint32_t id = 0;

	(void)state;
	fixture_desire(4, wishes, 2);
	fixture_work();
	assert_int_equal(store_next(STORE_DEPLOYMENT, 0, &id), 0);
	assert_int_equal(store_put(STORE_DEPLOYMENT, id, "damaged", 7), 0);
	fixture_boot();
	assert_int_equal(fixture_stats().deployments, 1);
	fixture_connect();
	fixture_desire(4, wishes, 2);
	fixture_work();
	fixture_expect_reported(4, 2, CODEC_NO_ERROR);
	assert_int_equal(fixture_stats().deployments, 2);
	assert_int_equal(fake_runtime.runs_count, 2);
}

static void change_list(void)
{
	struct wish wishes[] = {fixture_wish(3), fixture_wish(2)};

	wishes[1].timeout_ms = 77;
	fixture_desire(2, wishes, 2);
	fixture_work();
}

static bool runs_with(uint32_t timeout_ms)
{
	for (size_t index = 0; index < fake_runtime.runs_count; index++) {
		if (fake_runtime.runs[index].timeout_ms == timeout_ms) {
			return true;
		}
	}
	return false;
}

static void a_power_cut_leaves_the_old_list_or_the_new_one_whole(void **state)
{
	struct wish wishes[] = {fixture_wish(1), fixture_wish(2), fixture_wish(4)};
	volatile unsigned long all = 1;
	volatile unsigned int olds = 0;
	volatile unsigned int news = 0;

	for (volatile unsigned long cut = 1; cut <= all; cut++) {
		assert_int_equal(fixture_reset(state), 0);
		fixture_desire(1, wishes, 3);
		fixture_work();
		unsigned long before = flash_sim_operations();

		flash_sim_cut(cut, (uint32_t)cut * 13);
		if (setjmp(flash_sim_power_off) == 0) {
			change_list();
			all = flash_sim_operations() - before;
		} else {
			all = cut + 1;
		}
		flash_sim_cut(0, 1);
		fixture_boot();
		fixture_work();
		bool is_new = runs_with(77);

		assert_int_equal(fixture_stats().deployments, is_new ? 2 : 3);
		assert_int_equal(fake_runtime.runs_count, is_new ? 2 : 3);
		fixture_connect();
		fixture_expect_reported(is_new ? 2 : 1, is_new ? 2 : 3, CODEC_NO_ERROR);
		news += is_new;
		olds += !is_new;
	}
	assert_true(olds > 3);
	assert_true(news > 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_reset, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_list_is_pulled_taken_over_and_reported),
		TEST(an_index_that_is_equal_or_older_is_a_no_op),
		TEST(a_larger_incarnation_wins_over_a_larger_revision),
		TEST(a_list_that_cannot_be_had_is_told_and_tried_again),
		TEST(what_was_taken_over_is_reported_when_the_link_takes_it_again),
		TEST(a_newer_index_replaces_one_that_cannot_be_had_at_once),
		TEST(what_is_no_list_leaves_the_old_one),
		TEST(a_list_with_an_item_that_is_no_deployment_leaves_the_old_one),
		TEST(a_list_of_more_than_fit_leaves_the_old_one),
		TEST(a_list_with_a_deployment_that_is_too_long_leaves_the_old_one),
		TEST(a_list_that_the_flash_has_no_room_for_leaves_the_old_one),
		TEST(a_revision_that_the_flash_has_no_room_for_is_told_and_tried_again),
		TEST(a_list_that_the_pool_has_no_room_for_leaves_the_old_one),
		TEST(a_list_of_as_many_as_fit_is_taken_over),
		TEST(another_revision_of_the_same_list_is_not_pulled_and_restarts_nothing),
		TEST(what_the_pool_has_no_room_for_now_is_begun_later_and_the_others_go_on),
		TEST(a_kept_list_that_is_damaged_is_fetched_anew),
		TEST(a_power_cut_leaves_the_old_list_or_the_new_one_whole),
	};

	return cmocka_run_group_tests_name("task_lists", tests, NULL, NULL);
}
