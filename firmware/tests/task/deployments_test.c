/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "task/fixture.h"

static void expect_state(unsigned int number, enum codec_instance_state state)
{
	assert_int_equal(fixture_state(number).state, state);
}

/** States are told once a second at most. */
static void let_it_be_told(void)
{
	fixture_run(S);
}

/* Triggers [P-7.3] */

static void boot_runs_once_after_each_start_without_a_connection_too(void **state)
{
	(void)state;
	fixture_desire_one(1, fixture_wish(1));
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 1);
	fixture_live(120 * S);
	assert_int_equal(fake_runtime.runs_count, 1);
	let_it_be_told();
	expect_state(1, CODEC_INSTANCE_READY);
	assert_int_equal(fixture_state(1).runs, 1);
	fixture_boot();
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 1);
	assert_int_equal(manager.asked_count, 0);
	assert_null(manager_any(0));
}

static void every_runs_at_once_and_then_each_period(void **state)
{
	(void)state;
	fixture_desire_one(1, fixture_every(1, 1000));
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 1);
	fixture_live(3500 * MS);
	assert_int_equal(fake_runtime.runs_count, 4);
	assert_int_equal(fake_runtime.runs[3].at_us - fake_runtime.runs[2].at_us, S);
	assert_int_equal(fake_runtime.runs[0].timeout_ms, 5000);
	assert_string_equal(fake_runtime.runs[0].export_name, "add");
}

static void a_period_has_a_bound(void **state)
{
	(void)state;
	fixture_desire_one(1, fixture_every(1, 1));
	fixture_work();
	fixture_live(S);
	assert_true(fake_runtime.runs_count >= 90);
	assert_true(fake_runtime.runs_count <= 102);
}

static void on_request_waits(void **state)
{
	struct wish wish = fixture_wish(1);

	(void)state;
	wish.trigger = CODEC_TRIGGER_ON_REQUEST;
	fixture_desire_one(1, wish);
	fixture_live(60 * S);
	assert_int_equal(fake_runtime.runs_count, 0);
	expect_state(1, CODEC_INSTANCE_READY);
}

static void a_run_that_would_overlap_the_last_is_skipped_and_counted(void **state)
{
	(void)state;
	fixture_desire_one(1, fixture_every(1, 1000));
	fixture_fetch();
	fixture_run(3500 * MS);
	fixture_end_calls();
	let_it_be_told();
	assert_int_equal(fixture_state(1).skipped, 3);
	assert_int_equal(fixture_state(1).runs, 1);
	assert_int_equal(fixture_state(1).failures, 0);
	assert_int_equal(fake_runtime.runs_count, 1);
}

static void a_run_that_waits_for_its_device_is_skipped_and_counted_too(void **state)
{
	struct wish wish = fixture_every(1, 1000);

	(void)state;
	wish.device = "lamp";
	fake_hal.busy = true;
	fixture_desire_one(1, wish);
	fixture_fetch();
	fixture_run(2500 * MS);
	fake_hal.busy = false;
	/* Whoever has had it gives the runners a kick. */
	fixture_say_start(1);
	fixture_work();
	let_it_be_told();
	assert_int_equal(fixture_state(1).skipped, 2);
	assert_int_equal(fixture_state(1).runs, 1);
}

static void long_tasks_leave_a_slot_to_it(void **state)
{
	(void)state;
	fixture_desire_one(1, fixture_every(1, 1000));
	fixture_work();
	for (unsigned int number = 1; number <= CONFIG_SAMARA_SLOTS; number++) {
		fixture_begin(number);
	}
	assert_int_equal(fixture_stats().running, CONFIG_SAMARA_SLOTS - 1);
	assert_int_equal(fixture_stats().waiting, 1);
	fixture_run(1000 * MS);
	let_it_be_told();
	expect_state(1, CODEC_INSTANCE_RUNNING);
	fixture_work();
	fixture_expect_result(CONFIG_SAMARA_SLOTS, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
}

static void what_is_removed_while_it_waits_never_runs(void **state)
{
	struct wish wish = fixture_wish(1);

	(void)state;
	wish.device = "lamp";
	fake_hal.busy = true;
	fixture_desire_one(1, wish);
	fixture_work();
	fixture_desire(2, NULL, 0);
	fixture_work();
	fake_hal.busy = false;
	fixture_say_start(1);
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 1);
	assert_int_equal(fake_hal.open, 0);
	assert_int_equal(fake_runtime.out, 0);
}

