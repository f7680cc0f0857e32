/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief The conversation with the manager: connection, hello and heartbeats, who may speak when,
 * blobs. [P-3] [P-4]
 *
 * Twin of proplet/{session,connection,backoff}.ts and proplet/blobs. Agent's thread alone.
 *
 * Input: messages on `p/{proplet}/...` from the manager. Output: link_send(), and calls of the
 * handlers below.
 */

#ifndef SAMARA_LINK_H_
#define SAMARA_LINK_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/agent.h"
#include "agent/loop.h"
#include "codec/messages.h"
#include "codec/topics.h"

/**
 * @brief What the upper parts do with what comes; all are set. Messages are views that end with the
 * call.
 */
struct link_handlers {
	void (*connected)(void); /* before hello: results that are still held go first [P-3.1] */
	void (*welcomed)(const struct codec_welcome *welcome);
	void (*disconnected)(void); /* no longer online, for whatever reason */
	void (*start)(const struct codec_start *start);
	void (*cancel)(const struct codec_cancel *cancel);
	void (*lease)(const struct codec_lease *lease);
	void (*ack)(const struct codec_ack *ack);
	void (*desired)(const struct codec_desired *desired);
	/**
	 * Fill in all of a hello but protocol, boot, epoch and aliveMs. What has to be made for it
	 * (places of devices) goes to the end of `room`.
	 * @retval >=0     Bytes of `room` that are in use.
	 * @retval -ENOMEM They do not fit.
	 */
	int (*describe)(struct codec_hello *hello, uint8_t *room, size_t size);
	/** Fill in running, queued, free memory. */
	void (*load)(struct codec_alive *alive);
	/**
	 * Bytes of a blob that the manager asks for (result bodies, transcripts), and the size of
	 * the whole; `len` 0 asks for the size alone.
	 * @retval >=0     Bytes read: all of `len`.
	 * @retval -ENOENT It is not offered.
	 */
	int (*push_read)(const uint8_t *digest, uint32_t offset, void *data, size_t len,
			 uint32_t *size);
};

/**
 * @retval 0         Ready.
 * @retval -EINVAL   A name is longer than 48 characters.
 * @retval -EMSGSIZE A hello does not fit CONFIG_SAMARA_HELLO_MAX.
 * @retval -EIO      There is no chance to be had.
 */
int link_init(const struct agent_options *options, const struct link_handlers *handlers);
/**
 * @brief Connect, and stay connected: back-off from 250 ms doubling to 30 s, each with jitter of
 * its half.
 */
void link_start(void);
/**
 * @brief Say goodbye (gone, leaving) and disconnect.
 *
 * Turns the loop until the broker has it, for a second at most: not from inside the loop.
 */
void link_stop(void);

/** @brief Whether the manager has welcomed this connection. */
bool link_online(void);
/** @brief Whether anything can be published: connected, though perhaps not welcomed. */
bool link_connected(void);
/** @brief Connection epoch; of the last connection where there is none. */
uint32_t link_epoch(void);
const uint8_t *link_boot(void); /* 8 bytes */
/**
 * @brief Draining: hello and heartbeats go on, nothing new begins.
 * @retval false There is nobody to say goodbye to.
 */
bool link_drain(void);

/**
 * @brief For one message that is encoded and sent at once: the next call of anything in link may
 * use it too.
 */
uint8_t *link_buffer(size_t *size);

/**
 * @brief Publish an encoded message on a topic of this proplet, where the state of the connection
 * allows it.
 *
 * @param deployment For the topic of a deployment's results; NULL for all others.
 * @retval 0         On its way.
 * @retval -ENOTCONN Not now.
 * @retval -EAGAIN   The link is full: later.
 * @retval -EMSGSIZE Never.
 */
int link_send(enum codec_topic topic, const char *deployment, const void *payload, size_t len);

/* Blobs from the manager */

/**
 * @brief A pull, embedded in its owner, all zeros at first. Two pulls of one digest share one
 * transfer.
 */
struct link_pull {
	struct link_pull *next;
	uint8_t digest[32];
	uint32_t size;
	/** `error` NULL: it is in the store, verified. */
	void (*done)(struct link_pull *pull, const struct codec_error *error);
	bool active;
};

/**
 * @brief Get a blob into the store, going on from what is there; survives disconnects and reboots.
 * [P-4.4]
 *
 * done() comes later, also where the store has it already; never from inside this call. Errors:
 * NOT_FOUND (the manager says so), DATA_LOSS, TOO_LARGE, RESOURCE_EXHAUSTED (no room), UNAVAILABLE
 * (three times nothing came while connected).
 */
void link_pull_start(struct link_pull *pull, const uint8_t *digest, uint32_t size,
		     void (*done)(struct link_pull *pull, const struct codec_error *error));
/** @brief done() will not be called. What came stays in the store. */
void link_pull_cancel(struct link_pull *pull);

struct link_stats {
	uint32_t connects;
	uint32_t received;
	uint32_t malformed;
	uint32_t oversized;
	uint32_t misdirected; /* for another epoch or an unknown topic */
};
void link_stats(struct link_stats *stats);

#endif /* SAMARA_LINK_H_ */
