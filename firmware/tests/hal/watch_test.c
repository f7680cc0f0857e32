/* SPDX-License-Identifier: Apache-2.0 */

/* Edges that start the runs of deployments: P-7.3. */

#include <errno.h>
#include <stdio.h>

#include "agent/loop.h"
#include "hal/fixture.h"

static struct hal_session *session;
static struct hal_watch watch;
static unsigned int edges;
static unsigned int losses;
static struct codec_error lost;
static void (*act)(void);

static int setup(void **state)
{
	fixture_setup(state);
	session = opened(GRANTS(GRANT("button", BUS_GPIO, READ), GRANT("relay", BUS_GPIO, BOTH),
				GRANT("line", BUS_GPIO, BOTH), GRANT("thermo", BUS_I2C, READ)));
	(void)fake_devices_did();
	memset(&watch, 0, sizeof(watch));
	edges = 0;
	losses = 0;
	act = NULL;
	return 0;
}

static int teardown(void **state)
{
	hal_watch_end(&watch);
	hal_session_close(session);
	return fixture_teardown(state);
}

static void on_edge(struct hal_watch *told)
{
	assert_ptr_equal(told, &watch);
	edges++;
	if (act) {
		act();
	}
}

static void on_lost(struct hal_watch *told, const struct codec_error *error)
{
	assert_ptr_equal(told, &watch);
	losses++;
	lost = *error;
	if (act) {
		act();
	}
}

static void watch_button(void)
{
	struct codec_error error;

	assert_int_equal(hal_watch_begin(&watch, session, "button", BUS_PIN_FALLING, on_edge,
					 on_lost, &error),
			 0);
}

static void edge(void)
{
	assert_true(fake_devices_event("button", false));
}

static void settle(void)
{
	fake_port_settle(loop_turn);
}

static void an_edge_is_told_on_the_agents_thread(void **state)
{
	(void)state;
	watch_button();
	assert_string_equal(fake_devices_did(), "watch button 3");
	settle();
	assert_int_equal(edges, 0);
	edge();
	assert_int_equal(edges, 0);
	settle();
	assert_int_equal(edges, 1);
	edge();
	settle();
	assert_int_equal(edges, 2);
	assert_int_equal(losses, 0);
}

static void edges_before_the_first_is_told_are_one(void **state)
{
	(void)state;
	watch_button();
	edge();
	edge();
	edge();
	settle();
	assert_int_equal(edges, 1);
	settle();
	assert_int_equal(edges, 1);
}

static void nothing_is_told_after_the_end(void **state)
{
	(void)state;
	watch_button();
	edge();
	hal_watch_end(&watch);
	assert_string_equal(fake_devices_did(), "watch button 3\nunwatch button");
	assert_false(fake_devices_event("button", false));
	settle();
	assert_int_equal(edges, 0);
	/* A second end is nothing. */
	hal_watch_end(&watch);
	watch_button();
	edge();
	settle();
	assert_int_equal(edges, 1);
}

static void end_watch(void)
{
	hal_watch_end(&watch);
}

static void its_owner_may_end_it_while_it_is_told(void **state)
{
	(void)state;
	watch_button();
	act = end_watch;
	edge();
	settle();
	assert_int_equal(edges, 1);
	assert_int_equal(fake_devices_watches(), 0);
}

static void an_input_that_is_gone_is_told_and_may_be_watched_again(void **state)
{
	(void)state;
	watch_button();
	assert_true(fake_devices_lose("button", BUS_NO_DEVICE, "the line is gone"));
	assert_int_equal(losses, 0);
	act = watch_button;
	settle();
	assert_int_equal(losses, 1);
	assert_int_equal(lost.code, CODEC_UNAVAILABLE);
	assert_string_equal(lost.message, "device button: the line is gone");
	assert_string_equal(fake_devices_did(), "watch button 3\nunwatch button\nclose button\n"
						"open button\nwatch button 3");
	act = NULL;
	edge();
	settle();
	assert_int_equal(edges, 1);
}

static struct hal_watch other;
static unsigned int others_losses;

static void on_others_loss(struct hal_watch *told, const struct codec_error *error)
{
	(void)told;
	(void)error;
	others_losses++;
}