/* Kept instances */

static void an_instance_is_kept_under_one_name_where_it_says_so(void **state)
{
	struct wish wishes[] = {fixture_every(1, 1000), fixture_every(2, 1000), fixture_wish(3)};
	uint32_t names[2];

	(void)state;
	wishes[0].keep = true;
	wishes[1].keep = true;
	fixture_desire(1, wishes, 3);
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 3);
	names[0] = fake_runtime.runs[0].keep;
	names[1] = fake_runtime.runs[1].keep;
	assert_int_equal(fake_runtime.runs[2].keep, 0);
	assert_int_not_equal(names[0], 0);
	assert_int_not_equal(names[1], 0);
	assert_int_not_equal(names[0], names[1]);
	fixture_live(1500 * MS);
	assert_int_equal(fake_runtime.runs_count, 5);
	assert_int_equal(fake_runtime.runs[3].keep + fake_runtime.runs[4].keep,
			 names[0] + names[1]);
	assert_int_equal(fake_runtime.released_count, 0);
}

static void a_kept_instance_that_failed_is_let_go(void **state)
{
	struct wish wish = fixture_wish(1);

	(void)state;
	wish.keep = true;
	fake_runtime_ends(CODEC_OUTCOME_TRAPPED, CODEC_GUEST_TRAPPED);
	fixture_desire_one(1, wish);
	fixture_work();
	assert_int_equal(fake_runtime.released_count, 1);
	assert_int_equal(fake_runtime.released[0], fake_runtime.runs[0].keep);
}

/* Failures */

static void what_fails_backs_off_from_1_s_doubling_to_60_s(void **state)
{
	(void)state;
	fake_port_random_byte(0xff);
	fake_runtime_ends(CODEC_OUTCOME_TRAPPED, CODEC_GUEST_TRAPPED);
	fixture_desire_one(1, fixture_wish(1));
	fixture_live(260 * S);
	let_it_be_told();
	expect_state(1, CODEC_INSTANCE_BACKOFF);
	assert_int_equal(fixture_state(1).error.code, CODEC_GUEST_TRAPPED);
	assert_true(fake_runtime.runs_count >= 9);
	assert_int_equal(fixture_state(1).failures, fake_runtime.runs_count);
	for (size_t index = 1; index < fake_runtime.runs_count; index++) {
		uint64_t wait = fake_runtime.runs[index].at_us - fake_runtime.runs[index - 1].at_us;
		uint64_t most = index > 6 ? 60 * S : S << (index - 1);

		assert_in_range(wait, most - 20 * MS, most + 20 * MS);
	}
}

static void the_chance_of_a_back_off_takes_its_half_at_most_and_1_s_stays(void **state)
{
	(void)state;
	fake_port_random_byte(0);
	fake_runtime_ends(CODEC_OUTCOME_TRAPPED, CODEC_GUEST_TRAPPED);
	fixture_desire_one(1, fixture_wish(1));
	fixture_live(4500 * MS);
	assert_int_equal(fake_runtime.runs_count, 4);
	uint64_t waits[3];

	for (size_t index = 0; index < 3; index++) {
		waits[index] = fake_runtime.runs[index + 1].at_us - fake_runtime.runs[index].at_us;
	}
	assert_in_range(waits[0], S, 1020 * MS);
	assert_in_range(waits[1], S, 1020 * MS);
	assert_in_range(waits[2], 2 * S, 2020 * MS);
}

