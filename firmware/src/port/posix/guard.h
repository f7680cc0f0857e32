/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief Takes the safe states when the agent is killed: its own code can do nothing about that any
 * more. [P-10.4]
 *
 * A forked process holds the other end of a pipe; only when that closes without a word does it open
 * the outputs. What kills the whole machine, container or both processes is beyond it. Twin of
 * proplet/hal/guard.ts.
 */

#ifndef SAMARA_POSIX_GUARD_H_
#define SAMARA_POSIX_GUARD_H_

#include <stddef.h>

#include "hal/profile.h"

/** @brief Before the first thread, once the profile is known; nothing where no output has a safe
 * state. @retval 0 @retval -errno */
int guard_start(const struct hal_device *devices, size_t count);
/** @brief The agent has taken the safe states itself. Returns when the guard has heard it, or is
 * gone. */
void guard_dismiss(void);

#endif /* SAMARA_POSIX_GUARD_H_ */
