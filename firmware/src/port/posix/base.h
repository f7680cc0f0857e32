/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief What the parts of the POSIX port know of each other. */

#ifndef SAMARA_POSIX_BASE_H_
#define SAMARA_POSIX_BASE_H_

#include <stdbool.h>

/** @brief Before all else: signals, and the descriptor that wakes port_wait(). @retval 0 @retval
 * -errno */
int posix_base_init(void);
/** @brief Readable after port_wake(). */
int posix_wake_fd(void);
/** @brief It was read. */
void posix_wake_clear(void);
/** @brief Milliseconds for poll() until a time of port_now_us(). */
int posix_poll_ms(unsigned long long until_us);
void posix_log_level(int level);

#endif /* SAMARA_POSIX_BASE_H_ */
