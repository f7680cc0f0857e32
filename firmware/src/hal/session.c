/* SPDX-License-Identifier: Apache-2.0 */

#define LOG_SUBSYSTEM "hal"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hal/host_functions.h"
#include "hal/operate.h"
#include "hal/session.h"
#include "port/log.h"

static struct hal_session sessions[HAL_SESSIONS];
static struct hal_session
	*owners[CONFIG_SAMARA_DEVICES]; /* who has a device; inputs are nobody's */
static bool scratch_taken[CONFIG_SAMARA_SLOTS];
/* As many runs as there are slots can keep a transcript. */
static uint8_t transcripts[CONFIG_SAMARA_SLOTS][CONFIG_SAMARA_TRANSCRIPT_MAX];
static struct hal_session *transcript_owners[CONFIG_SAMARA_SLOTS];

uint32_t hal_sessions_used(void)
{
	uint32_t used = 0;

	for (size_t index = 0; index < HAL_SESSIONS; index++) {
		used += sessions[index].used;
	}
	return used;
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

int hal_init(void)
{
	memset(sessions, 0, sizeof(sessions));
	memset(owners, 0, sizeof(owners));
	memset(scratch_taken, 0, sizeof(scratch_taken));
	memset(transcript_owners, 0, sizeof(transcript_owners));
	hal_operate_init();
	make_all_safe();
	return hal_host_init();
}

void hal_close(void)
{
	make_all_safe();
	hal_devices_close();
}

static void take_transcript(struct hal_session *session)
{
	for (size_t index = 0; index < CONFIG_SAMARA_SLOTS; index++) {
		if (!transcript_owners[index]) {
			transcript_owners[index] = session;
			session->transcript = transcripts[index];
			return;
		}
	}
}

static int open_devices(struct hal_session *session, struct codec_error *error)
{
	char why[BUS_DETAIL_MAX + 1];

	for (uint8_t index = 0; index < session->grants_count; index++) {
		struct hal_grant *grant = &session->grants[index];

		if (hal_device_open(grant->device, why, sizeof(why))) {
			codec_error_set(error, CODEC_UNAVAILABLE, "device %s: %s", grant->name,
					why);
			return -EINVAL;
		}
	}
	return 0;
}

int hal_session_open(struct hal_session **opened, const struct hal_session_options *options,
		     const struct codec_source *grants, struct codec_error *error)
{
	struct hal_session *session = NULL;
	int failed = 0;

	for (size_t index = 0; index < HAL_SESSIONS && !session; index++) {
		session = sessions[index].used ? NULL : &sessions[index];
	}
	*opened = NULL;
	if (!session) {
		return -ENOMEM;
	}
	memset(session, 0, sizeof(*session));
	session->used = true;
	session->scratch = -1;
	session->running = -1;
	session->has_replay = options->replay != NULL;
	snprintf(session->holder, sizeof(session->holder), "%s", options->holder);
	if (grants) {
		failed = hal_grants_read(session, grants, error);
	}
	if (!failed && session->has_replay) {
		session->replay.source = *options->replay;
	} else if (!failed) {
		failed = open_devices(session, error);
	}
	if (failed) {
		session->used = false;
		return failed;
	}
	if (options->record && !session->has_replay) {
		session->record = true;
		take_transcript(session);
	}
	*opened = session;
	return 0;
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

	for (uint8_t index = 0; index < session->grants_count && !session->has_replay; index++) {
		const struct hal_device *device = session->grants[index].device;

		if (is_exclusive(device) && !is_free(session, device)) {
			return -EBUSY;
		}
	}
	for (int index = 0; index < CONFIG_SAMARA_SLOTS && session->scratch < 0; index++) {
		if (!scratch_taken[index]) {
			scratch_taken[index] = true;
			session->scratch = index;
		}
	}
	if (session->scratch < 0) {
		return -EBUSY;
	}
	for (uint8_t index = 0; index < session->grants_count && !session->has_replay; index++) {
		if (is_exclusive(session->grants[index].device)) {
			owners[session->grants[index].device - devices] = session;
		}
		session->grants[index].is_set = false;
	}
	memset(&session->report, 0, sizeof(session->report));
	session->cancelled = false;
	session->operations = 0;
	session->began_us = port_now_us();
	hal_record_begin(session);
	if (session->has_replay && hal_replay_begin(session)) {
		snprintf(session->report.difference, sizeof(session->report.difference),
			 "the record cannot be read");
	}
	return 0;
}

void hal_session_end(struct hal_session *session, bool safe)
{
	for (uint8_t index = 0; index < session->grants_count && safe && !session->has_replay;
	     index++) {
		if (hal_may_write(&session->grants[index])) {
			make_safe(session->grants[index].device);
		}
	}
	hal_record_finish(session);
	if (session->has_replay) {
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
	if (session->scratch >= 0) {
		scratch_taken[session->scratch] = false;
		session->scratch = -1;
	}
}

void hal_session_close(struct hal_session *session)
{
	hal_session_unlock(session);
	for (size_t index = 0; index < CONFIG_SAMARA_SLOTS; index++) {
		if (transcript_owners[index] == session) {
			transcript_owners[index] = NULL;
		}
	}
	session->used = false;
}

void hal_session_report(const struct hal_session *session, struct hal_report *report)
{
	*report = session->report;
}

bool hal_grants_conflict(const struct hal_session *a, const struct hal_session *b)
{
	for (uint8_t first = 0; first < a->grants_count; first++) {
		for (uint8_t second = 0; second < b->grants_count; second++) {
			const struct hal_grant *one = &a->grants[first];
			const struct hal_grant *other = &b->grants[second];

			if (hal_may_write(one) && hal_may_write(other) && one->device &&
			    other->device && share_place(one->device, other->device)) {
				return true;
			}
		}
	}
	return false;
}