static void back_off_begins_anew_after_a_success(void **state)
{
	(void)state;
	fake_port_random_byte(0xff);
	fake_runtime_ends(CODEC_OUTCOME_TRAPPED, CODEC_GUEST_TRAPPED);
	fixture_desire_one(1, fixture_every(1, 100));
	fixture_live(3500 * MS);
	assert_int_equal(fake_runtime.runs_count, 3);
	fake_runtime_ends(CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
	fixture_live(4 * S);
	size_t before = fake_runtime.runs_count;

	assert_true(before > 3);
	fake_runtime_ends(CODEC_OUTCOME_TRAPPED, CODEC_GUEST_TRAPPED);
	fixture_live(1050 * MS);
	assert_int_equal(fake_runtime.runs_count, before + 1);
	fixture_live(300 * MS);
	assert_int_equal(fake_runtime.runs_count, before + 2);
}

static void a_function_that_cannot_run_here_is_refused_for_good(void **state)
{
	struct version other = fixture_version("other", 900, 9);
	struct version mixed = add;
	struct wish wish = fixture_every(1, 1000);

	(void)state;
	memcpy(mixed.image, other.image, 32);
	mixed.image_bytes = other.image_bytes;
	wish.version = &mixed;
	fixture_desire_one(1, wish);
	fixture_work();
	let_it_be_told();
	expect_state(1, CODEC_INSTANCE_REFUSED);
	assert_int_equal(fixture_state(1).error.code, CODEC_PERMISSION_DENIED);
	manager_forget();
	fixture_live(120 * S);
	assert_int_equal(fake_runtime.runs_count, 0);
	assert_int_equal(manager.asked_count, 0);
	assert_int_equal(manager_said(CODEC_TOPIC_DEPLOYMENT_RESULT), 0);
}

static void an_image_that_is_too_long_is_refused_without_a_pull(void **state)
{
	struct version long_one = add;
	struct wish wish = fixture_wish(1);

	(void)state;
	long_one.image_bytes = CONFIG_SAMARA_IMAGE_MAX + 1;
	wish.version = &long_one;
	fixture_desire_one(1, wish);
	fixture_work();
	let_it_be_told();
	expect_state(1, CODEC_INSTANCE_REFUSED);
	assert_int_equal(fixture_state(1).error.code, CODEC_TOO_LARGE);
	assert_int_equal(manager.asked_count, 1);
}

static void a_refusal_that_may_pass_is_tried_again(void **state)
{
	(void)state;
	fake_runtime_ends(CODEC_OUTCOME_REFUSED, CODEC_RESOURCE_EXHAUSTED);
	fixture_desire_one(1, fixture_wish(1));
	fixture_work();
	let_it_be_told();
	expect_state(1, CODEC_INSTANCE_BACKOFF);
	fake_runtime_ends(CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
	fixture_live(2 * S);
	assert_int_equal(fake_runtime.runs_count, 2);
	let_it_be_told();
	expect_state(1, CODEC_INSTANCE_READY);
	assert_false(fixture_state(1).has_error);
}

static void an_image_that_is_not_there_yet_is_tried_again(void **state)
{
	struct version late = fixture_version("late", 800, 3);
	struct wish wish = fixture_wish(1);

	(void)state;
	manager_withdraw(late.image);
	wish.version = &late;
	wish.export_name = "late";
	fixture_desire_one(1, wish);
	fixture_work();
	let_it_be_told();
	expect_state(1, CODEC_INSTANCE_BACKOFF);
	assert_int_equal(fixture_state(1).error.code, CODEC_NOT_FOUND);
	(void)fixture_version("late", 800, 3);
	fixture_live(2 * S);
	assert_int_equal(fake_runtime.runs_count, 1);
}

static void an_image_that_was_damaged_in_the_flash_is_fetched_anew(void **state)
{
	static uint8_t image[3000];

	(void)state;
	fixture_desire_one(1, fixture_wish(1));
	fixture_work();
	assert_int_equal(store_blob_read(add.image, 0, image, sizeof(image)), sizeof(image));
	uint8_t *flash = flash_sim_bytes();
	bool damaged = false;

	for (size_t at = 0; at < 256 * 1024 - 200 && !damaged; at++) {
		damaged = memcmp(&flash[at], &image[1000], 200) == 0;
		flash[at] &= damaged ? 0x01 : 0xff;
	}
	assert_true(damaged);
	fixture_boot();
	fixture_connect();
	fixture_work();
	assert_int_equal(manager.asked_count, 1);
	assert_memory_equal(manager.asked[0], add.image, 32);
	assert_int_equal(fake_runtime.runs_count, 1);
}

static void what_says_that_data_was_lost_is_fetched_anew(void **state)
{
	(void)state;
	fake_runtime_ends(CODEC_OUTCOME_REFUSED, CODEC_DATA_LOSS);
	fixture_desire_one(1, fixture_every(1, 500));
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 1);
	fixture_live(900 * MS);
	assert_int_equal(fake_runtime.runs_count, 1);
	fake_runtime_ends(CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
	fixture_live(2050 * MS);
	assert_in_range(fake_runtime.runs_count, 3, 6);
}

/* Changes */

static void what_changed_is_restarted_and_its_neighbour_left_alone(void **state)
{
	struct wish wishes[] = {fixture_wish(1), fixture_wish(2)};

	(void)state;
	fixture_desire(1, wishes, 2);
	fixture_work();
	wishes[0].timeout_ms = 4321;
	fixture_desire(2, wishes, 2);
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 3);
	assert_int_equal(fake_runtime.runs[2].timeout_ms, 4321);
	assert_int_equal(manager_said(CODEC_TOPIC_DEPLOYMENT_RESULT), 3);
	assert_int_equal(fixture_told(2).seq, 2);
	assert_memory_equal(fixture_told(2).deployment.data, fixture_deployment(1), 21);
}

static void a_change_while_it_runs_stops_the_run_and_begins_the_other_form(void **state)
{
	struct wish wish = fixture_wish(1);

	(void)state;
	wish.keep = true;
	fixture_desire_one(1, wish);
	fixture_fetch();
	wish.timeout_ms = 4321;
	fixture_desire_one(2, wish);
	fixture_fetch();
	assert_int_equal(fake_runtime.stops, 1);
	assert_int_equal(fake_runtime.runs_count, 0);
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 2);
	assert_int_equal(fake_runtime.runs[1].timeout_ms, 4321);
	assert_int_equal(fake_runtime.released_count, 1);
	/* What was stopped is nobody's result. */
	assert_int_equal(manager_said(CODEC_TOPIC_DEPLOYMENT_RESULT), 1);
	let_it_be_told();
	assert_int_equal(fixture_state(1).failures, 0);
	assert_int_equal(fixture_stats().deployments, 1);
}

