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
	int opened = *handle;

	if (opened < 0) {
		*handle = -1;
	}
	port_mutex_unlock(&mutex);
	return opened;
}

void hal_device_give_up(const struct hal_device *device, int handle)
{
	int *open = &handles[index_of(device)];

	port_mutex_lock(&mutex);
	/* Somebody else may have opened it again meanwhile. */
	if (handle >= 0 && *open == handle) {
		port_device_close(handle);
		*open = -1;
	}
	port_mutex_unlock(&mutex);
}

void hal_devices_close(void)
{
	size_t count;
	const struct hal_device *devices = hal_profile(&count);

	for (size_t index = 0; index < count; index++) {
		hal_device_give_up(&devices[index], handles[index]);
	}
}

void hal_set_level(const struct hal_device *device, bool level)
{
	struct bus_operation operation = {
		.op = BUS_SET, .level = level, .timeout_ms = SAFE_TIMEOUT_MS};
	int handle = hal_device_open(device, operation.detail, sizeof(operation.detail));

	if (handle >= 0) {
		port_device_run(handle, &operation);
	}
	if (handle < 0 || operation.error != BUS_OK) {
		LOG_ERR("output %s cannot take its safe state: %s", device->name, operation.detail);
	}
}

void hal_refuse(struct hal_session *session, const char *format, ...)
{
	char words[BUS_DETAIL_MAX + 1];
	va_list args;

	counts.refusals++;
	if (!session || session->refusals++ > 0) {
		return;
	}
	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	LOG_WRN("%s: not granted: %s", session->holder, words);
}

static void run(struct hal_session *session, const struct hal_device *device,
		struct bus_operation *operation)
{
	/* Open already, unless it was gone for a while. */
	int handle = hal_device_open(device, operation->detail, sizeof(operation->detail));

	if (handle < 0) {
		operation->error = BUS_NO_DEVICE;
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
		hal_device_give_up(device, handle);
	}
}

enum hal_course hal_begin_operation(struct runtime_guest *guest, struct hal_grant *grant,
				    struct bus_operation *operation, uint64_t now_us)
{
	struct hal_session *session = runtime_guest_session(guest);

	operation->error = BUS_OK;
	operation->detail[0] = '\0';
	if (session->cancelled || runtime_guest_stopped(guest)) {
		operation->error = BUS_CANCELLED;
		return HAL_ENDED;
	}
	if (grant->wait && grant->wait->state == WAIT_UNDER_WAY && operation->op != BUS_DELAY) {
		operation->error = BUS_BUSY;
		return HAL_ENDED;
	}
	counts.operations++;
	if (!hal_grant_check(grant, operation, now_us)) {
		if (operation->error == BUS_NOT_GRANTED) {
			hal_refuse(session, "%s: %s", grant->name, operation->detail);
		}
		return HAL_REFUSED;
	}
	if (!session->replay) {
		return HAL_DEVICE;
	}
	if (!hal_replay_answer(session, grant, operation)) {
		runtime_guest_trap(guest, session->replay->difference);
	}
	return HAL_ANSWERED;
}

enum bus_error hal_operate(struct runtime_guest *guest, struct hal_grant *grant,
			   struct bus_operation *operation)
{
	struct hal_session *session = runtime_guest_session(guest);
	uint64_t began = port_now_us();
	bool had_level = operation->level;
	enum hal_course course = hal_begin_operation(guest, grant, operation, began);

	if (course == HAL_ENDED || course == HAL_ANSWERED) {
		return operation->error;
	}
	if (course == HAL_DEVICE &&
	    (operation->op != BUS_TRANSFER || operation->segments_count > 0)) {
		operation->timeout_ms = grant->device->timeout_ms;
		run(session, grant->device, operation);
	}
	if (operation->op == BUS_SET && operation->error == BUS_OK) {
		grant->is_set = true;
		grant->level_set = operation->level;
	}
	if (session->transcript) {
		hal_record_row(session, grant, operation, had_level, began, port_now_us() - began,
			       NULL);
	}
	return operation->error;
}

void hal_session_cancel(struct hal_session *session)
{
	session->cancelled = true;
	int handle = session->running;

	if (handle >= 0) {
		port_device_cancel(handle);
	}
	hal_wait_wake();
}

void hal_stats(struct hal_stats *stats)
{
	*stats = counts;
	stats->sessions = hal_sessions_open();
}