static void what_was_opened_again_is_not_closed_by_another_loss(void **state)
{
	struct codec_error error;

	(void)state;
	memset(&other, 0, sizeof(other));
	others_losses = 0;
	watch_button();
	assert_int_equal(hal_watch_begin(&other, session, "button", BUS_PIN_ANY, on_edge,
					 on_others_loss, &error),
			 0);
	act = watch_button;
	assert_true(fake_devices_lose("button", BUS_NO_DEVICE, "gone"));
	assert_true(fake_devices_lose("button", BUS_NO_DEVICE, "gone"));
	settle();
	assert_int_equal(losses, 1);
	assert_int_equal(others_losses, 1);
	assert_string_equal(fake_devices_did(),
			    "watch button 3\nwatch button 4\nunwatch button\nclose button\n"
			    "open button\nwatch button 3\nunwatch button");
}

static void an_edge_before_the_loss_is_told(void **state)
{
	(void)state;
	watch_button();
	edge();
	assert_true(fake_devices_lose("button", BUS_IO, ""));
	settle();
	assert_int_equal(edges, 1);
	assert_int_equal(losses, 1);
	assert_string_equal(lost.message, "device button: io");
}

static void a_loss_after_the_end_is_nobodys(void **state)
{
	(void)state;
	watch_button();
	act = end_watch;
	edge();
	assert_true(fake_devices_lose("button", BUS_IO, ""));
	settle();
	assert_int_equal(edges, 1);
	assert_int_equal(losses, 0);
}

static void refused(const char *device, enum codec_error_code code, const char *words)
{
	struct codec_error error;

	assert_int_equal(
		hal_watch_begin(&watch, session, device, BUS_PIN_ANY, on_edge, on_lost, &error),
		-EINVAL);
	assert_string_equal(error.message, words);
	assert_int_equal(error.code, code);
	assert_int_equal(fake_devices_watches(), 0);
}

static void only_inputs_that_were_granted_for_reading_have_edges(void **state)
{
	(void)state;
	refused("door", CODEC_PERMISSION_DENIED,
		"device door: it is no input that was granted, so it has no edges");
	refused("relay", CODEC_PERMISSION_DENIED,
		"device relay: it is no input that was granted, so it has no edges");
	refused("line", CODEC_PERMISSION_DENIED,
		"device line: it is no input that was granted, so it has no edges");
	refused("thermo", CODEC_PERMISSION_DENIED,
		"device thermo: it is no input that was granted, so it has no edges");
}

static void what_cannot_be_waited_for_is_unavailable(void **state)
{
	(void)state;
	fake_devices_refuse_watch(BUS_UNSUPPORTED, "the line has no interrupts");
	refused("button", CODEC_UNAVAILABLE, "device button: the line has no interrupts");
	fake_devices_refuse_watch(BUS_NO_DEVICE, "it was closed");
	refused("button", CODEC_UNAVAILABLE, "device button: it was closed");
	fake_devices_absent("button");
	refused("button", CODEC_UNAVAILABLE, "device button: it is not plugged in");
	fake_pool_room(0);
	refused("button", CODEC_UNAVAILABLE, "device button: the pool is full");
}

static void a_run_may_use_the_input_meanwhile(void **state)
{
	(void)state;
	watch_button();
	begin(session);
	CALL(&guest, GPIO, "[method]input-pin.is-high", open_pin("open-input", "button"), RESULT);
	assert_memory(RESULT, 0, 0, 0, 0);
	uint32_t pin = open_pin("open-input-wait", "button");

	CALL(&guest, ASYNC, "[method]input-wait-pin.start-wait-high", pin, RESULT);
	assert_memory(RESULT, 0, 0, 0, 0);
	hal_session_cancel(session);
	fake_guest_end(&guest);
	hal_session_end(session, false);
	hal_session_unlock(session);
	/* Its end is not the watch's. */
	assert_int_equal(fake_devices_watches(), 1);
	edge();
	settle();
	assert_int_equal(edges, 1);
	assert_int_equal(losses, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(an_edge_is_told_on_the_agents_thread),
		TEST(edges_before_the_first_is_told_are_one),
		TEST(nothing_is_told_after_the_end),
		TEST(its_owner_may_end_it_while_it_is_told),
		TEST(an_input_that_is_gone_is_told_and_may_be_watched_again),
		TEST(what_was_opened_again_is_not_closed_by_another_loss),
		TEST(an_edge_before_the_loss_is_told),
		TEST(a_loss_after_the_end_is_nobodys),
		TEST(only_inputs_that_were_granted_for_reading_have_edges),
		TEST(what_cannot_be_waited_for_is_unavailable),
		TEST(a_run_may_use_the_input_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
