/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "link/backoff.h"
#include "link/fixture.h"

static struct codec_gone will(void)
{
	const struct fake_connect *connect = fake_link_connect();
	struct codec_gone gone;

	assert_int_equal(codec_decode_gone(connect->will, connect->will_len, &gone), 0);
	return gone;
}

static void connects_as_itself_with_a_will_of_this_connection(void **state)
{
	const struct fake_connect *connect = fake_link_connect();

	(void)state;
	options.password = "secret";
	link_start();
	assert_int_equal(connect->count, 1);
	assert_string_equal(connect->client_id, "c-1");
	assert_string_equal(connect->user, "c-1");
	assert_false(connect->clean_session);
	assert_string_equal(connect->will_topic, "samara/1/default/p/c-1/gone");
	assert_int_equal(will().reason, CODEC_GONE_LOST);
	assert_int_equal(will().epoch, link_epoch());
	assert_memory_equal(will().boot.data, link_boot(), 8);
}

static void takes_password_and_session_from_its_options(void **state)
{
	(void)state;
	options.password = "secret";
	options.clean_session = true;
	fixture_reboot();
	link_start();
	assert_true(fake_link_connect()->has_password);
	assert_string_equal(fake_link_connect()->password, "secret");
	assert_true(fake_link_connect()->clean_session);
}

static void each_connection_has_another_epoch(void **state)
{
	uint32_t first;

	(void)state;
	fixture_online();
	first = link_epoch();
	fake_link_down("cut");
	fixture_run(S);
	assert_int_equal(fake_link_connect()->count, 2);
	assert_int_not_equal(link_epoch(), first);
	assert_int_equal(will().epoch, link_epoch());
}

static void an_epoch_is_never_drawn_twice_in_a_row(void **state)
{
	uint32_t first;

	(void)state;
	fake_port_random_byte(0xff);
	link_start();
	first = link_epoch();
	fake_link_down("cut");
	fixture_run(S);
	assert_int_not_equal(link_epoch(), first);
	assert_int_not_equal(first, 0);
}

static void a_start_of_the_agent_has_another_boot(void **state)
{
	uint8_t first[8];

	(void)state;
	memcpy(first, link_boot(), sizeof(first));
	fake_port_random_byte(7);
	assert_int_equal(fixture_init(), 0);
	assert_memory_not_equal(first, link_boot(), sizeof(first));
}

static void subscribes_to_each_topic_from_the_manager_before_it_says_anything(void **state)
{
	static const char *const levels[] = {"welcome", "desired", "start", "lease",
					     "cancel",	"ack",	   "push",  "pulled"};

	(void)state;
	plan.result_when_connected = true;
	fixture_connect();
	assert_int_equal(fake_link_subscriptions(), 8);
	for (size_t index = 0; index < 8; index++) {
		char expected[64];
		int qos;

		(void)snprintf(expected, sizeof(expected), "samara/1/default/p/c-1/%s",
			       levels[index]);
		assert_string_equal(fake_link_subscription(index, &qos), expected);
		assert_int_equal(qos, 1);
	}
	assert_int_equal(fake_link_published_before_subscriptions(), 0);
}

static void results_that_are_held_go_before_hello(void **state)
{
	(void)state;
	plan.result_when_connected = true;
	fixture_connect();
	assert_true(seen.result_taken);
	assert_int_equal(fake_link_sent(), 2);
	assert_non_null(strstr(fake_link_message_at(0)->topic, "/result"));
	assert_non_null(strstr(fake_link_message_at(1)->topic, "/hello"));
}

static void results_that_are_held_go_before_each_hello(void **state)
{
	(void)state;
	fixture_connect();
	plan.result_when_connected = true;
	fixture_run(ALIVE_MS * MS);
	assert_int_equal(fake_link_sent(), 3);
	assert_non_null(strstr(fake_link_message_at(1)->topic, "/result"));
	assert_non_null(strstr(fake_link_message_at(2)->topic, "/hello"));
}

