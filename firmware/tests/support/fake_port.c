/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fake_port.h"

#define THREADS_MAX 16
#define STEPS_MAX   1000000

struct thread {
	char name[32];
	void (*entry)(void *);
	void *arg;
};

static uint64_t now_us;
static uint64_t wait_until_us;
static bool woken;
static bool wait_was_woken;
static bool stopping;
static void (*act_on_wait)(uint64_t until_us);
static void (*act_on_sleep)(void);
static bool is_virtual;

static uint32_t random_state;
static int random_byte;

static struct thread threads[THREADS_MAX];
static size_t threads_count;
static jmp_buf *hand_run;

static unsigned int feeds;
static size_t free_memory;
static size_t log_counts[PORT_LOG_DBG + 1];
static char log_lines[PORT_LOG_DBG + 1][512];

void fake_link_reset(void);

static void defect(const char *what)
{
	(void)fprintf(stderr, "fake port: %s\n", what);
	abort();
}

void fake_port_reset(void)
{
	now_us = 0;
	woken = false;
	stopping = false;
	act_on_wait = NULL;
	act_on_sleep = NULL;
	is_virtual = false;
	random_state = 0x5eed;
	random_byte = -1;
	threads_count = 0;
	hand_run = NULL;
	feeds = 0;
	free_memory = 0;
	memset(log_counts, 0, sizeof(log_counts));
	memset(log_lines, 0, sizeof(log_lines));
	fake_link_reset();
}

/* Clock and loop */

uint64_t port_now_us(void)
{
	return now_us;
}

void fake_port_advance(uint64_t us)
{
	now_us += us;
}

void port_wait(uint64_t until_us)
{
	wait_until_us = until_us;
	wait_was_woken = woken;
	woken = false;
	if (act_on_wait) {
		act_on_wait(until_us);
	}
}

void port_wake(void)
{
	woken = true;
}

void fake_port_run(void (*turn)(uint64_t until_us), uint64_t us)
{
	uint64_t end_us = now_us + us;

	for (unsigned int step = 0; step < STEPS_MAX; step++) {
		turn(end_us);
		if (wait_was_woken || woken) {
			continue;
		}
		if (now_us >= end_us) {
			return;
		}
		if (wait_until_us > now_us) {
			now_us = wait_until_us < end_us ? wait_until_us : end_us;
		}
	}
	defect("the loop never waits for a later moment");
}

void fake_port_settle(void (*turn)(uint64_t until_us))
{
	fake_port_run(turn, 0);
}

bool port_stopping(void)
{
	return stopping;
}

void fake_port_stop(bool stop)
{
	stopping = stop;
}

void fake_port_on_wait(void (*act)(uint64_t until_us))
{
	act_on_wait = act;
}

int port_random(void *data, size_t len)
{
	uint8_t *bytes = data;

	for (size_t index = 0; index < len; index++) {
		random_state = random_state * 1664525U + 1013904223U;
		bytes[index] = (uint8_t)(random_byte >= 0 ? (unsigned int)random_byte
							  : random_state >> 24);
	}
	return 0;
}

void fake_port_random_byte(int byte)
{
	random_byte = byte;
}

bool port_time_is_virtual(void)
{
	return is_virtual;
}

void fake_port_virtual_time(bool virtually)
{
	is_virtual = virtually;
}

void fake_port_on_sleep(void (*act)(void))
{
	act_on_sleep = act;
}

/* Threads */

int port_thread_start(struct port_thread *thread, const char *name, void *stack, size_t stack_size,
		      void (*entry)(void *), void *arg)
{
	(void)thread;
	(void)stack;
	(void)stack_size;
	if (threads_count == THREADS_MAX) {
		return -EAGAIN;
	}
	struct thread *kept = &threads[threads_count++];

	(void)snprintf(kept->name, sizeof(kept->name), "%s", name);
	kept->entry = entry;
	kept->arg = arg;
	return 0;
}

void port_thread_join(struct port_thread *thread)
{
	(void)thread;
}

size_t fake_port_threads(void)
{
	return threads_count;
}

const char *fake_port_thread_name(size_t index)
{
	return threads[index].name;
}

bool fake_port_thread_run(size_t index)
{
	jmp_buf here;
	bool returned = false;

	if (index >= threads_count) {
		defect("there is no such thread");
	}
	hand_run = &here;
	if (setjmp(here) == 0) {
		threads[index].entry(threads[index].arg);
		returned = true;
	}
	hand_run = NULL;
	return returned;
}

void port_mutex_init(struct port_mutex *mutex)
{
	(void)mutex;
}

void port_mutex_lock(struct port_mutex *mutex)
{
	(void)mutex;
}

void port_mutex_unlock(struct port_mutex *mutex)
{
	(void)mutex;
}

void port_cond_init(struct port_cond *cond)
{
	(void)cond;
}

int port_cond_wait(struct port_cond *cond, struct port_mutex *mutex, uint64_t until_us)
{
	(void)cond;
	(void)mutex;
	if (act_on_sleep) {
		void (*act)(void) = act_on_sleep;

		act_on_sleep = NULL;
		act();
		return 0;
	}
	if (until_us == PORT_FOREVER) {
		if (!hand_run) {
			defect("the only thread waits for ever");
		}
		longjmp(*hand_run, 1);
	}
	if (now_us < until_us) {
		now_us = until_us;
	}
	return -ETIMEDOUT;
}

void port_cond_signal(struct port_cond *cond)
{
	(void)cond;
}

void port_cond_broadcast(struct port_cond *cond)
{
	(void)cond;
}

/* Health and log */

size_t port_free_memory(void)
{
	return free_memory;
}

void fake_port_free_memory(size_t bytes)
{
	free_memory = bytes;
}

void port_watchdog_feed(void)
{
	feeds++;
}

unsigned int fake_port_feeds(void)
{
	return feeds;
}

void port_log(enum port_log_level level, const char *subsystem, const char *format, ...)
{
	va_list args;
	int used = snprintf(log_lines[level], sizeof(log_lines[level]), "%s: ", subsystem);

	va_start(args, format);
	(void)vsnprintf(log_lines[level] + used, sizeof(log_lines[level]) - (size_t)used, format,
			args);
	va_end(args);
	log_counts[level]++;
	if (getenv("FAKE_PORT_LOG")) {
		(void)fprintf(stderr, "%8llu us %d %s\n", (unsigned long long)now_us, (int)level,
			      log_lines[level]);
	}
}

size_t fake_port_log_count(enum port_log_level level)
{
	return log_counts[level];
}

const char *fake_port_log_last(enum port_log_level level)
{
	return log_lines[level];
}
