/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The conversation with the manager. Twin of proplet/session.ts: each connection begins with the
 * results that are held, then hello, which is said again until somebody answers; welcomed,
 * heartbeats go on by a timer of their own.
 */

#define LOG_SUBSYSTEM "link"

#include <errno.h>
#include <string.h>

#include "link/parts.h"
#include "port/log.h"

#define US_PER_MS   1000U
/* A manager that refused us is asked again this much later. [P-3.2] */
#define REFUSED_MS  60000U
/* A hello that the link could not take. */
#define FULL_MS	    500U
/*
 * Map, five keys, digest, offset, size, heads of digest and data: what a chunk has beside its data.
 */
#define CHUNK_HEAD  56U
/* Fixed header, length of the topic, number of the message. */
#define PACKET_HEAD 8U

_Static_assert(CONFIG_SAMARA_PACKET_MAX >= 512, "a chunk beside its topic, or nothing is pulled");
_Static_assert(CONFIG_SAMARA_HELLO_MAX >= CONFIG_SAMARA_PACKET_MAX + CONFIG_SAMARA_CHUNK,
	       "a chunk is read behind the message that it is encoded into");

static const struct agent_options *options;
static const struct link_handlers *handlers;
static enum link_state state;
static uint8_t boot[8];
static uint32_t epoch;
static uint32_t seq;
static uint32_t hello_again_ms;
static struct loop_timer hello_timer;
static struct loop_timer alive_timer;
static uint8_t buffer[CONFIG_SAMARA_HELLO_MAX];

uint8_t *link_buffer(size_t *size)
{
	*size = sizeof(buffer);
	return buffer;
}

enum link_state link_session_state(void)
{
	return state;
}

bool link_session_enter(enum link_event event)
{
	enum link_state before = state;

	if (!link_state_next(&state, event)) {
		return false;
	}
	LOG_DBG("%s -> %s", link_state_name(before), link_state_name(state));
	return true;
}

int link_session_send(enum codec_topic topic, const char *deployment, const void *payload,
		      size_t len)
{
	char text[CODEC_TOPIC_MAX];

	if (!link_state_may_say(state, topic)) {
		return -ENOTCONN;
	}
	if (codec_topic_format(text, sizeof(text), topic, options->ns, options->id, deployment) <
	    0) {
		return -EMSGSIZE;
	}
	return port_link_publish(text, payload, len, codec_topic_qos(topic),
				 codec_topic_retain(topic));
}

uint32_t link_chunk_max(void)
{
	char text[CODEC_TOPIC_MAX];
	int topic = codec_topic_format(text, sizeof(text), CODEC_TOPIC_PULLED, options->ns,
				       options->id, NULL);
	uint32_t head = CHUNK_HEAD + PACKET_HEAD + (uint32_t)topic;
	uint32_t fits = (CONFIG_SAMARA_PACKET_MAX - head) & ~UINT32_C(31);

	return fits < CONFIG_SAMARA_CHUNK ? fits : CONFIG_SAMARA_CHUNK;
}

/** @retval >=0 Length of the hello in the buffer. */
static int make_hello(void)
{
	struct codec_hello hello = {
		.protocol_min = CODEC_PROTOCOL,
		.protocol_max = CODEC_PROTOCOL,
		.boot = {boot, sizeof(boot)},
		.epoch = epoch,
		.alive_ms = options->alive_ms,
	};
	int used = handlers->describe(&hello, buffer, sizeof(buffer));
	int len;

	if (used < 0) {
		LOG_ERR("hello: its places do not fit CONFIG_SAMARA_HELLO_MAX, %d bytes",
			CONFIG_SAMARA_HELLO_MAX);
		return -EMSGSIZE;
	}
	len = codec_encode_hello(buffer, sizeof(buffer) - (size_t)used, &hello);
	if (len == -ENOMEM && hello.cached_count > 0) {
		/* A proplet that does not say what it holds is better than none. */
		hello.cached_count = 0;
		len = codec_encode_hello(buffer, sizeof(buffer) - (size_t)used, &hello);
	}
	if (len < 0) {
		LOG_ERR("hello: %s", len == -ENOMEM ? "is longer than CONFIG_SAMARA_HELLO_MAX"
						    : codec_problem());
		return -EMSGSIZE;
	}
	return len;
}

static void hello_again(void *arg);

/** Again until somebody answers: the manager may come back to a broker that stayed. */
static void say_hello(void *arg)
{
	uint32_t again_ms = hello_again_ms;
	int len = make_hello();
	int err = len < 0 ? len : link_session_send(CODEC_TOPIC_HELLO, NULL, buffer, (size_t)len);

	(void)arg;
	if (err == -EAGAIN && again_ms > FULL_MS) {
		loop_timer_start(&hello_timer, (uint64_t)FULL_MS * US_PER_MS, say_hello, NULL);
		return;
	}
	if (err < 0) {
		LOG_ERR("hello: cannot be sent: %d", err);
	}
	loop_timer_start(&hello_timer, (uint64_t)again_ms * US_PER_MS, hello_again, NULL);
}

