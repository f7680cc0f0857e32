/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Waits between tries to connect. Twin of proplet/backoff.ts. */

#ifndef SAMARA_LINK_BACKOFF_H_
#define SAMARA_LINK_BACKOFF_H_

#include <stdint.h>

#define LINK_BACKOFF_MIN_MS 250
#define LINK_BACKOFF_MAX_MS 30000

/**
 * @brief Milliseconds to wait before the next try: doubles up to the most, and is drawn from its
 * upper half, so that a fleet does not return in step.
 *
 * @param failures Tries that failed in a row, this one counted: 1 for the first.
 * @param chance   Any 16 bits.
 */
uint32_t link_backoff_ms(unsigned int failures, uint16_t chance);

#endif /* SAMARA_LINK_BACKOFF_H_ */
