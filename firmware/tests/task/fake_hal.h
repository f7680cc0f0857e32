/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Sessions and watches that are kept, and do what the test says. */

#ifndef SAMARA_TESTS_TASK_FAKE_HAL_H_
#define SAMARA_TESTS_TASK_FAKE_HAL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hal/hal.h"

struct fake_hal {
	unsigned int opened;
	unsigned int open;
	unsigned int begun;
	unsigned int cancelled;
	unsigned int safe; /* ends that took the safe states */
	char holder[64];   /* of the last one that was opened */
	bool record;
	bool replay;
	uint32_t grants_len;
	bool busy;     /* devices are somebody else's */
	int open_err;  /* -EINVAL with `code`, -ENOMEM */
	int watch_err; /* -EINVAL with `code` */
	enum codec_error_code code;
	struct hal_report report;
	unsigned int watches; /* that were begun */
	unsigned int watching;
	char device[HAL_NAME_MAX + 1];
	enum bus_pin_event event;
};
extern struct fake_hal fake_hal;

/** @brief As after power-on. What was open is the runtime's to forget. */
void fake_hal_reset(void);
/** @brief An edge of what is watched, which is one input alone. */
void fake_hal_edge(void);
/** @brief It cannot be watched any more. */
void fake_hal_lose(void);

#endif /* SAMARA_TESTS_TASK_FAKE_HAL_H_ */
