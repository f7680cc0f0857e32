/* SPDX-License-Identifier: Apache-2.0 */

/* The link against a broker that this file plays, byte for byte, on the same thread. */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base.h"
#include "link_mosquitto.h"
#include "port/port.h"

#define TURN_US 2000u
#define TURNS	1000

static struct link_settings settings = {.host = "127.0.0.1"};
static const struct port_link_options options = {.client_id = "edge-1",
						 .user = "edge-1",
						 .password = "secret",
						 .clean_session = false,
						 .keepalive_s = 30,
						 .will_topic = "p/edge-1/gone",
						 .will = (const uint8_t *)"gone",
						 .will_len = 4};
static int listener = -1;
static int broker = -1;

/* What was told */

static struct {
	unsigned int ups;
	unsigned int downs;
	unsigned int messages;
	unsigned int confirmed;
	bool session;
	char why[128];
	char topic[64];
	char payload[64];
	bool has_payload;
	size_t len;
	int id;
	bool acknowledged_too_early;
	void (*act)(void);
} told;

static bool has_bytes(void)
{
	struct pollfd file = {.fd = broker, .events = POLLIN};

	return poll(&file, 1, 0) > 0;
}

static void on_up(bool session)
{
	told.ups++;
	told.session = session;
}

static void on_down(const char *why)
{
	told.downs++;
	snprintf(told.why, sizeof(told.why), "%s", why);
	if (told.act) {
		told.act();
	}
}

static void on_message(const char *topic, const uint8_t *payload, size_t len)
{
	told.messages++;
	told.len = len;
	told.has_payload = payload != NULL;
	snprintf(told.topic, sizeof(told.topic), "%s", topic);
	snprintf(told.payload, sizeof(told.payload), "%.*s", payload && len < 60 ? (int)len : 0,
		 payload ? (const char *)payload : "");
	told.acknowledged_too_early = told.acknowledged_too_early || has_bytes();
	if (told.act) {
		told.act();
	}
}

static void on_published(int id)
{
	told.confirmed++;
	told.id = id;
}

/* The broker */

static void turn(void)
{
	port_wait(port_now_us() + TURN_US);
}

static void turn_until(const unsigned int *count, unsigned int wanted)
{
	for (int turns = 0; turns < TURNS && *count < wanted; turns++) {
		turn();
	}
	assert_int_equal(*count, wanted);
}

static void listen_again(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(address);
	int small = 4096;

	listener = socket(AF_INET, SOCK_STREAM, 0);
	(void)setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(listener, 4), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
	settings.port = ntohs(address.sin_port);
}

/** The next bytes from the client, which is turned meanwhile. */
static void receive(uint8_t *data, size_t len)
{
	for (int turns = 0; len > 0; turns++) {
		ssize_t got = recv(broker, data, len, MSG_DONTWAIT);

		assert_true(got != 0 && turns < TURNS);
		if (got > 0) {
			data += got;
			len -= (size_t)got;
		} else {
			turn();
		}
	}
}

#define EXPECT(...)                                                                                \
	do {                                                                                       \
		static const uint8_t wanted[] = {__VA_ARGS__};                                     \
		uint8_t came[sizeof(wanted)];                                                      \
		receive(came, sizeof(came));                                                       \
		assert_memory_equal(came, wanted, sizeof(wanted));                                 \
	} while (0)
#define SEND(...)                                                                                  \
	do {                                                                                       \
		static const uint8_t bytes[] = {__VA_ARGS__};                                      \
		assert_int_equal(send(broker, bytes, sizeof(bytes), 0), sizeof(bytes));            \
	} while (0)

static void accept_connect(void)
{
	uint8_t head[2];
	uint8_t rest[128];

	assert_int_equal(port_link_connect(&options), 0);
	broker = accept(listener, NULL, NULL);
	receive(head, sizeof(head));
	assert_int_equal(head[0], 0x10);
	receive(rest, head[1]);
	assert_memory_equal(rest, "\0\4MQTT\4", 7);
}

static void connect_up(void)
{
	memset(&told, 0, sizeof(told));
	accept_connect();
	SEND(0x20, 2, 0, 0);
	turn_until(&told.ups, 1);
}

static int set_up(void **state)
{
	static const struct port_link_events events = {
		on_up, on_down, on_message, on_published, NULL,
	};

	(void)state;
	(void)posix_base_init();
	posix_log_level(0);
	link_mosquitto_set(&settings);
	listen_again();
	return port_link_init(&events);
}

static int hang_up(void **state)
{
	(void)state;
	port_link_disconnect(true);
	if (broker >= 0) {
		close(broker);
	}
	broker = -1;
	return 0;
}

