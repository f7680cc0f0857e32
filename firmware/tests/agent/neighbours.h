/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Store, devices, runtime and tasks as far as agent and health see them. */

#ifndef SAMARA_TESTS_AGENT_NEIGHBOURS_H_
#define SAMARA_TESTS_AGENT_NEIGHBOURS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/profile.h"

struct neighbours {
	char order[256]; /* calls that begin or end something, in order, each with a space behind it
			  */
	int store_err;
	int hal_err;
	int runtime_err;
	int task_err;
	bool busy;
	uint32_t results;
	uint32_t drain_ms;
	size_t gone_when_hal_closed; /* messages `gone` that had been published by then */
	uint32_t blob_max;
	uint8_t digests[20][32];
	size_t digests_count;
	const char *const *interfaces;
	size_t interfaces_count;
	const struct hal_device *devices;
	size_t devices_count;
	bool on_trial;
	int keep_err;
	unsigned int kept;
	unsigned int restarts;
	uint64_t restarted_us;
	const char *place; /* of each device; NULL: bus, and address or line */
};
extern struct neighbours neighbours;

void neighbours_reset(void);

#endif /* SAMARA_TESTS_AGENT_NEIGHBOURS_H_ */
