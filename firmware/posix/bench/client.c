/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A bare client of MQTT, to see what of the agent's memory is the library's:
 *   client <port> [<PEM file of the broker's authority>]
 * Connects, sends itself messages, says so, and stays connected.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mosquitto.h>

#define MESSAGES 20
#define TOPIC	 "bench/bare"

static int received;

static void send_one(struct mosquitto *client)
{
	static const char payload[256];

	(void)mosquitto_publish(client, NULL, TOPIC, sizeof(payload), payload, 1, false);
}

static void on_subscribe(struct mosquitto *client, void *arg, int id, int count, const int *granted)
{
	(void)arg;
	(void)id;
	(void)count;
	(void)granted;
	send_one(client);
}

static void on_connect(struct mosquitto *client, void *arg, int code)
{
	(void)arg;
	if (code == 0) {
		(void)mosquitto_subscribe(client, NULL, TOPIC, 1);
	}
}

static void on_message(struct mosquitto *client, void *arg, const struct mosquitto_message *message)
{
	(void)arg;
	(void)message;
	if (++received < MESSAGES) {
		send_one(client);
	} else {
		puts("ready");
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	struct mosquitto *client = argc > 1 && mosquitto_lib_init() == MOSQ_ERR_SUCCESS
					   ? mosquitto_new("bare", true, NULL)
					   : NULL;

	if (!client) {
		return 2;
	}
	mosquitto_connect_callback_set(client, on_connect);
	mosquitto_subscribe_callback_set(client, on_subscribe);
	mosquitto_message_callback_set(client, on_message);
	if ((argc > 2 && mosquitto_tls_set(client, argv[2], NULL, NULL, NULL, NULL)) ||
	    mosquitto_connect(client, "127.0.0.1", atoi(argv[1]), 60)) {
		return 1;
	}
	return mosquitto_loop_forever(client, -1, 1);
}
