/* SPDX-License-Identifier: Apache-2.0 */

/* Waiting without a network, for builds that have no broker library. */

#include <poll.h>

#include "base.h"
#include "port/port.h"

void port_wait(uint64_t until_us)
{
	struct pollfd file = {.fd = posix_wake_fd(), .events = POLLIN};

	if (poll(&file, 1, posix_poll_ms(until_us)) > 0) {
		posix_wake_clear();
	}
}
