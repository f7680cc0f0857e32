/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/un.h>
#include <unistd.h>

#include "port/port.h"

/** What can be had without swapping, as the kernel estimates it; without the estimate what nobody
 * uses. */
size_t port_free_memory(void)
{
	char text[256] = "";
	unsigned long long kib = 0;
	struct sysinfo info;
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		ssize_t len = read(fd, text, sizeof(text) - 1);

		close(fd);
		text[len > 0 ? len : 0] = '\0';
	}
	const char *row = strstr(text, "MemAvailable:");

	if (row && sscanf(row, "MemAvailable: %llu kB", &kib) == 1) {
		return (size_t)(kib < SIZE_MAX / 1024 ? kib * 1024 : SIZE_MAX);
	}
	return sysinfo(&info) ? 0 : (size_t)info.freeram * info.mem_unit;
}

/** Of the service manager, which starts us again without a line in its time. @retval -1 Nobody
 * asked for one. */
static int notify_socket(struct sockaddr_un *address, socklen_t *len)
{
	const char *path = getenv("NOTIFY_SOCKET");
	const char *pid = getenv("WATCHDOG_PID");
	size_t bytes = path ? strlen(path) : 0;

	if (!getenv("WATCHDOG_USEC") || bytes == 0 || bytes >= sizeof(address->sun_path) ||
	    (pid && strtol(pid, NULL, 10) != (long)getpid())) {
		return -1;
	}
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->sun_path, path, bytes);
	if (path[0] == '@') {
		address->sun_path[0] = '\0';
	}
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes);
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

void port_watchdog_feed(void)
{
	static const char alive[] = "WATCHDOG=1";
	struct sockaddr_un address;
	socklen_t len = 0;
	int fd = notify_socket(&address, &len);

	if (fd < 0) {
		return;
	}
	if (sendto(fd, alive, sizeof(alive) - 1, MSG_NOSIGNAL, (struct sockaddr *)&address, len) <
	    0) {
		port_log(PORT_LOG_WRN, "port", "watchdog: %s cannot be told",
			 getenv("NOTIFY_SOCKET"));
	}
	close(fd);
}
