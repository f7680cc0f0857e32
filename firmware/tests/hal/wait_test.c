/* SPDX-License-Identifier: Apache-2.0 */

/* wasi:gpio/digital-async and wasi:io/poll: a guest waits for pins, on its runner's thread. */

#include <stdio.h>

#include "hal/fixture.h"

static struct hal_session *session;
static uint32_t button;
static uint32_t door;
static bool is_over; /* the run has ended, the session is not closed */

static int setup(void **state)
{
	fixture_setup(state);
	session = opened_to_record(GRANTS(GRANT("button", BUS_GPIO, READ),
					  GRANT("door", BUS_GPIO, READ),
					  GRANT("relay", BUS_GPIO, BOTH)));
	begin(session);
	(void)fake_devices_did();
	button = open_pin("open-input-wait", "button");
	door = open_pin("open-input-wait", "door");
	memset(&guest.memory[RESULT], 0xee, 0x100);
	is_over = false;
	return 0;
}

static struct hal_report end_run(void)
{
	struct hal_report report;

	hal_session_end(session, false);
	hal_session_report(session, &report);
	is_over = true;
	return report;
}

static int teardown(void **state)
{
	if (is_over) {
		closed(session);
	} else {
		ended(session);
	}
	return fixture_teardown(state);
}

static void start(uint32_t pin, const char *function)
{
	memset(&guest.memory[RESULT], 0xee, 24);
	CALL(&guest, ASYNC, function, pin, RESULT);
	assert_no_trap();
	assert_memory(RESULT, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xee);
}
#define RISING "[method]input-wait-pin.start-wait-rising-edge"
#define HIGH   "[method]input-wait-pin.start-wait-high"

static uint32_t subscribe(uint32_t pin)
{
	return (uint32_t)CALL(&guest, ASYNC, "[method]input-wait-pin.subscribe", pin);
}

static bool is_ready(uint32_t pollable)
{
	uint64_t ready = CALL(&guest, POLL, "[method]pollable.ready", pollable);

	assert_no_trap();
	return ready != 0;
}

/** Its case of wait-error: not-in-progress 0, would-block 1, other 2; -1 where there is none. */
static int finish(uint32_t pin)
{
	memset(&guest.memory[RESULT], 0xee, 24);
	CALL(&guest, ASYNC, "[method]input-wait-pin.finish-wait", pin, RESULT);
	assert_no_trap();
	/* result<_, variant { .., other(error-code) }>: 20 bytes. */
	assert_memory(RESULT + 20, 0xee);
	return guest.memory[RESULT] ? guest.memory[RESULT + 4] : -1;
}

static void each_wait_is_for_its_event(void **state)
{
	static const char *const starts[] = {HIGH, "[method]input-wait-pin.start-wait-low", RISING,
					     "[method]input-wait-pin.start-wait-falling-edge",
					     "[method]input-wait-pin.start-wait-any-edge"};
	char did[64];

	(void)state;
	for (unsigned int event = 0; event < 5; event++) {
		start(button, starts[event]);
		(void)snprintf(did, sizeof(did), "watch button %u", event);
		assert_string_equal(fake_devices_did(), did);
		assert_true(fake_devices_event("button", true));
		assert_int_equal(finish(button), -1);
		assert_string_equal(fake_devices_did(), "unwatch button");
	}
}

