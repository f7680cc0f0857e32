/* SPDX-License-Identifier: Apache-2.0 */

/* Locks of a program that has one thread. */

#include "port/port.h"

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
