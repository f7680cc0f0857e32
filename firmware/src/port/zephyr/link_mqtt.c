/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The client tells what came from inside mqtt_input(), where the payload has not been read yet.
 * What it tells is noted, and told on when it has returned: the payload may come in pieces, and
 * whoever is told may close the link.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <zephyr/net/mqtt.h>
#include <zephyr/net/socket.h>

#include "base.h"
#include "codec/topics.h"
#include "link_mqtt.h"
#include "link_socket.h"
#include "port/port.h"

/* QoS 1 messages that the broker has not confirmed. */
#define UNCONFIRMED_MAX 32
/* Head of a packet: its kind, its length, length of the topic, number. */
#define HEAD_BYTES	9
/* Room that publishing leaves for acknowledgements, pings and subscriptions. */
#define RESERVED_BYTES	1024
/* Packets of one turn: timers and posted work want one too. */
#define PACKETS_A_TURN	16
/* How often somebody looks whether a ping is due. */
#define MISC_US		UINT64_C(1000000)
/* CONNECT has id, user, password, topic of the will and the will. */
#define TX_BYTES	1024

/* Of the link, not of MQTT: a client that is dialling has no connection to lose. */
enum stage { STAGE_IDLE, STAGE_DIALLING, STAGE_CONNECTING, STAGE_UP };

static const char *host = "";
static uint16_t host_port;
static const struct port_link_events *events;
static struct mqtt_client client;
static struct mqtt_utf8 user;
static struct mqtt_utf8 password;
static struct mqtt_utf8 will;
static struct mqtt_topic will_topic;
static uint8_t rx[HEAD_BYTES + CODEC_TOPIC_MAX];
static uint8_t tx[TX_BYTES];

static enum stage stage;
static char reason[64];
static unsigned int failures; /* of dialling, one after another */
static uint64_t heard_us;
static bool is_pinged;
static uint16_t last_id;
static atomic_t is_reachable; /* and nobody was told yet */
static uint16_t unconfirmed[UNCONFIRMED_MAX];
static unsigned int unconfirmed_count;

/* What mqtt_input() told. */
static struct {
	bool is_accepted;
	bool session;
	uint16_t published; /* 0: none */
} told;

/* The message that is coming in. */
static struct {
	bool is_coming;
	char topic[CODEC_TOPIC_MAX + 1];
	uint8_t payload[CONFIG_SAMARA_PACKET_MAX];
	size_t len;
	size_t got;
	uint16_t id; /* 0: QoS 0 */
} message;

void link_mqtt_set(const char *name, uint16_t port)
{
	host = name;
	host_port = port;
}

void link_mqtt_reachable(void)
{
	(void)atomic_set(&is_reachable, true);
	port_wake();
}

/** The first reason is the one that counts; it is told once the client has returned. */
static void because(const char *why)
{
	if (reason[0] == '\0') {
		(void)snprintf(reason, sizeof(reason), "%s", why);
	}
}

static void because_of(int error)
{
	because(error == -ENOTCONN ? "the broker has hung up" : strerror(-error));
}

static const char *refusal(uint8_t code)
{
	static const char *const words[] = {
		"",
		"the broker speaks another version of MQTT",
		"the broker refuses this client id",
		"the broker is unavailable",
		"the broker refuses user or password",
		"the broker does not authorize this client",
	};

	return code > 0 && code < ARRAY_SIZE(words) ? words[code] : "the broker refuses";
}

static void note_message(const struct mqtt_publish_param *publish)
{
	const struct mqtt_utf8 *topic = &publish->message.topic.topic;

	/* rx has no room for a longer one. */
	memcpy(message.topic, topic->utf8, topic->size);
	message.topic[topic->size] = '\0';
	message.len = publish->message.payload.len;
	message.got = 0;
	message.id =
		publish->message.topic.qos == MQTT_QOS_0_AT_MOST_ONCE ? 0 : publish->message_id;
	message.is_coming = true;
}

static void on_event(struct mqtt_client *who, const struct mqtt_evt *event)
{
	switch (event->type) {
	case MQTT_EVT_CONNACK:
		if (event->result == MQTT_CONNECTION_ACCEPTED) {
			told.is_accepted = true;
			told.session = event->param.connack.session_present_flag != 0;
		} else {
			because(refusal(event->param.connack.return_code));
		}
		break;
	case MQTT_EVT_PUBLISH:
		if (event->result == 0) {
			note_message(&event->param.publish);
		}
		break;
	case MQTT_EVT_PUBACK:
		told.published = event->param.puback.message_id;
		break;
	case MQTT_EVT_PINGRESP:
		is_pinged = false;
		break;
	case MQTT_EVT_DISCONNECT:
		because_of(event->result ? event->result : -ENOTCONN);
		break;
	default:
		break;
	}
}