static void a_change_ends_a_refusal_and_a_back_off(void **state)
{
	struct wish wish = fixture_wish(1);

	(void)state;
	fake_runtime_ends(CODEC_OUTCOME_REFUSED, CODEC_UNSUPPORTED);
	fixture_desire_one(1, wish);
	fixture_work();
	let_it_be_told();
	expect_state(1, CODEC_INSTANCE_REFUSED);
	fake_runtime_ends(CODEC_OUTCOME_TRAPPED, CODEC_GUEST_TRAPPED);
	wish.timeout_ms = 1;
	fixture_desire_one(2, wish);
	fixture_work();
	fake_runtime_ends(CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
	wish.timeout_ms = 2;
	fixture_desire_one(3, wish);
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 3);
	let_it_be_told();
	expect_state(1, CODEC_INSTANCE_READY);
}

static void what_is_no_longer_named_stops_and_so_does_what_it_runs(void **state)
{
	struct wish wish = fixture_wish(1);

	(void)state;
	wish.keep = true;
	fixture_desire_one(1, wish);
	fixture_fetch();
	fixture_desire(2, NULL, 0);
	fixture_fetch();
	assert_int_equal(fake_runtime.stops, 1);
	expect_state(1, CODEC_INSTANCE_STOPPED);
	assert_int_equal(fixture_stats().deployments, 0);
	fixture_work();
	assert_int_equal(fake_runtime.released[0], fake_runtime.runs[0].keep);
	assert_int_equal(manager_said(CODEC_TOPIC_DEPLOYMENT_RESULT), 0);
	assert_int_equal(fake_runtime.out, 0);
	fixture_boot();
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 0);
}

static void what_is_named_again_while_it_still_runs_begins_beside_it(void **state)
{
	(void)state;
	fixture_desire_one(1, fixture_wish(1));
	fixture_fetch();
	fixture_desire(2, NULL, 0);
	fixture_fetch();
	fixture_desire_one(3, fixture_wish(1));
	fixture_fetch();
	assert_int_equal(fixture_stats().deployments, 1);
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 2);
	assert_int_equal(manager_said(CODEC_TOPIC_DEPLOYMENT_RESULT), 1);
	let_it_be_told();
	expect_state(1, CODEC_INSTANCE_READY);
}

static void a_list_that_comes_while_it_fetches_takes_its_pull_back(void **state)
{
	(void)state;
	fixture_desire_one(1, fixture_wish(1));
	assert_true(manager_serve_one());
	assert_int_equal(manager_pulls(), 1);
	fixture_desire(2, NULL, 0);
	assert_int_equal(manager_pulls(), 2);
	fixture_work();
	assert_int_equal(manager_pulls(), 0);
	assert_int_equal(fixture_stats().deployments, 0);
}

