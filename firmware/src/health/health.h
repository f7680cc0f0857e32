/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file @brief Feeds the watchdog while the agent's thread turns, and logs metrics. Agent's thread.
 */

#ifndef SAMARA_HEALTH_H_
#define SAMARA_HEALTH_H_

/** @brief Begin: a feed each second, a line of metrics each minute. */
void health_init(void);
/** @brief Write one line with the numbers of link, task, runtime, store and hal. */
void health_log(void);

#endif /* SAMARA_HEALTH_H_ */
