/* SPDX-License-Identifier: Apache-2.0 */

#define LOG_SUBSYSTEM "hal"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hal/host_functions.h"
#include "hal/operate.h"
#include "hal/session.h"
#include "port/log.h"

static struct hal_session
	*owners[CONFIG_SAMARA_DEVICES]; /* who has a device; inputs are nobody's */
static uint32_t open_count;

uint32_t hal_sessions_open(void)
{
	return open_count;
}

const char *const *hal_interfaces(size_t *count)
{
#define NAME_(name) name,
	static const char *const names[] = {HAL_INTERFACES(NAME_)};

	*count = sizeof(names) / sizeof(names[0]);
	return names;
}

static bool is_output(const struct hal_device *device)
{
	return device->kind == BUS_GPIO && device->gpio.direction != HAL_INPUT;
}

static void make_safe(const struct hal_device *device)
{
	if (is_output(device) && device->gpio.safe != HAL_SAFE_HOLD) {
		hal_set_level(device, device->gpio.safe == HAL_SAFE_HIGH);
	}
}

static void make_all_safe(void)
{
	size_t count;
	const struct hal_device *devices = hal_profile(&count);

	for (size_t index = 0; index < count; index++) {
		make_safe(&devices[index]);
	}
}

int hal_open(void)
{
	memset(owners, 0, sizeof(owners));
	open_count = 0;
	hal_operate_init();
	hal_watch_init();
	hal_wait_init();
	make_all_safe();
	return hal_host_init();
}

void hal_close(void)
{
	make_all_safe();
	hal_devices_close();
}

static int open_devices(struct hal_session *session, struct codec_error *error)
{
	char why[BUS_DETAIL_MAX + 1];

	for (uint8_t index = 0; index < session->grants_count; index++) {
		struct hal_grant *grant = &session->grants[index];

		if (hal_device_open(grant->device, why, sizeof(why)) < 0) {
			codec_error_set(error, CODEC_UNAVAILABLE, "device %s: %s", grant->name,
					why);
			return -EINVAL;
		}
	}
	return 0;
}

/** A session with room for so many grants, all zeros. NULL: the pool is full. */
static struct hal_session *make(const struct hal_session_options *options, uint32_t grants)
{
	bool record = options->record && !options->replay;
	size_t size = sizeof(struct hal_session) + grants * sizeof(struct hal_grant);
	size_t replay = options->replay ? sizeof(struct replay) : 0;
	size_t transcript = record ? CONFIG_SAMARA_TRANSCRIPT_MAX : 0;
	struct hal_session *session = runtime_alloc((uint32_t)(size + replay + transcript));

	if (!session) {
		return NULL;
	}
	uint8_t *rest = (uint8_t *)session + size;

	memset(session, 0, size + replay);
	session->running = -1;
	session->replay = replay ? (struct replay *)rest : NULL;
	session->transcript = transcript ? rest : NULL;
	snprintf(session->holder, sizeof(session->holder), "%s", options->holder);
	if (options->replay) {
		session->replay->source = *options->replay;
	}
	return session;
}

static bool is_input(const struct hal_grant *grant)
{
	return grant->kind == BUS_GPIO && hal_may_read(grant) &&
	       !(grant->device && grant->device->gpio.direction == HAL_OUTPUT);
}

/** @retval -ENOMEM The pool is full. */
static int take_room(struct hal_session *session)
{
	uint32_t inputs = 0;
	bool has_bus = false;

	for (uint8_t index = 0; index < session->grants_count; index++) {
		inputs += is_input(&session->grants[index]);
		has_bus = has_bus || session->grants[index].kind != BUS_GPIO;
	}
	if (has_bus) {
		session->scratch = runtime_alloc(CONFIG_SAMARA_TRANSFER_MAX);
	}
	if (inputs > 0) {
		session->waits = runtime_alloc(inputs * sizeof(*session->waits));
	}
	if ((has_bus && !session->scratch) || (inputs > 0 && !session->waits)) {
		return -ENOMEM;
	}
	for (uint8_t index = session->grants_count; index-- > 0;) {
		if (is_input(&session->grants[index])) {
			session->grants[index].wait = &session->waits[--inputs];
			session->grants[index].wait->state = WAIT_NONE;
		}
	}
	return 0;
}

static void drop(struct hal_session *session)
{
	if (session->scratch) {
		runtime_free(session->scratch);
	}
	if (session->waits) {
		runtime_free(session->waits);
	}
	runtime_free(session);
}