static void hello_says_who_it_is_and_what_it_promises(void **state)
{
	struct codec_hello hello;

	(void)state;
	fixture_connect();
	hello = fixture_hello();
	assert_int_equal(hello.protocol_min, 1);
	assert_int_equal(hello.protocol_max, 1);
	assert_memory_equal(hello.boot.data, link_boot(), 8);
	assert_int_equal(hello.epoch, link_epoch());
	assert_int_equal(hello.alive_ms, ALIVE_MS);
	assert_int_equal(fake_link_last("hello")->qos, 1);
	assert_false(fake_link_last("hello")->retain);
}

static void hello_is_said_again_until_it_is_answered(void **state)
{
	(void)state;
	fixture_connect();
	fixture_run(ALIVE_MS * MS - 1);
	assert_int_equal(fake_link_count("hello"), 1);
	fixture_run(1);
	assert_int_equal(fake_link_count("hello"), 2);
	fixture_run(ALIVE_MS * MS);
	assert_int_equal(fake_link_count("hello"), 3);
	fixture_welcome(link_epoch());
	fixture_run(5 * ALIVE_MS * MS);
	assert_int_equal(fake_link_count("hello"), 3);
}

static void a_hello_that_the_link_cannot_take_is_said_soon(void **state)
{
	(void)state;
	fake_link_room(0);
	fixture_connect();
	assert_int_equal(fake_link_count("hello"), 0);
	fake_link_room(SIZE_MAX);
	fixture_run(S);
	assert_int_equal(fake_link_count("hello"), 1);
}

static void is_online_from_the_welcome_on(void **state)
{
	(void)state;
	fixture_connect();
	assert_true(link_connected());
	assert_false(link_online());
	assert_int_equal(link_send(CODEC_TOPIC_STARTED, NULL, "x", 1), -ENOTCONN);
	fixture_welcome(link_epoch());
	assert_true(link_online());
	assert_int_equal(seen.welcomed, 1);
	assert_int_equal(link_send(CODEC_TOPIC_STARTED, NULL, "x", 1), 0);
}

static void a_welcome_for_another_epoch_means_nothing(void **state)
{
	struct link_stats stats;

	(void)state;
	fixture_connect();
	fixture_welcome(link_epoch() + 1);
	assert_false(link_online());
	link_stats(&stats);
	assert_int_equal(stats.misdirected, 1);
	fixture_run(ALIVE_MS * MS);
	assert_int_equal(fake_link_count("hello"), 2);
}

static void a_welcome_that_comes_twice_means_nothing(void **state)
{
	(void)state;
	fixture_online();
	fixture_welcome(link_epoch());
	assert_int_equal(seen.welcomed, 1);
}

static void a_manager_that_has_restarted_gets_hello_at_once(void **state)
{
	(void)state;
	fixture_online();
	fixture_run(S);
	fixture_welcome_error(link_epoch(), CODEC_STALE_EPOCH);
	assert_int_equal(fake_link_count("hello"), 2);
	assert_int_equal(fixture_hello().epoch, link_epoch());
	assert_true(link_online());
	assert_int_equal(seen.disconnected, 0);
	fixture_run(ALIVE_MS * MS);
	assert_int_equal(fake_link_count("hello"), 3);
	fixture_welcome(link_epoch());
	fixture_run(3 * ALIVE_MS * MS);
	assert_int_equal(fake_link_count("hello"), 3);
}

static void refused_it_stays_connected_and_asks_again_after_a_minute(void **state)
{
	(void)state;
	fixture_connect();
	fixture_welcome_error(link_epoch(), CODEC_PERMISSION_DENIED);
	assert_int_equal(link_session_state(), LINK_REFUSED);
	assert_true(fake_link_is_up());
	assert_int_equal(seen.disconnected, 1);
	assert_non_null(strstr(fake_port_log_last(PORT_LOG_ERR), "PERMISSION_DENIED: not you"));
	assert_int_equal(link_send(CODEC_TOPIC_RESULT, NULL, "x", 1), -ENOTCONN);
	fixture_run(60 * S - 1);
	assert_int_equal(fake_link_sent(), 1);
	fixture_run(1);
	assert_int_equal(fake_link_count("hello"), 2);
	fixture_run(60 * S);
	assert_int_equal(fake_link_count("hello"), 3);
	fixture_welcome(link_epoch());
	assert_true(link_online());
}

