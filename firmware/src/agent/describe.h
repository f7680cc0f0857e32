/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief What this proplet is and has, as its hello says it. [P-10.1] */

#ifndef SAMARA_AGENT_DESCRIBE_H_
#define SAMARA_AGENT_DESCRIBE_H_

#include "agent/agent.h"
#include "codec/messages.h"

/** @brief Options of the proplet; once, before agent_describe(). */
void agent_describe_init(const struct agent_options *options);
/**
 * @brief As link_handlers.describe.
 * @retval >=0     Bytes in use at the end of `room`.
 * @retval -ENOMEM It does not fit, or there are more devices than CONFIG_SAMARA_DEVICES.
 */
int agent_describe(struct codec_hello *hello, uint8_t *room, size_t size);

#endif /* SAMARA_AGENT_DESCRIBE_H_ */
