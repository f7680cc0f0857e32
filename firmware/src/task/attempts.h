/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Attempts that are held. Task's own. Agent's thread. */

#ifndef SAMARA_TASK_ATTEMPTS_H_
#define SAMARA_TASK_ATTEMPTS_H_

#include "codec/messages.h"

#define ATTEMPTS_MAX (CONFIG_SAMARA_SLOTS + CONFIG_SAMARA_QUEUE)

void attempts_init(void);
void attempts_start(const struct codec_start *start);
void attempts_cancel(const struct codec_cancel *cancel);
void attempts_lease(const struct codec_lease *lease);
void attempts_ack(const struct codec_ack *ack);
/** @brief A new connection: nothing of the old one can be repeated on it. */
void attempts_connected(void);
/** @brief Ask for all leases. */
void attempts_welcomed(void);
/** @brief Take nothing new, give back what has not begun. [P-3.5] */
void attempts_leave(void);
/** @brief The time of the drain is over: what runs is stopped, and lost. */
void attempts_stop_all(void);
unsigned int attempts_running(void);
unsigned int attempts_waiting(void);
unsigned int attempts_refused(void);

#endif /* SAMARA_TASK_ATTEMPTS_H_ */
