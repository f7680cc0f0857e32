/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief A proplet without link, store and tasks, for programs that measure calls: one module, and
 * devices that are granted whole.
 */

#ifndef SAMARA_BENCH_BOARD_H_
#define SAMARA_BENCH_BOARD_H_

#include "hal/hal.h"
#include "runtime/runtime.h"

/** What a program is called with: `<module> <export> <signature> <arguments, CBOR in hex>`. */
#define BOARD_WORDS 4

/** @brief Devices, host functions and the runtime. @retval 0 @retval -errno It says why. */
int board_start(const char *lab);
/** @brief Take the module, and what is to be called of it. @retval 0 @retval -EINVAL */
int board_call(char *const *words, struct runtime_call *call);
/** @brief One call as a runner does it. @retval 0 It completed. @retval -EIO It did not, and was
 * complained of. */
int board_run(const struct runtime_call *call, struct runtime_result *result);

/** @brief An i2c device `line1-temp` and an output `motor-1` that answer at once (instant.c), or
 * the former in the lab behind that socket (on_lab.c). @retval 0 @retval -errno It says why. */
int hardware_open(const char *lab, const struct hal_device **devices, size_t *count);

#endif /* SAMARA_BENCH_BOARD_H_ */
