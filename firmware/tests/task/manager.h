/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief A link of which the test is the other end: it hears what is said, and has blobs. */

#ifndef SAMARA_TESTS_TASK_MANAGER_H_
#define SAMARA_TESTS_TASK_MANAGER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/link.h"

struct said {
	enum codec_topic topic;
	char deployment[24]; /* of the topic; `` for all but results of deployments */
	uint64_t at_us;
	size_t len;
	uint8_t payload[CONFIG_SAMARA_HELLO_MAX];
};

struct manager {
	bool connected;
	bool online;
	int send_err; /* what the link says to all that is sent; 0: it takes it */
	uint32_t epoch;
	uint8_t boot[8];
	void (*on_said)(const struct said *said); /* NULL: nothing */
	/* The blob that is on its way: what of it has been given to the store. */
	const uint8_t *giving; /* digest; NULL: none */
	uint32_t giving_size;
	uint32_t given;
	uint8_t asked[128][32]; /* digests that were pulled, in order */
	size_t asked_count;
};
extern struct manager manager;

/** @brief Nothing was said, nothing is asked for, there is no connection; blobs stay. */
void manager_reset(void);
/** @brief What was said is forgotten. */
void manager_forget(void);
size_t manager_said(enum codec_topic topic);
/** @brief The n-th of a topic, from 0; fails where there is none. */
const struct said *manager_heard(enum codec_topic topic, size_t index);
const struct said *manager_last(enum codec_topic topic);
/** @brief Of all topics, in order; NULL behind the last. */
const struct said *manager_any(size_t index);

/* Blobs */

/** @brief Have a blob. */
void manager_publish(const void *data, uint32_t size, uint8_t digest[32]);
/** @brief Have it no more. */
void manager_withdraw(const uint8_t digest[32]);
void manager_withdraw_all(void);
size_t manager_pulls(void);
/** @brief Answer the pull that waits longest, chunk by chunk, or with NOT_FOUND. @retval false
 * There is none. */
bool manager_serve_one(void);
/** @brief Answer until nothing is asked for. @retval How many. */
unsigned int manager_serve(void);
/** @brief The pull that waits longest fails. */
void manager_fail(enum codec_error_code code);

#endif /* SAMARA_TESTS_TASK_MANAGER_H_ */
