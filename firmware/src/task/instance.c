/* SPDX-License-Identifier: Apache-2.0 */

#define LOG_SUBSYSTEM "task"

#include <errno.h>
#include <string.h>

#include "port/log.h"
#include "store/store.h"
#include "task/buffer.h"
#include "task/instance.h"

#define US_PER_MS      1000ull
#define REPORT_US      1000000ull
#define BACKOFF_MIN_US 1000000ull
#define BACKOFF_MAX_US 60000000ull
/* A shorter period would be a loop. */
#define LEAST_EVERY_MS 10
#define INLINE_MAX     512

static int read_document(const void *context, uint32_t offset, void *data, size_t len)
{
	const struct document *document = context;
	uint32_t left = offset < document->len ? document->len - offset : 0;

	return store_get(STORE_DEPLOYMENT, document->id, document->begin + offset, data,
			 len < left ? len : left);
}

struct codec_source document_source(const struct document *document)
{
	return (struct codec_source){read_document, document, document->len};
}

/* Reports: on every change, at most once a second, and after each hello. [P-7.4] */

static void report_now(void *arg);

void instance_report(struct instance *one)
{
	uint8_t data[512];
	struct codec_deployment_state state = {
		.deployment = codec_span_of(one->desired.deployment),
		.boot = {link_boot(), 8},
		.state = one->state,
		.manifest = {one->desired.function.manifest, 32},
		.runs = one->runs,
		.failures = one->failures,
		.skipped = one->skipped,
		.dropped = one->dropped,
		.has_error = one->error.code != CODEC_NO_ERROR,
		.error = {.code = one->error.code, .message = codec_span_of(one->error.message)},
		.has_refusals = one->refusals > 0,
		.refusals = one->refusals,
	};
	int len = codec_encode_deployment_state(data, sizeof(data), &state);

	loop_timer_stop(&one->report_timer);
	if (len > 0 && link_send(CODEC_TOPIC_DEPLOYMENT_STATE, NULL, data, (size_t)len) == 0) {
		one->reported_us = port_now_us();
	} else if (link_online()) {
		loop_timer_start(&one->report_timer, REPORT_US, report_now, one);
	}
	/* Without a connection nothing is lost: it is said after the next hello. */
}

static void report_now(void *arg)
{
	instance_report(arg);
}

static void changed(struct instance *one)
{
	uint64_t since = port_now_us() - one->reported_us;

	if (one->report_timer.armed) {
		return;
	}
	if (one->reported_us == 0 || since >= REPORT_US) {
		instance_report(one);
	} else {
		loop_timer_start(&one->report_timer, REPORT_US - since, report_now, one);
	}
}

static void enter(struct instance *one, enum codec_instance_state state)
{
	one->state = state;
	changed(one);
}

static uint64_t next_backoff(unsigned int *failures)
{
	uint64_t most = BACKOFF_MIN_US << (*failures < 6 ? *failures : 6);
	uint32_t chance = 0;

	(*failures)++;
	(void)port_random(&chance, sizeof(chance));
	most = most > BACKOFF_MAX_US ? BACKOFF_MAX_US : most;
	most = most / 2 + (most / 2 * (chance >> 8) >> 24);
	return most < BACKOFF_MIN_US ? BACKOFF_MIN_US : most;
}

/* Fetching */

static void fetch(struct instance *one);
static void arm(struct instance *one);
static void tick(struct instance *one);

static void fetch_again(void *arg)
{
	fetch(arg);
}

/** May the same work later? What the manager lacks now, and bytes that were damaged on their way,
 * too. */
static bool may_pass(enum codec_error_code code)
{
	return code == CODEC_RESOURCE_EXHAUSTED || code == CODEC_UNAVAILABLE ||
	       code == CODEC_STALE_EPOCH || code == CODEC_INTERNAL || code == CODEC_DATA_LOSS ||
	       code == CODEC_NOT_FOUND;
}

