/* SPDX-License-Identifier: Apache-2.0 */

#include "link/backoff.h"
#include "link/fixture.h"

#define STAYS LINK_STATE_COUNT

struct row {
	enum link_state from;
	enum link_state to[LINK_EVENT_COUNT];
};

/* tried, connected, welcomed, refused, closed, drain */
static const struct row rows[] = {
	{LINK_OFFLINE, {LINK_CONNECTING, STAYS, STAYS, STAYS, STAYS, STAYS}},
	{LINK_CONNECTING, {STAYS, LINK_GREETING, STAYS, STAYS, LINK_OFFLINE, STAYS}},
	{LINK_GREETING, {STAYS, STAYS, LINK_ONLINE, LINK_REFUSED, LINK_OFFLINE, STAYS}},
	{LINK_ONLINE, {STAYS, STAYS, STAYS, LINK_REFUSED, LINK_OFFLINE, LINK_DRAINING}},
	{LINK_REFUSED, {STAYS, STAYS, LINK_ONLINE, STAYS, LINK_OFFLINE, STAYS}},
	{LINK_DRAINING, {STAYS, STAYS, STAYS, STAYS, LINK_OFFLINE, STAYS}},
};

static void each_event_leads_where_the_protocol_says(void **state)
{
	(void)state;
	assert_int_equal(sizeof(rows) / sizeof(rows[0]), LINK_STATE_COUNT);
	for (size_t row = 0; row < LINK_STATE_COUNT; row++) {
		for (int event = 0; event < LINK_EVENT_COUNT; event++) {
			enum link_state now = rows[row].from;
			enum link_state to = rows[row].to[event];
			bool changed = link_state_next(&now, (enum link_event)event);

			assert_int_equal(changed, to != STAYS);
			assert_int_equal(now, to == STAYS ? rows[row].from : to);
		}
	}
}

static bool is_said_while_greeting(enum codec_topic topic)
{
	return topic == CODEC_TOPIC_RESULT || topic == CODEC_TOPIC_HELLO;
}

static void only_results_and_hello_go_before_the_welcome(void **state)
{
	(void)state;
	for (int index = 0; index < CODEC_TOPIC_COUNT; index++) {
		enum codec_topic topic = (enum codec_topic)index;

		assert_false(link_state_may_say(LINK_OFFLINE, topic));
		assert_false(link_state_may_say(LINK_CONNECTING, topic));
		assert_int_equal(link_state_may_say(LINK_GREETING, topic),
				 is_said_while_greeting(topic));
		assert_true(link_state_may_say(LINK_ONLINE, topic));
		assert_int_equal(link_state_may_say(LINK_REFUSED, topic),
				 topic == CODEC_TOPIC_HELLO);
		assert_true(link_state_may_say(LINK_DRAINING, topic));
	}
}

static void each_state_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(link_state_name(LINK_OFFLINE), "offline");
	assert_string_equal(link_state_name(LINK_DRAINING), "draining");
}

static void waits_double_up_to_thirty_seconds(void **state)
{
	static const uint32_t most[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};

	(void)state;
	for (unsigned int index = 0; index < sizeof(most) / sizeof(most[0]); index++) {
		assert_int_equal(link_backoff_ms(index + 1, 0), most[index] / 2);
		assert_int_equal(link_backoff_ms(index + 1, UINT16_MAX), most[index]);
	}
	assert_int_equal(link_backoff_ms(UINT16_MAX, UINT16_MAX), 30000);
}

static void a_wait_is_drawn_from_its_upper_half(void **state)
{
	(void)state;
	for (unsigned int chance = 0; chance <= UINT16_MAX; chance += 1021) {
		uint32_t wait = link_backoff_ms(3, (uint16_t)chance);

		assert_in_range(wait, 1000, 2000);
	}
	assert_in_range(link_backoff_ms(3, UINT16_MAX / 2), 1499, 1501);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_leads_where_the_protocol_says),
		cmocka_unit_test(only_results_and_hello_go_before_the_welcome),
		cmocka_unit_test(each_state_has_a_name),
		cmocka_unit_test(waits_double_up_to_thirty_seconds),
		cmocka_unit_test(a_wait_is_drawn_from_its_upper_half),
	};

	return cmocka_run_group_tests_name("link_state", tests, NULL, NULL);
}
