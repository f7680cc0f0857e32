/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief What the parts of the Zephyr port know of each other. */

#ifndef SAMARA_ZEPHYR_BASE_H_
#define SAMARA_ZEPHYR_BASE_H_

#include <stdint.h>

/** @brief Before all else: the descriptor that wakes port_wait(). @retval 0 @retval -errno */
int base_init(void);
/** @brief Readable after port_wake(). */
int base_wake_fd(void);
/** @brief It was read. */
void base_wake_clear(void);
/** @brief Milliseconds for zsock_poll() until a time of port_now_us(). */
int base_poll_ms(uint64_t until_us);

/** @brief Find the partition. @retval 0 @retval -errno The log says why. */
int flash_init(void);
/** @brief Without it port_watchdog_feed() does nothing. @retval 0 @retval -errno */
int watchdog_init(void);

#endif /* SAMARA_ZEPHYR_BASE_H_ */
