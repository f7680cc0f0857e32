/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The client's own TCP transport waits until the broker listens and until the socket takes what is
 * sent: meanwhile nobody would feed the watchdog. Here what is sent goes into a queue.
 *
 * One thing waits: Zephyr's TLS sockets connect and shake hands at once. The agent's thread stands
 * still for at most the time that link_tls.c holds against the watchdog's. Calls go on meanwhile.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <zephyr/net/mqtt.h>
#include <zephyr/net/socket.h>
#include <zephyr/posix/fcntl.h>
#include <zephyr/sys/ring_buffer.h>

#include "link_socket.h"
#include "link_tls.h"
#include "settings.h"

/* For what was said last to leave, and for the broker to hang up. */
#define FLUSH_MS 200

RING_BUF_DECLARE(queue, CONFIG_SAMARA_LINK_QUEUE);

static int fd = -1;
static bool is_dry;
static bool is_secured;
/* Why nobody may be spoken to; NULL: nothing. */
static const char *obstacle;
/* TLS has encrypted as much and the socket has not taken it: it has to be given once more, and no
 * more than that. */
static uint32_t refused;

void link_socket_init(void)
{
	int len = samara_setting_len(samara_setting_find("ca"));

	/* Whoever stored an authority wants no plain connection, whatever is wrong. */
	is_secured = len != 0 && len != -ENOENT;
	if (!is_secured) {
		obstacle = NULL;
	} else if (len < 0) {
		obstacle = "the setting ca cannot be read";
	} else if (!IS_ENABLED(CONFIG_SAMARA_TLS)) {
		obstacle = "the setting ca is stored, and this image has no TLS";
	} else {
		obstacle = link_tls_init();
	}
}

static int set_up(const char *host)
{
	int flags = zsock_fcntl(fd, ZVFS_F_GETFL, 0);
	int one = 1;

	if (flags < 0 || zsock_fcntl(fd, ZVFS_F_SETFL, flags | ZVFS_O_NONBLOCK) ||
	    zsock_setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one))) {
		return -errno;
	}
	return IS_ENABLED(CONFIG_SAMARA_TLS) && is_secured ? link_tls_set_up(fd, host) : 0;
}

static int dial(const struct zsock_addrinfo *address, const char *host)
{
	fd = zsock_socket(address->ai_family, SOCK_STREAM,
			  is_secured ? IPPROTO_TLS_1_2 : IPPROTO_TCP);
	int error = fd < 0 ? -errno : set_up(host);

	if (!error && zsock_connect(fd, address->ai_addr, address->ai_addrlen) &&
	    errno != EINPROGRESS) {
		/* A handshake that takes too long is told as a socket that would wait. */
		error = errno == EAGAIN ? -ETIMEDOUT : -errno;
	}
	if (error) {
		link_socket_close(false);
	}
	return error;
}

int link_socket_dial(const char *host, uint16_t port)
{
	const struct zsock_addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct zsock_addrinfo *found = NULL;
	char service[sizeof("65535")];

	link_socket_close(false);
	if (obstacle) {
		return -EPERM;
	}
	(void)snprintf(service, sizeof(service), "%u", port);
	if (zsock_getaddrinfo(host, service, &hints, &found) || !found) {
		return -EHOSTUNREACH;
	}
	int error = dial(found, host);

	zsock_freeaddrinfo(found);
	ring_buf_reset(&queue);
	is_dry = false;
	refused = 0;
	return error;
}

const char *link_socket_words(int error)
{
	if (error == -EHOSTUNREACH) {
		return "the name is not known";
	}
	/* What Zephyr says of an interface without one. */
	if (IS_ENABLED(CONFIG_SAMARA_DHCP) && error == -EINVAL) {
		return "there is no address yet";
	}
	if (obstacle) {
		return obstacle;
	}
	bool is_handshake = error == -ECONNABORTED || error == -ECONNRESET;

	return IS_ENABLED(CONFIG_SAMARA_TLS) && is_secured && is_handshake ? link_tls_words()
									   : strerror(-error);
}

int link_socket_dialled(void)
{
	int error = 0;
	socklen_t len = sizeof(error);

	return zsock_getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) ? -errno : -error;
}

static bool can(short events)
{
	struct zsock_pollfd file = {.fd = fd, .events = events};

	return zsock_poll(&file, 1, FLUSH_MS) > 0;
}

/** A socket that is closed with the other end's words unread takes its own last words back. */
static void leave(void)
{
	uint8_t rest[64];

	while (link_socket_wants_write() && link_socket_flush() == 0 && can(ZSOCK_POLLOUT)) {
	}
	while (can(ZSOCK_POLLIN) && zsock_recv(fd, rest, sizeof(rest), ZSOCK_MSG_DONTWAIT) > 0) {
	}
}

void link_socket_close(bool polite)
{
	if (fd < 0) {
		return;
	}
	if (polite) {
		leave();
	}
	(void)zsock_close(fd);
	fd = -1;
}

int link_socket_fd(void)
{
	return fd;
}

size_t link_socket_room(void)
{
	return ring_buf_space_get(&queue);
}

bool link_socket_wants_write(void)
{
	return !ring_buf_is_empty(&queue);
}

int link_socket_flush(void)
{
	while (fd >= 0 && !ring_buf_is_empty(&queue)) {
		uint8_t *data;
		uint32_t len = ring_buf_get_claim(&queue, &data,
						  refused ? refused : CONFIG_SAMARA_LINK_QUEUE);
		ssize_t sent = zsock_send(fd, data, len, ZSOCK_MSG_DONTWAIT);
		int error = sent < 0 ? -errno : 0;

		(void)ring_buf_get_finish(&queue, sent > 0 ? (uint32_t)sent : 0);
		refused = error == -EAGAIN ? len : 0;
		if (error) {
			return error == -EAGAIN ? 0 : error;
		}
	}
	return 0;
}

bool link_socket_is_dry(void)
{
	return is_dry;
}

/* What follows is called by the MQTT client. */

int mqtt_client_custom_transport_connect(struct mqtt_client *client)
{
	return fd < 0 ? -ENOTCONN : 0;
}

int mqtt_client_custom_transport_write(struct mqtt_client *client, const uint8_t *data,
				       uint32_t len)
{
	if (len > ring_buf_space_get(&queue)) {
		return -ENOBUFS;
	}
	(void)ring_buf_put(&queue, data, len);
	return 0;
}

int mqtt_client_custom_transport_write_msg(struct mqtt_client *client, const struct msghdr *message)
{
	int error = 0;

	for (size_t index = 0; index < message->msg_iovlen && !error; index++) {
		error = mqtt_client_custom_transport_write(
			client, message->msg_iov[index].iov_base,
			(uint32_t)message->msg_iov[index].iov_len);
	}
	return error;
}

int mqtt_client_custom_transport_read(struct mqtt_client *client, uint8_t *data, uint32_t len,
				      bool shall_block)
{
	ssize_t got = zsock_recv(fd, data, len, ZSOCK_MSG_DONTWAIT);
	int error = got < 0 ? -errno : 0;

	is_dry = error == -EAGAIN || (got > 0 && (size_t)got < len);
	return error ? error : (int)got;
}

int mqtt_client_custom_transport_disconnect(struct mqtt_client *client)
{
	/* By whoever had a reason: see link_mqtt.c. */
	return 0;
}
