/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One thread drives the library, which is told that somebody does ("threaded"): it then only queues
 * what it has to say, and an acknowledgement goes out after the callback for its message has
 * returned. Each connection is a client of its own, or the library would send again what the agent
 * has long given up.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mosquitto.h>

#include "base.h"
#include "link_mosquitto.h"
#include "port/port.h"

/* QoS 1 messages that the broker has not confirmed. */
#define UNCONFIRMED_MAX 32
/* Bytes that the socket has not taken. */
#define QUEUE_MAX	(64 * 1024)
/* What a message costs there beside topic and payload. */
#define MESSAGE_BYTES	16
/* The library sees to keep-alive when it is asked. */
#define MISC_US		UINT64_C(1000000)
/* Messages of one turn: timers and posted work want one too. */
#define MESSAGES_A_TURN 16
/* For what was said last to leave. */
#define FLUSH_MS	200

static const struct link_settings *settings;
static const struct port_link_events *events;
static struct mosquitto *client;
static bool busy;     /* trying, or connected */
static bool dialling; /* the system has not said yet whether somebody listens */
static bool calling;  /* the library is above us: it must not be destroyed now */
static bool more;     /* it may hold messages that the socket shows no more */
static bool polite;   /* the end is to be said when it is over */
static char reason[96];
static uint16_t unconfirmed[UNCONFIRMED_MAX];
static unsigned int unconfirmed_count;
static size_t queued;
static unsigned int failures; /* of dialling, one after another */
static uint64_t misc_us;

void link_mosquitto_set(const struct link_settings *given)
{
	settings = given;
}

/** The first reason is the one that counts; it is told once the library has returned. */
static void because(const char *why)
{
	if (reason[0] == '\0') {
		snprintf(reason, sizeof(reason), "%s", why);
	}
}

static void on_connect(struct mosquitto *who, void *arg, int code, int flags)
{
	int saved = errno;

	(void)who;
	(void)arg;
	if (code) {
		because(mosquitto_connack_string(code));
	} else if (busy) {
		events->up((flags & 1) != 0);
	}
	errno = saved;
}

static void on_disconnect(struct mosquitto *who, void *arg, int code)
{
	(void)who;
	(void)arg;
	because(code == MOSQ_ERR_CONN_LOST ? "the broker has hung up"
		: code			   ? mosquitto_strerror(code)
					   : "ended");
}

static void on_message(struct mosquitto *who, void *arg, const struct mosquitto_message *message)
{
	size_t len = (size_t)message->payloadlen;
	int saved = errno;

	(void)who;
	(void)arg;
	if (busy) {
		events->message(message->topic,
				len > CONFIG_SAMARA_PACKET_MAX ? NULL : message->payload, len);
	}
	/* Whoever reads tells by it whether there is more. */
	errno = saved;
}

/** Of QoS 0 too, whose numbers nobody was told. */
static void on_publish(struct mosquitto *who, void *arg, int id)
{
	int saved = errno;

	(void)who;
	(void)arg;
	for (unsigned int index = 0; index < unconfirmed_count; index++) {
		if (unconfirmed[index] == id) {
			unconfirmed[index] = unconfirmed[--unconfirmed_count];
			if (busy) {
				events->published(id);
			}
			break;
		}
	}
	errno = saved;
}

/** Let what is queued leave, as far as the socket takes it in a moment. */
static void flush(void)
{
	struct pollfd file = {.fd = mosquitto_socket(client), .events = POLLOUT};

	while (file.fd >= 0 && mosquitto_loop_write(client, 1) == MOSQ_ERR_SUCCESS &&
	       mosquitto_want_write(client) && poll(&file, 1, FLUSH_MS) > 0) {
	}
}

/**
 * Say goodbye. The library closes the socket with the last byte, and where the broker's last words
 * were not read, the system would take back what was not yet delivered: another descriptor of the
 * same socket reads them first.
 */
