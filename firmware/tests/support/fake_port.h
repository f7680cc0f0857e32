/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief A port for unit tests: time stands until it is moved, nothing runs by itself, the link is
 * a script.
 *
 * Implements port.h but for flash, devices and the log's choice of place. Mutexes do nothing: there
 * is one thread.
 */

#ifndef SAMARA_TESTS_FAKE_PORT_H_
#define SAMARA_TESTS_FAKE_PORT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"

/** @brief As after power-on: time 0, no link, nothing captured, random numbers from their begin. */
void fake_port_reset(void);

/* Clock and loop */

void fake_port_advance(uint64_t us);
/**
 * @brief Let time pass as the loop would: to each moment that port_wait() is given, until `us` are
 * over.
 * @param turn loop_turn, of agent/loop.h.
 */
void fake_port_run(void (*turn)(uint64_t until_us), uint64_t us);
/** @brief Run what is due and posted now; time stands. */
void fake_port_settle(void (*turn)(uint64_t until_us));
/** @brief What port_stopping() says. */
void fake_port_stop(bool stopping);
/**
 * @brief Called in each port_wait(), so that a test can act inside a loop that does not return;
 * NULL: nothing.
 */
void fake_port_on_wait(void (*act)(uint64_t until_us));
/** @brief Called in the next port_cond_wait(), which returns then: what another thread does while
 * this one sleeps. */
void fake_port_on_sleep(void (*act)(void));
/** @brief What port_time_is_virtual() says. */
void fake_port_virtual_time(bool virtually);
/** @brief What port_random() gives next, each byte; without it a generator with a fixed seed. */
void fake_port_random_byte(int byte);

/* Threads: they are kept, and run when told, in the caller's thread. */

size_t fake_port_threads(void);
const char *fake_port_thread_name(size_t index);
/**
 * @brief Call a thread's entry, until it returns or waits for a condition without an end. The next
 * call begins the entry anew.
 * @retval true It returned. @retval false It waits.
 */
bool fake_port_thread_run(size_t index);

/* Link */

struct fake_message {
	char topic[192];
	uint8_t payload[8192];
	size_t len;
	int qos;
	bool retain;
	int id;
};

/** @brief What the last port_link_connect() was given; texts and will are copies. */
struct fake_connect {
	unsigned int count;
	char client_id[64];
	char user[64];
	char password[64];
	bool has_password;
	bool clean_session;
	uint16_t keepalive_s;
	char will_topic[192];
	uint8_t will[256];
	size_t will_len;
};
const struct fake_connect *fake_link_connect(void);
/** @brief Result of the next calls of port_link_connect(); 0 at first. */
void fake_link_connect_result(int result);
/** @brief Result of the next calls of port_link_subscribe(); 0 at first. */
void fake_link_subscribe_result(int result);

/** @brief Tell the core; as from inside port_wait(). */
void fake_link_up(bool session);
void fake_link_down(const char *why);
void fake_link_message(const char *topic, const void *payload, size_t len);
void fake_link_oversized(const char *topic, size_t len);
void fake_link_published(int id);
void fake_link_reachable(void);
/** @brief published() for all QoS 1 messages that were not confirmed yet. */
void fake_link_confirm(void);

bool fake_link_is_up(void);
/**
 * @brief How many times port_link_disconnect() was called, and whether the last one was with the
 * will.
 */
unsigned int fake_link_disconnects(bool *lost);

/** @brief Filters of this connection, in order. */
size_t fake_link_subscriptions(void);
const char *fake_link_subscription(size_t index, int *qos);
/**
 * @brief How many messages were published before the first, or the last, subscription of this
 * connection.
 */
size_t fake_link_published_before_subscriptions(void);

/** @brief So many messages more are taken, then -EAGAIN; SIZE_MAX: any number. */
void fake_link_room(size_t messages);
/** @brief Longest payload that is taken; above it -EMSGSIZE. */
void fake_link_longest(size_t len);

/** @brief Captured messages since the last reset or fake_link_forget(). */
size_t fake_link_sent(void);
const struct fake_message *fake_link_message_at(size_t index);
/** @brief How many whose topic ends in `/level`, and the last of them. */
size_t fake_link_count(const char *level);
const struct fake_message *fake_link_last(const char *level);
void fake_link_forget(void);

/* Health and log */

unsigned int fake_port_feeds(void);
void fake_port_free_memory(size_t bytes);
/** @brief Lines at a level since the reset, and the last of them; `` where there is none. */
size_t fake_port_log_count(enum port_log_level level);
const char *fake_port_log_last(enum port_log_level level);

#endif /* SAMARA_TESTS_FAKE_PORT_H_ */