static void a_conflict_of_identities_is_a_refusal_after_the_welcome(void **state)
{
	(void)state;
	fixture_online();
	fixture_welcome_error(link_epoch(), CODEC_IDENTITY_CONFLICT);
	assert_false(link_online());
	assert_int_equal(seen.disconnected, 1);
	fixture_run(3 * ALIVE_MS * MS);
	assert_int_equal(fake_link_count("alive"), 0);
	assert_int_equal(seen.loads, 0);
}

static void another_protocol_is_a_refusal(void **state)
{
	struct codec_welcome welcome = {.protocol = 2, .now_ms = 1, .lease_ms = 1};
	uint8_t data[64];
	int len;

	(void)state;
	fixture_connect();
	welcome.epoch = link_epoch();
	len = codec_encode_welcome(data, sizeof(data), &welcome);
	assert_true(len > 0);
	fixture_say(CODEC_TOPIC_WELCOME, data, (size_t)len);
	assert_int_equal(link_session_state(), LINK_REFUSED);
	assert_non_null(strstr(fake_port_log_last(PORT_LOG_ERR), "UNSUPPORTED_VERSION"));
}

static void heartbeats_come_as_promised(void **state)
{
	struct codec_alive alive;

	(void)state;
	fixture_online();
	fixture_run(ALIVE_MS * MS);
	assert_int_equal(fake_link_count("alive"), 1);
	fixture_run(9 * ALIVE_MS * MS);
	assert_int_equal(fake_link_count("alive"), 10);
	alive = fixture_alive();
	assert_int_equal(alive.epoch, link_epoch());
	assert_int_equal(alive.seq, 10);
	assert_int_equal(alive.running, 1);
	assert_int_equal(alive.queued, 3);
	assert_int_equal(alive.free_memory, 4096);
	assert_int_equal(fake_link_last("alive")->qos, 0);
}

static void heartbeats_go_on_while_the_link_is_full(void **state)
{
	(void)state;
	fixture_online();
	fake_link_room(0);
	fixture_run(2 * ALIVE_MS * MS);
	fake_link_room(SIZE_MAX);
	fixture_run(ALIVE_MS * MS);
	assert_int_equal(fake_link_count("alive"), 1);
	assert_int_equal(fixture_alive().seq, 3);
}

static void the_count_of_heartbeats_begins_anew_with_each_connection(void **state)
{
	(void)state;
	fixture_online();
	fixture_run(3 * ALIVE_MS * MS);
	fake_link_down("cut");
	fixture_run(S);
	fake_link_up(true);
	fixture_welcome(link_epoch());
	fixture_run(ALIVE_MS * MS);
	assert_int_equal(fixture_alive().seq, 1);
}

static void a_lost_connection_comes_back_by_itself(void **state)
{
	(void)state;
	fixture_online();
	fixture_run(ALIVE_MS * MS);
	fake_link_down("cut");
	assert_int_equal(seen.disconnected, 1);
	assert_false(link_connected());
	assert_int_equal(link_send(CODEC_TOPIC_RESULT, NULL, "x", 1), -ENOTCONN);
	fixture_run(LINK_BACKOFF_MIN_MS * MS - 1);
	assert_int_equal(fake_link_connect()->count, 1);
	fixture_run(LINK_BACKOFF_MIN_MS * MS + 1);
	assert_int_equal(fake_link_connect()->count, 2);
	fake_link_up(true);
	assert_int_equal(fake_link_subscriptions(), 8);
	fixture_welcome(link_epoch());
	assert_int_equal(seen.connected, 2);
	assert_int_equal(seen.welcomed, 2);
}

static void waits_grow_while_nothing_answers(void **state)
{
	uint64_t began;
	uint64_t most = 500;

	(void)state;
	link_start();
	for (unsigned int failure = 1; failure < 10; failure++) {
		unsigned int before = fake_link_connect()->count;

		fake_link_down("no route");
		began = port_now_us();
		while (fake_link_connect()->count == before) {
			fixture_run(MS);
			assert_true(port_now_us() - began <= 31 * S);
		}
		assert_in_range((port_now_us() - began) / MS, most / 2, most + 1);
		most = most * 2 > 30000 ? 30000 : most * 2;
	}
	assert_int_equal(seen.disconnected, 0);
}

