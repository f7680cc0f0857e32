/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief What WAMR wants of a platform, for its own sources alone: see platform.c. */

#ifndef SAMARA_RUNTIME_WAMR_PLATFORM_INTERNAL_H_
#define SAMARA_RUNTIME_WAMR_PLATFORM_INTERNAL_H_

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef BH_PLATFORM_SAMARA
#define BH_PLATFORM_SAMARA
#endif

#define BH_APPLET_PRESERVED_STACK_SIZE 1024
#define BH_THREAD_DEFAULT_PRIORITY     0

/* The runtime calls one instance from one thread alone, and loads under its own lock. */
typedef int korp_tid;
typedef int korp_thread;
typedef int korp_mutex;
typedef int korp_cond;
typedef int korp_rwlock;
typedef int korp_sem;

#define OS_THREAD_MUTEX_INITIALIZER 0
#define os_thread_local_attribute

typedef int os_file_handle;
typedef int os_raw_file_handle;
typedef void *os_dir_stream;
typedef int os_poll_file_handle;
typedef unsigned int os_nfds_t;
typedef int64_t os_timespec;

/** Linear memories are rounded up to this. */
static inline int os_getpagesize(void)
{
	return 8;
}

static inline os_file_handle os_get_invalid_handle(void)
{
	return -1;
}

#endif /* SAMARA_RUNTIME_WAMR_PLATFORM_INTERNAL_H_ */