static void calls_of_what_stays_are_read_from_where_the_new_list_has_them(void **state)
{
	struct wish wishes[] = {fixture_every(1, 1000), fixture_wish(2)};

	(void)state;
	fixture_desire(1, wishes, 1);
	fixture_work();
	for (uint64_t revision = 2; revision < 6; revision++) {
		wishes[1].timeout_ms++;
		fixture_desire(revision, wishes, 2);
		fixture_live(S);
	}
	let_it_be_told();
	assert_int_equal(fixture_state(1).failures, 0);
	assert_true(fixture_state(1).runs >= 4);
}

/* Devices */

static void outputs_keep_their_level_between_good_runs(void **state)
{
	struct wish wish = fixture_every(1, 1000);

	(void)state;
	wish.device = "lamp";
	fixture_desire_one(1, wish);
	fixture_work();
	fixture_live(2500 * MS);
	assert_int_equal(fake_hal.begun, 3);
	assert_int_equal(fake_hal.opened, 1);
	assert_true(fake_hal.grants_len > 0);
	assert_int_equal(fake_hal.safe, 0);
	fake_runtime_ends(CODEC_OUTCOME_TRAPPED, CODEC_GUEST_TRAPPED);
	fixture_live(S);
	assert_int_equal(fake_hal.safe, 1);
}

static void devices_that_may_not_be_had_refuse_it(void **state)
{
	struct wish wish = fixture_wish(1);

	(void)state;
	wish.device = "lamp";
	fake_hal.open_err = -EINVAL;
	fake_hal.code = CODEC_PERMISSION_DENIED;
	fixture_desire_one(1, wish);
	fixture_work();
	let_it_be_told();
	expect_state(1, CODEC_INSTANCE_REFUSED);
}

static void devices_that_the_pool_has_no_room_for_now_are_tried_again(void **state)
{
	struct wish wish = fixture_wish(1);

	(void)state;
	wish.device = "lamp";
	fake_hal.open_err = -ENOMEM;
	fixture_desire_one(1, wish);
	fixture_work();
	let_it_be_told();
	expect_state(1, CODEC_INSTANCE_BACKOFF);
	assert_int_equal(fixture_state(1).error.code, CODEC_RESOURCE_EXHAUSTED);
	fake_hal.open_err = 0;
	fixture_live(2 * S);
	assert_int_equal(fake_runtime.runs_count, 1);
}

static void refusals_are_counted_from_run_to_run(void **state)
{
	struct wish wish = fixture_every(1, 1000);

	(void)state;
	wish.device = "lamp";
	fake_hal.report.refusals = 2;
	fixture_desire_one(1, wish);
	fixture_live(2500 * MS);
	let_it_be_told();
	assert_int_equal(fixture_state(1).refusals, 2 * fixture_state(1).runs);
}

/* States that are told [P-7.4] */

static void its_state_is_told_at_most_once_a_second(void **state)
{
	(void)state;
	fixture_desire_one(1, fixture_every(1, 50));
	fixture_live(3 * S);
	assert_true(fake_runtime.runs_count > 50);
	assert_in_range(fixture_states(1), 3, 5);
	let_it_be_told();
	assert_true(fixture_state(1).runs + 21 >= fake_runtime.runs_count);
}

static void its_state_and_the_list_are_told_after_each_hello(void **state)
{
	(void)state;
	fixture_desire_one(1, fixture_wish(1));
	fixture_live(5 * S);
	fixture_disconnect();
	manager_forget();
	fixture_connect();
	assert_int_equal(fixture_states(1), 1);
	expect_state(1, CODEC_INSTANCE_READY);
	fixture_expect_reported(1, 1, CODEC_NO_ERROR);
}

static void the_last_state_is_told_when_the_link_takes_it_again(void **state)
{
	(void)state;
	fixture_desire_one(1, fixture_wish(1));
	fixture_fetch();
	manager.send_err = -EAGAIN;
	fixture_work();
	fixture_run(5 * S);
	manager.send_err = 0;
	fixture_run(2 * S);
	expect_state(1, CODEC_INSTANCE_READY);
	assert_int_equal(fixture_state(1).runs, 1);
}

