/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <string.h>

#include "link/fixture.h"

static const enum codec_topic incoming[] = {
	CODEC_TOPIC_WELCOME, CODEC_TOPIC_DESIRED, CODEC_TOPIC_START, CODEC_TOPIC_LEASE,
	CODEC_TOPIC_CANCEL,  CODEC_TOPIC_ACK,	  CODEC_TOPIC_PUSH,  CODEC_TOPIC_PULLED,
};
#define INCOMING (sizeof(incoming) / sizeof(incoming[0]))

static uint8_t large[CONFIG_SAMARA_PACKET_MAX + 100];

static int setup(void **state)
{
	(void)fixture_reset(state);
	fixture_online();
	return 0;
}

static struct link_stats stats(void)
{
	struct link_stats now;

	link_stats(&now);
	return now;
}

static void assert_unharmed(void)
{
	assert_true(link_online());
	assert_int_equal(fake_link_disconnects(NULL), 0);
	assert_int_equal(seen.disconnected, 0);
}

static void each_message_reaches_its_handler(void **state)
{
	static const uint8_t digest[32] = {1};
	uint8_t data[256];
	int len;

	(void)state;
	fixture_say_start(link_epoch());
	assert_int_equal(seen.starts, 1);
	len = codec_encode_cancel(
		data, sizeof(data),
		&(struct codec_cancel){.task = codec_span_of("t00000000000000000001"),
				       .attempt = 1,
				       .epoch = link_epoch()});
	fixture_say(CODEC_TOPIC_CANCEL, data, (size_t)len);
	assert_int_equal(seen.cancels, 1);
	len = codec_encode_lease(data, sizeof(data),
				 &(struct codec_lease){.epoch = link_epoch(), .lease_ms = 5});
	fixture_say(CODEC_TOPIC_LEASE, data, (size_t)len);
	assert_int_equal(seen.leases, 1);
	len = codec_encode_ack(data, sizeof(data), &(struct codec_ack){.attempts_count = 0});
	fixture_say(CODEC_TOPIC_ACK, data, (size_t)len);
	assert_int_equal(seen.acks, 1);
	len = codec_encode_desired(
		data, sizeof(data),
		&(struct codec_desired){
			.incarnation = 1, .revision = 2, .digest = {digest, 32}, .size_bytes = 10});
	fixture_say(CODEC_TOPIC_DESIRED, data, (size_t)len);
	assert_int_equal(seen.desired, 1);
	assert_int_equal(stats().malformed, 0);
	assert_int_equal(stats().misdirected, 0);
	assert_int_equal(stats().received, 6);
}

static void messages_for_another_epoch_are_counted_and_handed_on(void **state)
{
	uint8_t data[256];
	int len;

	(void)state;
	fixture_say_start(link_epoch() + 1);
	assert_int_equal(seen.starts, 1);
	assert_int_equal(stats().misdirected, 1);
	len = codec_encode_cancel(
		data, sizeof(data),
		&(struct codec_cancel){.task = codec_span_of("t00000000000000000001"),
				       .attempt = 1,
				       .epoch = link_epoch() + 1});
	fixture_say(CODEC_TOPIC_CANCEL, data, (size_t)len);
	assert_int_equal(seen.cancels, 1);
	assert_int_equal(stats().misdirected, 2);
}

static void what_is_no_message_is_counted_and_dropped(void **state)
{
	static const uint8_t wrong[][4] = {
		{0xff, 0xff, 0xff, 0xff}, {0xa0}, {0x00}, {0xbf, 0xff}, {0xa1, 0x01, 0x01}, {0x9f},
	};

	(void)state;
	for (size_t topic = 0; topic < INCOMING; topic++) {
		for (size_t index = 0; index < sizeof(wrong) / sizeof(wrong[0]); index++) {
			fixture_say(incoming[topic], wrong[index], sizeof(wrong[index]));
		}
		fixture_say(incoming[topic], "", 0);
	}
	assert_int_equal(stats().malformed, INCOMING * 7);
	assert_unharmed();
	assert_int_equal(seen.starts + seen.cancels + seen.leases + seen.acks + seen.desired, 0);
}

static void the_log_says_which_field_is_wrong(void **state)
{
	(void)state;
	fixture_say(CODEC_TOPIC_START, "\xa0", 1);
	assert_non_null(strstr(fake_port_log_last(PORT_LOG_WRN), "start.task: is missing"));
}

static void a_flood_of_wrong_messages_is_no_flood_of_lines(void **state)
{
	size_t before = fake_port_log_count(PORT_LOG_WRN);

	(void)state;
	for (unsigned int count = 0; count < 1000; count++) {
		fixture_say(incoming[count % INCOMING], "\xa0", 1);
		fake_link_message("samara/1/default/p/c-1/nothing", "", 0);
		fake_link_oversized("samara/1/default/p/c-1/start", 5000);
		fake_port_advance(5 * MS);
	}
	assert_in_range(fake_port_log_count(PORT_LOG_WRN) - before, 4, 6);
	assert_true(stats().malformed >= 800);
	assert_int_equal(stats().oversized, 1000);
	assert_int_equal(stats().misdirected, 1000);
	assert_unharmed();
}

