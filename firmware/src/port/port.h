/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief What a system gives to the agent: clock, threads, MQTT link, flash, buses, watchdog, log.
 *
 * A port takes no decision. Nothing else of the system is reached by the core. `port_types.h` of
 * the port that is built defines struct port_thread, struct port_mutex and struct port_cond.
 */

#ifndef SAMARA_PORT_H_
#define SAMARA_PORT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port_types.h"

struct hal_device;
struct bus_operation;

/* Clock and chance */

/** @brief Microseconds since some moment before start; never goes back. Any thread. */
uint64_t port_now_us(void);

/** @brief Bytes that nobody can guess. Any thread. @retval 0 Done. @retval -EIO There are none. */
int port_random(void *data, size_t len);

/* Threads */

#define PORT_FOREVER UINT64_MAX

/**
 * @brief Start a thread.
 *
 * @param stack Memory of the caller's, or NULL where the port has its own.
 * @retval 0       Started.
 * @retval -EAGAIN The system has no more threads.
 */
int port_thread_start(struct port_thread *thread, const char *name, void *stack, size_t stack_size,
		      void (*entry)(void *), void *arg);
void port_thread_join(struct port_thread *thread);

void port_mutex_init(struct port_mutex *mutex);
void port_mutex_lock(struct port_mutex *mutex);
void port_mutex_unlock(struct port_mutex *mutex);

void port_cond_init(struct port_cond *cond);
/** @brief Wait for a signal. @retval 0 Signalled, or woken for nothing. @retval -ETIMEDOUT It is
 * `until_us`. */
int port_cond_wait(struct port_cond *cond, struct port_mutex *mutex, uint64_t until_us);
void port_cond_signal(struct port_cond *cond);
void port_cond_broadcast(struct port_cond *cond);

/* MQTT link: one connection, used by the agent's thread alone. */

/** @brief What a connection needs. Texts stay valid and unchanged while the link is open. */
struct port_link_options {
	const char *client_id;
	const char *user;
	const char *password; /* NULL: none */
	bool clean_session;
	uint16_t keepalive_s;
	const char *will_topic;
	const uint8_t *will;
	size_t will_len;
};

/** @brief What is told from inside port_wait(), on its thread. */
struct port_link_events {
	/** Connected and accepted. `session`: the broker has kept this client's. */
	void (*up)(bool session);
	/** The connection that was up, or that was tried, is no more. `why` is for people. */
	void (*down)(const char *why);
	/**
	 * A message. `payload` is NULL where `len` is above CONFIG_SAMARA_PACKET_MAX: it was
	 * drained. A QoS 1 message is acknowledged when this returns.
	 */
	void (*message)(const char *topic, const uint8_t *payload, size_t len);
	/** The broker has the QoS 1 message that port_link_publish() numbered so. */
	void (*published)(int id);
	/** There is a network where there was none: a cable is back, or an address has come. */
	void (*reachable)(void);
};

/** @brief Once, before all else of the link. Broker and TLS files are the port's own settings. */
int port_link_init(const struct port_link_events *events);
/**
 * @brief Begin to connect; up() or down() tells how it ended. The options may differ each time.
 *
 * @retval 0     It is being tried.
 * @retval -errno It cannot be tried now; nothing will be told.
 */
int port_link_connect(const struct port_link_options *options);
/** @brief End the connection, with the will where `lost`. down() is not called. */
void port_link_disconnect(bool lost);
int port_link_subscribe(const char *filter, int qos);
/**
 * @brief Publish. The payload is copied or sent before this returns.
 *
 * @retval >0        Number of a QoS 1 message, for published().
 * @retval 0         A QoS 0 message is on its way.
 * @retval -ENOTCONN There is no connection.
 * @retval -EAGAIN   The link's buffer is full: later.
 * @retval -EMSGSIZE Longer than the link can send.
 */
int port_link_publish(const char *topic, const void *payload, size_t len, int qos, bool retain);

/** @brief Let the network work until `until_us`, or until port_wake(). Calls the events. Agent's
 * thread. */