static void what_the_list_names_stays_in_flash(void **state)
{
	static uint8_t block[16384];
	uint8_t digest[32];

	(void)state;
	fixture_desire_one(1, fixture_wish(1));
	fixture_work();
	for (uint8_t seed = 0; seed < 40; seed++) {
		memset(block, seed, sizeof(block));
		codec_sha256(block, sizeof(block), digest);
		assert_int_equal(store_blob_begin(digest, sizeof(block)), 0);
		assert_int_equal(store_blob_append(digest, 0, block, sizeof(block)), 0);
		assert_int_equal(store_blob_finish(digest), 0);
	}
	assert_int_equal(store_blob_size(add.image), 3000);
	assert_true(store_blob_size(add.manifest) > 0);
}

static void a_drain_stops_without_a_word_what_will_run_again(void **state)
{
	(void)state;
	fixture_desire_one(1, fixture_every(1, 1000));
	fixture_fetch();
	task_drain(1000);
	assert_int_equal(fake_runtime.stops, 1);
	fixture_work();
	assert_true(task_idle());
	assert_int_equal(manager_said(CODEC_TOPIC_DEPLOYMENT_RESULT), 0);
	fixture_run(5 * S);
	assert_int_equal(fake_runtime.runs_count, 1);
	fixture_boot();
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 1);
}

static void nothing_is_taken_over_during_a_drain(void **state)
{
	(void)state;
	task_drain(1000);
	fixture_desire_one(1, fixture_wish(1));
	fixture_work();
	assert_int_equal(fixture_stats().deployments, 0);
	assert_int_equal(fake_runtime.runs_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_reset, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(boot_runs_once_after_each_start_without_a_connection_too),
		TEST(every_runs_at_once_and_then_each_period),
		TEST(a_period_has_a_bound),
		TEST(on_request_waits),
		TEST(a_run_that_would_overlap_the_last_is_skipped_and_counted),
		TEST(a_run_that_waits_for_its_device_is_skipped_and_counted_too),
		TEST(long_tasks_leave_a_slot_to_it),
		TEST(what_is_removed_while_it_waits_never_runs),
		TEST(an_instance_is_kept_under_one_name_where_it_says_so),
		TEST(a_kept_instance_that_failed_is_let_go),
		TEST(what_fails_backs_off_from_1_s_doubling_to_60_s),
		TEST(the_chance_of_a_back_off_takes_its_half_at_most_and_1_s_stays),
		TEST(back_off_begins_anew_after_a_success),
		TEST(a_function_that_cannot_run_here_is_refused_for_good),
		TEST(an_image_that_is_too_long_is_refused_without_a_pull),
		TEST(a_refusal_that_may_pass_is_tried_again),
		TEST(an_image_that_is_not_there_yet_is_tried_again),
		TEST(an_image_that_was_damaged_in_the_flash_is_fetched_anew),
		TEST(what_says_that_data_was_lost_is_fetched_anew),
		TEST(what_changed_is_restarted_and_its_neighbour_left_alone),
		TEST(a_change_while_it_runs_stops_the_run_and_begins_the_other_form),
		TEST(a_change_ends_a_refusal_and_a_back_off),
		TEST(what_is_no_longer_named_stops_and_so_does_what_it_runs),
		TEST(what_is_named_again_while_it_still_runs_begins_beside_it),
		TEST(a_list_that_comes_while_it_fetches_takes_its_pull_back),
		TEST(calls_of_what_stays_are_read_from_where_the_new_list_has_them),
		TEST(outputs_keep_their_level_between_good_runs),
		TEST(devices_that_may_not_be_had_refuse_it),
		TEST(devices_that_the_pool_has_no_room_for_now_are_tried_again),
		TEST(refusals_are_counted_from_run_to_run),
		TEST(its_state_is_told_at_most_once_a_second),
		TEST(its_state_and_the_list_are_told_after_each_hello),
		TEST(the_last_state_is_told_when_the_link_takes_it_again),
		TEST(what_the_list_names_stays_in_flash),
		TEST(a_drain_stops_without_a_word_what_will_run_again),
		TEST(nothing_is_taken_over_during_a_drain),
	};

	return cmocka_run_group_tests_name("task_deployments", tests, NULL, NULL);
}
