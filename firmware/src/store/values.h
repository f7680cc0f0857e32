/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Where each value is. The store's own; callers hold its lock. */

#ifndef SAMARA_STORE_VALUES_H_
#define SAMARA_STORE_VALUES_H_

#include "store/log.h"

void values_reset(void);
/** @brief A record of a value, in the order of the log: the last one counts. */
void values_found(const struct log_record *record);
bool values_alive(const struct log_record *record);
void values_moved(const struct log_record *from, uint32_t to);
/** @brief Bytes of the log that values take. */
uint32_t values_used(void);
/** @brief Values that mounting left out for want of room, or that were damaged. */
uint32_t values_damaged(void);

#endif /* SAMARA_STORE_VALUES_H_ */
