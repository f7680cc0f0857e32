/* SPDX-License-Identifier: Apache-2.0 */

#include <stddef.h>

#include "agent/loop.h"
#include "port/port.h"

/* Ascending by time; of equal times the one that was started first. */
static struct loop_timer *timers;

static struct port_mutex posted_lock;
static struct loop_work *posted_first;
static struct loop_work **posted_last;

static uint64_t after(uint64_t delay_us)
{
	uint64_t now_us = port_now_us();

	/* Never now: a timer that starts itself anew would hold the turn for ever. */
	delay_us += delay_us == 0;
	return delay_us < UINT64_MAX - now_us ? now_us + delay_us : UINT64_MAX;
}

void loop_timer_start(struct loop_timer *timer, uint64_t delay_us, void (*fire)(void *arg),
		      void *arg)
{
	struct loop_timer **at = &timers;

	loop_timer_stop(timer);
	timer->at_us = after(delay_us);
	timer->fire = fire;
	timer->arg = arg;
	timer->armed = true;
	while (*at && (*at)->at_us <= timer->at_us) {
		at = &(*at)->next;
	}
	timer->next = *at;
	*at = timer;
}

void loop_timer_stop(struct loop_timer *timer)
{
	if (!timer->armed) {
		return;
	}
	for (struct loop_timer **at = &timers; *at; at = &(*at)->next) {
		if (*at == timer) {
			*at = timer->next;
			break;
		}
	}
	timer->armed = false;
}

void loop_post(struct loop_work *work, void (*run)(void *arg), void *arg)
{
	bool fresh;

	port_mutex_lock(&posted_lock);
	fresh = !work->posted;
	if (fresh) {
		work->run = run;
		work->arg = arg;
		work->next = NULL;
		work->posted = true;
		*posted_last = work;
		posted_last = &work->next;
	}
	port_mutex_unlock(&posted_lock);
	if (fresh) {
		port_wake();
	}
}

void loop_unpost(struct loop_work *work)
{
	struct loop_work **at = &posted_first;

	port_mutex_lock(&posted_lock);
	while (*at && *at != work) {
		at = &(*at)->next;
	}
	if (*at) {
		*at = work->next;
		posted_last = work->next ? posted_last : at;
		work->posted = false;
	}
	port_mutex_unlock(&posted_lock);
}

/** The one that was posted first. @retval NULL There is none. */
static struct loop_work *take_posted(void (**run)(void *arg), void **arg)
{
	port_mutex_lock(&posted_lock);
	struct loop_work *work = posted_first;

	if (work) {
		posted_first = work->next;
		posted_last = posted_first ? posted_last : &posted_first;
		work->posted = false;
		*run = work->run;
		*arg = work->arg;
	}
	port_mutex_unlock(&posted_lock);
	return work;
}

static unsigned int count_posted(void)
{
	unsigned int count = 0;

	port_mutex_lock(&posted_lock);
	for (const struct loop_work *work = posted_first; work; work = work->next) {
		count++;
	}
	port_mutex_unlock(&posted_lock);
	return count;
}

/** As many as were posted by now: what is posted meanwhile must not hold the turn for ever. */
static void run_posted(void)
{
	void (*run)(void *arg) = NULL;
	void *arg = NULL;

	for (unsigned int left = count_posted(); left > 0 && take_posted(&run, &arg); left--) {
		run(arg);
	}
}

static void fire_due(void)
{
	uint64_t now_us = port_now_us();

	while (timers && timers->at_us <= now_us) {
		struct loop_timer *timer = timers;

		timers = timer->next;
		timer->armed = false;
		timer->fire(timer->arg);
	}
}

void loop_init(void)
{
	/* What a loop before this one had may be started and posted again. */
	for (; timers; timers = timers->next) {
		timers->armed = false;
	}
	for (; posted_first; posted_first = posted_first->next) {
		posted_first->posted = false;
	}
	posted_last = &posted_first;
	port_mutex_init(&posted_lock);
}

void loop_turn(uint64_t until_us)
{
	run_posted();
	fire_due();
	port_wait(timers && timers->at_us < until_us ? timers->at_us : until_us);
}