static void waits_end_where_a_network_is_there_again(void **state)
{
	(void)state;
	link_start();
	for (unsigned int failure = 1; failure < 6; failure++) {
		fake_link_down("no route");
		/* Longer than it waits. */
		fixture_run((LINK_BACKOFF_MIN_MS << failure) * MS);
	}
	fake_link_down("no route");
	unsigned int before = fake_link_connect()->count;

	fake_link_reachable();
	assert_int_equal(fake_link_connect()->count, before);
	fixture_run(LINK_BACKOFF_MIN_MS * MS + 1);
	assert_int_equal(fake_link_connect()->count, before + 1);
	/* Whoever is at it already, or is connected, goes on. */
	fake_link_reachable();
	fake_link_up(false);
	fake_link_reachable();
	fixture_run(S);
	assert_int_equal(fake_link_connect()->count, before + 1);
	assert_true(fake_link_is_up());
}

static void a_network_that_is_back_wakes_nobody_who_has_left(void **state)
{
	(void)state;
	fixture_connect();
	link_stop();
	fake_link_reachable();
	fixture_run(60 * S);
	assert_int_equal(fake_link_connect()->count, 1);
}

static void connect_and_measure_wait(uint64_t held_us, uint64_t *wait_ms)
{
	unsigned int before = fake_link_connect()->count;
	uint64_t began;

	fake_link_up(true);
	fixture_welcome(link_epoch());
	fixture_run(held_us);
	fake_link_down("cut");
	began = port_now_us();
	while (fake_link_connect()->count == before) {
		fixture_run(MS);
	}
	*wait_ms = (port_now_us() - began) / MS;
}

static void only_a_connection_that_held_resets_the_waits(void **state)
{
	uint64_t wait_ms;

	(void)state;
	link_start();
	for (unsigned int times = 0; times < 6; times++) {
		connect_and_measure_wait(S, &wait_ms);
	}
	assert_true(wait_ms >= 8000);
	connect_and_measure_wait(6 * S, &wait_ms);
	assert_true(wait_ms <= 501);
}

static void a_connect_that_cannot_be_tried_is_tried_again(void **state)
{
	(void)state;
	fake_link_connect_result(-EHOSTUNREACH);
	link_start();
	assert_int_equal(link_session_state(), LINK_OFFLINE);
	fake_link_connect_result(0);
	fixture_run(S);
	assert_int_equal(fake_link_connect()->count, 2);
	assert_int_equal(link_session_state(), LINK_CONNECTING);
}

static void a_connect_of_which_nothing_is_heard_is_given_up(void **state)
{
	(void)state;
	link_start();
	fixture_run(30 * S);
	assert_int_equal(fake_link_disconnects(NULL), 1);
	fixture_run(S);
	assert_int_equal(fake_link_connect()->count, 2);
}

static void a_connection_that_is_up_is_not_given_up(void **state)
{
	(void)state;
	fixture_online();
	fixture_run(600 * S);
	assert_int_equal(fake_link_connect()->count, 1);
	assert_int_equal(fake_link_disconnects(NULL), 0);
}

static void a_refused_subscription_ends_the_connection_with_the_will(void **state)
{
	bool lost;

	(void)state;
	fake_link_subscribe_result(-EACCES);
	fixture_connect();
	assert_int_equal(fake_link_disconnects(&lost), 1);
	assert_true(lost);
	assert_int_equal(seen.connected, 0);
	assert_int_equal(fake_link_sent(), 0);
	fixture_run(S);
	assert_int_equal(fake_link_connect()->count, 2);
}

static void an_old_session_brings_what_waited_and_it_is_handed_on(void **state)
{
	struct link_stats stats;
	uint32_t old;

	(void)state;
	fixture_online();
	old = link_epoch();
	fake_link_down("cut");
	fixture_run(S);
	fake_link_up(true);
	fixture_say_start(old);
	assert_int_equal(seen.starts, 1);
	assert_int_equal(seen.start_epoch, old);
	link_stats(&stats);
	assert_int_equal(stats.misdirected, 1);
	assert_int_equal(stats.connects, 2);
}

