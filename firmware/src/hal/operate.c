/* SPDX-License-Identifier: Apache-2.0 */

#define LOG_SUBSYSTEM "hal"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hal/operate.h"
#include "hal/session.h"
#include "port/log.h"

#define SAFE_TIMEOUT_MS 1000

static int handles[CONFIG_SAMARA_DEVICES]; /* -1: not open */
static struct port_mutex mutex;
static uint8_t scratches[CONFIG_SAMARA_SLOTS][CONFIG_SAMARA_TRANSFER_MAX];
static struct hal_stats counts;

void hal_operate_init(void)
{
	port_mutex_init(&mutex);
	for (size_t index = 0; index < CONFIG_SAMARA_DEVICES; index++) {
		handles[index] = -1;
	}
	memset(&counts, 0, sizeof(counts));
}

static size_t index_of(const struct hal_device *device)
{
	size_t count;

	return (size_t)(device - hal_profile(&count));
}

int hal_device_open(const struct hal_device *device, char *why, size_t size)
{
	int *handle = &handles[index_of(device)];

	port_mutex_lock(&mutex);
	if (*handle < 0) {
		*handle = port_device_open(device, why, size);
	}
	int error = *handle < 0 ? *handle : 0;

	if (error) {
		*handle = -1;
	}
	port_mutex_unlock(&mutex);
	return error;
}

static int handle_of(const struct hal_device *device)
{
	port_mutex_lock(&mutex);
	int handle = handles[index_of(device)];

	port_mutex_unlock(&mutex);
	return handle;
}

/** It is gone: whoever wants it next opens it again. */
static void give_up(const struct hal_device *device)
{
	int *handle = &handles[index_of(device)];

	port_mutex_lock(&mutex);
	if (*handle >= 0) {
		port_device_close(*handle);
		*handle = -1;
	}
	port_mutex_unlock(&mutex);
}

void hal_devices_close(void)
{
	size_t count;
	const struct hal_device *devices = hal_profile(&count);

	for (size_t index = 0; index < count; index++) {
		give_up(&devices[index]);
	}
}

void hal_set_level(const struct hal_device *device, bool level)
{
	struct bus_operation operation = {
		.op = BUS_SET, .level = level, .timeout_ms = SAFE_TIMEOUT_MS};
	char why[BUS_DETAIL_MAX + 1];

	if (hal_device_open(device, why, sizeof(why))) {
		LOG_ERR("output %s cannot take its safe state: %s", device->name, why);
		return;
	}
	port_device_run(handle_of(device), &operation);
	if (operation.error != BUS_OK) {
		LOG_ERR("output %s cannot take its safe state: %s", device->name, operation.detail);
	}
}

uint8_t *hal_scratch(struct hal_session *session)
{
	return scratches[session->scratch < 0 ? 0 : session->scratch];
}

void hal_refuse(struct hal_session *session, const char *format, ...)
{
	va_list args;

	counts.refusals++;
	if (!session || session->report.refusals++ > 0) {
		return;
	}
	va_start(args, format);
	vsnprintf(session->report.refusal, sizeof(session->report.refusal), format, args);
	va_end(args);
	LOG_WRN("%s: not granted: %s", session->holder, session->report.refusal);
}

static void run(struct hal_session *session, const struct hal_device *device,
		struct bus_operation *operation)
{
	int handle = handle_of(device);

	if (handle < 0) {
		operation->error = BUS_NO_DEVICE;
		snprintf(operation->detail, sizeof(operation->detail), "it is not open");
		return;
	}
	session->running = handle;
	/* A cancellation that came before the line above has found nothing to cancel. */
	if (session->cancelled) {
		operation->error = BUS_CANCELLED;
	} else {
		port_device_run(handle, operation);
	}
	session->running = -1;
	if (operation->error == BUS_NO_DEVICE) {
		give_up(device);
	}
}

enum bus_error hal_operate(struct runtime_guest *guest, struct hal_session *session, uint8_t index,
			   struct bus_operation *operation)
{
	struct hal_grant *grant = &session->grants[index];
	uint64_t began = port_now_us();
	bool had_level = operation->level;

	operation->error = BUS_OK;
	operation->detail[0] = '\0';
	if (session->cancelled || runtime_guest_stopped(guest)) {
		return operation->error = BUS_CANCELLED;
	}
	session->operations++;
	counts.operations++;
	if (!hal_grant_check(grant, operation, began)) {
		if (operation->error == BUS_NOT_GRANTED) {
			hal_refuse(session, "%s: %s", grant->name, operation->detail);
		}
	} else if (session->has_replay) {
		if (!hal_replay_answer(session, index, operation)) {
			runtime_guest_trap(guest, session->report.difference);
		}
		return operation->error;
	} else if (operation->op != BUS_TRANSFER || operation->segments_count > 0) {
		operation->timeout_ms = operation->op == BUS_WAIT ? operation->timeout_ms
								  : grant->device->timeout_ms;
		run(session, grant->device, operation);
	}
	if (operation->op == BUS_SET && operation->error == BUS_OK) {
		grant->is_set = true;
		grant->level_set = operation->level;
	}
	hal_record_row(session, index, operation, had_level, began, port_now_us() - began);
	return operation->error;
}

void hal_session_cancel(struct hal_session *session)
{
	session->cancelled = true;
	int handle = session->running;

	if (handle >= 0) {
		port_device_cancel(handle);
	}
}

void hal_stats(struct hal_stats *stats)
{
	*stats = counts;
	stats->sessions = hal_sessions_used();
}
