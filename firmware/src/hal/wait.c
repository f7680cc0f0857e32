/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A guest begins a wait, does something else, and looks later whether it is over: the port waits
 * meanwhile. A row of the record stands where its wait began, as a replay will ask for it there.
 */

#include <string.h>

#include "hal/operate.h"
#include "hal/session.h"
#include "port/port.h"

static struct port_mutex mutex;
static struct port_cond changed;
static uint32_t ends;

void hal_wait_init(void)
{
	port_mutex_init(&mutex);
	port_cond_init(&changed);
}

uint32_t hal_wait_ends(void)
{
	port_mutex_lock(&mutex);
	uint32_t now = ends;

	port_mutex_unlock(&mutex);
	return now;
}

void hal_wait_wake(void)
{
	port_mutex_lock(&mutex);
	ends++;
	port_cond_broadcast(&changed);
	port_mutex_unlock(&mutex);
}

bool hal_wait_sleep(struct runtime_guest *guest, uint32_t seen)
{
	uint64_t deadline_us = runtime_guest_deadline_us(guest);

	port_mutex_lock(&mutex);
	while (ends == seen && port_now_us() < deadline_us) {
		(void)port_cond_wait(&changed, &mutex, deadline_us);
	}
	port_mutex_unlock(&mutex);
	return !runtime_guest_stopped(guest) && !runtime_guest_session(guest)->cancelled;
}

/** A thread of the port's. */
static bool on_event(struct bus_operation *operation)
{
	struct hal_wait *wait = (struct hal_wait *)operation;

	port_mutex_lock(&mutex);
	wait->is_told = true;
	wait->ended_us = port_now_us();
	port_mutex_unlock(&mutex);
	hal_wait_wake();
	return false;
}

static bool is_told(const struct hal_wait *wait)
{
	port_mutex_lock(&mutex);
	bool told = wait->is_told;

	port_mutex_unlock(&mutex);
	return told;
}

static void record(struct hal_session *session, struct hal_grant *grant)
{
	const struct hal_wait *wait = grant->wait;

	if (session->transcript) {
		hal_record_row(session, grant, &wait->operation, false, wait->began_us,
			       wait->ended_us - wait->began_us, &wait->place);
	}
}

/** It has been told, or nobody will tell it. */
static void finish(struct hal_session *session, struct hal_grant *grant)
{
	struct hal_wait *wait = grant->wait;

	wait->state = WAIT_OVER;
	if (wait->watch >= 0) {
		port_device_unwatch(wait->watch);
		wait->watch = -1;
		/* It may be told until then. */
		if (!is_told(wait)) {
			wait->operation.error = BUS_CANCELLED;
			wait->operation.detail[0] = '\0';
			wait->ended_us = port_now_us();
		}
		record(session, grant);
		if (wait->operation.error == BUS_NO_DEVICE) {
			hal_device_give_up(grant->device, wait->handle);
		}
	}
}

bool hal_wait_is_over(struct hal_session *session, struct hal_grant *grant, uint16_t number)
{
	struct hal_wait *wait = grant->wait;

	if (wait->state != WAIT_UNDER_WAY || wait->place.number != number) {
		return true;
	}
	if (is_told(wait)) {
		finish(session, grant);
	}
	return wait->state == WAIT_OVER;
}

void hal_wait_cancel(struct hal_session *session, struct hal_grant *grant)
{
	if (grant->wait && grant->wait->state == WAIT_UNDER_WAY) {
		finish(session, grant);
	}
}

/** @retval false The wait has its error. */
static bool watch(struct hal_grant *grant)
{
	struct bus_operation *operation = &grant->wait->operation;
	int handle = hal_device_open(grant->device, operation->detail, sizeof(operation->detail));

	if (handle < 0) {
		operation->error = BUS_NO_DEVICE;
		return false;
	}
	grant->wait->handle = handle;
	grant->wait->watch = port_device_watch(handle, operation, on_event);
	return grant->wait->watch >= 0;
}

enum bus_error hal_wait_begin(struct runtime_guest *guest, struct hal_grant *grant, uint32_t owner,
			      enum bus_pin_event event)
{
	struct hal_session *session = runtime_guest_session(guest);
	struct bus_operation operation = {.op = BUS_WAIT, .target = event};
	struct hal_wait *wait = grant->wait;
	uint64_t began = port_now_us();
	enum hal_course course = hal_begin_operation(guest, grant, &operation, began);

	if (course == HAL_ENDED) {
		return operation.error;
	}
	/* 0 is nobody's number. */
	if (++session->waits_begun == 0) {
		session->waits_begun = 1;
	}
	*wait = (struct hal_wait){
		.operation = operation,
		.state = WAIT_UNDER_WAY,
		.watch = -1,
		.owner = owner,
		.began_us = began,
		.ended_us = began,
		.place = {session->transcript_len, session->rows, session->waits_begun},
	};
	/* What is known at once is told as all else: when the guest looks. */
	if (course != HAL_DEVICE || !watch(grant)) {
		wait->is_told = true;
	}
	if (course == HAL_REFUSED || (course == HAL_DEVICE && wait->watch < 0)) {
		record(session, grant);
	}
	return BUS_OK;
}
