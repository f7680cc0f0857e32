/* SPDX-License-Identifier: Apache-2.0 */

#include "agent/loop.h"
#include "runtime/runtime.h"
#include "task/attempts.h"
#include "task/deployments.h"
#include "task/outbox.h"
#include "task/runners.h"
#include "task/task.h"

#define US_PER_MS 1000ull

_Static_assert(CONFIG_SAMARA_VALUES >=
		       2 * CONFIG_SAMARA_DEPLOYMENTS + 1 + 3 * CONFIG_SAMARA_RESULTS,
	       "a new list is written beside the old one; a result has up to three values");

static struct loop_timer drain_timer;

int task_init(const struct agent_options *options)
{
	(void)options;
	attempts_init();
	outbox_open();
	int error = runners_init();

	if (!error) {
		deployments_open();
	}
	return error;
}

void task_connected(void)
{
	attempts_connected();
}

void task_welcomed(const struct codec_welcome *welcome)
{
	(void)welcome;
	attempts_welcomed();
	deployments_welcomed();
}

void task_disconnected(void)
{
	deployments_disconnected();
}

void task_start(const struct codec_start *start)
{
	attempts_start(start);
}

void task_cancel(const struct codec_cancel *cancel)
{
	attempts_cancel(cancel);
}

void task_lease(const struct codec_lease *lease)
{
	attempts_lease(lease);
}

void task_ack(const struct codec_ack *ack)
{
	attempts_ack(ack);
}

void task_desired(const struct codec_desired *desired)
{
	deployments_desired(desired);
}

void task_load(struct codec_alive *alive)
{
	struct runtime_stats stats;

	runtime_stats(&stats);
	alive->running = (uint16_t)(attempts_running() + deployments_running());
	alive->queued = (uint16_t)attempts_waiting();
	alive->has_free_memory = true;
	alive->free_memory = stats.pool_size - stats.pool_used;
}

int task_push_read(const uint8_t *digest, uint32_t offset, void *data, size_t len, uint32_t *size)
{
	return outbox_read_blob(digest, offset, data, len, size);
}

static void drain_over(void *arg)
{
	(void)arg;
	attempts_stop_all();
}

void task_drain(uint32_t drain_ms)
{
	deployments_close();
	attempts_leave();
	loop_timer_start(&drain_timer, drain_ms * US_PER_MS, drain_over, NULL);
}

bool task_idle(void)
{
	return runners_busy() == 0 && attempts_running() + attempts_waiting() == 0 &&
	       outbox_count() == 0;
}

void task_close(void)
{
	loop_timer_stop(&drain_timer);
	attempts_stop_all();
	outbox_close();
	runners_close();
}

void task_stats(struct task_stats *stats)
{
	*stats = (struct task_stats){
		.running = attempts_running(),
		.waiting = attempts_waiting(),
		.results = outbox_count(),
		.refused = attempts_refused(),
		.deployments = deployments_count(),
	};
}
