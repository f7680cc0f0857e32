/* SPDX-License-Identifier: Apache-2.0 */

/* Starts the agent: settings, hardware, flash. No decisions. */

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base.h"
#include "flash_file.h"
#include "guard.h"
#include "hal/profile.h"
#include "lab.h"
#include "link_mosquitto.h"
#include "port/port.h"
#include "profile_yaml.h"
#include "settings.h"

#ifndef SAMARA_VERSION
#define SAMARA_VERSION "0.1.0"
#endif

/* Pauses between looks for a lab that is not there yet: the first, and the longest. */
#define LAB_AGAIN_US  100000u
#define LAB_SELDOM_US 900000u
/* Blocks from here on are given back to the system when they are freed. */
#define LARGE_BYTES   (64 * 1024)

static struct settings settings;
static struct hal_device devices[CONFIG_SAMARA_DEVICES];
static char problem[1200];

static int complain(const char *what)
{
	fprintf(stderr, "samara-agent: %s\n", what);
	return 2;
}

static int make_folder(const char *path)
{
	char part[sizeof(settings.data)];

	snprintf(part, sizeof(part), "%s", path);
	for (char *at = part + 1; *at; at++) {
		if (*at == '/') {
			*at = '\0';
			(void)mkdir(part, 0700);
			*at = '/';
		}
	}
	return mkdir(part, 0700) && errno != EEXIST ? -errno : 0;
}

static int open_flash(void)
{
	char path[sizeof(settings.data) + 16];
	int error = make_folder(settings.data);

	snprintf(path, sizeof(path), "%s/flash.bin", settings.data);
	if (!error) {
		error = flash_file_open(path, settings.flash_size, settings.block_size,
					settings.write_size);
	}
	if (error) {
		snprintf(problem, sizeof(problem), "data %s: %s", settings.data,
			 error == -EBUSY    ? "another agent has it"
			 : error == -EINVAL ? "flash.bin has another size than flash-kib says"
					    : strerror(-error));
	}
	return error;
}

/** After a power cut nobody says in which order programs start. */
static int wait_for_lab(size_t *count)
{
	bool told = false;
	uint32_t pause_us = LAB_AGAIN_US;
	int error;

	for (;;) {
		error = lab_open(settings.lab, settings.id, devices, count, problem,
				 sizeof(problem));
		if (error != -ENODEV || port_stopping()) {
			break;
		}
		if (!told) {
			port_log(PORT_LOG_WRN, "port", "%s; waiting for it", problem);
		}
		told = true;
		/* A signal ends it. */
		usleep(pause_us);
		pause_us = pause_us < LAB_SELDOM_US / 2 ? pause_us * 2 : LAB_SELDOM_US;
	}
	if (!error && told) {
		port_log(PORT_LOG_INF, "port", "it is there");
	}
	return error;
}

static int open_hardware(void)
{
	size_t count = 0;
	int error = 0;

	if (settings.lab[0]) {
		error = wait_for_lab(&count);
	} else if (settings.profile[0]) {
		error = profile_yaml_read(settings.profile, devices, &count, problem,
					  sizeof(problem));
	}
	if (error) {
		return error;
	}
	hal_profile_set(devices, count);
	error = guard_start(devices, count);
	if (error) {
		snprintf(problem, sizeof(problem), "the guard of the outputs: %s",
			 strerror(-error));
	}
	return error;
}

int main(int argc, char *argv[])
{
	static struct link_settings link;
	static struct utsname system;
	enum settings_wish wish;

	/* One heap: a thread of ours hardly uses one. */
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, LARGE_BYTES);
	if (settings_read(&settings, argc, argv, &wish, problem, sizeof(problem))) {
		return complain(problem);
	}
	if (wish == SETTINGS_HELP) {
		settings_help();
		return 0;
	}
	if (wish == SETTINGS_VERSION) {
		printf("samara-agent %s\n", SAMARA_VERSION);
		return 0;
	}
	posix_log_level(settings.log_level);
	if (posix_base_init()) {
		return complain("no event descriptor can be had");
	}
	if (open_flash() || open_hardware()) {
		return port_stopping() ? 0 : complain(problem);
	}
	if (settings.has_token && !settings.tls && strcmp(settings.host, "127.0.0.1") != 0 &&
	    strcmp(settings.host, "localhost") != 0 && strcmp(settings.host, "::1") != 0) {
		port_log(PORT_LOG_WRN, "port",
			 "the token travels unencrypted to %s: use mqtts:// beyond this machine",
			 settings.host);
	}
	link = (struct link_settings){
		.host = settings.host,
		.port = settings.port,
		.tls = settings.tls,
		.ca = settings.ca[0] ? settings.ca : NULL,
		.cert = settings.cert[0] ? settings.cert : NULL,
		.key = settings.key[0] ? settings.key : NULL,
	};
	link_mosquitto_set(&link);
	(void)uname(&system);
	struct agent_options options = {
		.id = settings.id,
		.ns = settings.ns,
		.password = settings.has_token ? settings.token : NULL,
		.software = "samara-agent " SAMARA_VERSION,
		.arch = system.machine,
		.labels = settings.labels,
		.labels_count = settings.labels_count,
		.alive_ms = settings.alive_ms,
		.drain_ms = settings.drain_ms,
		.clean_session = settings.clean_session,
	};
	int error = agent_run(&options);

	/* Without it the guard takes the safe states that hal_close() did not. */
	if (!error) {
		guard_dismiss();
	}
	flash_file_close();
	return error ? 1 : 0;
}