int hal_session_open(struct hal_session **opened, const struct hal_session_options *options,
		     const struct codec_source *grants, struct codec_error *error)
{
	struct codec_reader reader;
	uint32_t count = 0;
	int failed = 0;

	*opened = NULL;
	if (grants) {
		failed = hal_grants_open(&reader, grants, options->holder, &count, error);
	}
	if (failed) {
		return failed;
	}
	struct hal_session *session = make(options, count);

	if (!session) {
		return -ENOMEM;
	}
	failed = hal_grants_read(session, &reader, count, error);
	if (!failed) {
		failed = take_room(session);
	}
	if (!failed && !session->replay) {
		failed = open_devices(session, error);
	}
	if (failed) {
		drop(session);
		return failed;
	}
	open_count++;
	*opened = session;
	return 0;
}

struct hal_grant *hal_session_find(struct hal_session *session, const char *name, size_t len)
{
	for (uint8_t index = 0; session && index < session->grants_count; index++) {
		struct hal_grant *grant = &session->grants[index];

		if (strlen(grant->name) == len && memcmp(grant->name, name, len) == 0) {
			return grant;
		}
	}
	return NULL;
}

/* Locks: a place is one run's at a time, inputs aside. [P-10.4] */

static bool share_place(const struct hal_device *one, const struct hal_device *other)
{
	char places[2][HAL_PLACE_MAX + 1];
	size_t ones = one->kind == BUS_I2C ? one->i2c.addresses_count : 1;
	size_t others = other->kind == BUS_I2C ? other->i2c.addresses_count : 1;

	if (one == other) {
		return true;
	}
	if (one->kind != other->kind || one->simulated != other->simulated ||
	    strcmp(one->bus, other->bus) != 0) {
		return false;
	}
	for (size_t first = 0; first < ones; first++) {
		(void)hal_place(one, first, places[0]);
		for (size_t second = 0; second < others; second++) {
			(void)hal_place(other, second, places[1]);
			if (strcmp(places[0], places[1]) == 0) {
				return true;
			}
		}
	}
	return false;
}

static bool is_exclusive(const struct hal_device *device)
{
	return device && !(device->kind == BUS_GPIO && device->gpio.direction == HAL_INPUT);
}

static bool is_free(const struct hal_session *session, const struct hal_device *device)
{
	size_t count;
	const struct hal_device *devices = hal_profile(&count);

	for (size_t index = 0; index < count; index++) {
		if (owners[index] && owners[index] != session &&
		    share_place(&devices[index], device)) {
			return false;
		}
	}
	return true;
}

int hal_session_try_begin(struct hal_session *session)
{
	size_t count;
	const struct hal_device *devices = hal_profile(&count);

	for (uint8_t index = 0; index < session->grants_count && !session->replay; index++) {
		const struct hal_device *device = session->grants[index].device;

		if (is_exclusive(device) && !is_free(session, device)) {
			return -EBUSY;
		}
	}
	for (uint8_t index = 0; index < session->grants_count; index++) {
		if (!session->replay && is_exclusive(session->grants[index].device)) {
			owners[session->grants[index].device - devices] = session;
		}
		session->grants[index].is_set = false;
		if (session->grants[index].wait) {
			session->grants[index].wait->state = WAIT_NONE;
		}
	}
	session->refusals = 0;
	session->cancelled = false;
	session->began_us = port_now_us();
	if (session->transcript) {
		hal_record_begin(session);
	}
	if (session->replay) {
		hal_replay_begin(session);
	}
	return 0;
}

void hal_session_end(struct hal_session *session, bool safe)
{
	for (uint8_t index = 0; index < session->grants_count; index++) {
		hal_wait_cancel(session, &session->grants[index]);
	}
	for (uint8_t index = 0; index < session->grants_count && safe && !session->replay;
	     index++) {
		if (hal_may_write(&session->grants[index])) {
			make_safe(session->grants[index].device);
		}
	}
	if (session->transcript) {
		hal_record_finish(session);
	}
	if (session->replay) {
		hal_replay_finish(session);
	}
}

void hal_session_unlock(struct hal_session *session)
{
	for (size_t index = 0; index < CONFIG_SAMARA_DEVICES; index++) {
		if (owners[index] == session) {
			owners[index] = NULL;
		}
	}
}

void hal_session_close(struct hal_session *session)
{
	hal_session_unlock(session);
	drop(session);
	open_count--;
}

void hal_session_report(const struct hal_session *session, struct hal_report *report)
{
	const struct replay *replay = session->replay;

	*report = (struct hal_report){
		.refusals = session->refusals,
		.difference = replay && replay->difference[0] ? replay->difference : NULL,
		.transcript = session->transcript,
		.transcript_len = session->transcript ? session->transcript_len : 0,
	};
}
