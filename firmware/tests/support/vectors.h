/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Files of shared/vectors, in the program: not everything that runs tests has files.
 */

#ifndef SAMARA_TESTS_SUPPORT_VECTORS_H_
#define SAMARA_TESTS_SUPPORT_VECTORS_H_

/** @brief messages.json, with a zero behind it. */
extern const char vectors_messages[];

#endif /* SAMARA_TESTS_SUPPORT_VECTORS_H_ */
