/* SPDX-License-Identifier: Apache-2.0 */

#define LOG_SUBSYSTEM "health"

#include "agent/loop.h"
#include "hal/hal.h"
#include "health/health.h"
#include "link/link.h"
#include "port/log.h"
#include "runtime/runtime.h"
#include "store/store.h"
#include "task/task.h"

#define FEED_US	       1000000U
#define FEEDS_PER_LINE 60

static struct loop_timer timer;
static unsigned int feeds;

#define U(value) ((unsigned int)(value))

void health_log(void)
{
	struct link_stats link;
	struct task_stats task;
	struct runtime_stats runtime;
	struct store_stats store;
	struct hal_stats hal;

	link_stats(&link);
	task_stats(&task);
	runtime_stats(&runtime);
	store_stats(&store);
	hal_stats(&hal);
	LOG_INF("free=%u connects=%u received=%u malformed=%u oversized=%u misdirected=%u "
		"running=%u waiting=%u results=%u refused=%u deployments=%u "
		"pool=%u/%u high=%u modules=%u instances=%u calls=%u "
		"flash=%u/%u blobs=%u erasures=%u wear=%u-%u damaged=%u "
		"sessions=%u operations=%u refusals=%u",
		U(port_free_memory()), U(link.connects), U(link.received), U(link.malformed),
		U(link.oversized), U(link.misdirected), U(task.running), U(task.waiting),
		U(task.results), U(task.refused), U(task.deployments), U(runtime.pool_used),
		U(runtime.pool_size), U(runtime.pool_high), U(runtime.modules),
		U(runtime.instances), U(runtime.calls), U(store.used), U(store.capacity),
		U(store.blobs), U(store.erasures), U(store.least_worn), U(store.most_worn),
		U(store.damaged), U(hal.sessions), U(hal.operations), U(hal.refusals));
}

/** A timer of the loop: what stops the loop stops this, and then the watchdog bites. */
static void feed(void *arg)
{
	(void)arg;
	port_watchdog_feed();
	if (++feeds == FEEDS_PER_LINE) {
		feeds = 0;
		health_log();
	}
	loop_timer_start(&timer, FEED_US, feed, NULL);
}

void health_init(void)
{
	feeds = 0;
	port_watchdog_feed();
	loop_timer_start(&timer, FEED_US, feed, NULL);
}