static void fetch_failed(struct instance *one, const struct codec_error *error)
{
	one->error = *error;
	LOG_WRN("%s: %s", one->holder, error->message);
	if (!may_pass(error->code)) {
		enter(one, CODEC_INSTANCE_REFUSED);
		return;
	}
	enter(one, CODEC_INSTANCE_BACKOFF);
	loop_timer_start(&one->backoff_timer, next_backoff(&one->backoff), fetch_again, one);
}

static void on_pulled(struct link_pull *pull, const struct codec_error *error)
{
	struct instance *one = (struct instance *)((char *)pull - offsetof(struct instance, pull));

	if (error) {
		fetch_failed(one, error);
	} else {
		fetch(one);
	}
}

static bool has_blob(struct instance *one, const uint8_t *digest, uint32_t size)
{
	if (store_blob_size(digest) == (int)size && store_blob_verify(digest) == 0) {
		return true;
	}
	link_pull_start(&one->pull, digest, size, on_pulled);
	return false;
}

static void pin(struct instance *one)
{
	if (!one->pinned) {
		store_blob_pin(one->desired.function.manifest);
		store_blob_pin(one->desired.function.image);
		one->pinned = true;
	}
}

static void unpin(struct instance *one)
{
	if (one->pinned) {
		store_blob_unpin(one->desired.function.manifest);
		store_blob_unpin(one->desired.function.image);
		one->pinned = false;
	}
}

static int open_session(struct instance *one, struct codec_error *error)
{
	struct codec_source grants = document_source(&one->desired.grants);
	struct hal_session_options options = {.holder = one->holder};

	if (one->session) {
		hal_session_close(one->session);
		one->session = NULL;
	}
	if (one->desired.grants.len == 0) {
		return 0;
	}
	int failed = hal_session_open(&one->session, &options, &grants, error);

	if (failed == -ENOMEM) {
		codec_error_set(error, CODEC_RESOURCE_EXHAUSTED,
				"%s: the pool has no room for its devices", one->holder);
	}
	return failed;
}

/* Edges [P-7.3] */

static struct instance *watcher(struct hal_watch *watched)
{
	return (struct instance *)((char *)watched - offsetof(struct instance, watch));
}

static void on_edge(struct hal_watch *watched)
{
	struct instance *one = watcher(watched);

	one->watch_backoff = 0;
	tick(one);
}

static void watch_again(void *arg);

static void watch_later(struct instance *one, const struct codec_error *error)
{
	LOG_WRN("%s: %s", one->holder, error->message);
	one->error = *error;
	changed(one);
	loop_timer_start(&one->tick_timer, next_backoff(&one->watch_backoff), watch_again, one);
}

static void on_lost(struct hal_watch *watched, const struct codec_error *error)
{
	watch_later(watcher(watched), error);
}

/** @retval 0 It has no input to watch, or that is watched now. @retval -EINVAL `error` says why
 * not. */
static int watch(struct instance *one, struct codec_error *error)
{
	static const enum bus_pin_event events[] = {
		[CODEC_EDGE_RISING] = BUS_PIN_RISING,
		[CODEC_EDGE_FALLING] = BUS_PIN_FALLING,
		[CODEC_EDGE_BOTH] = BUS_PIN_ANY,
	};
	const struct desired *desired = &one->desired;

	hal_watch_end(&one->watch);
	if (desired->trigger != CODEC_TRIGGER_EDGE) {
		return 0;
	}
	if (!one->session || desired->edge < CODEC_EDGE_RISING || desired->edge > CODEC_EDGE_BOTH) {
		codec_error_set(error, CODEC_INVALID_ARGUMENT,
				"%s: its device, edge or grant is missing", one->holder);
		return -EINVAL;
	}
	return hal_watch_begin(&one->watch, one->session, desired->device, events[desired->edge],
			       on_edge, on_lost, error);
}

static void watch_again(void *arg)
{
	struct instance *one = arg;
	struct codec_error error;

	if (watch(one, &error)) {
		watch_later(one, &error);
	} else {
		one->error.code = CODEC_NO_ERROR;
		changed(one);
	}
}

