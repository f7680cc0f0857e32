/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief One call at a time. The store's own. */

#ifndef SAMARA_STORE_LOCK_H_
#define SAMARA_STORE_LOCK_H_

void store_lock(void);
void store_unlock(void);

#endif /* SAMARA_STORE_LOCK_H_ */