static void connects_with_its_will_and_keeps_its_session(void **state)
{
	(void)state;
	memset(&told, 0, sizeof(told));
	assert_int_equal(port_link_connect(&options), 0);
	broker = accept(listener, NULL, NULL);
	EXPECT(0x10, 55, 0, 4, 'M', 'Q', 'T', 'T', 4,
	       /* user, password, will of QoS 1 and not retained; the session is kept */
	       0xcc, 0, 30, 0, 6, 'e', 'd', 'g', 'e', '-', '1', 0, 13, 'p', '/', 'e', 'd', 'g', 'e',
	       '-', '1', '/', 'g', 'o', 'n', 'e', 0, 4, 'g', 'o', 'n', 'e', 0, 6, 'e', 'd', 'g',
	       'e', '-', '1', 0, 6, 's', 'e', 'c', 'r', 'e', 't');
	assert_int_equal(told.ups, 0);
	SEND(0x20, 2, 1, 0);
	turn_until(&told.ups, 1);
	assert_true(told.session);
}

static bool is_without_delay(void)
{
	struct sockaddr_in peer;
	int flag = 0;

	for (int fd = 3; fd < 64; fd++) {
		socklen_t len = sizeof(peer);

		if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
		    peer.sin_family == AF_INET && ntohs(peer.sin_port) == settings.port) {
			len = sizeof(flag);
			assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &flag, &len), 0);
		}
	}
	return flag != 0;
}

static void delays_no_packet_on_any_connection(void **state)
{
	(void)state;
	connect_up();
	assert_true(is_without_delay());
	hang_up(NULL);
	connect_up();
	assert_true(is_without_delay());
}

static void tells_that_nobody_listens(void **state)
{
	int port = settings.port;

	(void)state;
	memset(&told, 0, sizeof(told));
	close(listener);
	if (port_link_connect(&options) == 0) {
		turn_until(&told.downs, 1);
		assert_string_equal(told.why, "Connection refused");
	}
	listen_again();
	assert_true(settings.port != port || told.downs == 1);
}

static void tells_why_the_broker_refuses(void **state)
{
	(void)state;
	memset(&told, 0, sizeof(told));
	accept_connect();
	SEND(0x20, 2, 0, 5);
	turn_until(&told.downs, 1);
	assert_int_equal(told.ups, 0);
	assert_string_equal(told.why, "Connection Refused: not authorised.");
}

static void tells_that_the_broker_has_hung_up(void **state)
{
	(void)state;
	connect_up();
	close(broker);
	broker = -1;
	turn_until(&told.downs, 1);
	assert_string_equal(told.why, "the broker has hung up");
	turn();
	assert_int_equal(told.downs, 1);
	assert_int_equal(port_link_publish("t", "x", 1, 0, false), -ENOTCONN);
}

static void subscribes(void **state)
{
	(void)state;
	assert_int_equal(port_link_subscribe("a/b", 1), -ENOTCONN);
	connect_up();
	assert_int_equal(port_link_subscribe("a/b", 1), 0);
	EXPECT(0x82, 8, 0, 1, 0, 3, 'a', '/', 'b', 1);
}

static void acknowledges_a_message_after_its_callback(void **state)
{
	(void)state;
	connect_up();
	SEND(0x32, 6, 0, 1, 't', 0, 7, 'x');
	turn_until(&told.messages, 1);
	assert_string_equal(told.topic, "t");
	assert_string_equal(told.payload, "x");
	assert_false(told.acknowledged_too_early);
	EXPECT(0x40, 2, 0, 7);
}

static void acknowledges_several_that_come_at_once_after_all_callbacks(void **state)
{
	(void)state;
	connect_up();
	SEND(0x32, 6, 0, 1, 't', 0, 7, 'x', 0x32, 6, 0, 1, 't', 0, 8, 'y', 0x32, 6, 0, 1, 't', 0, 9,
	     'z');
	turn_until(&told.messages, 3);
	assert_string_equal(told.payload, "z");
	assert_false(told.acknowledged_too_early);
	EXPECT(0x40, 2, 0, 7, 0x40, 2, 0, 8, 0x40, 2, 0, 9);
}

static void drains_and_acknowledges_what_is_too_long(void **state)
{
	static uint8_t message[CONFIG_SAMARA_PACKET_MAX + 9] = {0x32, 0, 0, 0, 1, 't', 0, 7};
	size_t rest = sizeof(message) - 3;

	(void)state;
	connect_up();
	message[1] = (uint8_t)(rest % 128 | 0x80);
	message[2] = (uint8_t)(rest / 128);
	assert_int_equal(send(broker, message, sizeof(message), 0), sizeof(message));
	turn_until(&told.messages, 1);
	assert_int_equal(told.len, CONFIG_SAMARA_PACKET_MAX + 1);
	assert_false(told.has_payload);
	EXPECT(0x40, 2, 0, 7);
}

static void tells_when_the_broker_has_a_message(void **state)
{
	(void)state;
	connect_up();
	assert_int_equal(port_link_publish("t", "x", 1, 0, false), 0);
	int id = port_link_publish("t", "y", 1, 1, true);

	assert_true(id > 0);
	EXPECT(0x30, 4, 0, 1, 't', 'x');
	uint8_t head[8];

	receive(head, sizeof(head));
	assert_int_equal(head[0], 0x33);
	assert_int_equal(head[6], id);
	assert_int_equal(told.confirmed, 0);
	uint8_t ack[] = {0x40, 2, head[5], head[6]};

	assert_int_equal(send(broker, ack, sizeof(ack), 0), sizeof(ack));
	turn_until(&told.confirmed, 1);
	assert_int_equal(told.id, id);
}