static void a_wait_is_finished_once_and_not_before_it_is_over(void **state)
{
	(void)state;
	assert_int_equal(finish(button), 0);
	start(button, RISING);
	assert_int_equal(finish(button), 1);
	assert_true(fake_devices_event("button", true));
	/* The first event ends it. */
	assert_false(fake_devices_event("button", true));
	assert_int_equal(finish(button), -1);
	assert_memory(RESULT, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	assert_int_equal(finish(button), 0);
}

static void what_comes_between_start_and_look_is_seen(void **state)
{
	(void)state;
	start(button, RISING);
	uint32_t pollable = subscribe(button);

	assert_false(is_ready(pollable));
	assert_true(fake_devices_event("button", true));
	CALL(&guest, POLL, "[method]pollable.block", pollable);
	assert_true(is_ready(pollable));
}

static void press_button(void)
{
	assert_true(fake_devices_event("button", true));
}

static void open_door(void)
{
	assert_true(fake_devices_event("door", true));
}

static void blocking_sleeps_until_the_event(void **state)
{
	(void)state;
	start(button, RISING);
	fake_port_on_sleep(press_button);
	CALL(&guest, POLL, "[method]pollable.block", subscribe(button));
	assert_no_trap();
	assert_int_equal(finish(button), -1);
	assert_int_equal(port_now_us(), 5 * S);
}

static void a_poll_names_all_that_are_ready(void **state)
{
	(void)state;
	start(button, RISING);
	start(door, HIGH);
	uint32_t pollables[] = {subscribe(button), subscribe(door), subscribe(button)};

	put(OPS, pollables, sizeof(pollables));
	fake_port_on_sleep(press_button);
	CALL(&guest, POLL, "poll", OPS, 3, RESULT);
	assert_no_trap();
	assert_memory(RESULT, 0x00, 0x80, 0, 0, 2, 0, 0, 0);
	assert_memory(GUEST_HEAP, 0, 0, 0, 0, 2, 0, 0, 0, 0xee);
	open_door();
	CALL(&guest, POLL, "poll", OPS, 3, RESULT);
	assert_memory(RESULT, 0x08, 0x80, 0, 0, 3, 0, 0, 0);
	CALL(&guest, POLL, "poll", OPS, 0, RESULT);
	assert_string_equal(guest.trap, "poll of an empty list");
}

static void a_pollable_without_a_wait_is_ready_and_so_is_one_of_an_earlier_wait(void **state)
{
	(void)state;
	assert_true(is_ready(subscribe(button)));
	start(button, RISING);
	uint32_t first = subscribe(button);

	press_button();
	assert_int_equal(finish(button), -1);
	start(button, RISING);
	assert_true(is_ready(first));
	assert_false(is_ready(subscribe(button)));
	CALL(&guest, POLL, "[resource-drop]pollable", first);
	CALL(&guest, POLL, "[method]pollable.ready", first);
	assert_string_equal(guest.trap, "a handle that it does not have");
}

static void waiting_ends_at_the_deadline(void **state)
{
	(void)state;
	guest.deadline_us = 8 * S;
	start(button, RISING);
	CALL(&guest, POLL, "[method]pollable.block", subscribe(button));
	assert_int_equal(port_now_us(), 8 * S);
}

static void cancel(void)
{
	guest.is_stopped = true;
	hal_session_cancel(session);
}

static void waiting_ends_with_a_cancellation(void **state)
{
	(void)state;
	start(button, RISING);
	uint32_t pollable = subscribe(button);

	put(OPS, &pollable, sizeof(pollable));
	fake_port_on_sleep(cancel);
	CALL(&guest, POLL, "poll", OPS, 1, RESULT);
	assert_int_equal(port_now_us(), 5 * S);
	assert_int_equal(guest.heap, GUEST_HEAP);
}

static void a_device_does_nothing_else_while_it_is_waited_for(void **state)
{
	uint32_t other = open_pin("open-input-wait", "button");
	uint32_t input = open_pin("open-input", "button");

	(void)state;
	start(button, RISING);
	CALL(&guest, ASYNC, RISING, other, RESULT);
	assert_memory(RESULT, 1, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x80, 0, 0, 4, 0, 0, 0);
	assert_memory_equal(&guest.memory[GUEST_HEAP], "busy", 4);
	CALL(&guest, GPIO, "[method]input-pin.is-high", input, RESULT);
	assert_memory(RESULT, 1, 0, 0, 0);
	assert_int_equal(finish(other), 0);
	assert_string_equal(fake_devices_did(), "watch button 2");
	press_button();
	assert_int_equal(finish(button), -1);
	CALL(&guest, GPIO, "[method]input-pin.is-high", input, RESULT);
	assert_memory(RESULT, 0, 0, 0, 0);
}

static void a_wait_goes_with_its_pin(void **state)
{
	(void)state;
	start(button, RISING);
	uint32_t pollable = subscribe(button);

	CALL(&guest, ASYNC, "[resource-drop]input-wait-pin", button);
	assert_string_equal(fake_devices_did(), "watch button 2\nunwatch button");
	assert_true(is_ready(pollable));
}

static void a_wait_goes_with_its_run(void **state)
{
	(void)state;
	start(button, RISING);
	hal_session_end(session, false);
	assert_string_equal(fake_devices_did(), "watch button 2\nunwatch button");
	hal_session_unlock(session);
	begin(session);
	button = open_pin("open-input-wait", "button");
	assert_int_equal(finish(button), 0);
}

static void a_wait_that_fails_tells_it_when_it_is_finished(void **state)
{
	(void)state;
	start(button, RISING);
	assert_true(fake_devices_lose("button", BUS_NO_DEVICE, "the line is gone"));
	assert_int_equal(finish(button), 2);
	/* other(other(string)) */
	assert_memory(RESULT, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x80, 0, 0, 9, 0, 0, 0);
	assert_memory_equal(&guest.memory[GUEST_HEAP], "no-device", 9);
	fake_devices_refuse_watch(BUS_IO, "no interrupts");
	start(button, RISING);
	assert_int_equal(finish(button), 2);
	/* What is gone is opened anew. */
	assert_string_equal(fake_devices_did(),
			    "watch button 2\nunwatch button\nclose button\nopen button");
}

static void an_output_is_no_input(void **state)
{
	(void)state;
	CALL(&guest, ASYNC, "open-input-wait", NAME, put_name("relay"), RESULT);
	assert_memory(RESULT, 1, 0, 0, 0);
	assert_memory_equal(&guest.memory[GUEST_HEAP], "relay is an output, an input needed", 35);
}

/* {1: [{1: "button", 2: gpio}, {1: "door", 2: gpio}, {1: "relay", 2: gpio}], 2: */
#define DEVICES_                                                                                   \
	0xa2, 0x01, 0x83, 0xa2, 0x01, 0x66, 'b', 'u', 't', 't', 'o', 'n', 0x02, 0x03, 0xa2, 0x01,  \
		0x64, 'd', 'o', 'o', 'r', 0x02, 0x03, 0xa2, 0x01, 0x65, 'r', 'e', 'l', 'a', 'y',   \
		0x02, 0x03, 0x02
/* device, wait, 3: event, 7: level or 8: cancelled, 10: at, 11: took, 12: for ever */
#define WAITED(device, event, at, took)                                                            \
	0xa7, 0x01, device, 0x02, 0x04, 0x03, event, 0x07, 0xf5, 0x0a, at, 0x0b, took, 0x0c, 0x00
#define CANCELLED(device, event, at, took)                                                         \
	0xa7, 0x01, device, 0x02, 0x04, 0x03, event, 0x08, 0x13, 0x0a, at, 0x0b, took, 0x0c, 0x00
#define SET(device, at) 0xa5, 0x01, device, 0x02, 0x03, 0x05, 0xf5, 0x0a, at, 0x0b, 0x00

static void rows_stand_where_their_waits_began(void **state)
{
	static const uint8_t expected[] = {
		DEVICES_,	    0x85,      WAITED(0, 2, 0, 9),   SET(2, 1),
		WAITED(1, 0, 2, 3), SET(2, 5), CANCELLED(0, 2, 9, 1)};
	uint32_t relay = open_pin("open-output", "relay");

	(void)state;
	start(button, RISING);
	fake_port_advance(1);
	CALL(&guest, GPIO, "[method]output-pin.set-high", relay, RESULT);
	fake_port_advance(1);
	start(door, HIGH);
	fake_port_advance(3);
	open_door();
	assert_int_equal(finish(door), -1);
	CALL(&guest, GPIO, "[method]output-pin.set-high", relay, RESULT);
	fake_port_advance(4);
	press_button();
	assert_int_equal(finish(button), -1);
	start(button, RISING);
	fake_port_advance(1);
	const struct hal_report report = end_run();

	assert_int_equal(report.transcript_len, sizeof(expected));
	assert_memory_equal(report.transcript, expected, sizeof(expected));
}

static void waits_that_began_together_are_in_their_order(void **state)
{
	static const uint8_t expected[] = {DEVICES_,	       0x84,
					   WAITED(0, 2, 0, 1), WAITED(1, 0, 0, 0),
					   WAITED(0, 2, 1, 0), WAITED(1, 0, 1, 2)};

	(void)state;
	start(button, RISING);
	start(door, HIGH);
	open_door();
	assert_int_equal(finish(door), -1);
	fake_port_advance(1);
	press_button();
	assert_int_equal(finish(button), -1);
	/* And when they end in their order. */
	start(button, RISING);
	start(door, HIGH);
	press_button();
	assert_int_equal(finish(button), -1);
	fake_port_advance(2);
	open_door();
	assert_int_equal(finish(door), -1);
	const struct hal_report report = end_run();

	assert_int_equal(report.transcript_len, sizeof(expected));
	assert_memory_equal(report.transcript, expected, sizeof(expected));
}

static void nothing_is_kept_after_a_wait_that_does_not_fit(void **state)
{
	static const uint8_t expected[] = {DEVICES_, 0x81, WAITED(1, 0, 0, 0)};
	uint32_t relay = open_pin("open-output", "relay");

	(void)state;
	start(door, HIGH);
	open_door();
	assert_int_equal(finish(door), -1);
	start(button, RISING);
	/* 255 rows at most, or as many as the bytes take: all of it is full. */
	for (int count = 0; count < 300; count++) {
		CALL(&guest, GPIO, "[method]output-pin.set-high", relay, RESULT);
	}
	press_button();
	assert_int_equal(finish(button), -1);
	const struct hal_report report = end_run();

	/* What follows its place would leave a gap: 301 operations are counted. */
	assert_int_equal(report.transcript[0], 0xa3);
	assert_memory_equal(&report.transcript[1], &expected[1], sizeof(expected) - 1);
	assert_memory_equal(&report.transcript[sizeof(expected)], "\x03\x19\x01\x2d", 4);
	assert_int_equal(report.transcript_len, sizeof(expected) + 4);
}

static void a_replay_answers_where_a_wait_begins(void **state)
{
	static const uint8_t record[] = {0xa2,
					 0x01,
					 0x81,
					 0xa2,
					 0x01,
					 0x66,
					 'b',
					 'u',
					 't',
					 't',
					 'o',
					 'n',
					 0x02,
					 0x03,
					 0x02,
					 0x82,
					 WAITED(0, 2, 0, 9),
					 CANCELLED(0, 2, 0, 9)};
	const struct codec_bytes bytes = {record, sizeof(record)};
	const struct codec_source source = codec_source_bytes(&bytes);
	const struct hal_session_options options = {.holder = "task t2", .replay = &source};
	struct codec_error error;
	struct hal_report report;

	(void)state;
	ended(session);
	assert_int_equal(hal_session_open(&session, &options,
					  GRANTS(GRANT("button", BUS_GPIO, READ)), &error),
			 0);
	begin(session);
	(void)fake_devices_did();
	button = open_pin("open-input-wait", "button");
	memset(&guest.memory[RESULT], 0xee, 0x100);
	start(button, RISING);
	CALL(&guest, POLL, "[method]pollable.block", subscribe(button));
	assert_int_equal(finish(button), -1);
	start(button, RISING);
	assert_int_equal(finish(button), 2);
	hal_session_end(session, false);
	hal_session_report(session, &report);
	assert_null(report.difference);
	hal_session_unlock(session);
	/* Another event is another operation. */
	begin(session);
	button = open_pin("open-input-wait", "button");
	CALL(&guest, ASYNC, HIGH, button, RESULT);
	assert_string_equal(guest.trap, "replay differs at operation 1: button wait 0x0 was asked "
					"for, the record has button wait 0x2");
	assert_string_equal(fake_devices_did(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(each_wait_is_for_its_event),
		TEST(a_wait_is_finished_once_and_not_before_it_is_over),
		TEST(what_comes_between_start_and_look_is_seen),
		TEST(blocking_sleeps_until_the_event),
		TEST(a_poll_names_all_that_are_ready),
		TEST(a_pollable_without_a_wait_is_ready_and_so_is_one_of_an_earlier_wait),
		TEST(waiting_ends_at_the_deadline),
		TEST(waiting_ends_with_a_cancellation),
		TEST(a_device_does_nothing_else_while_it_is_waited_for),
		TEST(a_wait_goes_with_its_pin),
		TEST(a_wait_goes_with_its_run),
		TEST(a_wait_that_fails_tells_it_when_it_is_finished),
		TEST(an_output_is_no_input),
		TEST(rows_stand_where_their_waits_began),
		TEST(waits_that_began_together_are_in_their_order),
		TEST(nothing_is_kept_after_a_wait_that_does_not_fit),
		TEST(a_replay_answers_where_a_wait_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
