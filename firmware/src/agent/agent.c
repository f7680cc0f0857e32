/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Parts are started from the flash upwards, and stopped the other way round. Twin of
 * proplet/agent.ts.
 */

#define LOG_SUBSYSTEM "agent"

#include <errno.h>

#include "agent/agent.h"
#include "agent/describe.h"
#include "agent/loop.h"
#include "agent/trial.h"
#include "hal/hal.h"
#include "health/health.h"
#include "link/link.h"
#include "port/log.h"
#include "runtime/runtime.h"
#include "store/store.h"
#include "task/task.h"

#define US_PER_MS    1000U
/* Shorter promises would be more heartbeats than anything else. */
#define ALIVE_MIN_MS 100U
/* What a call that was told to end may take to do so. */
#define GRACE_US     1000000U
/* How long the end of the program waits for the manager to acknowledge. */
#define LAST_ACKS_US 2000000U

static void welcomed(const struct codec_welcome *welcome)
{
	trial_welcomed();
	task_welcomed(welcome);
}

static const struct link_handlers handlers = {
	.connected = task_connected,
	.welcomed = welcomed,
	.disconnected = task_disconnected,
	.start = task_start,
	.cancel = task_cancel,
	.lease = task_lease,
	.ack = task_ack,
	.desired = task_desired,
	.describe = agent_describe,
	.load = task_load,
	.push_read = task_push_read,
};

static int failed(const char *what, int err)
{
	LOG_ERR("%s: %d", what, err);
	return err;
}

/** Tasks come last: a deployment that is kept may ask for its image at once. */
static int start(const struct agent_options *options)
{
	int err;

	if (options->alive_ms < ALIVE_MIN_MS) {
		LOG_ERR("alive_ms: %u is below %u", (unsigned int)options->alive_ms, ALIVE_MIN_MS);
		return -EINVAL;
	}
	loop_init();
	agent_describe_init(options);
	err = store_mount();
	if (err) {
		return failed("store_mount", err);
	}
	err = hal_open();
	if (err) {
		return failed("hal_open", err);
	}
	err = runtime_init();
	if (err) {
		return failed("runtime_init", err);
	}
	err = link_init(options, &handlers);
	if (err) {
		return failed("link_init", err);
	}
	err = task_init(options);
	return err ? failed("task_init", err) : 0;
}

static void turn_while(bool (*goes_on)(void), uint64_t most_us)
{
	uint64_t until_us = port_now_us() + most_us;

	while (goes_on() && port_now_us() < until_us) {
		loop_turn(until_us);
	}
}

static bool is_busy(void)
{
	return !task_idle();
}

static bool has_results(void)
{
	struct task_stats stats;

	task_stats(&stats);
	return link_online() && stats.results > 0;
}

/** Attempts that have not begun are given back, those that run may end; then goodbye. [P-3.5] */
static void stop(const struct agent_options *options)
{
	bool online = link_drain();
	uint32_t drain_ms = online ? options->drain_ms : 0;

	LOG_INF("stopping, %s", online ? "online" : "offline");
	task_drain(drain_ms);
	turn_while(is_busy, (uint64_t)drain_ms * US_PER_MS + GRACE_US);
	/* Before the network is waited for: outputs are safe as soon as nothing runs. */
	task_close();
	hal_close();
	turn_while(has_results, LAST_ACKS_US);
	link_stop();
	health_log();
	LOG_INF("stopped");
}

int agent_run(const struct agent_options *options)
{
	int err = start(options);

	if (err) {
		return err;
	}
	health_init();
	trial_begin();
	link_start();
	LOG_INF("%s: started", options->id);
	while (!port_stopping()) {
		loop_turn(PORT_FOREVER);
	}
	stop(options);
	return 0;
}
