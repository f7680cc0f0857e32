/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hal/fake_devices.h"
#include "hal/profile.h"
#include "port/port.h"
#include "support/fake_port.h"

#define WATCHES	    8
#define DEVICES_MAX 16

static struct {
	char did[4096];
	char shown[4096];
	uint8_t bytes[2048];
	size_t bytes_len;
	size_t bytes_at;
	enum bus_error error;
	char detail[BUS_DETAIL_MAX + 1];
	bool level;
	uint64_t takes_us;
	int opens;
	void (*meanwhile)(void);
	const char *absent;
	bool refuses_watch;
	struct {
		struct bus_operation *wait;
		bool (*told)(struct bus_operation *wait);
		int handle;
		bool is_over;
	} watches[WATCHES];
} fake;

void fake_devices_reset(void)
{
	memset(&fake, 0, sizeof(fake));
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	size_t len = strlen(fake.did);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(fake.did + len, sizeof(fake.did) - len, format, args);
	va_end(args);
}

const char *fake_devices_did(void)
{
	size_t len = strlen(fake.did);

	/* Without the last line's end. */
	memcpy(fake.shown, fake.did, sizeof(fake.shown));
	fake.shown[len > 0 ? len - 1 : 0] = '\0';
	fake.did[0] = '\0';
	return fake.shown;
}

void fake_devices_give(const void *bytes, size_t len)
{
	memcpy(fake.bytes, bytes, len);
	fake.bytes_len = len;
	fake.bytes_at = 0;
}

void fake_devices_fail(enum bus_error error, const char *detail)
{
	fake.error = error;
	(void)snprintf(fake.detail, sizeof(fake.detail), "%s", detail);
}

void fake_devices_level(bool level)
{
	fake.level = level;
}

void fake_devices_take(uint64_t us)
{
	fake.takes_us = us;
}

void fake_devices_meanwhile(void (*act)(void))
{
	fake.meanwhile = act;
}

void fake_devices_absent(const char *name)
{
	fake.absent = name;
}

/** A handle is the place of its device in the profile, and how often one was opened. */
static const struct hal_device *device_of(int handle)
{
	size_t count;

	return &hal_profile(&count)[handle % DEVICES_MAX];
}

int port_device_open(const struct hal_device *device, char *why, size_t size)
{
	size_t count;

	if (fake.absent && strcmp(fake.absent, device->name) == 0) {
		(void)snprintf(why, size, "it is not plugged in");
		return -ENODEV;
	}
	say("open %s\n", device->name);
	return ++fake.opens * DEVICES_MAX + (int)(device - hal_profile(&count));
}

void port_device_close(int handle)
{
	say("close %s\n", device_of(handle)->name);
}

void port_device_cancel(int handle)
{
	say("cancel %s\n", device_of(handle)->name);
}

static void say_bytes(char kind, const uint8_t *bytes, uint32_t len)
{
	say(" %c", kind);
	for (uint32_t at = 0; at < len; at++) {
		say("%02x", bytes[at]);
	}
}

static void say_segments(const struct bus_operation *operation)
{
	for (size_t index = 0; index < operation->segments_count; index++) {
		const struct bus_segment *segment = &operation->segments[index];

		if (segment->kind == BUS_SEGMENT_READ || segment->kind == BUS_SEGMENT_DELAY) {
			say(" %c%u", segment->kind == BUS_SEGMENT_READ ? 'r' : 'd',
			    (unsigned int)segment->length);
		} else {
			say_bytes(segment->kind == BUS_SEGMENT_WRITE ? 'w' : 'x', segment->out,
				  segment->length);
		}
	}
	say("\n");
}

static void fill(const struct bus_operation *operation)
{
	for (size_t index = 0; index < operation->segments_count; index++) {
		const struct bus_segment *segment = &operation->segments[index];

		for (uint32_t at = 0; segment->in && at < segment->length; at++) {
			segment->in[at] =
				fake.bytes_at < fake.bytes_len ? fake.bytes[fake.bytes_at++] : 0xaa;
		}
	}
}

void port_device_run(int handle, struct bus_operation *operation)
{
	const struct hal_device *device = device_of(handle);

	say("%s", device->name);
	if (operation->op == BUS_SET) {
		say(" set %d\n", operation->level);
	} else if (operation->op == BUS_GET) {
		say(" get\n");
		operation->level = fake.level;
	} else if (operation->op == BUS_DELAY) {
		say(" delay");
		say_segments(operation);
	} else {
		if (device->kind == BUS_I2C) {
			say(" %x", (unsigned int)operation->target);
		}
		say_segments(operation);
		fill(operation);
	}
	fake_port_advance(fake.takes_us);
	if (fake.meanwhile) {
		void (*act)(void) = fake.meanwhile;

		fake.meanwhile = NULL;
		act();
	}
	operation->error = fake.error;
	memcpy(operation->detail, fake.detail, sizeof(operation->detail));
	fake.error = BUS_OK;
	fake.detail[0] = '\0';
}

/* Watches */

void fake_devices_refuse_watch(enum bus_error error, const char *detail)
{
	fake.refuses_watch = true;
	fake_devices_fail(error, detail);
}

int port_device_watch(int handle, struct bus_operation *wait,
		      bool (*told)(struct bus_operation *wait))
{
	int number = 0;

	wait->error = BUS_OK;
	wait->detail[0] = '\0';
	if (fake.refuses_watch) {
		fake.refuses_watch = false;
		wait->error = fake.error;
		memcpy(wait->detail, fake.detail, sizeof(wait->detail));
		fake.error = BUS_OK;
		fake.detail[0] = '\0';
		return -EIO;
	}
	while (fake.watches[number].wait) {
		number++;
	}
	fake.watches[number].wait = wait;
	fake.watches[number].told = told;
	fake.watches[number].handle = handle;
	fake.watches[number].is_over = false;
	say("watch %s %u\n", device_of(handle)->name, (unsigned int)wait->target);
	return number;
}

void port_device_unwatch(int watch)
{
	if (!fake.watches[watch].wait) {
		abort();
	}
	say("unwatch %s\n", device_of(fake.watches[watch].handle)->name);
	fake.watches[watch].wait = NULL;
}

static bool tell(const char *name, enum bus_error error, const char *detail, bool level)
{
	for (int number = 0; number < WATCHES; number++) {
		struct bus_operation *wait = fake.watches[number].wait;

		if (!wait || fake.watches[number].is_over ||
		    strcmp(device_of(fake.watches[number].handle)->name, name) != 0) {
			continue;
		}
		wait->error = error;
		wait->level = level;
		(void)snprintf(wait->detail, sizeof(wait->detail), "%s", detail);
		fake.watches[number].is_over = !fake.watches[number].told(wait) || error != BUS_OK;
		return true;
	}
	return false;
}

bool fake_devices_event(const char *name, bool level)
{
	return tell(name, BUS_OK, "", level);
}

bool fake_devices_lose(const char *name, enum bus_error error, const char *detail)
{
	return tell(name, error, detail, false);
}

size_t fake_devices_watches(void)
{
	size_t count = 0;

	for (int number = 0; number < WATCHES; number++) {
		count += fake.watches[number].wait != NULL;
	}
	return count;
}