int port_link_init(const struct port_link_events *given)
{
	events = given;
	link_socket_init();
	return 0;
}

static struct mqtt_utf8 text_of(const char *text)
{
	return (struct mqtt_utf8){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static void configure(const struct port_link_options *options)
{
	mqtt_client_init(&client);
	client.transport.type = MQTT_TRANSPORT_CUSTOM;
	client.evt_cb = on_event;
	client.rx_buf = rx;
	client.rx_buf_size = sizeof(rx);
	client.tx_buf = tx;
	client.tx_buf_size = sizeof(tx);
	client.client_id = text_of(options->client_id);
	client.clean_session = options->clean_session;
	client.keepalive = options->keepalive_s;
	user = text_of(options->user);
	client.user_name = &user;
	if (options->password) {
		password = text_of(options->password);
		client.password = &password;
	}
	if (options->will_len > 0) {
		will_topic =
			(struct mqtt_topic){text_of(options->will_topic), MQTT_QOS_1_AT_LEAST_ONCE};
		will = (struct mqtt_utf8){options->will, (uint32_t)options->will_len};
		client.will_topic = &will_topic;
		client.will_message = &will;
	}
}

/** Nobody is told of it but the log, and that once in a row, or where the reason is another one. */
static int cannot_dial(int error)
{
	static char said[96];
	const char *words = link_socket_words(error);

	if (failures++ == 0 || strncmp(said, words, sizeof(said) - 1) != 0) {
		port_log(PORT_LOG_WRN, "link", "broker %s:%u: %s", host, host_port, words);
		(void)snprintf(said, sizeof(said), "%s", words);
	}
	return error;
}

int port_link_connect(const struct port_link_options *options)
{
	configure(options);
	reason[0] = '\0';
	told.is_accepted = false;
	told.published = 0;
	message.is_coming = false;
	unconfirmed_count = 0;
	is_pinged = false;
	int error = link_socket_dial(host, host_port);

	if (error) {
		return cannot_dial(error);
	}
	stage = STAGE_DIALLING;
	return 0;
}

void port_link_disconnect(bool lost)
{
	bool is_polite = stage == STAGE_UP && !lost;

	/* Without a word the broker sends the will. */
	if (is_polite) {
		(void)mqtt_disconnect(&client, NULL);
	}
	stage = STAGE_IDLE;
	link_socket_close(is_polite);
}

static uint16_t next_id(void)
{
	last_id = last_id == UINT16_MAX ? 1 : last_id + 1;
	return last_id;
}

int port_link_subscribe(const char *filter, int qos)
{
	struct mqtt_topic topic = {text_of(filter), (uint8_t)qos};
	const struct mqtt_subscription_list list = {&topic, 1, next_id()};

	return stage == STAGE_UP && mqtt_subscribe(&client, &list) == 0 ? 0 : -ENOTCONN;
}

int port_link_publish(const char *topic, const void *payload, size_t len, int qos, bool retain)
{
	size_t bytes = HEAD_BYTES + strlen(topic) + len;
	struct mqtt_publish_param publish = {
		.message = {{text_of(topic), (uint8_t)qos}, {(uint8_t *)payload, (uint32_t)len}},
		.retain_flag = retain,
	};

	if (stage != STAGE_UP) {
		return -ENOTCONN;
	}
	if (bytes + RESERVED_BYTES > CONFIG_SAMARA_LINK_QUEUE) {
		return -EMSGSIZE;
	}
	if ((qos > 0 && unconfirmed_count == UNCONFIRMED_MAX) ||
	    bytes + RESERVED_BYTES > link_socket_room()) {
		return -EAGAIN;
	}
	publish.message_id = qos > 0 ? next_id() : 0;
	if (mqtt_publish(&client, &publish)) {
		return -ENOTCONN;
	}
	if (qos > 0) {
		unconfirmed[unconfirmed_count++] = publish.message_id;
	}
	return publish.message_id;
}

/** Numbers of nobody's are the broker's mistake. */
static void tell_published(uint16_t id)
{
	for (unsigned int index = 0; index < unconfirmed_count; index++) {
		if (unconfirmed[index] == id) {
			unconfirmed[index] = unconfirmed[--unconfirmed_count];
			events->published(id);
			return;
		}
	}
}

static void tell_message(void)
{
	struct mqtt_puback_param acknowledgement = {.message_id = message.id};

	message.is_coming = false;
	events->message(message.topic,
			message.len > sizeof(message.payload) ? NULL : message.payload,
			message.len);
	if (message.id > 0 && stage == STAGE_UP) {
		(void)mqtt_publish_qos1_ack(&client, &acknowledgement);
	}
}

/** What is too long is read all the same, and written over. */
static int read_payload(void)
{
	bool fits = message.len <= sizeof(message.payload);
	uint8_t *to = fits ? message.payload + message.got : message.payload;
	size_t room = fits ? message.len - message.got : sizeof(message.payload);
	int got = message.got < message.len ? mqtt_read_publish_payload(&client, to, room) : 0;

	if (got < 0) {
		return got == -EAGAIN ? 0 : got;
	}
	message.got += (size_t)got;
	return 0;
}

static int read_one(void)
{
	int error = message.is_coming ? read_payload() : mqtt_input(&client);

	if (error) {
		return error;
	}
	heard_us = port_now_us();
	if (told.is_accepted) {
		told.is_accepted = false;
		stage = STAGE_UP;
		events->up(told.session);
	}
	if (told.published) {
		uint16_t id = told.published;

		told.published = 0;
		tell_published(id);
	}
	if (message.is_coming && message.got == message.len) {
		tell_message();
	}
	return 0;
}

/** The socket says by itself when there is more. */
static int read_packets(void)
{
	int error = 0;

	for (int count = 0; count < PACKETS_A_TURN && !error && stage >= STAGE_CONNECTING;
	     count++) {
		error = read_one();
		if (link_socket_is_dry()) {
			break;
		}
	}
	return error;
}

/** The client pings when it was silent itself: a broker that is silent is asked too. */
static int keep_alive(void)
{
	uint64_t keepalive_us = (uint64_t)client.keepalive * USEC_PER_SEC;
	bool is_silent = port_now_us() - heard_us >= keepalive_us;

	if (is_pinged && port_now_us() - heard_us >= 2 * keepalive_us) {
		because("the broker does not answer");
		return -ETIMEDOUT;
	}
	if ((is_silent && !is_pinged) || mqtt_keepalive_time_left(&client) == 0) {
		is_pinged = true;
		return mqtt_ping(&client);
	}
	return 0;
}

static int dialled(short happened)
{
	if (!happened) {
		return 0;
	}
	int error = link_socket_dialled();

	if (error) {
		failures++;
		return error;
	}
	failures = 0;
	heard_us = port_now_us();
	stage = STAGE_CONNECTING;
	return mqtt_connect(&client);
}

static int work(short happened)
{
	int error = 0;

	if (stage == STAGE_DIALLING) {
		error = dialled(happened);
	} else if (happened & (ZSOCK_POLLIN | ZSOCK_POLLHUP | ZSOCK_POLLERR)) {
		error = read_packets();
	}
	if (!error && stage == STAGE_UP) {
		error = keep_alive();
	}
	/* Acknowledgements, and what callbacks have to say, go out in the same turn. */
	if (!error && stage >= STAGE_CONNECTING) {
		error = link_socket_flush();
	}
	return error;
}

static void serve(short happened)
{
	int error = work(happened);

	if (error) {
		because_of(error);
	}
	/* Whoever was told may have ended it. */
	if (stage != STAGE_IDLE && reason[0] != '\0') {
		stage = STAGE_IDLE;
		link_socket_close(false);
		events->down(reason);
	}
}

/** What timers and posted work had to say. What breaks here, the next read tells. */
static void push(void)
{
	if (stage >= STAGE_CONNECTING) {
		(void)link_socket_flush();
	}
}

void port_wait(uint64_t until_us)
{
	struct zsock_pollfd files[2] = {{.fd = base_wake_fd(), .events = ZSOCK_POLLIN}, {.fd = -1}};
	bool has_link = stage != STAGE_IDLE;
	uint64_t until = until_us;

	if (has_link) {
		push();
		until = reason[0] != '\0' ? 0 : MIN(until, port_now_us() + MISC_US);
		files[1].fd = link_socket_fd();
		files[1].events = ZSOCK_POLLIN;
		if (stage == STAGE_DIALLING || link_socket_wants_write()) {
			files[1].events |= ZSOCK_POLLOUT;
		}
	}
	int ready = zsock_poll(files, has_link ? 2 : 1, base_poll_ms(until));

	if (ready > 0 && files[0].revents) {
		base_wake_clear();
	}
	if (atomic_cas(&is_reachable, true, false)) {
		events->reachable();
	}
	if (has_link) {
		serve(ready > 0 ? files[1].revents : 0);
	}
}
