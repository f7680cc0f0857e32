/* SPDX-License-Identifier: Apache-2.0 */

/*
 * One attempt: its blobs are pulled one after the other, its devices opened, then it waits for slot
 * and devices, runs, and its end becomes a result. Whatever stops it first says what the result is.
 * Twin of proplet/tasks.
 */

#define LOG_SUBSYSTEM "task"

#include <errno.h>
#include <string.h>

#include "agent/loop.h"
#include "codec/stream.h"
#include "hal/hal.h"
#include "link/link.h"
#include "port/log.h"
#include "store/store.h"
#include "task/attempts.h"
#include "task/deployments.h"
#include "task/outbox.h"
#include "task/runners.h"

#define US_PER_MS   1000ull
#define PATIENCE_US 20000ull  /* an attempt that is held so long is announced */
#define LOOK_US	    200000ull /* well below the manager's 2 s of grace */
#define RENEW_MAX   10
#define REMEMBERED  32

enum stop_reason {
	STOP_NOT,
	STOP_CANCELLED,
	STOP_FENCED,
	STOP_LEASE_OVER,
	STOP_SUPERSEDED,
	STOP_EXPIRED,
	STOP_LEAVING,
};

/* What is pulled, in this order. */
enum blob { BLOB_MANIFEST, BLOB_IMAGE, BLOB_CALL, BLOB_GRANTS, BLOB_REPLAY, BLOB_COUNT };

struct blob_ref {
	uint8_t digest[32];
	uint32_t size; /* 0: not wanted */
	bool pinned;
};

/* Of the pool, from its start until nothing of it runs any more. */
struct attempt {
	struct attempt *next;
	bool held; /* it counts: something will be said of it */
	struct attempt_ref ref;
	char holder[28]; /* `task t…`, for logs */
	uint64_t received_us;
	uint64_t expires_us;
	uint64_t lease_us;
	uint64_t lease_ends_us;
	uint64_t announce_us; /* 0: announced */
	uint32_t time_left_ms;
	enum codec_phase phase;
	enum stop_reason stopping;
	bool record;
	struct blob_ref blobs[BLOB_COUNT];
	enum blob fetching;
	struct link_pull pull;
	struct function_ref function;
	struct codec_bytes call_bytes;
	struct hal_session *session;
	struct codec_source replay;
	uint64_t began_us;
	struct run run;
	struct loop_work next_step;
	uint8_t call[];
};

static struct attempt *attempts; /* the one that came last first */
static struct loop_timer announce_timer;
static struct loop_timer lease_timer;
static uint64_t renewed_us;
static bool leaving;
static unsigned int refused_count;

/* Attempts of this connection whose end the manager has, acknowledged or said without being kept: a
 * start that comes twice must not run them. [P-1.2] */
static struct attempt_ref finished[REMEMBERED];
static unsigned int finished_next;

static bool is_finished(const struct codec_span *task, uint16_t attempt)
{
	for (unsigned int index = 0; index < REMEMBERED; index++) {
		if (attempt_is(&finished[index], task, attempt)) {
			return true;
		}
	}
	return false;
}

static void remember_finished(const struct codec_span *task, uint16_t attempt)
{
	attempt_name(&finished[finished_next++ % REMEMBERED], task, attempt);
}

static struct attempt *of_task(const struct codec_span *task)
{
	struct attempt *one = attempts;

	while (one && !(one->held && attempt_is(&one->ref, task, one->ref.attempt))) {
		one = one->next;
	}
	return one;
}

static struct attempt *find(const struct codec_span *task, uint16_t attempt)
{
	struct attempt *one = of_task(task);

	return one && one->ref.attempt == attempt ? one : NULL;
}

static unsigned int count_held(void)
{
	unsigned int count = 0;

	for (const struct attempt *one = attempts; one; one = one->next) {
		count += one->held;
	}
	return count;
}

unsigned int attempts_running(void)
{
	unsigned int count = 0;

	for (const struct attempt *one = attempts; one; one = one->next) {
		count += one->phase == CODEC_PHASE_RUNNING;
	}
	return count;
}

unsigned int attempts_waiting(void)
{
	unsigned int held = 0;

	for (const struct attempt *one = attempts; one; one = one->next) {
		held++;
	}
	return held - attempts_running();
}

unsigned int attempts_refused(void)
{
	return refused_count;
}