static void say_goodbye(void)
{
	int again = dup(mosquitto_socket(client));
	struct pollfd file = {.fd = again, .events = POLLIN};
	char rest[512];

	(void)mosquitto_disconnect(client);
	flush();
	if (again < 0) {
		return;
	}
	(void)shutdown(again, SHUT_WR);
	while (poll(&file, 1, FLUSH_MS) > 0 && recv(again, rest, sizeof(rest), MSG_DONTWAIT) > 0) {
	}
	close(again);
}

/** Nothing of the library is above us. */
static void drop(void)
{
	if (client) {
		if (polite) {
			say_goodbye();
		}
		mosquitto_destroy(client);
		client = NULL;
	}
	polite = false;
}

int port_link_init(const struct port_link_events *given)
{
	events = given;
	return mosquitto_lib_init() == MOSQ_ERR_SUCCESS ? 0 : -EIO;
}

static int configure(const struct port_link_options *options)
{
	mosquitto_connect_with_flags_callback_set(client, on_connect);
	mosquitto_disconnect_callback_set(client, on_disconnect);
	mosquitto_message_callback_set(client, on_message);
	mosquitto_publish_callback_set(client, on_publish);
	mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311);
	mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_max_inflight_messages_set(client, UNCONFIRMED_MAX);
	int error = mosquitto_threaded_set(client, true);

	if (!error) {
		error = mosquitto_username_pw_set(client, options->user, options->password);
	}
	if (!error && options->will_len > 0) {
		error = mosquitto_will_set(client, options->will_topic, (int)options->will_len,
					   options->will, 1, false);
	}
	if (!error && settings->tls) {
		error = mosquitto_tls_set(client, settings->ca,
					  settings->ca ? NULL : "/etc/ssl/certs", settings->cert,
					  settings->key, NULL);
	}
	return error;
}

/** Nobody is told of it but the log, and that once in a row. */
static int cannot_dial(int error)
{
	int number = error == MOSQ_ERR_ERRNO && errno > 0 ? errno : EHOSTUNREACH;

	if (failures++ == 0) {
		port_log(PORT_LOG_WRN, "link", "broker %s:%d: %s", settings->host, settings->port,
			 error == MOSQ_ERR_ERRNO ? strerror(number)
			 : error == MOSQ_ERR_EAI ? "the name is not known"
						 : mosquitto_strerror(error));
	}
	return -number;
}

int port_link_connect(const struct port_link_options *options)
{
	if (calling) {
		return -EBUSY;
	}
	drop();
	client = mosquitto_new(options->client_id, options->clean_session, NULL);
	if (!client) {
		return -ENOMEM;
	}
	unconfirmed_count = 0;
	queued = 0;
	misc_us = 0;
	reason[0] = '\0';
	dialling = true;
	more = false;
	/*
	 * Of a host with addresses of both families the library tries the first one alone: every
	 * other time that is one of IPv4.
	 */
	const char *from = failures % 2 == 1 ? "0.0.0.0" : NULL;
	int error = configure(options);

	if (!error) {
		error = mosquitto_connect_bind_async(client, settings->host, settings->port,
						     options->keepalive_s, from);
	}
	busy = !error;
	if (!busy) {
		error = cannot_dial(error);
		drop();
	}
	return error;
}

void port_link_disconnect(bool will)
{
	/* Without a word the broker sends the will. */
	polite = client && busy && !dialling && !will;
	busy = false;
	if (!calling) {
		drop();
	}
}

int port_link_subscribe(const char *filter, int qos)
{
	return client && busy && mosquitto_subscribe(client, NULL, filter, qos) == MOSQ_ERR_SUCCESS
		       ? 0
		       : -ENOTCONN;
}

/** Whether it fits beside what the socket has not taken yet. */
static bool has_room(size_t len)
{
	if (!mosquitto_want_write(client)) {
		queued = 0;
	}
	return queued + len <= QUEUE_MAX || queued == 0;
}

