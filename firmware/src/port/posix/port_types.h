/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Threads and locks of POSIX. */

#ifndef SAMARA_POSIX_PORT_TYPES_H_
#define SAMARA_POSIX_PORT_TYPES_H_

#include <pthread.h>

struct port_thread {
	pthread_t id;
	void (*entry)(void *arg);
	void *arg;
};

struct port_mutex {
	pthread_mutex_t mutex;
};

struct port_cond {
	pthread_cond_t cond;
};

#endif /* SAMARA_POSIX_PORT_TYPES_H_ */