/**
 * Who answers this one has not heard what went before the first: a hello of another boot would make
 * an end of attempts whose results are here. [P-3.1]
 */
static void hello_again(void *arg)
{
	if (state == LINK_GREETING) {
		handlers->connected();
	}
	say_hello(arg);
}

static void hello_each(uint32_t again_ms)
{
	hello_again_ms = again_ms;
	say_hello(NULL);
}

static void say_alive(void *arg)
{
	struct codec_alive alive = {.epoch = epoch, .seq = ++seq};
	int len;

	(void)arg;
	loop_timer_start(&alive_timer, (uint64_t)options->alive_ms * US_PER_MS, say_alive, NULL);
	handlers->load(&alive);
	len = codec_encode_alive(buffer, sizeof(buffer), &alive);
	if (len >= 0) {
		/* One that the link cannot take is one that is lost, as QoS 0 has it. */
		(void)link_session_send(CODEC_TOPIC_ALIVE, NULL, buffer, (size_t)len);
	}
}

int link_session_init(const struct agent_options *given, const struct link_handlers *upper)
{
	int len;

	options = given;
	handlers = upper;
	state = LINK_OFFLINE;
	epoch = 0;
	if (port_random(boot, sizeof(boot))) {
		LOG_ERR("boot: the port has no chance to give");
		return -EIO;
	}
	link_session_quiet();
	len = make_hello();
	return len < 0 ? len : 0;
}

void link_session_quiet(void)
{
	loop_timer_stop(&hello_timer);
	loop_timer_stop(&alive_timer);
}

/** Random per connection, never 0, and never twice in a row. [P-3.3] */
int link_session_new_epoch(void)
{
	uint32_t next;
	int err = port_random(&next, sizeof(next));

	if (err) {
		return err;
	}
	next = next % (UINT32_MAX - 1) + 1;
	epoch = next == epoch ? next % (UINT32_MAX - 1) + 1 : next;
	return 0;
}

void link_session_connected(void)
{
	seq = 0;
	if (!link_session_enter(LINK_EVENT_CONNECTED)) {
		return;
	}
	handlers->connected();
	hello_each(options->alive_ms);
}

/**
 * Stays connected, says nothing but hello again after a minute, and goes on with its deployments.
 * [P-3.2]
 */
static void refused(const char *code, const char *message, size_t len)
{
	link_session_quiet();
	if (link_session_enter(LINK_EVENT_REFUSED)) {
		link_pulls_offline();
		link_pushes_offline();
		handlers->disconnected();
	}
	LOG_ERR("the manager refuses this proplet: %s: %.*s; asked again in %u s", code, (int)len,
		message, REFUSED_MS / 1000);
	hello_again_ms = REFUSED_MS;
	loop_timer_start(&hello_timer, (uint64_t)REFUSED_MS * US_PER_MS, say_hello, NULL);
}

void link_session_welcome(const struct codec_welcome *welcome)
{
	/* No refusal: the manager has restarted and the broker has not. [P-3.2] */
	if (welcome->has_error && welcome->error.code == CODEC_STALE_EPOCH) {
		hello_each(options->alive_ms);
		return;
	}
	if (welcome->has_error) {
		refused(codec_error_name(welcome->error.code),
			(const char *)welcome->error.message.data, welcome->error.message.len);
		return;
	}
	if (welcome->protocol != CODEC_PROTOCOL) {
		static const char why[] = "it speaks another protocol";

		refused(codec_error_name(CODEC_UNSUPPORTED_VERSION), why, sizeof(why) - 1);
		return;
	}
	loop_timer_stop(&hello_timer);
	if (!link_session_enter(LINK_EVENT_WELCOMED)) {
		return;
	}
	LOG_INF("online, epoch %u", (unsigned int)epoch);
	loop_timer_start(&alive_timer, (uint64_t)options->alive_ms * US_PER_MS, say_alive, NULL);
	handlers->welcomed(welcome);
	link_pulls_online();
}

void link_session_closed(void)
{
	bool was_up = state > LINK_CONNECTING;

	link_session_quiet();
	(void)link_session_enter(LINK_EVENT_CLOSED);
	if (was_up) {
		link_pulls_offline();
		link_pushes_offline();
		handlers->disconnected();
	}
}

bool link_drain(void)
{
	return link_session_enter(LINK_EVENT_DRAIN);
}

int link_send(enum codec_topic topic, const char *deployment, const void *payload, size_t len)
{
	int result = link_session_send(topic, deployment, payload, len);

	return result < 0 ? result : 0;
}

bool link_online(void)
{
	return state == LINK_ONLINE || state == LINK_DRAINING;
}

bool link_connected(void)
{
	return state > LINK_CONNECTING;
}

uint32_t link_epoch(void)
{
	return epoch;
}

const uint8_t *link_boot(void)
{
	return boot;
}
