/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief Results until the manager has them: in the flash before they are said, the same bytes
 * again each 5 s and on every connection, until they are acknowledged. [P-5.4] Task's own. Agent's
 * thread.
 */

#ifndef SAMARA_TASK_OUTBOX_H_
#define SAMARA_TASK_OUTBOX_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/messages.h"

/** @brief What an attempt is called. */
struct attempt_ref {
	char task[22];
	uint16_t attempt;
};

bool attempt_is(const struct attempt_ref *ref, const struct codec_span *task, uint16_t attempt);
void attempt_name(struct attempt_ref *ref, const struct codec_span *task, uint16_t attempt);

/** @brief Take over what an earlier run of the agent has left. */
void outbox_open(void);
unsigned int outbox_count(void);
bool outbox_has(const struct codec_span *task, uint16_t attempt);
/**
 * @brief Keep a result and say it. Task and attempt of `result` are set from `ref`.
 *
 * A body that is longer than what travels inline, and a transcript, are kept beside it for the
 * manager to pull.
 */
void outbox_add(const struct attempt_ref *ref, struct codec_result *result, const uint8_t *body,
		size_t body_len, const uint8_t *transcript, size_t transcript_len);
/** @brief Say a result once, and keep nothing of it. */
void outbox_say(const struct attempt_ref *ref, struct codec_result *result);
void outbox_resend(const struct codec_span *task, uint16_t attempt);
void outbox_resend_all(void);
/** @brief Acknowledged, or fenced. @retval true It was there. */
bool outbox_forget(const struct codec_span *task, uint16_t attempt);
int outbox_read_blob(const uint8_t *digest, uint32_t offset, void *data, size_t len,
		     uint32_t *size);
void outbox_close(void);

#endif /* SAMARA_TASK_OUTBOX_H_ */
