/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief Attempts and deployments: from a start to a result that is acknowledged. [P-5] [P-7]
 *
 * Twin of proplet/{tasks,deployments,functions}. Agent's thread, but for the runners that
 * task_init() starts: each runs one call at a time (runtime_run) and posts its end.
 */

#ifndef SAMARA_TASK_H_
#define SAMARA_TASK_H_

#include "agent/agent.h"
#include "codec/messages.h"

/** @brief Starts the runners, and the deployments that the store has. */
int task_init(const struct agent_options *options);

/* Handlers of link.h */
void task_connected(void);
void task_welcomed(const struct codec_welcome *welcome);
void task_disconnected(void);
void task_start(const struct codec_start *start);
void task_cancel(const struct codec_cancel *cancel);
void task_lease(const struct codec_lease *lease);
void task_ack(const struct codec_ack *ack);
void task_desired(const struct codec_desired *desired);
void task_load(struct codec_alive *alive);
int task_push_read(const uint8_t *digest, uint32_t offset, void *data, size_t len, uint32_t *size);

/** @brief Take nothing new, give back what has not begun; what runs may go on until `drain_ms`.
 * [P-3.5] */
void task_drain(uint32_t drain_ms);
/** @brief Whether nothing runs any more. */
bool task_idle(void);
/** @brief After the drain: the runners end. */
void task_close(void);

struct task_stats {
	uint32_t running;
	uint32_t waiting;
	uint32_t results;
	uint32_t refused;
	uint32_t deployments;
};
void task_stats(struct task_stats *stats);

#endif /* SAMARA_TASK_H_ */
