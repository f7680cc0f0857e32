/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A connection to the broker that comes back for ever; each has another epoch, in its will too.
 * [P-3.1] Twin of proplet/mqtt/link.ts.
 */

#define LOG_SUBSYSTEM "link"

#include <errno.h>
#include <string.h>

#include "link/backoff.h"
#include "link/parts.h"
#include "port/log.h"

#define US_PER_MS    1000U
/*
 * A connection that held this long has shown that the broker is well; a shorter one keeps the
 * back-off growing.
 */
#define PROVEN_US    5000000U
/* TLS on a slow processor needs its time. */
#define CONNECT_US   30000000U
/*
 * Seconds after which a dead connection is noticed, by both ends, whatever the promised heartbeat.
 */
#define KEEPALIVE_S  15
/* How long the end of the program waits for the broker to take the goodbye. */
#define GOODBYE_US   1000000U
/* [P-2.2] */
#define NAME_MAX_LEN 48
#define WILL_MAX     32

static const struct agent_options *options;
static char will_topic[CODEC_TOPIC_MAX];
static uint8_t will[WILL_MAX];
static struct port_link_options connection;
static struct loop_timer timer; /* of the next try, or of the end of one */
static unsigned int failures;
static uint64_t began_us;
static int goodbye;

static void try_connect(void *arg);

/** @retval >=0 Length. */
static int encode_gone(enum codec_gone_reason reason)
{
	struct codec_gone gone = {
		.boot = {link_boot(), 8},
		.epoch = link_epoch(),
		.reason = reason,
	};

	return codec_encode_gone(will, sizeof(will), &gone);
}

static void retry(const char *why, bool was_up)
{
	uint16_t chance = 0;
	uint32_t wait_ms;

	if (was_up && port_now_us() - began_us >= PROVEN_US) {
		failures = 0;
	}
	failures += failures < UINT16_MAX;
	(void)port_random(&chance, sizeof(chance));
	wait_ms = link_backoff_ms(failures, chance);
	LOG_WRN("%s: %s; again in %u ms",
		was_up ? "connection to the broker lost" : "no connection to the broker", why,
		(unsigned int)wait_ms);
	loop_timer_start(&timer, (uint64_t)wait_ms * US_PER_MS, try_connect, NULL);
}

static void on_down(const char *why)
{
	bool was_up = link_connected();

	if (link_session_state() == LINK_OFFLINE) {
		return;
	}
	link_session_closed();
	retry(why, was_up);
}

static void give_up(void *arg)
{
	(void)arg;
	port_link_disconnect(true);
	on_down("nothing came of it in time");
}

static void try_connect(void *arg)
{
	int len;
	int err;

	(void)arg;
	began_us = port_now_us();
	err = link_session_new_epoch();
	len = err ? err : encode_gone(CODEC_GONE_LOST);
	if (len < 0) {
		retry("the port has no chance to give", false);
		return;
	}
	connection.will_len = (size_t)len;
	(void)link_session_enter(LINK_EVENT_TRIED);
	loop_timer_start(&timer, CONNECT_US, give_up, NULL);
	err = port_link_connect(&connection);
	if (err) {
		LOG_DBG("port_link_connect: %d", err);
		on_down("it cannot be tried now");
	}
}

/** Each topic by itself: a broker's access list has no more than these. [P-2.4] */
static int subscribe(void)
{
	for (unsigned int index = 0; index < CODEC_TOPIC_COUNT; index++) {
		enum codec_topic topic = (enum codec_topic)index;
		char text[CODEC_TOPIC_MAX];
		int err;

		if (!codec_topic_from_manager(topic)) {
			continue;
		}
		(void)codec_topic_format(text, sizeof(text), topic, options->ns, options->id, NULL);
		err = port_link_subscribe(text, codec_topic_qos(topic));
		if (err) {
			LOG_WRN("%s: cannot be subscribed: %d", text, err);
			return err;
		}
	}
	return 0;
}

static void on_up(bool session)
{
	if (link_session_state() != LINK_CONNECTING) {
		return;
	}
	loop_timer_stop(&timer);
	link_count_connect();
	LOG_DBG("connected, %s session", session ? "the old" : "a new");
	if (subscribe()) {
		port_link_disconnect(true);
		on_down("a subscription was refused");
		return;
	}
	link_session_connected();
}

static void on_message(const char *topic, const uint8_t *payload, size_t len)
{
	if (link_connected()) {
		link_receive(topic, payload, len);
	}
}

static void on_published(int id)
{
	if (id == goodbye) {
		goodbye = 0;
	}
	link_pushes_published(id);
}

/** Waits that grow are for a broker that is away, and not for a network that was. */
static void on_reachable(void)
{
	uint16_t chance = 0;

	if (link_session_state() != LINK_OFFLINE || !timer.armed) {
		return;
	}
	failures = 0;
	(void)port_random(&chance, sizeof(chance));
	loop_timer_start(&timer, (uint64_t)link_backoff_ms(0, chance) * US_PER_MS, try_connect,
			 NULL);
}

static bool is_name(const char *text)
{
	size_t len = strnlen(text, NAME_MAX_LEN + 1);

	return len > 0 && len <= NAME_MAX_LEN;
}

int link_init(const struct agent_options *given, const struct link_handlers *handlers)
{
	static const struct port_link_events events = {
		on_up, on_down, on_message, on_published, on_reachable,
	};
	int err;

	options = given;
	failures = 0;
	goodbye = 0;
	loop_timer_stop(&timer);
	if (!is_name(options->ns) || !is_name(options->id)) {
		LOG_ERR("namespace %.64s, proplet %.64s: names have 1 to %d characters",
			options->ns, options->id, NAME_MAX_LEN);
		return -EINVAL;
	}
	(void)codec_topic_format(will_topic, sizeof(will_topic), CODEC_TOPIC_GONE, options->ns,
				 options->id, NULL);
	connection = (struct port_link_options){
		.client_id = options->id,
		.user = options->id,
		.password = options->password,
		.clean_session = options->clean_session,
		.keepalive_s = KEEPALIVE_S,
		.will_topic = will_topic,
		.will = will,
	};
	link_receive_init(options, handlers);
	link_pulls_init();
	link_pushes_init(handlers);
	err = link_session_init(options, handlers);
	return err ? err : port_link_init(&events);
}

void link_start(void)
{
	try_connect(NULL);
}

static void say_goodbye(void)
{
	uint64_t until_us = port_now_us() + GOODBYE_US;
	int len = encode_gone(CODEC_GONE_LEAVING);

	if (len < 0) {
		return;
	}
	goodbye = link_session_send(CODEC_TOPIC_GONE, NULL, will, (size_t)len);
	while (goodbye > 0 && link_connected() && port_now_us() < until_us) {
		loop_turn(until_us);
	}
}

void link_stop(void)
{
	if (link_online()) {
		say_goodbye();
	}
	loop_timer_stop(&timer);
	if (link_session_state() != LINK_OFFLINE) {
		port_link_disconnect(false);
		link_session_closed();
	}
}