int port_link_publish(const char *topic, const void *payload, size_t len, int qos, bool retain)
{
	size_t bytes = strlen(topic) + len + MESSAGE_BYTES;
	int id = 0;

	if (!client || !busy || dialling) {
		return -ENOTCONN;
	}
	if ((qos > 0 && unconfirmed_count == UNCONFIRMED_MAX) || !has_room(bytes)) {
		return -EAGAIN;
	}
	int error = mosquitto_publish(client, &id, topic, (int)len, payload, qos, retain);

	if (error) {
		return error == MOSQ_ERR_PAYLOAD_SIZE || error == MOSQ_ERR_OVERSIZE_PACKET
			       ? -EMSGSIZE
			       : -ENOTCONN;
	}
	queued += bytes;
	if (qos > 0) {
		unconfirmed[unconfirmed_count++] = (uint16_t)id;
	}
	return qos > 0 ? id : 0;
}

/** What connect() came to. */
static int dialled(short happened)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (!happened) {
		return MOSQ_ERR_SUCCESS;
	}
	dialling = false;
	if (getsockopt(mosquitto_socket(client), SOL_SOCKET, SO_ERROR, &error, &len) || error) {
		because(error ? strerror(error) : "no socket");
		failures++;
		return MOSQ_ERR_NO_CONN;
	}
	failures = 0;
	return MOSQ_ERR_SUCCESS;
}

/**
 * Take messages until the socket has no more. The library says so in errno alone; what TLS has
 * taken out of the socket already, no poll() would show.
 */
static int read_messages(void)
{
	int error = MOSQ_ERR_SUCCESS;

	more = true;
	for (int count = 0; count < MESSAGES_A_TURN && more && !error && busy; count++) {
		errno = 0;
		error = mosquitto_loop_read(client, 1);
		more = !error && errno != EAGAIN;
	}
	return error;
}

static int work(short happened)
{
	int error = MOSQ_ERR_SUCCESS;

	if (dialling) {
		error = dialled(happened);
	}
	if (error || dialling) {
		return error;
	}
	if (more || (happened & (POLLIN | POLLHUP | POLLERR))) {
		error = read_messages();
	}
	/* Acknowledgements, and what callbacks have to say, go out in the same turn. */
	if (!error && busy && mosquitto_want_write(client)) {
		error = mosquitto_loop_write(client, 1);
	}
	if (!error && busy && port_now_us() >= misc_us) {
		misc_us = port_now_us() + MISC_US;
		error = mosquitto_loop_misc(client);
	}
	return error;
}

static void serve(short happened)
{
	calling = true;
	int error = work(happened);

	if (error) {
		because(error == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(error));
	}
	calling = false;
	bool is_told = busy && reason[0] != '\0';

	if (is_told) {
		busy = false;
	}
	if (!busy) {
		drop();
	}
	if (is_told) {
		events->down(reason);
	}
}

/** What timers and posted work had to say. Tells nothing: the caller has counted its timers
 * already. */
static void push(void)
{
	if (!dialling && mosquitto_want_write(client)) {
		calling = true;
		if (mosquitto_loop_write(client, 1)) {
			because("the connection broke");
		}
		calling = false;
	}
}

void port_wait(uint64_t until_us)
{
	struct pollfd files[2] = {{.fd = posix_wake_fd(), .events = POLLIN}, {.fd = -1}};
	bool has_link = client && busy;
	uint64_t until = until_us;

	if (has_link) {
		uint64_t soon = port_now_us() + MISC_US;

		push();
		until = more || reason[0] != '\0' ? 0 : until < soon ? until : soon;
		files[1].fd = mosquitto_socket(client);
		files[1].events =
			(short)(POLLIN | (dialling || mosquitto_want_write(client) ? POLLOUT : 0));
	}
	int ready = poll(files, 2, posix_poll_ms(until));

	if (ready > 0 && files[0].revents) {
		posix_wake_clear();
	}
	if (has_link) {
		serve(ready > 0 ? files[1].revents : 0);
	}
}