static void fetch(struct instance *one)
{
	const struct function_ref *function = &one->desired.function;
	struct codec_error error;

	enter(one, CODEC_INSTANCE_FETCHING);
	if (function->image_bytes > CONFIG_SAMARA_IMAGE_MAX) {
		codec_error_set(&error, CODEC_TOO_LARGE,
				"image has %u bytes, this proplet takes %u",
				(unsigned int)function->image_bytes, CONFIG_SAMARA_IMAGE_MAX);
		fetch_failed(one, &error);
		return;
	}
	if (!has_blob(one, function->manifest, function->manifest_bytes)) {
		return;
	}
	store_blob_pin(function->manifest);
	bool has_image = has_blob(one, function->image, function->image_bytes);

	store_blob_unpin(function->manifest);
	if (!has_image) {
		return;
	}
	if (open_session(one, &error) || watch(one, &error)) {
		fetch_failed(one, &error);
		return;
	}
	pin(one);
	one->backoff = 0;
	one->error.code = CODEC_NO_ERROR;
	enter(one, CODEC_INSTANCE_READY);
	arm(one);
}

/* Runs */

static void run_now(struct instance *one)
{
	one->waiting = true;
	one->call_source = document_source(&one->desired.call);
	one->run.function = &one->desired.function;
	one->run.call = one->call_source;
	one->run.timeout_ms = one->desired.timeout_ms;
	one->run.keep = one->desired.keep ? one->keep : 0;
	one->run.session = one->session;
	/* Between good runs outputs keep their level, or a thermostat would chatter. */
	one->run.always_safe = false;
	run_wait(&one->run);
}

static void tick(struct instance *one)
{
	if (one->state == CODEC_INSTANCE_RUNNING || one->waiting) {
		one->skipped++;
		changed(one);
	} else if (one->state == CODEC_INSTANCE_READY) {
		run_now(one);
	}
	/* In back-off the next run is the first tick after it. */
}

static void on_tick(void *arg)
{
	struct instance *one = arg;
	uint32_t every =
		one->desired.every_ms < LEAST_EVERY_MS ? LEAST_EVERY_MS : one->desired.every_ms;

	loop_timer_start(&one->tick_timer, every * US_PER_MS, on_tick, one);
	tick(one);
}

static void arm(struct instance *one)
{
	if (one->desired.trigger == CODEC_TRIGGER_BOOT) {
		tick(one);
	} else if (one->desired.trigger == CODEC_TRIGGER_EVERY) {
		on_tick(one);
	}
}

static void publish(struct instance *one, const struct run_end *end)
{
	const struct runtime_result *ran = &end->result;
	struct codec_deployment_result result = {
		.seq = ++one->seq,
		.outcome = ran->outcome,
		.ran_us = ran->ran_us,
		.has_error = ran->code != CODEC_NO_ERROR,
		.error = {.code = ran->code, .message = codec_span_of(ran->message)},
	};
	struct codec_error error;

	if (end->body_len > INLINE_MAX) {
		codec_error_set(&error, CODEC_TOO_LARGE, "result body has %u bytes, %u travel",
				(unsigned int)end->body_len, INLINE_MAX);
		result.has_error = true;
		result.error.code = error.code;
		result.error.message = codec_span_of(error.message);
	} else if (end->body) {
		result.body = (struct codec_span){end->body, end->body_len};
	}
	buffer_add(one, &result);
}

static void backoff_over(void *arg)
{
	struct instance *one = arg;

	enter(one, CODEC_INSTANCE_READY);
	if (one->desired.trigger == CODEC_TRIGGER_BOOT) {
		tick(one);
	}
}

static void stop_timers(struct instance *one)
{
	loop_timer_stop(&one->tick_timer);
	loop_timer_stop(&one->backoff_timer);
}

static void end_of_life(struct instance *one);

