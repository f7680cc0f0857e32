/* SPDX-License-Identifier: Apache-2.0 */

#define LOG_SUBSYSTEM "agent"

#include <stdbool.h>

#include "agent/loop.h"
#include "agent/trial.h"
#include "port/log.h"

#define US_PER_MS  1000U
#define MS_PER_MIN 60000U

static struct loop_timer timer;
static bool is_on_trial;

static void give_up(void *arg)
{
	(void)arg;
	LOG_ERR("this image was not welcomed within %u minutes: back to the one before it",
		CONFIG_SAMARA_TRIAL_MS / MS_PER_MIN);
	port_restart();
}

void trial_begin(void)
{
	is_on_trial = port_image_on_trial();
	if (is_on_trial) {
		LOG_INF("this image is new: it is kept once the manager has welcomed it");
		loop_timer_start(&timer, (uint64_t)CONFIG_SAMARA_TRIAL_MS * US_PER_MS, give_up,
				 NULL);
	}
}

void trial_welcomed(void)
{
	if (!is_on_trial) {
		return;
	}
	int err = port_image_keep();

	if (err) {
		/* The next welcome tries it again; until then the trial goes on. */
		LOG_ERR("this image cannot be kept: %d", err);
		return;
	}
	is_on_trial = false;
	loop_timer_stop(&timer);
	LOG_INF("this image is kept");
}
