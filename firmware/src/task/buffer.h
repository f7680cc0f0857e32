/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Results of deployments on their way: throttled, and kept for a while without a
 * connection. [P-7.4] */

#ifndef SAMARA_TASK_BUFFER_H_
#define SAMARA_TASK_BUFFER_H_

#include "codec/messages.h"
#include "task/instance.h"

void buffer_open(void);
/** @brief Send it, or keep it until it may go. Body and words are copied. Counts in one->dropped
 * what has to go. */
void buffer_add(struct instance *one, const struct codec_deployment_result *result);
/** @brief What waits of an instance that is gone. */
void buffer_forget(const struct instance *one);
void buffer_online(void);
/** @brief What waits for its time is kept until there is a connection again. */
void buffer_offline(void);
void buffer_close(void);

#endif /* SAMARA_TASK_BUFFER_H_ */