static void confirm_on_wait(uint64_t until_us)
{
	(void)until_us;
	fake_link_confirm();
}

static void says_goodbye_before_it_disconnects(void **state)
{
	const struct fake_message *message;
	struct codec_gone gone;
	bool lost;

	(void)state;
	fixture_online();
	assert_true(link_drain());
	fake_port_on_wait(confirm_on_wait);
	link_stop();
	message = fake_link_last("gone");
	assert_int_equal(codec_decode_gone(message->payload, message->len, &gone), 0);
	assert_int_equal(gone.reason, CODEC_GONE_LEAVING);
	assert_int_equal(gone.epoch, link_epoch());
	assert_int_equal(fake_link_disconnects(&lost), 1);
	assert_false(lost);
	assert_true(port_now_us() < 100 * MS);
	assert_int_equal(seen.disconnected, 1);
	fixture_run(60 * S);
	assert_int_equal(fake_link_connect()->count, 1);
}

static void pass_time_on_wait(uint64_t until_us)
{
	if (until_us > port_now_us()) {
		fake_port_advance(until_us - port_now_us());
	}
}

static void a_goodbye_that_nobody_takes_does_not_hold_the_end(void **state)
{
	(void)state;
	fixture_online();
	fake_port_on_wait(pass_time_on_wait);
	link_stop();
	fake_port_on_wait(NULL);
	assert_int_equal(fake_link_disconnects(NULL), 1);
	assert_int_equal(port_now_us(), S);
}

static void cut_on_wait(uint64_t until_us)
{
	(void)until_us;
	if (fake_link_is_up()) {
		fake_link_down("cut");
	}
}

static void a_connection_that_is_cut_in_the_goodbye_stays_away(void **state)
{
	(void)state;
	fixture_online();
	fake_port_on_wait(cut_on_wait);
	link_stop();
	fake_port_on_wait(NULL);
	fixture_run(60 * S);
	assert_int_equal(fake_link_connect()->count, 1);
}

static void there_is_nobody_to_say_goodbye_to_before_the_welcome(void **state)
{
	(void)state;
	fixture_connect();
	assert_false(link_drain());
	link_stop();
	assert_int_equal(fake_link_count("gone"), 0);
	assert_int_equal(fake_link_disconnects(NULL), 1);
	link_stop();
	assert_int_equal(fake_link_disconnects(NULL), 1);
}

static void draining_it_goes_on_to_speak(void **state)
{
	(void)state;
	fixture_online();
	assert_true(link_drain());
	assert_true(link_online());
	fixture_run(ALIVE_MS * MS);
	assert_int_equal(fake_link_count("alive"), 1);
	assert_int_equal(link_send(CODEC_TOPIC_RESULT, NULL, "x", 1), 0);
	assert_false(link_drain());
}

static void sends_on_the_topic_with_its_quality(void **state)
{
	const struct fake_message *message;

	(void)state;
	fixture_online();
	assert_int_equal(link_send(CODEC_TOPIC_REPORTED, NULL, "abc", 3), 0);
	message = fake_link_last("reported");
	assert_string_equal(message->topic, "samara/1/default/p/c-1/reported");
	assert_int_equal(message->qos, 1);
	assert_true(message->retain);
	assert_memory_equal(message->payload, "abc", 3);
	assert_int_equal(
		link_send(CODEC_TOPIC_DEPLOYMENT_RESULT, "d00000000000000000001", "abc", 3), 0);
	assert_string_equal(fake_link_last("d00000000000000000001")->topic,
			    "samara/1/default/p/c-1/d/d00000000000000000001");
	fake_link_room(0);
	assert_int_equal(link_send(CODEC_TOPIC_LOG, NULL, "abc", 3), -EAGAIN);
}

static void a_hello_with_many_devices_fits_its_own_buffer(void **state)
{
	(void)state;
	plan.devices = CONFIG_SAMARA_DEVICES;
	plan.place_len = 90;
	fixture_connect();
	assert_int_equal(fixture_hello().devices_count, CONFIG_SAMARA_DEVICES);
	assert_true(fake_link_last("hello")->len > CONFIG_SAMARA_PACKET_MAX);
}

