/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <limits.h>

#include <zephyr/kernel.h>
#include <zephyr/random/random.h>
#include <zephyr/zvfs/eventfd.h>

#include "base.h"
#include "port/port.h"

static int wake_fd = -1;

int base_init(void)
{
	wake_fd = zvfs_eventfd(0, ZVFS_EFD_NONBLOCK);
	return wake_fd < 0 ? -errno : 0;
}

int base_wake_fd(void)
{
	return wake_fd;
}

void base_wake_clear(void)
{
	zvfs_eventfd_t count;

	(void)zvfs_eventfd_read(wake_fd, &count);
}

int base_poll_ms(uint64_t until_us)
{
	uint64_t now = port_now_us();
	uint64_t left = until_us > now ? DIV_ROUND_UP(until_us - now, USEC_PER_MSEC) : 0;

	return (int)MIN(left, INT_MAX);
}

void port_wake(void)
{
	/* It fails where it is full of wakes already. */
	(void)zvfs_eventfd_write(wake_fd, 1);
}

bool port_stopping(void)
{
	return false;
}

uint64_t port_now_us(void)
{
#if defined(CONFIG_SAMARA_CLOCK_COST_US)
	k_busy_wait(CONFIG_SAMARA_CLOCK_COST_US);
#endif
	return k_ticks_to_us_floor64((uint64_t)k_uptime_ticks());
}

int port_random(void *data, size_t len)
{
	return sys_csrand_get(data, len) ? -EIO : 0;
}

static void run(void *entry, void *arg, void *unused)
{
	void (*run_it)(void *) = (void (*)(void *))entry;

	ARG_UNUSED(unused);
	run_it(arg);
}

int port_thread_start(struct port_thread *thread, const char *name, void *stack, size_t stack_size,
		      void (*entry)(void *), void *arg)
{
	/* The caller knows nothing of guards and of what a stack is aligned to. */
	uintptr_t from = ROUND_UP((uintptr_t)stack, Z_KERNEL_STACK_OBJ_ALIGN);
	size_t lost = from - (uintptr_t)stack + K_KERNEL_STACK_RESERVED;

	if (!stack || stack_size <= lost) {
		return -EAGAIN;
	}
	size_t size = ROUND_DOWN(stack_size - lost, ARCH_STACK_PTR_ALIGN);
	k_tid_t id = k_thread_create(&thread->thread, (k_thread_stack_t *)from, size, run,
				     (void *)entry, arg, NULL,
				     K_PRIO_PREEMPT(CONFIG_SAMARA_RUNNER_PRIORITY), 0, K_NO_WAIT);

	(void)k_thread_name_set(id, name);
	return 0;
}

void port_thread_join(struct port_thread *thread)
{
	(void)k_thread_join(&thread->thread, K_FOREVER);
}

void port_mutex_init(struct port_mutex *mutex)
{
	(void)k_mutex_init(&mutex->mutex);
}

void port_mutex_lock(struct port_mutex *mutex)
{
	(void)k_mutex_lock(&mutex->mutex, K_FOREVER);
}

void port_mutex_unlock(struct port_mutex *mutex)
{
	(void)k_mutex_unlock(&mutex->mutex);
}

void port_cond_init(struct port_cond *cond)
{
	(void)k_condvar_init(&cond->cond);
}

int port_cond_wait(struct port_cond *cond, struct port_mutex *mutex, uint64_t until_us)
{
	k_timeout_t timeout = K_FOREVER;

	if (until_us != PORT_FOREVER) {
		uint64_t now = port_now_us();

		timeout = K_USEC(until_us > now ? until_us - now : 0);
	}
	return k_condvar_wait(&cond->cond, &mutex->mutex, timeout) == -EAGAIN ? -ETIMEDOUT : 0;
}

void port_cond_signal(struct port_cond *cond)
{
	(void)k_condvar_signal(&cond->cond);
}

void port_cond_broadcast(struct port_cond *cond)
{
	(void)k_condvar_broadcast(&cond->cond);
}

size_t port_free_memory(void)
{
	/* Everything was taken when it started; the kernel's heap is not for others. */
	return 0;
}
