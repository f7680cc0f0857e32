/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Transfers through adapters that know SMBus only. */

#ifndef SAMARA_POSIX_LINUX_SMBUS_H_
#define SAMARA_POSIX_LINUX_SMBUS_H_

#include <stdbool.h>
#include <stdint.h>

#include "hal/bus.h"

#define SMBUS_BLOCK_MAX 32

/** @brief A call that puts exactly the bytes of a transfer on the wire. */
struct smbus_call {
	uint32_t kind;
	bool is_read;
	uint8_t command;
	uint8_t data[SMBUS_BLOCK_MAX + 2]; /* of the union */
	uint8_t answer_at;		   /* bytes of the answer begin here in the union */
	uint8_t answer_len;
};

/** @brief The shortest call of an adapter with these functions that does it. @retval false There is
 * none. */
bool smbus_call_of(const struct bus_operation *operation, unsigned long functions,
		   struct smbus_call *call);
/** @brief To the address that was selected with I2C_SLAVE. */
void smbus_transfer(int fd, unsigned long functions, struct bus_operation *operation);

#endif /* SAMARA_POSIX_LINUX_SMBUS_H_ */
