/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The client's own TCP transport waits until the broker listens and until the socket takes what is
 * sent: meanwhile nobody would feed the watchdog. Here what is sent goes into a queue.
 */

#include <errno.h>
#include <stdio.h>

#include <zephyr/net/mqtt.h>
#include <zephyr/net/socket.h>
#include <zephyr/posix/fcntl.h>
#include <zephyr/sys/ring_buffer.h>

#include "link_socket.h"

/* For what was said last to leave, and for the broker to hang up. */
#define FLUSH_MS 200

RING_BUF_DECLARE(queue, CONFIG_SAMARA_LINK_QUEUE);

static int fd = -1;
static bool is_dry;

static int set_up(void)
{
	int flags = zsock_fcntl(fd, ZVFS_F_GETFL, 0);
	int one = 1;

	if (flags < 0 || zsock_fcntl(fd, ZVFS_F_SETFL, flags | ZVFS_O_NONBLOCK) ||
	    zsock_setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one))) {
		return -errno;
	}
	return 0;
}

static int dial(const struct zsock_addrinfo *address)
{
	fd = zsock_socket(address->ai_family, SOCK_STREAM, IPPROTO_TCP);
	int error = fd < 0 ? -errno : set_up();

	if (!error && zsock_connect(fd, address->ai_addr, address->ai_addrlen) &&
	    errno != EINPROGRESS) {
		error = -errno;
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
	(void)snprintf(service, sizeof(service), "%u", port);
	if (zsock_getaddrinfo(host, service, &hints, &found) || !found) {
		return -EHOSTUNREACH;
	}
	int error = dial(found);

	zsock_freeaddrinfo(found);
	ring_buf_reset(&queue);
	is_dry = false;
	return error;
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
		uint32_t len = ring_buf_get_claim(&queue, &data, CONFIG_SAMARA_LINK_QUEUE);
		ssize_t sent = zsock_send(fd, data, len, ZSOCK_MSG_DONTWAIT);
		int error = sent < 0 ? -errno : 0;

		(void)ring_buf_get_finish(&queue, sent > 0 ? (uint32_t)sent : 0);
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