static void takes_no_more_than_the_broker_confirms(void **state)
{
	int taken = 0;

	(void)state;
	connect_up();
	while (port_link_publish("t", "x", 1, 1, false) > 0 && taken < 1000) {
		taken++;
	}
	assert_int_equal(taken, 32);
	assert_int_equal(port_link_publish("t", "x", 1, 1, false), -EAGAIN);
	assert_int_equal(port_link_publish("t", "x", 1, 0, false), 0);
	uint8_t head[8];

	receive(head, sizeof(head));
	uint8_t ack[] = {0x40, 2, head[5], head[6]};

	assert_int_equal(send(broker, ack, sizeof(ack), 0), sizeof(ack));
	turn_until(&told.confirmed, 1);
	assert_true(port_link_publish("t", "x", 1, 1, false) > 0);
}

static void keeps_no_more_than_64_kib_for_a_broker_that_does_not_read(void **state)
{
	static const uint8_t payload[4096];
	size_t before = 0;
	int error = 0;

	(void)state;
	connect_up();
	/* What the system's buffers take first is not ours. */
	for (int turns = 0; turns < TURNS && !error; turns++) {
		error = port_link_publish("t", payload, sizeof(payload), 0, false);
		before++;
		if (turns % 4 == 0) {
			port_wait(0);
		}
	}
	assert_int_equal(error, -EAGAIN);
	assert_true(before < TURNS);
}

static void disconnect_politely(void)
{
	port_link_disconnect(false);
}

static void says_goodbye_and_is_not_called_back(void **state)
{
	uint8_t more;

	(void)state;
	connect_up();
	assert_int_equal(port_link_publish("t", "x", 1, 0, false), 0);
	disconnect_politely();
	uint8_t bytes[8];

	assert_int_equal(recv(broker, bytes, sizeof(bytes), MSG_WAITALL), 8);
	assert_memory_equal(bytes, "\x30\x04\0\1tx\xe0\0", 8);
	assert_int_equal(recv(broker, &more, 1, 0), 0);
	turn();
	assert_int_equal(told.downs, 0);
}

static void leaves_without_a_word_where_its_will_shall_be_sent(void **state)
{
	uint8_t more;

	(void)state;
	connect_up();
	port_link_disconnect(true);
	assert_true(recv(broker, &more, 1, 0) <= 0);
	turn();
	assert_int_equal(told.downs, 0);
}

static int in_callback;

static void reconnect(void)
{
	in_callback = port_link_connect(&options);
	told.act = NULL;
}

static void may_be_disconnected_by_a_message(void **state)
{
	(void)state;
	connect_up();
	told.act = disconnect_politely;
	SEND(0x32, 6, 0, 1, 't', 0, 7, 'x', 0x32, 6, 0, 1, 't', 0, 8, 'y');
	turn_until(&told.messages, 1);
	turn();
	assert_int_equal(told.messages, 1);
	assert_int_equal(told.downs, 0);
	assert_int_equal(port_link_publish("t", "x", 1, 0, false), -ENOTCONN);
}

static void may_be_connected_again_by_its_end(void **state)
{
	(void)state;
	connect_up();
	told.act = reconnect;
	close(broker);
	turn_until(&told.downs, 1);
	assert_int_equal(in_callback, 0);
	broker = accept(listener, NULL, NULL);
	EXPECT(0x10, 55);
}

static void a_wake_ends_a_wait(void **state)
{
	(void)state;
	port_wake();
	/* Or this would not return. */
	port_wait(PORT_FOREVER);
}

#define LINK_TEST(name) cmocka_unit_test_teardown(name, hang_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LINK_TEST(connects_with_its_will_and_keeps_its_session),
		LINK_TEST(delays_no_packet_on_any_connection),
		LINK_TEST(tells_that_nobody_listens),
		LINK_TEST(tells_why_the_broker_refuses),
		LINK_TEST(tells_that_the_broker_has_hung_up),
		LINK_TEST(subscribes),
		LINK_TEST(acknowledges_a_message_after_its_callback),
		LINK_TEST(acknowledges_several_that_come_at_once_after_all_callbacks),
		LINK_TEST(drains_and_acknowledges_what_is_too_long),
		LINK_TEST(tells_when_the_broker_has_a_message),
		LINK_TEST(takes_no_more_than_the_broker_confirms),
		LINK_TEST(keeps_no_more_than_64_kib_for_a_broker_that_does_not_read),
		LINK_TEST(says_goodbye_and_is_not_called_back),
		LINK_TEST(leaves_without_a_word_where_its_will_shall_be_sent),
		LINK_TEST(may_be_disconnected_by_a_message),
		LINK_TEST(may_be_connected_again_by_its_end),
		LINK_TEST(a_wake_ends_a_wait),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
