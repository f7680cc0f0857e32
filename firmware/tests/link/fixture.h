/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file @brief A link over the fake port, with a manager that the test plays and handlers that
 * count.
 */

#ifndef SAMARA_TESTS_LINK_FIXTURE_H_
#define SAMARA_TESTS_LINK_FIXTURE_H_

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/loop.h"
#include "codec/stream.h"
#include "link/fake_store.h"
#include "link/link.h"
#include "link/parts.h"
#include "support/fake_port.h"

#define MS UINT64_C(1000)
#define S  UINT64_C(1000000)

#define ALIVE_MS 10000U

/** What the handlers saw. */
struct seen {
	unsigned int connected;
	size_t sent_when_connected; /* messages that had been published by then */
	bool result_taken;	    /* link_send() of a result inside connected() */
	unsigned int welcomed;
	unsigned int disconnected;
	unsigned int starts;
	uint32_t start_epoch;
	unsigned int cancels;
	unsigned int leases;
	unsigned int acks;
	unsigned int desired;
	unsigned int reads;
	unsigned int loads;
};
extern struct seen seen;

/** What the handlers do. */
struct plan {
	bool result_when_connected;
	size_t devices; /* that describe() reports */
	size_t place_len;
	size_t cached;
	size_t used; /* of the room, where that is more than its places */
	struct {
		const uint8_t *data; /* NULL: there is none */
		uint32_t size;
	} blobs[3]; /* for push_read(); digests are of their bytes */
	int read_err;
};
extern struct plan plan;

extern struct agent_options options;

/** @brief setup of cmocka: a link that was initialised and not started. */
int fixture_reset(void **state);
/** @brief Forget the link, keep the store: as after a reset of the processor. */
void fixture_reboot(void);
/** @brief link_init() with the options and handlers. */
int fixture_init(void);
void fixture_connect(void);
/** @brief Connected and welcomed. */
void fixture_online(void);

void fixture_welcome(uint32_t epoch);
void fixture_welcome_error(uint32_t epoch, enum codec_error_code code);
/** @brief A message of the manager's on a topic of this proplet's. */
void fixture_say(enum codec_topic topic, const void *payload, size_t len);
void fixture_say_start(uint32_t epoch);
void fixture_run(uint64_t us);
void fixture_settle(void);

/** @brief The last message of a kind, decoded; fails where there is none. */
struct codec_hello fixture_hello(void);
struct codec_alive fixture_alive(void);
struct codec_blob_get fixture_pull(void);
struct codec_blob_chunk fixture_pushed(void);
struct codec_blob_chunk fixture_chunk_at(size_t index);

/** @brief Bytes that differ from blob to blob, and their digest. */
void fixture_blob(uint8_t *data, uint32_t size, unsigned int seed, uint8_t digest[32]);

#endif /* SAMARA_TESTS_LINK_FIXTURE_H_ */
