/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base.h"
#include "port/port.h"

/* Room for a library below us; what a runner's own frames need comes on top. */
#define STACK_LEAST	 (64 * 1024)
#define PAGE_BYTES	 4096
/* The system takes no more of a thread's name. */
#define NAME_MAX_	 15
#define EXIT_INTERRUPTED 130

static int wake_fd = -1;
static volatile sig_atomic_t stopping;
static volatile sig_atomic_t interrupts;

static void on_signal(int signal)
{
	/*
	 * Somebody at the terminal who has lost patience. SIGTERM never ends a drain: a starter
	 * passes on with it what the terminal has said already.
	 */
	if (signal == SIGINT && ++interrupts > 1) {
		_exit(EXIT_INTERRUPTED);
	}
	stopping = 1;
	port_wake();
}

int posix_base_init(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wake_fd < 0) {
		return -errno;
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

int posix_wake_fd(void)
{
	return wake_fd;
}

void posix_wake_clear(void)
{
	uint64_t count;

	while (read(wake_fd, &count, sizeof(count)) > 0) {
	}
}

int posix_poll_ms(unsigned long long until_us)
{
	uint64_t now = port_now_us();
	uint64_t left = until_us > now ? (until_us - now + 999) / 1000 : 0;

	return left > INT_MAX ? INT_MAX : (int)left;
}

void port_wake(void)
{
	uint64_t one = 1;
	int saved = errno;

	if (write(wake_fd, &one, sizeof(one)) < 0) {
		/* It is full of wakes already. */
	}
	errno = saved;
}

bool port_stopping(void)
{
	return stopping;
}

uint64_t port_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int port_random(void *data, size_t len)
{
	uint8_t *to = data;

	while (len > 0) {
		ssize_t got = getrandom(to, len, 0);

		if (got < 0 && errno != EINTR) {
			return -EIO;
		}
		to += got > 0 ? got : 0;
		len -= got > 0 ? (size_t)got : 0;
	}
	return 0;
}

static void *run(void *arg)
{
	struct port_thread *thread = arg;

	thread->entry(thread->arg);
	return NULL;
}

int port_thread_start(struct port_thread *thread, const char *name, void *stack, size_t stack_size,
		      void (*entry)(void *), void *arg)
{
	size_t size = stack_size + STACK_LEAST;
	pthread_attr_t attributes;
	sigset_t all;
	sigset_t before;

	/* A stack of the system's, with a guard page; of what is given only the size counts. */
	(void)stack;
	thread->entry = entry;
	thread->arg = arg;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, (size + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES);
	/* Signals are the agent's thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	int error = pthread_create(&thread->id, &attributes, run, thread);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (error) {
		return -EAGAIN;
	}
	char short_name[NAME_MAX_ + 1];

	snprintf(short_name, sizeof(short_name), "%.*s", NAME_MAX_, name);
	(void)pthread_setname_np(thread->id, short_name);
	return 0;
}

void port_thread_join(struct port_thread *thread)
{
	pthread_join(thread->id, NULL);
}

void port_mutex_init(struct port_mutex *mutex)
{
	pthread_mutex_init(&mutex->mutex, NULL);
}

void port_mutex_lock(struct port_mutex *mutex)
{
	pthread_mutex_lock(&mutex->mutex);
}

void port_mutex_unlock(struct port_mutex *mutex)
{
	pthread_mutex_unlock(&mutex->mutex);
}

void port_cond_init(struct port_cond *cond)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&cond->cond, &attributes);
	pthread_condattr_destroy(&attributes);
}

int port_cond_wait(struct port_cond *cond, struct port_mutex *mutex, uint64_t until_us)
{
	struct timespec until = {.tv_sec = (time_t)(until_us / 1000000),
				 .tv_nsec = (long)(until_us % 1000000 * 1000)};

	if (until_us == PORT_FOREVER) {
		pthread_cond_wait(&cond->cond, &mutex->mutex);
		return 0;
	}
	return pthread_cond_timedwait(&cond->cond, &mutex->mutex, &until) == ETIMEDOUT ? -ETIMEDOUT
										       : 0;
}

void port_cond_signal(struct port_cond *cond)
{
	pthread_cond_signal(&cond->cond);
}

void port_cond_broadcast(struct port_cond *cond)
{
	pthread_cond_broadcast(&cond->cond);
}

/* The program is replaced by whoever installs it. */

bool port_image_on_trial(void)
{
	return false;
}

int port_image_keep(void)
{
	return 0;
}

void port_restart(void)
{
}