void port_wait(uint64_t until_us);
/** @brief End a port_wait() that is under way, or the next one. Any thread, signal handlers too. */
void port_wake(void);
/** @brief Whether somebody asked the program to end. Never true on a microcontroller. */
bool port_stopping(void);

/* Flash: one partition of ours. */

struct port_flash_geometry {
	uint32_t size;	     /* bytes, a multiple of block_size */
	uint32_t block_size; /* bytes that are erased at once */
	uint32_t write_size; /* bytes that are written at once, and once only between erasures */
};

const struct port_flash_geometry *port_flash_geometry(void);
/** @retval 0 Done. @retval -EBADMSG What is there cannot be read (error correction). @retval -EIO
 * It failed. */
int port_flash_read(uint32_t offset, void *data, size_t len);
/** @brief Offset and length are multiples of write_size. Erased bytes are 0xff. @retval -EIO It
 * failed. */
int port_flash_write(uint32_t offset, const void *data, size_t len);
/** @brief Erase one block. @retval -EIO It failed. */
int port_flash_erase(uint32_t offset);

/* Buses: see hal/profile.h and hal/bus.h. Runner threads; one operation of a device at a time. */

/**
 * @brief Get hold of a device of the profile.
 *
 * @param[out] why   What the system said, for people; at most `size` bytes with its end.
 * @retval >=0       Handle.
 * @retval -ENODEV, -ENOENT, -EACCES, -EBUSY, -EIO  It cannot be had.
 */
int port_device_open(const struct hal_device *device, char *why, size_t size);
/** @brief Do one operation; blocks. What goes wrong on the bus is operation->error. */
void port_device_run(int handle, struct bus_operation *operation);
/** @brief Make an operation that is under way end soon with BUS_CANCELLED, where the system lets
 * it. Any thread. */
void port_device_cancel(int handle);
/** @brief Give it back; watches of it end with an error. Outputs keep their level where the system
 * lets them. */
void port_device_close(int handle);
/**
 * @brief Tell each event of an input from now on, until port_device_unwatch(). Any thread.
 *
 * Events that come while one is told may be missed, as may those of a level that stays.
 *
 * @param wait A BUS_WAIT for ever. It is the port's until port_device_unwatch(), and has the
 * answer.
 * @param told Called on a thread of the port's, never in an interrupt; it may do no more than take
 * the answer, wake somebody or loop_post(). @return Whether more is to be told; after an error
 * nothing is.
 * @retval >=0  Number of the watch: nothing that comes from now on is missed.
 * @retval -EIO It cannot be waited for: wait->error and detail say why.
 */
int port_device_watch(int handle, struct bus_operation *wait,
		      bool (*told)(struct bus_operation *wait));
/** @brief Nothing is told any more when it returns. Once for each watch, however it ended; not from
 * told(). */
void port_device_unwatch(int watch);
/** @brief Whether delays are to be sent as operations, because time is the lab's. */
bool port_time_is_virtual(void);

/* Health */

/** @brief Bytes of RAM that the system could still give; 0 where it does not know. */
size_t port_free_memory(void);
/** @brief The agent's thread is alive. Without it for the watchdog's time the system starts again,
 * outputs safe. */
void port_watchdog_feed(void);

/* Image: where a bootloader swaps a new one in. */

/** @brief Whether the bootloader swaps this image back at the next start, unless it is kept. */
bool port_image_on_trial(void);
/** @brief Keep it. @retval 0 Done, or nobody would swap it. @retval -EIO It failed. */
int port_image_keep(void);
/** @brief Start again, without a word to anybody. May return where the system does not let it. */
void port_restart(void);

enum port_log_level { PORT_LOG_ERR = 1, PORT_LOG_WRN, PORT_LOG_INF, PORT_LOG_DBG };

/** @brief One line, without its end. `subsystem` is agent, link, codec, store, runtime, task, hal,
 * health or port. */
void port_log(enum port_log_level level, const char *subsystem, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* SAMARA_PORT_H_ */
