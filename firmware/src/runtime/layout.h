/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief For the parser of signatures alone. */

#ifndef SAMARA_RUNTIME_LAYOUT_H_
#define SAMARA_RUNTIME_LAYOUT_H_

#include "runtime/types.h"

/** @brief Find size, alignment and numbers of a type whose parts are known. */
void type_lay_out(const struct signature *signature, struct type *type);

#endif /* SAMARA_RUNTIME_LAYOUT_H_ */
