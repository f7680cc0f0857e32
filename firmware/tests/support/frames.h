/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Calls from another program: frames of a length (4 bytes, big-endian) and a CBOR
 * map. */

#ifndef SAMARA_TESTS_SUPPORT_FRAMES_H_
#define SAMARA_TESTS_SUPPORT_FRAMES_H_

#include <stddef.h>
#include <stdint.h>

/* Before the map of a frame that is written. */
#define FRAME_HEAD 4

/** @brief The next map of standard input. @retval >=0 Its length. @retval -1 There are no more, or
 * it is longer. */
int frame_read(uint8_t *map, size_t size);
/** @brief Write `len` bytes behind the head of a frame to standard output. */
void frame_write(uint8_t *frame, size_t len);

#endif /* SAMARA_TESTS_SUPPORT_FRAMES_H_ */