/* Announcements: `started`, within 50 ms unless the result goes first. [P-5.2] */

static void look_at_announcements(void *arg);

static void arm_announcements(void)
{
	if (!announce_timer.armed) {
		loop_timer_start(&announce_timer, PATIENCE_US, look_at_announcements, NULL);
	}
}

static void announce(struct attempt *one)
{
	uint8_t data[64];
	struct codec_started started = {
		.task = codec_span_of(one->ref.task),
		.attempt = one->ref.attempt,
		.epoch = link_epoch(),
		.phase = one->phase,
	};
	int len = codec_encode_started(data, sizeof(data), &started);

	one->announce_us = 0;
	if (len > 0 && link_send(CODEC_TOPIC_STARTED, NULL, data, (size_t)len) == -EAGAIN) {
		one->announce_us = port_now_us() + PATIENCE_US;
		arm_announcements();
	}
}

static void look_at_announcements(void *arg)
{
	uint64_t now = port_now_us();
	bool left = false;

	(void)arg;
	for (struct attempt *one = attempts; one; one = one->next) {
		if (!one->held || one->announce_us == 0) {
			continue;
		}
		if (one->announce_us <= now) {
			announce(one);
		} else {
			left = true;
		}
	}
	if (left) {
		arm_announcements();
	}
}

static void announce_soon(struct attempt *one)
{
	if (one->announce_us == 0) {
		one->announce_us = port_now_us() + PATIENCE_US;
	}
	arm_announcements();
}

static void set_phase(struct attempt *one, enum codec_phase phase)
{
	if (one->phase != phase) {
		one->phase = phase;
		announce_soon(one);
	}
}

/* Ends */

