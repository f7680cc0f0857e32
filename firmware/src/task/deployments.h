/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief What this proplet keeps running, connected or not. [P-7] Task's own. Agent's
 * thread. */

#ifndef SAMARA_TASK_DEPLOYMENTS_H_
#define SAMARA_TASK_DEPLOYMENTS_H_

#include <stdbool.h>

#include "codec/messages.h"

/** @brief Begin what the flash names: no connection is needed for it. [P-7.2] */
void deployments_open(void);
void deployments_desired(const struct codec_desired *desired);
void deployments_welcomed(void);
void deployments_disconnected(void);
/** @brief Stop without a word: the agent ends, the deployments do not. */
void deployments_close(void);
unsigned int deployments_count(void);
unsigned int deployments_running(void);

#endif /* SAMARA_TASK_DEPLOYMENTS_H_ */
