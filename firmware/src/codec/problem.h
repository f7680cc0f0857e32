/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief What was wrong with the last message, in words. */

#ifndef SAMARA_CODEC_PROBLEM_H_
#define SAMARA_CODEC_PROBLEM_H_

/** @brief `start.epoch: is missing`; of the last decoder or encoder that failed. Agent's thread. */
const char *codec_problem(void);

#endif /* SAMARA_CODEC_PROBLEM_H_ */
