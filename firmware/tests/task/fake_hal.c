/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/runtime.h"
#include "task/fake_hal.h"

struct hal_session {
	bool begun;
	bool ended;
};

struct hal_watching {
	struct hal_watch *watch;
	void (*on_edge)(struct hal_watch *watch);
	void (*on_lost)(struct hal_watch *watch, const struct codec_error *error);
};

struct fake_hal fake_hal;
static struct hal_watching *watched;

static void expect(bool holds, const char *what)
{
	if (!holds) {
		(void)fprintf(stderr, "fake hal: %s\n", what);
		abort();
	}
}

void fake_hal_reset(void)
{
	memset(&fake_hal, 0, sizeof(fake_hal));
	watched = NULL;
}

int hal_session_open(struct hal_session **session, const struct hal_session_options *options,
		     const struct codec_source *grants, struct codec_error *error)
{
	if (fake_hal.open_err == -EINVAL) {
		codec_error_set(error, fake_hal.code, "device lamp: not for you");
	}
	if (fake_hal.open_err) {
		return fake_hal.open_err;
	}
	*session = runtime_alloc(sizeof(**session));
	if (!*session) {
		return -ENOMEM;
	}
	memset(*session, 0, sizeof(**session));
	(void)snprintf(fake_hal.holder, sizeof(fake_hal.holder), "%s", options->holder);
	fake_hal.record = options->record;
	fake_hal.replay = options->replay != NULL;
	fake_hal.grants_len = grants ? grants->size : 0;
	fake_hal.opened++;
	fake_hal.open++;
	return 0;
}

int hal_session_try_begin(struct hal_session *session)
{
	expect(!session->begun, "begun twice");
	if (fake_hal.busy) {
		return -EBUSY;
	}
	session->begun = true;
	session->ended = false;
	fake_hal.begun++;
	return 0;
}

void hal_session_end(struct hal_session *session, bool safe)
{
	expect(session->begun && !session->ended, "ended, but not begun");
	session->ended = true;
	fake_hal.safe += safe;
}

void hal_session_unlock(struct hal_session *session)
{
	expect(session->begun && session->ended, "unlocked before its end");
	session->begun = false;
}

void hal_session_cancel(struct hal_session *session)
{
	expect(session->begun, "cancelled, but not begun");
	fake_hal.cancelled++;
}

void hal_session_close(struct hal_session *session)
{
	expect(!session->begun, "closed while its devices are in use");
	fake_hal.open--;
	runtime_free(session);
}

void hal_session_report(const struct hal_session *session, struct hal_report *report)
{
	expect(session->ended, "asked for a report before its end");
	*report = fake_hal.report;
}

int hal_watch_begin(struct hal_watch *watch, struct hal_session *session, const char *device,
		    enum bus_pin_event event, void (*on_edge)(struct hal_watch *watch),
		    void (*on_lost)(struct hal_watch *watch, const struct codec_error *error),
		    struct codec_error *error)
{
	expect(session != NULL, "watched without a session");
	expect(!watch->watching && !watched, "watched twice");
	if (fake_hal.watch_err) {
		codec_error_set(error, fake_hal.code, "device %s: cannot be watched", device);
		return -EINVAL;
	}
	watched = runtime_alloc(sizeof(*watched));
	expect(watched != NULL, "no room for a watch");
	*watched = (struct hal_watching){watch, on_edge, on_lost};
	watch->watching = watched;
	(void)snprintf(fake_hal.device, sizeof(fake_hal.device), "%s", device);
	fake_hal.event = event;
	fake_hal.watches++;
	fake_hal.watching++;
	return 0;
}

void hal_watch_end(struct hal_watch *watch)
{
	if (watch->watching) {
		runtime_free(watch->watching);
		watch->watching = NULL;
		watched = NULL;
		fake_hal.watching--;
	}
}

void fake_hal_edge(void)
{
	expect(watched != NULL, "an edge, but nothing is watched");
	watched->on_edge(watched->watch);
}

void fake_hal_lose(void)
{
	struct hal_watching lost;
	struct codec_error error;

	expect(watched != NULL, "lost, but nothing is watched");
	lost = *watched;
	hal_watch_end(lost.watch);
	codec_error_set(&error, CODEC_UNAVAILABLE, "device gate: is gone");
	lost.on_lost(lost.watch, &error);
}
