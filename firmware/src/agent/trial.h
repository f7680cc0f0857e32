/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief A new image of the agent is on trial until the manager has welcomed it.
 *
 * What the bootloader swaps back at the next start is an image that could not be replaced from
 * afar: it never came online. Agent's thread.
 */

#ifndef SAMARA_AGENT_TRIAL_H_
#define SAMARA_AGENT_TRIAL_H_

/** @brief Begin the trial, if this image is on one: without a welcome within
 * CONFIG_SAMARA_TRIAL_MS the system starts again. */
void trial_begin(void);
/** @brief The manager has welcomed this image: it is kept. */
void trial_welcomed(void);

#endif /* SAMARA_AGENT_TRIAL_H_ */
