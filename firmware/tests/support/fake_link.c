/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fake_port.h"

#define MESSAGES_MAX	  512
#define SUBSCRIPTIONS_MAX 32

struct subscription {
	char filter[192];
	int qos;
};

static const struct port_link_events *events;
static struct fake_connect last_connect;
static int connect_result;
static int subscribe_result;
static bool connecting;
static bool up;
static unsigned int disconnects;
static bool disconnected_lost;

static struct subscription subscriptions[SUBSCRIPTIONS_MAX];
static size_t subscriptions_count;
static size_t sent_at_subscription;

static struct fake_message messages[MESSAGES_MAX];
static bool confirmed[MESSAGES_MAX];
static size_t messages_count;
static size_t this_connection;
static size_t room;
static size_t longest;
static int next_id;

void fake_link_reset(void);

void fake_link_reset(void)
{
	events = NULL;
	memset(&last_connect, 0, sizeof(last_connect));
	connect_result = 0;
	subscribe_result = 0;
	connecting = false;
	up = false;
	disconnects = 0;
	disconnected_lost = false;
	subscriptions_count = 0;
	sent_at_subscription = 0;
	messages_count = 0;
	this_connection = 0;
	room = SIZE_MAX;
	longest = SIZE_MAX;
	next_id = 0;
}

static void defect(const char *what)
{
	(void)fprintf(stderr, "fake link: %s\n", what);
	abort();
}

int port_link_init(const struct port_link_events *given)
{
	events = given;
	return 0;
}

int port_link_connect(const struct port_link_options *options)
{
	struct fake_connect *kept = &last_connect;

	if (connecting || up) {
		defect("connect while there is a connection, or one is tried");
	}
	kept->count++;
	(void)snprintf(kept->client_id, sizeof(kept->client_id), "%s", options->client_id);
	(void)snprintf(kept->user, sizeof(kept->user), "%s", options->user);
	kept->has_password = options->password != NULL;
	(void)snprintf(kept->password, sizeof(kept->password), "%s",
		       options->password ? options->password : "");
	kept->clean_session = options->clean_session;
	kept->keepalive_s = options->keepalive_s;
	(void)snprintf(kept->will_topic, sizeof(kept->will_topic), "%s", options->will_topic);
	if (options->will_len > sizeof(kept->will)) {
		defect("the will is too long");
	}
	memcpy(kept->will, options->will, options->will_len);
	kept->will_len = options->will_len;
	subscriptions_count = 0;
	this_connection = messages_count;
	connecting = connect_result == 0;
	return connect_result;
}

const struct fake_connect *fake_link_connect(void)
{
	return &last_connect;
}

void fake_link_connect_result(int result)
{
	connect_result = result;
}

void fake_link_subscribe_result(int result)
{
	subscribe_result = result;
}

void port_link_disconnect(bool lost)
{
	disconnects++;
	disconnected_lost = lost;
	connecting = false;
	up = false;
}

unsigned int fake_link_disconnects(bool *lost)
{
	if (lost) {
		*lost = disconnected_lost;
	}
	return disconnects;
}

int port_link_subscribe(const char *filter, int qos)
{
	if (subscribe_result) {
		return subscribe_result;
	}
	if (!up) {
		return -ENOTCONN;
	}
	if (subscriptions_count == SUBSCRIPTIONS_MAX) {
		defect("too many subscriptions");
	}
	struct subscription *kept = &subscriptions[subscriptions_count++];

	(void)snprintf(kept->filter, sizeof(kept->filter), "%s", filter);
	kept->qos = qos;
	sent_at_subscription = messages_count - this_connection;
	return 0;
}

size_t fake_link_subscriptions(void)
{
	return subscriptions_count;
}

const char *fake_link_subscription(size_t index, int *qos)
{
	if (index >= subscriptions_count) {
		defect("there is no such subscription");
	}
	if (qos) {
		*qos = subscriptions[index].qos;
	}
	return subscriptions[index].filter;
}

size_t fake_link_published_before_subscriptions(void)
{
	return sent_at_subscription;
}

int port_link_publish(const char *topic, const void *payload, size_t len, int qos, bool retain)
{
	if (!up) {
		return -ENOTCONN;
	}
	if (len > longest) {
		return -EMSGSIZE;
	}
	if (room == 0) {
		return -EAGAIN;
	}
	room -= room != SIZE_MAX;
	if (messages_count == MESSAGES_MAX || len > sizeof(messages[0].payload) ||
	    strlen(topic) >= sizeof(messages[0].topic)) {
		defect("a message is more than can be captured");
	}
	struct fake_message *kept = &messages[messages_count];

	confirmed[messages_count++] = false;
	(void)snprintf(kept->topic, sizeof(kept->topic), "%s", topic);
	if (len > 0) {
		memcpy(kept->payload, payload, len);
	}
	kept->len = len;
	kept->qos = qos;
	kept->retain = retain;
	kept->id = qos > 0 ? ++next_id : 0;
	return kept->id;
}

void fake_link_room(size_t count)
{
	room = count;
}

void fake_link_longest(size_t len)
{
	longest = len;
}

/* What is told to the core */

void fake_link_up(bool session)
{
	if (!connecting) {
		defect("up without a connect");
	}
	connecting = false;
	up = true;
	events->up(session);
}

void fake_link_down(const char *why)
{
	connecting = false;
	up = false;
	events->down(why);
}

void fake_link_message(const char *topic, const void *payload, size_t len)
{
	/* Of its own, so that a sanitizer sees a view that outlives the call. */
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (!copy) {
		defect("no memory");
	}
	if (len > 0) {
		memcpy(copy, payload, len);
	}
	events->message(topic, copy, len);
	free(copy);
}

void fake_link_oversized(const char *topic, size_t len)
{
	events->message(topic, NULL, len);
}

void fake_link_published(int id)
{
	events->published(id);
}

void fake_link_reachable(void)
{
	events->reachable();
}

void fake_link_confirm(void)
{
	for (size_t index = 0; index < messages_count; index++) {
		if (!confirmed[index] && messages[index].id > 0) {
			confirmed[index] = true;
			events->published(messages[index].id);
		}
	}
}

bool fake_link_is_up(void)
{
	return up;
}

/* What was captured */

size_t fake_link_sent(void)
{
	return messages_count;
}

const struct fake_message *fake_link_message_at(size_t index)
{
	if (index >= messages_count) {
		defect("there is no such message");
	}
	return &messages[index];
}

static bool has_level(const struct fake_message *message, const char *level)
{
	const char *last = strrchr(message->topic, '/');

	return last && strcmp(last + 1, level) == 0;
}

size_t fake_link_count(const char *level)
{
	size_t count = 0;

	for (size_t index = 0; index < messages_count; index++) {
		count += has_level(&messages[index], level);
	}
	return count;
}

const struct fake_message *fake_link_last(const char *level)
{
	for (size_t index = messages_count; index > 0; index--) {
		if (has_level(&messages[index - 1], level)) {
			return &messages[index - 1];
		}
	}
	defect(level);
	return NULL;
}

void fake_link_forget(void)
{
	messages_count = 0;
	this_connection = 0;
	sent_at_subscription = 0;
}