static void what_is_too_large_is_reported_and_the_connection_stays(void **state)
{
	(void)state;
	fake_link_oversized("samara/1/default/p/c-1/start", 70000);
	assert_int_equal(stats().oversized, 1);
	assert_non_null(strstr(fake_port_log_last(PORT_LOG_WRN),
			       "c-1/start: dropped: too large, and read to its end; 70000 bytes"));
	fixture_say(CODEC_TOPIC_START, large, sizeof(large));
	assert_int_equal(stats().oversized, 2);
	assert_int_equal(stats().malformed, 0);
	assert_unharmed();
}

static void what_is_just_not_too_large_is_read(void **state)
{
	(void)state;
	fixture_say(CODEC_TOPIC_START, large, CONFIG_SAMARA_PACKET_MAX);
	assert_int_equal(stats().oversized, 0);
	assert_int_equal(stats().malformed, 1);
}

static void an_empty_message_without_a_place_is_dropped(void **state)
{
	(void)state;
	fake_link_oversized("samara/1/default/p/c-1/desired", 0);
	assert_int_equal(stats().oversized, 0);
	assert_int_equal(stats().malformed, 1);
	assert_unharmed();
}

static void foreign_topics_are_counted_and_dropped(void **state)
{
	static const char *const topics[] = {
		"",
		"/",
		"samara/1/default/p/c-1",
		"samara/1/default/p/c-1/",
		"samara/1/default/p/c-1/start/x",
		"samara/1/default/p/c-1/hello",
		"samara/1/default/p/c-12/start",
		"samara/1/default/p/c-/start",
		"samara/2/default/p/c-1/start",
		"samara/1/other/p/c-1/start",
		"samara/1/default/u/c-1/reply",
		"$SYS/broker/uptime",
	};
	char longest[600];

	(void)state;
	for (size_t index = 0; index < sizeof(topics) / sizeof(topics[0]); index++) {
		fake_link_message(topics[index], "\xa0", 1);
	}
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	fake_link_message(longest, "", 0);
	assert_int_equal(stats().misdirected, sizeof(topics) / sizeof(topics[0]) + 1);
	assert_int_equal(stats().malformed, 0);
	assert_unharmed();
}

/** A small generator, so that a failure can be had again. */
static uint32_t draw(void)
{
	static uint32_t state = 1;

	state = state * 1664525U + 1013904223U;
	return state >> 8;
}

static void noise_does_no_harm(void **state)
{
	uint8_t data[96];

	(void)state;
	for (unsigned int count = 0; count < 20000; count++) {
		size_t len = draw() % sizeof(data);

		for (size_t index = 0; index < len; index++) {
			data[index] = (uint8_t)draw();
		}
		if (len > 0) {
			data[0] = (uint8_t)(0xa0 + draw() % 8);
		}
		fixture_say(incoming[draw() % INCOMING], data, len);
	}
	assert_int_equal(stats().received, 20001);
	assert_unharmed();
}

static void a_message_that_is_cut_anywhere_is_dropped(void **state)
{
	struct codec_lease lease = {
		.epoch = link_epoch(),
		.lease_ms = 30000,
		.renewed_count = 1,
		.renewed = {{codec_span_of("t00000000000000000001"), 3}},
	};
	uint8_t data[256];
	int len = codec_encode_lease(data, sizeof(data), &lease);

	(void)state;
	for (int cut = 0; cut < len; cut++) {
		fixture_say(CODEC_TOPIC_LEASE, data, (size_t)cut);
	}
	assert_int_equal(seen.leases, 0);
	assert_int_equal(stats().malformed, len);
	fixture_say(CODEC_TOPIC_LEASE, data, (size_t)len);
	assert_int_equal(seen.leases, 1);
}

static void nothing_is_read_while_there_is_no_connection(void **state)
{
	(void)state;
	fake_link_down("cut");
	fixture_say_start(link_epoch());
	assert_int_equal(seen.starts, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_message_reaches_its_handler),
		TEST(messages_for_another_epoch_are_counted_and_handed_on),
		TEST(what_is_no_message_is_counted_and_dropped),
		TEST(the_log_says_which_field_is_wrong),
		TEST(a_flood_of_wrong_messages_is_no_flood_of_lines),
		TEST(what_is_too_large_is_reported_and_the_connection_stays),
		TEST(what_is_just_not_too_large_is_read),
		TEST(an_empty_message_without_a_place_is_dropped),
		TEST(foreign_topics_are_counted_and_dropped),
		TEST(noise_does_no_harm),
		TEST(a_message_that_is_cut_anywhere_is_dropped),
		TEST(nothing_is_read_while_there_is_no_connection),
	};

	return cmocka_run_group_tests_name("link_receive", tests, NULL, NULL);
}