static void a_hello_that_is_too_long_does_not_say_what_is_cached(void **state)
{
	(void)state;
	plan.cached = 16;
	fixture_connect();
	assert_int_equal(fixture_hello().cached_count, 16);
	plan.used = CONFIG_SAMARA_HELLO_MAX - fake_link_last("hello")->len;
	fixture_run(ALIVE_MS * MS);
	assert_int_equal(fixture_hello().cached_count, 16);
	plan.used++;
	fixture_run(ALIVE_MS * MS);
	assert_int_equal(fixture_hello().cached_count, 0);
	assert_int_equal(fake_link_count("hello"), 3);
}

static void a_hello_that_never_fits_is_refused_at_the_start(void **state)
{
	(void)state;
	plan.devices = 1;
	plan.place_len = CONFIG_SAMARA_HELLO_MAX + 1;
	assert_int_equal(fixture_init(), -EMSGSIZE);
	plan.devices = CONFIG_SAMARA_DEVICES;
	plan.place_len = 96;
	options.ns = "a-namespace-with-more-than-forty-eight-characters-in-its-name-alone"
		     "-a-namespace-with-more-than-forty-eight-characters-in-its-name-alone";
	assert_int_equal(fixture_init(), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup(name, fixture_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(connects_as_itself_with_a_will_of_this_connection),
		TEST(takes_password_and_session_from_its_options),
		TEST(each_connection_has_another_epoch),
		TEST(an_epoch_is_never_drawn_twice_in_a_row),
		TEST(a_start_of_the_agent_has_another_boot),
		TEST(subscribes_to_each_topic_from_the_manager_before_it_says_anything),
		TEST(results_that_are_held_go_before_hello),
		TEST(results_that_are_held_go_before_each_hello),
		TEST(hello_says_who_it_is_and_what_it_promises),
		TEST(hello_is_said_again_until_it_is_answered),
		TEST(a_hello_that_the_link_cannot_take_is_said_soon),
		TEST(is_online_from_the_welcome_on),
		TEST(a_welcome_for_another_epoch_means_nothing),
		TEST(a_welcome_that_comes_twice_means_nothing),
		TEST(a_manager_that_has_restarted_gets_hello_at_once),
		TEST(refused_it_stays_connected_and_asks_again_after_a_minute),
		TEST(a_conflict_of_identities_is_a_refusal_after_the_welcome),
		TEST(another_protocol_is_a_refusal),
		TEST(heartbeats_come_as_promised),
		TEST(heartbeats_go_on_while_the_link_is_full),
		TEST(the_count_of_heartbeats_begins_anew_with_each_connection),
		TEST(a_lost_connection_comes_back_by_itself),
		TEST(waits_grow_while_nothing_answers),
		TEST(waits_end_where_a_network_is_there_again),
		TEST(a_network_that_is_back_wakes_nobody_who_has_left),
		TEST(only_a_connection_that_held_resets_the_waits),
		TEST(a_connect_that_cannot_be_tried_is_tried_again),
		TEST(a_connect_of_which_nothing_is_heard_is_given_up),
		TEST(a_connection_that_is_up_is_not_given_up),
		TEST(a_refused_subscription_ends_the_connection_with_the_will),
		TEST(an_old_session_brings_what_waited_and_it_is_handed_on),
		TEST(says_goodbye_before_it_disconnects),
		TEST(a_goodbye_that_nobody_takes_does_not_hold_the_end),
		TEST(a_connection_that_is_cut_in_the_goodbye_stays_away),
		TEST(there_is_nobody_to_say_goodbye_to_before_the_welcome),
		TEST(draining_it_goes_on_to_speak),
		TEST(sends_on_the_topic_with_its_quality),
		TEST(a_hello_with_many_devices_fits_its_own_buffer),
		TEST(a_hello_that_is_too_long_does_not_say_what_is_cached),
		TEST(a_hello_that_never_fits_is_refused_at_the_start),
	};

	return cmocka_run_group_tests_name("link_session", tests, NULL, NULL);
}