static void ran(struct instance *one, const struct run_end *end)
{
	bool well = end->result.outcome == CODEC_OUTCOME_COMPLETED;

	one->refusals += end->report.refusals;
	publish(one, end);
	one->error.code = end->result.code;
	if (end->result.code != CODEC_NO_ERROR) {
		memcpy(one->error.message, end->result.message, sizeof(one->error.message));
	}
	if (well) {
		one->runs++;
		one->backoff = 0;
		enter(one, CODEC_INSTANCE_READY);
		return;
	}
	one->failures++;
	/* A kept instance that failed is in nobody knows what state. */
	runtime_release(one->keep);
	if (end->result.outcome == CODEC_OUTCOME_REFUSED && !may_pass(end->result.code)) {
		stop_timers(one);
		hal_watch_end(&one->watch);
		enter(one, CODEC_INSTANCE_REFUSED);
		return;
	}
	if (end->result.code == CODEC_DATA_LOSS) {
		/* What was damaged in the flash is fetched anew. */
		loop_timer_stop(&one->tick_timer);
	}
	enter(one, CODEC_INSTANCE_BACKOFF);
	loop_timer_start(&one->backoff_timer, next_backoff(&one->backoff),
			 end->result.code == CODEC_DATA_LOSS ? fetch_again : backoff_over, one);
}

static struct instance *owner(struct run *run)
{
	return (struct instance *)((char *)run - offsetof(struct instance, run));
}

static bool on_begin(struct run *run)
{
	struct instance *one = owner(run);

	one->waiting = false;
	enter(one, CODEC_INSTANCE_RUNNING);
	return true;
}

static void on_done(struct run *run, const struct run_end *end)
{
	struct instance *one = owner(run);

	if (one->leaving || one->restart) {
		end_of_life(one);
	} else {
		ran(one, end);
	}
}

/* Life */

/** Nothing of it runs any more: it goes, or begins in its other form. */
static void end_of_life(struct instance *one)
{
	runtime_release(one->keep);
	if (one->session) {
		hal_session_close(one->session);
		one->session = NULL;
	}
	if (one->leaving) {
		buffer_forget(one);
		loop_timer_stop(&one->report_timer);
		runners_kick();
		one->ended(one);
	} else {
		one->restart = false;
		runners_kick();
		fetch(one);
	}
}

static void stop(struct instance *one)
{
	stop_timers(one);
	hal_watch_end(&one->watch);
	link_pull_cancel(&one->pull);
	unpin(one);
	one->waiting = false;
	run_cancel(&one->run);
}

void instance_begin(struct instance *one, const struct desired *desired, uint32_t crc,
		    uint32_t keep, void (*ended)(struct instance *one))
{
	one->ended = ended;
	one->crc = crc;
	one->keep = keep;
	one->desired = *desired;
	one->run.slot = RUN_NO_SLOT;
	one->run.begin = on_begin;
	one->run.done = on_done;
	memcpy(one->holder, "deployment ", 11);
	memcpy(one->holder + 11, desired->deployment, sizeof(desired->deployment));
	fetch(one);
}

void instance_change(struct instance *one, const struct desired *desired, uint32_t crc)
{
	stop(one);
	one->desired = *desired;
	one->crc = crc;
	one->error.code = CODEC_NO_ERROR;
	one->backoff = 0;
	one->watch_backoff = 0;
	one->restart = true;
	if (one->run.slot == RUN_NO_SLOT) {
		end_of_life(one);
	}
}

void instance_moved(struct instance *one, const struct desired *desired)
{
	one->desired.call = desired->call;
	one->desired.grants = desired->grants;
}

void instance_remove(struct instance *one)
{
	stop(one);
	one->leaving = true;
	enter(one, CODEC_INSTANCE_STOPPED);
	instance_report(one);
	if (one->run.slot == RUN_NO_SLOT) {
		end_of_life(one);
	}
}

void instance_close(struct instance *one)
{
	stop(one);
	one->leaving = true;
	loop_timer_stop(&one->report_timer);
	if (one->run.slot == RUN_NO_SLOT) {
		end_of_life(one);
	}
}
