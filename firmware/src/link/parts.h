/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief What the parts of link say to one another. Agent's thread alone. */

#ifndef SAMARA_LINK_PARTS_H_
#define SAMARA_LINK_PARTS_H_

#include "link/connection.h"
#include "link/link.h"

/* session.c: hello, welcome, heartbeats, and who may speak */

int link_session_init(const struct agent_options *options, const struct link_handlers *handlers);
/** @brief The one writer of the state. @retval true It changed. */
bool link_session_enter(enum link_event event);
enum link_state link_session_state(void);
/**
 * @brief Another epoch, for a connection that is about to be tried. @retval -EIO There is no chance
 * to be had.
 */
int link_session_new_epoch(void);
void link_session_connected(void);
void link_session_welcome(const struct codec_welcome *welcome);
void link_session_closed(void);
/** @brief No timer of a connection goes on. */
void link_session_quiet(void);
/** @brief As link_send(). @retval >0 Number of a QoS 1 message. */
int link_session_send(enum codec_topic topic, const char *deployment, const void *payload,
		      size_t len);
/** @brief Longest data of a chunk that fits a packet of this proplet. */
uint32_t link_chunk_max(void);

/* receive.c: what comes from the broker */

void link_receive_init(const struct agent_options *options, const struct link_handlers *handlers);
void link_receive(const char *topic, const uint8_t *payload, size_t len);
void link_count_connect(void);

/* pull.c and push.c: blobs */

#define LINK_DIGEST_TEXT 65

struct link_digest {
	char text[LINK_DIGEST_TEXT];
};
/** @brief A digest in words. */
struct link_digest link_digest(const uint8_t *digest);

void link_pulls_init(void);
/** @brief The connection may be used: what waits asks from the first byte that is missing. */
void link_pulls_online(void);
void link_pulls_offline(void);
void link_pulls_chunk(const struct codec_blob_chunk *chunk);

void link_pushes_init(const struct link_handlers *handlers);
void link_pushes_get(const struct codec_blob_get *get);
void link_pushes_published(int id);
void link_pushes_offline(void);

#endif /* SAMARA_LINK_PARTS_H_ */
