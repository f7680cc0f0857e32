/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Devices for a holder that measures: all of the profile, and whole. */

#ifndef SAMARA_BENCH_GRANTS_H_
#define SAMARA_BENCH_GRANTS_H_

#include "hal/hal.h"

/** @brief After hal_open(). @retval 0 @retval -EINVAL */
int bench_grant_all(struct hal_session **session);

#endif /* SAMARA_BENCH_GRANTS_H_ */