static uint32_t since_receipt(const struct attempt *one)
{
	uint64_t us = port_now_us() - one->received_us;

	return us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

static void unpin_all(struct attempt *one)
{
	for (unsigned int index = 0; index < BLOB_COUNT; index++) {
		struct blob_ref *blob = &one->blobs[index];

		if (blob->pinned) {
			store_blob_unpin(blob->digest);
			blob->pinned = false;
		}
		/* What belongs to this attempt alone is not worth its room. */
		if (blob->size > 0 && (index == BLOB_CALL || index == BLOB_REPLAY)) {
			store_blob_drop(blob->digest);
		}
	}
}

/** It is not held any more; while it runs, it stays until the runner has come back. */
static void release(struct attempt *one)
{
	struct attempt **at = &attempts;

	one->held = false;
	link_pull_cancel(&one->pull);
	if (one->run.slot != RUN_NO_SLOT) {
		return;
	}
	run_cancel(&one->run);
	loop_unpost(&one->next_step);
	if (one->session) {
		hal_session_close(one->session);
	}
	unpin_all(one);
	while (*at != one) {
		at = &(*at)->next;
	}
	*at = one->next;
	runtime_free(one);
	runners_kick();
}

static void send_end(struct attempt *one, struct codec_result *result, const struct run_end *end)
{
	if (!one->held) {
		return;
	}
	if (end && end->report.refusals > 0) {
		result->has_refusals = true;
		result->refusals = end->report.refusals;
	}
	outbox_add(&one->ref, result,
		   end && result->outcome == CODEC_OUTCOME_COMPLETED ? end->body : NULL,
		   end && result->outcome == CODEC_OUTCOME_COMPLETED ? end->body_len : 0,
		   end ? end->report.transcript : NULL, end ? end->report.transcript_len : 0);
}

static struct codec_result failure(enum codec_outcome outcome, enum codec_error_code code,
				   const char *message)
{
	return (struct codec_result){
		.outcome = outcome,
		.has_error = true,
		.error = {.code = code, .message = codec_span_of(message)},
	};
}

/** What the reason of a stop makes of an attempt; it says nothing where it does not count any more.
 */
static void end_stopped(struct attempt *one, const struct run_end *end)
{
	struct codec_error error;
	struct codec_result result;
	enum codec_outcome outcome = CODEC_OUTCOME_CANCELLED;

	switch (one->stopping) {
	case STOP_CANCELLED:
		codec_error_set(&error, CODEC_CANCELLED, "%s: stopped %s it ran", one->holder,
				end ? "while" : "before");
		break;
	case STOP_EXPIRED:
		outcome = CODEC_OUTCOME_EXPIRED;
		codec_error_set(&error, CODEC_DEADLINE_EXCEEDED, "%s: did not begin within %u ms",
				one->holder, (unsigned int)one->time_left_ms);
		break;
	case STOP_LEAVING:
		/* Begun work may have moved outputs: only its policy can say whether it may be done
		 * again. [P-5.3] */
		outcome = end ? CODEC_OUTCOME_LOST : CODEC_OUTCOME_REFUSED;
		codec_error_set(&error, CODEC_UNAVAILABLE, "%s: the proplet left %s it ran",
				one->holder, end ? "while" : "before");
		break;
	default:
		release(one);
		return;
	}
	result = failure(outcome, error.code, error.message);
	result.ran_us = end ? end->result.ran_us : 0;
	uint32_t waited = since_receipt(one);

	result.waited_us = waited > result.ran_us ? waited - result.ran_us : 0;
	send_end(one, &result, end);
	release(one);
}

static void end_refused(struct attempt *one, const struct codec_error *error)
{
	struct codec_result result = failure(CODEC_OUTCOME_REFUSED, error->code, error->message);

	result.waited_us = since_receipt(one);
	send_end(one, &result, NULL);
	release(one);
}

/** A replay that differs did not do what it was asked to show, however it ended by itself. [P-10.6]
 */
static bool differs(const struct run_end *end)
{
	return end->report.difference && (end->result.outcome == CODEC_OUTCOME_COMPLETED ||
					  end->result.outcome == CODEC_OUTCOME_TRAPPED);
}

static void end_ran(struct attempt *one, const struct run_end *end)
{
	const struct runtime_result *ran = &end->result;
	struct codec_result result = {.outcome = ran->outcome, .ran_us = ran->ran_us};
	uint64_t waited = one->began_us - one->received_us + ran->prepare_us;

	if (differs(end)) {
		result = failure(CODEC_OUTCOME_TRAPPED, CODEC_FAILED_PRECONDITION,
				 end->report.difference);
		result.ran_us = ran->ran_us;
	} else if (ran->code != CODEC_NO_ERROR) {
		result.has_error = true;
		result.error.code = ran->code;
		result.error.message = codec_span_of(ran->message);
	}
	result.waited_us = waited > UINT32_MAX ? UINT32_MAX : (uint32_t)waited;
	result.has_memory_pages = ran->memory_bytes > 0;
	result.memory_pages = (ran->memory_bytes + 65535) / 65536;
	send_end(one, &result, end);
	release(one);
}

static struct attempt *owner(struct run *run)
{
	return (struct attempt *)((char *)run - offsetof(struct attempt, run));
}

static bool on_begin(struct run *run)
{
	struct attempt *one = owner(run);

	if (port_now_us() >= one->expires_us) {
		return false;
	}
	one->began_us = port_now_us();
	set_phase(one, CODEC_PHASE_RUNNING);
	return true;
}

static void on_late(struct run *run)
{
	struct attempt *one = owner(run);

	one->stopping = STOP_EXPIRED;
	end_stopped(one, NULL);
}

static void on_done(struct run *run, const struct run_end *end)
{
	struct attempt *one = owner(run);

	/* A guest that ended by itself before the stop reached it has an outcome of its own, and
	 * for `cancel` that one counts. [P-5.5] */
	bool cut = one->stopping != STOP_NOT && (one->stopping != STOP_CANCELLED ||
						 end->result.outcome == CODEC_OUTCOME_CANCELLED);

	if (cut) {
		end_stopped(one, end);
	} else {
		end_ran(one, end);
	}
}

static void stop(struct attempt *one, enum stop_reason reason)
{
	bool silent =
		reason == STOP_FENCED || reason == STOP_LEASE_OVER || reason == STOP_SUPERSEDED;

	/* What no longer counts cannot count again; a cancelled attempt may still be fenced. */
	if (one->stopping != STOP_NOT && !silent) {
		return;
	}
	one->stopping = reason;
	if (one->run.slot != RUN_NO_SLOT) {
		one->held = one->held && !silent;
		run_cancel(&one->run);
	} else if (silent) {
		release(one);
	} else {
		end_stopped(one, NULL);
	}
}

/* Preparation */

static void step(void *arg);

static void go_on(struct attempt *one)
{
	loop_post(&one->next_step, step, one);
}

static void on_pulled(struct link_pull *pull, const struct codec_error *error)
{
	struct attempt *one = (struct attempt *)((char *)pull - offsetof(struct attempt, pull));

	if (error) {
		end_refused(one, error);
		return;
	}
	go_on(one);
}

/** @retval true It is there. @retval false It is on its way, or the attempt has ended. */
static bool has_blob(struct attempt *one, struct blob_ref *blob)
{
	if (blob->size == 0) {
		return true;
	}
	if (store_blob_size(blob->digest) != (int)blob->size) {
		set_phase(one, CODEC_PHASE_FETCHING);
		link_pull_start(&one->pull, blob->digest, blob->size, on_pulled);
		return false;
	}
	if (!blob->pinned) {
		store_blob_pin(blob->digest);
		store_blob_touch(blob->digest);
		blob->pinned = true;
	}
	return true;
}

static int open_session(struct attempt *one, struct codec_error *error)
{
	struct blob_ref *grants = &one->blobs[BLOB_GRANTS];
	struct blob_ref *replay = &one->blobs[BLOB_REPLAY];
	struct codec_source source = codec_source_blob(grants->digest, grants->size);
	struct hal_session_options options = {.holder = one->holder, .record = one->record};

	if (grants->size == 0 && replay->size == 0) {
		return 0;
	}
	if (replay->size > 0) {
		one->replay = codec_source_blob(replay->digest, replay->size);
		options.replay = &one->replay;
	}
	int failed =
		hal_session_open(&one->session, &options, grants->size > 0 ? &source : NULL, error);

	if (failed == -ENOMEM) {
		codec_error_set(error, CODEC_RESOURCE_EXHAUSTED,
				"%s: the pool has no room for its devices", one->holder);
	}
	return failed;
}

static void step(void *arg)
{
	struct attempt *one = arg;
	struct codec_error error;

	if (!one->held || one->run.waiting || one->run.slot != RUN_NO_SLOT) {
		return;
	}
	for (; one->fetching < BLOB_COUNT; one->fetching++) {
		if (!has_blob(one, &one->blobs[one->fetching])) {
			return;
		}
	}
	set_phase(one, CODEC_PHASE_QUEUED);
	if (open_session(one, &error)) {
		end_refused(one, &error);
		return;
	}
	one->run.function = &one->function;
	one->run.session = one->session;
	one->run.call = one->blobs[BLOB_CALL].size > 0
				? codec_source_blob(one->blobs[BLOB_CALL].digest,
						    one->blobs[BLOB_CALL].size)
				: codec_source_bytes(&one->call_bytes);
	one->run.always_safe = true;
	/* Long tasks must not keep deployments from running. */
	one->run.spares_one = deployments_count() > 0;
	one->run.begin = on_begin;
	one->run.late = on_late;
	one->run.done = on_done;
	run_wait(&one->run);
}

static void want(struct attempt *one, enum blob which, const struct codec_span *digest,
		 uint32_t size)
{
	if (digest->data) {
		memcpy(one->blobs[which].digest, digest->data, 32);
		/* A blob of no bytes does not exist: what is asked for then is not found. */
		one->blobs[which].size = size > 0 ? size : 1;
	}
}

static void look_at_leases(void *arg);

/** @retval false The pool has no room for it. */
static bool hold(const struct codec_start *start)
{
	struct attempt *one = runtime_alloc((uint32_t)(sizeof(*one) + start->call.len));

	if (!one) {
		return false;
	}
	memset(one, 0, sizeof(*one));
	one->next = attempts;
	attempts = one;
	one->held = true;
	one->run.slot = RUN_NO_SLOT;
	attempt_name(&one->ref, &start->task, start->attempt);
	memcpy(one->holder, "task ", 5);
	memcpy(one->holder + 5, one->ref.task, sizeof(one->ref.task));
	one->received_us = port_now_us();
	one->time_left_ms = start->time_left_ms;
	one->expires_us = one->received_us + start->time_left_ms * US_PER_MS;
	one->lease_us = start->lease_ms * US_PER_MS;
	one->lease_ends_us = one->received_us + one->lease_us;
	one->phase = CODEC_PHASE_QUEUED;
	one->record = start->has_record && start->record;
	one->run.timeout_ms = start->timeout_ms;
	memcpy(one->function.manifest, start->manifest.data, 32);
	memcpy(one->function.image, start->image.data, 32);
	one->function.manifest_bytes = start->manifest_bytes;
	one->function.image_bytes = start->image_bytes;
	want(one, BLOB_MANIFEST, &start->manifest, start->manifest_bytes);
	want(one, BLOB_IMAGE, &start->image, start->image_bytes);
	want(one, BLOB_CALL, &start->call_digest, start->call_bytes);
	want(one, BLOB_GRANTS, &start->grants, start->grants_bytes);
	want(one, BLOB_REPLAY, &start->replay, start->replay_bytes);
	if (start->call.data) {
		memcpy(one->call, start->call.data, start->call.len);
	}
	one->call_bytes = (struct codec_bytes){one->call, start->call.len};
	if (!lease_timer.armed) {
		renewed_us = one->received_us;
		loop_timer_start(&lease_timer, LOOK_US, look_at_leases, NULL);
	}
	announce_soon(one);
	go_on(one);
	return true;
}

/* Messages */

static bool has_place(void)
{
	return outbox_count() + count_held() < CONFIG_SAMARA_RESULTS;
}

/** What is held will need its place: where there is no other, a refusal is said, and not kept. */
static void refuse(const struct codec_span *task, uint16_t attempt, enum codec_outcome outcome,
		   enum codec_error_code code, const char *why)
{
	struct codec_result result = failure(outcome, code, why);
	struct attempt_ref ref;

	attempt_name(&ref, task, attempt);
	if (has_place()) {
		outbox_add(&ref, &result, NULL, 0, NULL, 0);
	} else {
		outbox_say(&ref, &result);
		remember_finished(task, attempt);
	}
}

static enum codec_error_code refusal(const struct codec_start *start, const struct attempt *older,
				     const char **why)
{
	if (start->epoch != link_epoch()) {
		*why = "it is for another connection than this one";
		return CODEC_STALE_EPOCH;
	}
	if (older && older->ref.attempt > start->attempt) {
		*why = "a later attempt is held";
		return CODEC_LEASE_LOST;
	}
	if ((start->call.data == NULL) == (start->call_digest.data == NULL)) {
		*why = "one of call and callDigest is expected";
		return CODEC_INVALID_ARGUMENT;
	}
	if (start->image_bytes > CONFIG_SAMARA_IMAGE_MAX) {
		*why = "the image is longer than this proplet takes";
		return CODEC_TOO_LARGE;
	}
	if (start->has_call_bytes && start->call_bytes > CONFIG_SAMARA_CALL_MAX + 512) {
		*why = "the call is longer than this proplet takes";
		return CODEC_TOO_LARGE;
	}
	if (leaving) {
		*why = "the proplet is leaving";
		return CODEC_UNAVAILABLE;
	}
	if (!older && attempts_waiting() + attempts_running() >= ATTEMPTS_MAX) {
		*why = "all slots and places in the queue are taken";
		return CODEC_RESOURCE_EXHAUSTED;
	}
	*why = "results wait to be acknowledged";
	return has_place() ? CODEC_NO_ERROR : CODEC_RESOURCE_EXHAUSTED;
}

void attempts_start(const struct codec_start *start)
{
	struct attempt *held = find(&start->task, start->attempt);
	struct attempt *older = of_task(&start->task);
	const char *why;

	if (held) {
		announce(held);
		return;
	}
	if (outbox_has(&start->task, start->attempt)) {
		outbox_resend(&start->task, start->attempt);
		return;
	}
	if (is_finished(&start->task, start->attempt)) {
		return;
	}
	enum codec_error_code code = refusal(start, older, &why);

	if (code == CODEC_NO_ERROR && older) {
		stop(older, STOP_SUPERSEDED);
	}
	if (code == CODEC_NO_ERROR && !hold(start)) {
		code = CODEC_RESOURCE_EXHAUSTED;
		why = "the pool has no room for it";
	}
	if (code != CODEC_NO_ERROR) {
		refused_count++;
		LOG_DBG("task %.*s: refused: %s", (int)start->task.len,
			(const char *)start->task.data, why);
		refuse(&start->task, start->attempt, CODEC_OUTCOME_REFUSED, code, why);
	}
}

void attempts_cancel(const struct codec_cancel *cancel)
{
	struct attempt *held;

	/* What was meant for another connection may have waited for an hour. [P-3.3] */
	if (cancel->epoch != link_epoch()) {
		return;
	}
	held = find(&cancel->task, cancel->attempt);
	if (held) {
		stop(held, STOP_CANCELLED);
	} else if (outbox_has(&cancel->task, cancel->attempt)) {
		outbox_resend(&cancel->task, cancel->attempt);
	} else if (!is_finished(&cancel->task, cancel->attempt)) {
		refuse(&cancel->task, cancel->attempt, CODEC_OUTCOME_CANCELLED, CODEC_CANCELLED,
		       "it is not held");
	}
}

static void send_renew(struct codec_renew *renew)
{
	uint8_t data[512];
	int len = codec_encode_renew(data, sizeof(data), renew);

	if (len > 0) {
		(void)link_send(CODEC_TOPIC_RENEW, NULL, data, (size_t)len);
	}
	renew->attempts_count = 0;
}

static void renew_all(void)
{
	struct codec_renew renew = {.epoch = link_epoch()};

	renewed_us = port_now_us();
	for (const struct attempt *one = attempts; one; one = one->next) {
		if (one->held) {
			renew.attempts[renew.attempts_count++] = (struct codec_attempt_ref){
				.task = codec_span_of(one->ref.task),
				.attempt = one->ref.attempt,
			};
		}
		if (renew.attempts_count == RENEW_MAX) {
			send_renew(&renew);
		}
	}
	if (renew.attempts_count > 0) {
		send_renew(&renew);
	}
}

static void look_at_leases(void *arg)
{
	uint64_t now = port_now_us();
	uint64_t shortest = UINT64_MAX;

	(void)arg;
	for (struct attempt *one = attempts, *next; one; one = next) {
		next = one->next;
		if (!one->held) {
			continue;
		}
		if (one->lease_ends_us <= now) {
			stop(one, STOP_LEASE_OVER);
		} else if (one->phase != CODEC_PHASE_RUNNING && one->expires_us <= now) {
			stop(one, STOP_EXPIRED);
		} else if (one->lease_us < shortest) {
			shortest = one->lease_us;
		}
	}
	if (count_held() == 0) {
		return;
	}
	/* One look early, since the next would be late. */
	if (now - renewed_us + LOOK_US / 2 >= shortest / 3) {
		renew_all();
	}
	loop_timer_start(&lease_timer, LOOK_US, look_at_leases, NULL);
}

void attempts_lease(const struct codec_lease *lease)
{
	if (lease->epoch != link_epoch()) {
		return;
	}
	for (size_t index = 0; index < lease->renewed_count; index++) {
		struct attempt *one =
			find(&lease->renewed[index].task, lease->renewed[index].attempt);

		if (one) {
			one->lease_us = lease->lease_ms * US_PER_MS;
			one->lease_ends_us = port_now_us() + one->lease_us;
		}
	}
	for (size_t index = 0; index < lease->fenced_count; index++) {
		const struct codec_attempt_ref *ref = &lease->fenced[index];
		struct attempt *one = find(&ref->task, ref->attempt);

		if (one) {
			stop(one, STOP_FENCED);
		} else {
			(void)outbox_forget(&ref->task, ref->attempt);
		}
	}
}

void attempts_ack(const struct codec_ack *ack)
{
	for (size_t index = 0; index < ack->attempts_count; index++) {
		const struct codec_attempt_ref *ref = &ack->attempts[index];

		if (outbox_forget(&ref->task, ref->attempt)) {
			remember_finished(&ref->task, ref->attempt);
		}
	}
}

void attempts_connected(void)
{
	memset(finished, 0, sizeof(finished));
	outbox_resend_all();
}

void attempts_welcomed(void)
{
	renew_all();
}

void attempts_leave(void)
{
	leaving = true;
	for (struct attempt *one = attempts, *next; one; one = next) {
		next = one->next;
		if (one->held && one->phase != CODEC_PHASE_RUNNING) {
			stop(one, STOP_LEAVING);
		}
	}
}

void attempts_stop_all(void)
{
	for (struct attempt *one = attempts, *next; one; one = next) {
		next = one->next;
		if (one->held) {
			stop(one, STOP_LEAVING);
		}
	}
}

void attempts_init(void)
{
	attempts = NULL;
	memset(finished, 0, sizeof(finished));
	leaving = false;
	refused_count = 0;
	finished_next = 0;
}
