/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief The agent's thread: timers, and work that other threads hand to it.
 *
 * All state of link, task and health belongs to this thread; runners only post. A turn of the loop
 * runs what was posted, then the timers that are due, then lets the network work until the next
 * timer.
 */

#ifndef SAMARA_AGENT_LOOP_H_
#define SAMARA_AGENT_LOOP_H_

#include <stdbool.h>
#include <stdint.h>

/** @brief Embedded in its owner, all zeros at first. Fields are the loop's own. */
struct loop_timer {
	struct loop_timer *next;
	uint64_t at_us;
	void (*fire)(void *arg);
	void *arg;
	bool armed;
};

/** @brief Fire once, in `delay_us` from now; one that is armed is moved. */
void loop_timer_start(struct loop_timer *timer, uint64_t delay_us, void (*fire)(void *arg),
		      void *arg);
void loop_timer_stop(struct loop_timer *timer);

/** @brief Embedded in its owner, all zeros at first; posted at most once at a time. */
struct loop_work {
	struct loop_work *next;
	void (*run)(void *arg);
	void *arg;
	bool posted;
};

/**
 * @brief Have it run on the agent's thread, in the order of posting. Any thread; posting what is
 * posted is a no-op.
 */
void loop_post(struct loop_work *work, void (*run)(void *arg), void *arg);

/** @brief It will not run, if it has not begun: its owner may go. Agent's thread. */
void loop_unpost(struct loop_work *work);

void loop_init(void);
/** @brief One turn; waits until `until_us` at most. Tests turn it by hand. */
void loop_turn(uint64_t until_us);

#endif /* SAMARA_AGENT_LOOP_H_ */
