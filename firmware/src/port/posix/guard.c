/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "lab_connection.h"
#include "port/port.h"

#define GOODBYE	  'b'
/* The kernel gives the lines of a killed process back a moment after its pipe has closed. */
#define TRIES	  100
#define RETRY_US  50000
/* The agent opens far fewer. */
#define FILES_MAX 1024

static int pipe_end = -1;
static pid_t guard;

static bool has_safe_state(const struct hal_device *device)
{
	return device->kind == BUS_GPIO && device->gpio.direction != HAL_INPUT &&
	       device->gpio.safe != HAL_SAFE_HOLD;
}

/** What still failed at last; empty where it has its safe state. */
static void persist(const struct hal_device *output, char *why, size_t size)
{
	struct bus_operation set = {.op = BUS_SET, .level = output->gpio.safe == HAL_SAFE_HIGH};

	for (int tries = 0; tries < TRIES; tries++) {
		int handle = port_device_open(output, why, size);

		if (handle >= 0) {
			port_device_run(handle, &set);
			port_device_close(handle);
			snprintf(why, size, "%s", set.error ? set.detail : "");
		}
		if (handle >= 0 && !set.error) {
			return;
		}
		usleep(RETRY_US);
	}
	if (why[0] == '\0') {
		snprintf(why, size, "it cannot be set");
	}
}

static int take_safe_states(const struct hal_device *devices, size_t count)
{
	int failures = 0;
	char why[BUS_DETAIL_MAX + 1];

	for (size_t index = 0; index < count; index++) {
		if (!has_safe_state(&devices[index])) {
			continue;
		}
		persist(&devices[index], why, sizeof(why));
		failures += why[0] != '\0';
		port_log(why[0] ? PORT_LOG_ERR : PORT_LOG_WRN, "port",
			 why[0] ? "the agent ended without a word; output %s has no safe state: %s"
				: "the agent ended without a word; output %s has its safe state%s",
			 devices[index].name, why);
	}
	return failures > 0;
}

/** What the agent has open shall close with it: the lock of its data, its connections. */
static void keep_only(int kept)
{
	long most = sysconf(_SC_OPEN_MAX);

	for (int fd = STDERR_FILENO + 1; fd < (most > 0 && most < FILES_MAX ? most : FILES_MAX);
	     fd++) {
		if (fd != kept) {
			close(fd);
		}
	}
}

static void stand_guard(int fd, const struct hal_device *devices, size_t count)
{
	char word = 0;
	ssize_t len;

	keep_only(fd);
	/* Its parent's numbers of devices are nothing here. */
	lab_forget();
	/* What a terminal or a service manager sends to all of us is meant for the agent, which
	 * then says goodbye. */
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	(void)setsid();
	(void)prctl(PR_SET_NAME, "samara-guard");
	do {
		len = read(fd, &word, sizeof(word));
	} while (len < 0 && errno == EINTR);
	_exit(len == 1 && word == GOODBYE ? 0 : take_safe_states(devices, count));
}

int guard_start(const struct hal_device *devices, size_t count)
{
	int ends[2];
	size_t outputs = 0;

	for (size_t index = 0; index < count; index++) {
		outputs += has_safe_state(&devices[index]);
	}
	if (outputs == 0) {
		return 0;
	}
	if (pipe2(ends, O_CLOEXEC)) {
		return -errno;
	}
	guard = fork();
	if (guard < 0) {
		close(ends[0]);
		close(ends[1]);
		return -errno;
	}
	if (guard == 0) {
		close(ends[1]);
		stand_guard(ends[0], devices, count);
	}
	close(ends[0]);
	pipe_end = ends[1];
	return 0;
}

void guard_dismiss(void)
{
	char word = GOODBYE;

	if (pipe_end < 0) {
		return;
	}
	if (write(pipe_end, &word, 1) < 0) {
		/* It is gone. */
	}
	close(pipe_end);
	pipe_end = -1;
	while (waitpid(guard, NULL, 0) < 0 && errno == EINTR) {
	}
}
