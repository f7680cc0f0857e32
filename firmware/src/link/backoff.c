/* SPDX-License-Identifier: Apache-2.0 */

#include "link/backoff.h"

uint32_t link_backoff_ms(unsigned int failures, uint16_t chance)
{
	uint32_t most = LINK_BACKOFF_MIN_MS;

	while (failures-- > 0 && most < LINK_BACKOFF_MAX_MS) {
		most *= 2;
	}
	if (most > LINK_BACKOFF_MAX_MS) {
		most = LINK_BACKOFF_MAX_MS;
	}
	return most / 2 + most / 2 * chance / UINT16_MAX;
}
