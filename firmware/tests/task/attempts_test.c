/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "task/fixture.h"

#define HELD_MAX (CONFIG_SAMARA_SLOTS + CONFIG_SAMARA_QUEUE)

/* Start */

static void what_is_missing_is_pulled_in_order_and_then_it_runs(void **state)
{
	static const char grants[] = "grants";
	static const char replay[] = "replay";
	uint8_t call[64];
	uint8_t call_digest[32];
	uint8_t grants_digest[32];
	uint8_t replay_digest[32];
	struct codec_start start = fixture_start(1, 1);
	size_t len = fixture_call(call, sizeof(call), "add");

	(void)state;
	manager_publish(call, (uint32_t)len, call_digest);
	manager_publish(grants, sizeof(grants), grants_digest);
	manager_publish(replay, sizeof(replay), replay_digest);
	start.call = (struct codec_span){NULL, 0};
	start.call_digest = (struct codec_span){call_digest, 32};
	start.has_call_bytes = true;
	start.call_bytes = (uint32_t)len;
	start.grants = (struct codec_span){grants_digest, 32};
	start.grants_bytes = sizeof(grants);
	start.replay = (struct codec_span){replay_digest, 32};
	start.replay_bytes = sizeof(replay);
	task_start(&start);
	fixture_work();
	assert_int_equal(manager.asked_count, 5);
	assert_memory_equal(manager.asked[0], add.manifest, 32);
	assert_memory_equal(manager.asked[1], add.image, 32);
	assert_memory_equal(manager.asked[2], call_digest, 32);
	assert_memory_equal(manager.asked[3], grants_digest, 32);
	assert_memory_equal(manager.asked[4], replay_digest, 32);
	fixture_expect_result(1, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
	assert_int_equal(fake_runtime.runs_count, 1);
	assert_int_equal(fake_hal.grants_len, sizeof(grants));
	assert_true(fake_hal.replay);
	/* What is its own alone is not worth its room. */
	assert_true(store_blob_size(call_digest) < 0);
	assert_true(store_blob_size(replay_digest) < 0);
	assert_true(store_blob_size(grants_digest) > 0);
	assert_true(store_blob_size(add.image) > 0);
}

static void its_result_has_value_times_and_memory(void **state)
{
	static const uint8_t body[] = {0xa1, 0x01, 0x05};

	(void)state;
	fixture_begin(1);
	fixture_run(30 * MS);
	fixture_end_calls();
	struct codec_result result = fixture_result(1);

	assert_int_equal(result.attempt, 1);
	assert_int_equal(result.body.len, sizeof(body));
	assert_memory_equal(result.body.data, body, sizeof(body));
	assert_int_equal(result.ran_us, 700);
	assert_true(result.has_memory_pages);
	assert_int_equal(result.memory_pages, 2);
	assert_false(result.has_refusals);
	assert_int_equal(fake_runtime.runs[0].timeout_ms, 5000);
	assert_string_equal(fake_runtime.runs[0].export_name, "add");
	assert_int_equal(fake_runtime.runs[0].keep, 0);
}

static void a_function_is_pulled_once_for_many_tasks(void **state)
{
	(void)state;
	for (unsigned int number = 1; number <= 4; number++) {
		fixture_say_start(number);
	}
	fixture_work();
	for (unsigned int number = 1; number <= 4; number++) {
		fixture_expect_result(number, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
	}
	/* Those that came while it was on its way asked with the first. */
	assert_int_equal(fake_runtime.runs_count, 4);
	manager_forget();
	fixture_say_start(5);
	fixture_work();
	assert_int_equal(manager.asked_count, 0);
}

static void a_trap_of_the_guest_is_its_result(void **state)
{
	(void)state;
	fake_runtime_ends(CODEC_OUTCOME_TRAPPED, CODEC_GUEST_TRAPPED);
	fixture_say_start(1);
	fixture_work();
	fixture_expect_result(1, CODEC_OUTCOME_TRAPPED, CODEC_GUEST_TRAPPED);
	assert_null(fixture_result(1).body.data);
}

static void a_blob_that_cannot_be_had_refuses_with_its_error(void **state)
{
	(void)state;
	fixture_say_start(1);
	fixture_settle();
	manager_fail(CODEC_NOT_FOUND);
	fixture_expect_result(1, CODEC_OUTCOME_REFUSED, CODEC_NOT_FOUND);
	assert_int_equal(fixture_stats().waiting, 0);
}

static void an_image_of_another_manifest_is_refused(void **state)
{
	struct version other = fixture_version("other", 900, 9);
	struct codec_start start = fixture_start(1, 1);

	(void)state;
	start.image = (struct codec_span){other.image, 32};
	start.image_bytes = other.image_bytes;
	task_start(&start);
	fixture_work();
	fixture_expect_result(1, CODEC_OUTCOME_REFUSED, CODEC_PERMISSION_DENIED);
	assert_int_equal(fake_runtime.runs_count, 0);
}

/* Started [P-5.2] */

static void started_is_said_in_time_and_again_in_each_phase(void **state)
{
	(void)state;
	fixture_say_start(1);
	fixture_settle();
	fixture_run(50 * MS);
	assert_int_equal(manager_said(CODEC_TOPIC_STARTED), 1);
	assert_int_equal(fixture_started().phase, CODEC_PHASE_FETCHING);
	assert_int_equal(fixture_started().epoch, manager.epoch);
	fixture_fetch();
	fixture_run(50 * MS);
	assert_int_equal(manager_said(CODEC_TOPIC_STARTED), 2);
	assert_int_equal(fixture_started().phase, CODEC_PHASE_RUNNING);
	fixture_run(S);
	assert_int_equal(manager_said(CODEC_TOPIC_STARTED), 2);
}

static void started_is_not_said_where_the_result_goes_first(void **state)
{
	(void)state;
	fixture_say_start(1);
	fixture_work();
	fixture_run(S);
	assert_int_equal(fixture_results(1), 1);
	assert_int_equal(manager_said(CODEC_TOPIC_STARTED), 0);
}

static void started_is_said_when_the_link_takes_it_again(void **state)
{
	(void)state;
	manager.send_err = -EAGAIN;
	fixture_begin(1);
	fixture_run(500 * MS);
	manager.send_err = 0;
	fixture_run(50 * MS);
	assert_int_equal(manager_said(CODEC_TOPIC_STARTED), 1);
	manager.send_err = -EAGAIN;
	fixture_say_start(1);
	manager.send_err = 0;
	fixture_run(50 * MS);
	assert_int_equal(manager_said(CODEC_TOPIC_STARTED), 2);
	fixture_run(S);
	assert_int_equal(manager_said(CODEC_TOPIC_STARTED), 2);
}

static void one_that_waits_for_a_slot_says_so_and_then_that_it_runs(void **state)
{
	(void)state;
	for (unsigned int number = 1; number <= CONFIG_SAMARA_SLOTS + 1; number++) {
		fixture_begin(number);
	}
	fixture_run(50 * MS);
	assert_int_equal(fixture_stats().running, CONFIG_SAMARA_SLOTS);
	assert_int_equal(fixture_stats().waiting, 1);
	(void)fake_port_thread_run(0);
	fixture_run(50 * MS);
	assert_int_equal(fixture_started().phase, CODEC_PHASE_RUNNING);
	assert_memory_equal(fixture_started().task.data, fixture_task(CONFIG_SAMARA_SLOTS + 1), 21);
	assert_int_equal(fixture_stats().waiting, 0);
}

/* Starts that come twice, late, or too many */

static void a_start_of_another_epoch_is_refused(void **state)
{
	struct codec_start start = fixture_start(1, 1);

	(void)state;
	start.epoch++;
	task_start(&start);
	fixture_work();
	fixture_expect_result(1, CODEC_OUTCOME_REFUSED, CODEC_STALE_EPOCH);
	assert_int_equal(fake_runtime.runs_count, 0);
	assert_int_equal(fixture_stats().refused, 1);
}

static void a_start_that_comes_twice_is_answered_with_started_while_it_is_held(void **state)
{
	(void)state;
	fixture_begin(1);
	struct codec_start start = fixture_start(1, 1);

	start.epoch++;
	task_start(&start);
	assert_int_equal(fixture_started().phase, CODEC_PHASE_RUNNING);
	assert_int_equal(fixture_results(1), 0);
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, 1);
}

static void a_start_that_comes_twice_is_answered_with_the_result_while_that_is_held(void **state)
{
	(void)state;
	fixture_say_start(1);
	fixture_work();
	fixture_say_start(1);
	fixture_work();
	assert_int_equal(fixture_results(1), 2);
	assert_int_equal(fake_runtime.runs_count, 1);
}

static void an_attempt_that_was_acknowledged_does_not_run_again(void **state)
{
	(void)state;
	fixture_say_start(1);
	fixture_work();
	fixture_ack(1, 1);
	fixture_say_start(1);
	fixture_work();
	assert_int_equal(fixture_results(1), 1);
	assert_int_equal(fake_runtime.runs_count, 1);
	assert_int_equal(fixture_stats().results, 0);
}

static void a_later_attempt_ends_an_earlier_one_which_says_nothing(void **state)
{
	struct codec_start second = fixture_start(1, 2);

	(void)state;
	fixture_begin(1);
	task_start(&second);
	fixture_settle();
	assert_int_equal(fake_runtime.stops, 1);
	fixture_work();
	assert_int_equal(fixture_results(1), 1);
	assert_int_equal(fixture_result(1).attempt, 2);
	fixture_expect_result(1, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
}

static void an_earlier_attempt_than_the_one_that_is_held_has_lost_its_lease(void **state)
{
	struct codec_start second = fixture_start(1, 2);

	(void)state;
	task_start(&second);
	fixture_settle();
	fixture_say_start(1);
	assert_int_equal(fixture_result(1).attempt, 1);
	fixture_expect_result(1, CODEC_OUTCOME_REFUSED, CODEC_LEASE_LOST);
	fixture_work();
	assert_int_equal(fixture_result(1).attempt, 2);
}

static void more_than_slots_and_queue_is_refused(void **state)
{
	(void)state;
	for (unsigned int number = 1; number <= HELD_MAX + 1; number++) {
		fixture_begin(number);
	}
	fixture_expect_result(HELD_MAX + 1, CODEC_OUTCOME_REFUSED, CODEC_RESOURCE_EXHAUSTED);
	assert_int_equal(fixture_stats().running + fixture_stats().waiting, HELD_MAX);
	fixture_work();
	for (unsigned int number = 1; number <= HELD_MAX; number++) {
		fixture_expect_result(number, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
	}
}

static void a_start_that_the_pool_has_no_room_for_is_refused(void **state)
{
	(void)state;
	fake_runtime.limit = 100;
	fixture_say_start(1);
	fixture_expect_result(1, CODEC_OUTCOME_REFUSED, CODEC_RESOURCE_EXHAUSTED);
}

static void a_call_that_the_pool_has_no_room_for_is_out_of_memory(void **state)
{
	(void)state;
	fixture_say_start(1);
	fake_runtime.limit = fake_runtime.out + 64;
	fixture_work();
	fixture_expect_result(1, CODEC_OUTCOME_OUT_OF_MEMORY, CODEC_GUEST_OUT_OF_MEMORY);
}

static void a_start_with_neither_or_both_of_call_and_its_digest_is_refused(void **state)
{
	struct codec_start neither = fixture_start(1, 1);
	struct codec_start both = fixture_start(2, 1);

	(void)state;
	neither.call = (struct codec_span){NULL, 0};
	both.call_digest = both.image;
	task_start(&neither);
	task_start(&both);
	fixture_expect_result(1, CODEC_OUTCOME_REFUSED, CODEC_INVALID_ARGUMENT);
	fixture_expect_result(2, CODEC_OUTCOME_REFUSED, CODEC_INVALID_ARGUMENT);
}

static void images_and_calls_that_are_too_long_are_refused(void **state)
{
	struct codec_start image = fixture_start(1, 1);
	struct codec_start call = fixture_start(2, 1);

	(void)state;
	image.image_bytes = CONFIG_SAMARA_IMAGE_MAX + 1;
	call.call = (struct codec_span){NULL, 0};
	call.call_digest = call.image;
	call.has_call_bytes = true;
	call.call_bytes = CONFIG_SAMARA_CALL_MAX + 513;
	task_start(&image);
	task_start(&call);
	fixture_expect_result(1, CODEC_OUTCOME_REFUSED, CODEC_TOO_LARGE);
	fixture_expect_result(2, CODEC_OUTCOME_REFUSED, CODEC_TOO_LARGE);
	assert_int_equal(manager_pulls(), 0);
}

static void two_of_one_call_document_do_not_take_it_from_each_other(void **state)
{
	uint8_t call[64];
	uint8_t digest[32];
	size_t len = fixture_call(call, sizeof(call), "add");

	(void)state;
	manager_publish(call, (uint32_t)len, digest);
	for (unsigned int number = 1; number <= HELD_MAX; number++) {
		struct codec_start start = fixture_start(number, 1);

		start.call = (struct codec_span){NULL, 0};
		start.call_digest = (struct codec_span){digest, 32};
		start.has_call_bytes = true;
		start.call_bytes = (uint32_t)len;
		task_start(&start);
	}
	fixture_work();
	for (unsigned int number = 1; number <= HELD_MAX; number++) {
		fixture_expect_result(number, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
	}
	assert_true(store_blob_size(digest) < 0);
}

/* Time */

static void what_does_not_begin_in_its_time_ends_as_expired(void **state)
{
	(void)state;
	for (unsigned int number = 1; number <= CONFIG_SAMARA_SLOTS; number++) {
		fixture_begin(number);
	}
	struct codec_start late = fixture_start(9, 1);

	late.time_left_ms = 1000;
	task_start(&late);
	fixture_run(900 * MS);
	assert_int_equal(fixture_results(9), 0);
	fixture_run(400 * MS);
	fixture_expect_result(9, CODEC_OUTCOME_EXPIRED, CODEC_DEADLINE_EXCEEDED);
	fixture_work();
	assert_int_equal(fake_runtime.runs_count, CONFIG_SAMARA_SLOTS);
}

static void what_expires_in_the_moment_of_its_turn_gives_its_devices_back(void **state)
{
	static const char grants[] = "grants";
	uint8_t digest[32];
	struct codec_start late = fixture_start(1, 1);

	(void)state;
	manager_publish(grants, sizeof(grants), digest);
	late.time_left_ms = 0;
	late.grants = (struct codec_span){digest, 32};
	late.grants_bytes = sizeof(grants);
	task_start(&late);
	fixture_work();
	fixture_expect_result(1, CODEC_OUTCOME_EXPIRED, CODEC_DEADLINE_EXCEEDED);
	assert_int_equal(fake_hal.begun, 1);
	assert_int_equal(fake_hal.open, 0);
	assert_int_equal(fake_runtime.runs_count, 0);
}

/* Devices */

static void what_waits_for_a_device_keeps_nobody_from_running(void **state)
{
	struct codec_start start = fixture_granted(1);

	(void)state;
	fake_hal.busy = true;
	task_start(&start);
	fixture_work();
	fixture_say_start(2);
	fixture_work();
	assert_int_equal(fixture_results(1), 0);
	fixture_expect_result(2, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
	fake_hal.busy = false;
	fixture_say_start(3);
	fixture_work();
	fixture_expect_result(1, CODEC_OUTCOME_COMPLETED, CODEC_NO_ERROR);
	assert_int_equal(fake_hal.safe, 1);
}

static void devices_that_cannot_be_had_refuse_with_their_error(void **state)
{
	struct codec_start start = fixture_granted(1);
	struct codec_start other = fixture_granted(2);

	(void)state;
	fake_hal.open_err = -EINVAL;
	fake_hal.code = CODEC_PERMISSION_DENIED;
	task_start(&start);
	fixture_work();
	fixture_expect_result(1, CODEC_OUTCOME_REFUSED, CODEC_PERMISSION_DENIED);
	fake_hal.open_err = -ENOMEM;
	task_start(&other);
	fixture_work();
	fixture_expect_result(2, CODEC_OUTCOME_REFUSED, CODEC_RESOURCE_EXHAUSTED);
}

static void devices_of_what_cannot_run_are_free_again_and_were_not_touched(void **state)
{
	struct version other = fixture_version("other", 900, 9);
	struct codec_start start = fixture_granted(1);

	(void)state;
	start.image = (struct codec_span){other.image, 32};
	start.image_bytes = other.image_bytes;
	task_start(&start);
	fixture_work();
	fixture_expect_result(1, CODEC_OUTCOME_REFUSED, CODEC_PERMISSION_DENIED);
	assert_int_equal(fake_hal.begun, 1);
	assert_int_equal(fake_hal.safe, 0);
	assert_int_equal(fake_hal.open, 0);
}

static void its_devices_are_told_to_end_with_it(void **state)
{
	struct codec_start start = fixture_granted(1);

	(void)state;
	task_start(&start);
	fixture_fetch();
	fixture_cancel(1, 1);
	assert_int_equal(fake_hal.cancelled, 1);
	fixture_work();
	assert_int_equal(fake_hal.open, 0);
	assert_int_equal(fake_hal.safe, 1);
}

static void refusals_travel_with_the_result(void **state)
{
	struct codec_start start = fixture_granted(1);

	(void)state;
	fake_hal.report.refusals = 4;
	task_start(&start);
	fixture_work();
	assert_true(fixture_result(1).has_refusals);
	assert_int_equal(fixture_result(1).refusals, 4);
}

static void a_transcript_that_was_asked_for_can_be_pulled_by_its_digest(void **state)
{
	static const uint8_t transcript[] = "what was said on the bus";
	uint8_t digest[32];
	uint8_t back[64];
	uint32_t size = 0;
	struct codec_start start = fixture_granted(1);

	(void)state;
	start.has_record = true;
	start.record = true;
	fake_hal.report.transcript = transcript;
	fake_hal.report.transcript_len = sizeof(transcript);
	task_start(&start);
	fixture_work();
	assert_true(fake_hal.record);
	struct codec_result result = fixture_result(1);

	codec_sha256(transcript, sizeof(transcript), digest);
	assert_int_equal(result.transcript.len, 32);
	assert_memory_equal(result.transcript.data, digest, 32);
	assert_int_equal(result.transcript_bytes, sizeof(transcript));
	assert_int_equal(task_push_read(digest, 0, back, sizeof(transcript), &size),
			 sizeof(transcript));
	assert_int_equal(size, sizeof(transcript));
	assert_memory_equal(back, transcript, sizeof(transcript));
}

static void a_replay_that_differs_did_not_do_what_it_was_to_show(void **state)
{
	struct codec_start start = fixture_granted(1);
	struct codec_start other = fixture_granted(2);

	(void)state;
	fake_hal.report.difference = "row 3: another address";
	task_start(&start);
	fixture_work();
	fixture_expect_result(1, CODEC_OUTCOME_TRAPPED, CODEC_FAILED_PRECONDITION);
	assert_null(fixture_result(1).body.data);
	assert_memory_equal(fixture_result(1).error.message.data, "row 3", 5);
	/* What was stopped from outside shows nothing. */
	fake_runtime_ends(CODEC_OUTCOME_TIMED_OUT, CODEC_DEADLINE_EXCEEDED);
	task_start(&other);
	fixture_work();
	fixture_expect_result(2, CODEC_OUTCOME_TIMED_OUT, CODEC_DEADLINE_EXCEEDED);
}

static void the_load_says_what_runs_and_waits(void **state)
{
	struct codec_alive alive = {.epoch = 1};

	(void)state;
	fixture_begin(1);
	fixture_begin(2);
	fixture_begin(3);
	task_load(&alive);
	assert_int_equal(alive.running, 2);
	assert_int_equal(alive.queued, 1);
	assert_true(alive.has_free_memory);
	assert_int_equal(alive.free_memory, fake_runtime.limit - fake_runtime.out);
	fixture_work();
	fixture_desire_one(1, fixture_wish(1));
	fixture_fetch();
	task_load(&alive);
	assert_int_equal(alive.running, 1);
	assert_int_equal(alive.queued, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_reset, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_missing_is_pulled_in_order_and_then_it_runs),
		TEST(its_result_has_value_times_and_memory),
		TEST(a_function_is_pulled_once_for_many_tasks),
		TEST(a_trap_of_the_guest_is_its_result),
		TEST(a_blob_that_cannot_be_had_refuses_with_its_error),
		TEST(an_image_of_another_manifest_is_refused),
		TEST(started_is_said_in_time_and_again_in_each_phase),
		TEST(started_is_not_said_where_the_result_goes_first),
		TEST(started_is_said_when_the_link_takes_it_again),
		TEST(one_that_waits_for_a_slot_says_so_and_then_that_it_runs),
		TEST(a_start_of_another_epoch_is_refused),
		TEST(a_start_that_comes_twice_is_answered_with_started_while_it_is_held),
		TEST(a_start_that_comes_twice_is_answered_with_the_result_while_that_is_held),
		TEST(an_attempt_that_was_acknowledged_does_not_run_again),
		TEST(a_later_attempt_ends_an_earlier_one_which_says_nothing),
		TEST(an_earlier_attempt_than_the_one_that_is_held_has_lost_its_lease),
		TEST(more_than_slots_and_queue_is_refused),
		TEST(a_start_that_the_pool_has_no_room_for_is_refused),
		TEST(a_call_that_the_pool_has_no_room_for_is_out_of_memory),
		TEST(a_start_with_neither_or_both_of_call_and_its_digest_is_refused),
		TEST(images_and_calls_that_are_too_long_are_refused),
		TEST(two_of_one_call_document_do_not_take_it_from_each_other),
		TEST(what_does_not_begin_in_its_time_ends_as_expired),
		TEST(what_expires_in_the_moment_of_its_turn_gives_its_devices_back),
		TEST(what_waits_for_a_device_keeps_nobody_from_running),
		TEST(devices_that_cannot_be_had_refuse_with_their_error),
		TEST(devices_of_what_cannot_run_are_free_again_and_were_not_touched),
		TEST(its_devices_are_told_to_end_with_it),
		TEST(refusals_travel_with_the_result),
		TEST(a_transcript_that_was_asked_for_can_be_pulled_by_its_digest),
		TEST(a_replay_that_differs_did_not_do_what_it_was_to_show),
		TEST(the_load_says_what_runs_and_waits),
	};

	return cmocka_run_group_tests_name("task_attempts", tests, NULL, NULL);
}
