/* SPDX-License-Identifier: Apache-2.0 */

#define LOG_SUBSYSTEM "task"

#include <errno.h>
#include <string.h>

#include "agent/loop.h"
#include "port/log.h"
#include "task/functions.h"
#include "task/runners.h"

/* Before the value in a ResultBody: a map of one, key 1. */
#define BODY_HEAD 2

/* What a call needs beside its thread: of the pool, while it runs. Its arguments are behind it. */
struct room {
	struct function_call call;
	struct runtime_call request;
	struct run_end end;
	uint8_t body[BODY_HEAD + CONFIG_SAMARA_RESULT_MAX];
};

struct slot {
	struct run *run; /* NULL: free */
	struct room *room;
	struct port_thread thread;
	struct port_cond wanted;
	bool go;
	bool end;
	unsigned int number;
	struct loop_work over;
	uint8_t stack[CONFIG_SAMARA_RUNNER_STACK] __attribute__((aligned(16)));
};

static struct slot slots[CONFIG_SAMARA_SLOTS];
static struct port_mutex mutex;
static struct run *waiting; /* the one that waits longest first */
static struct loop_work kick_work;

static bool wait_for_work(struct slot *slot)
{
	port_mutex_lock(&mutex);
	while (!slot->go && !slot->end) {
		(void)port_cond_wait(&slot->wanted, &mutex, PORT_FOREVER);
	}
	bool work = slot->go;

	slot->go = false;
	port_mutex_unlock(&mutex);
	return work;
}

static void over(void *arg);

static void run_slot(void *arg)
{
	struct slot *slot = arg;

	while (wait_for_work(slot)) {
		struct run *run = slot->run;
		struct runtime_result *result = &slot->room->end.result;

		runtime_run(slot->number, &slot->room->request, result);
		if (run->session) {
			hal_session_end(run->session,
					run->always_safe ||
						result->outcome != CODEC_OUTCOME_COMPLETED);
		}
		loop_post(&slot->over, over, slot);
	}
}

/** Agent's thread: tell the owner, then give slot and devices to whoever waits. */
static void over(void *arg)
{
	struct slot *slot = arg;
	struct run *run = slot->run;
	struct room *room = slot->room;
	struct run_end *end = &room->end;

	if (run->session) {
		hal_session_report(run->session, &end->report);
	}
	if (end->result.outcome == CODEC_OUTCOME_COMPLETED && end->result.has_value) {
		room->body[0] = 0xa1;
		room->body[1] = 0x01;
		end->body = room->body;
		end->body_len = BODY_HEAD + end->result.value_len;
	}
	/* Nobody begins before the kick, and the owner may close its session. */
	if (run->session) {
		hal_session_unlock(run->session);
	}
	run->slot = RUN_NO_SLOT;
	slot->run = NULL;
	run->done(run, end);
	runtime_free(room);
	runners_kick();
}

/** It ends before it has run: nothing has moved. */
static void end_unrun(struct run *run, enum codec_outcome outcome, const struct codec_error *error)
{
	struct run_end end = {.result = {.outcome = outcome, .code = error->code}};

	memcpy(end.result.message, error->message, sizeof(end.result.message));
	if (run->session) {
		hal_session_end(run->session, false);
		hal_session_report(run->session, &end.report);
		hal_session_unlock(run->session);
	}
	run->done(run, &end);
	runners_kick();
}

static struct room *new_room(const struct run *run)
{
	uint32_t args_max =
		run->call.size < CONFIG_SAMARA_CALL_MAX ? run->call.size : CONFIG_SAMARA_CALL_MAX;
	struct room *room = runtime_alloc((uint32_t)sizeof(*room) + args_max);

	if (room) {
		memset(room, 0, sizeof(*room));
		room->call.args = (uint8_t *)(room + 1);
		room->call.args_max = args_max;
	}
	return room;
}

static void begin(struct slot *slot, struct run *run)
{
	struct room *room = new_room(run);
	struct codec_error error;

	if (!room) {
		codec_error_set(&error, CODEC_GUEST_OUT_OF_MEMORY,
				"the pool of %u bytes has no room for its call",
				(unsigned int)CONFIG_SAMARA_POOL_SIZE);
		end_unrun(run, CODEC_OUTCOME_OUT_OF_MEMORY, &error);
		return;
	}
	if (function_read(run->function, &run->call, &room->call, &error)) {
		runtime_free(room);
		end_unrun(run, CODEC_OUTCOME_REFUSED, &error);
		return;
	}
	room->request = (struct runtime_call){
		.image_bytes = run->function->image_bytes,
		.export_name = room->call.export_name,
		.signature = room->call.signature,
		.args = room->call.args,
		.args_len = room->call.args_len,
		.budget_bytes = room->call.budget_bytes,
		.timeout_ms = run->timeout_ms,
		.keep = run->keep,
		.session = run->session,
		.value = room->body + BODY_HEAD,
		.value_size = sizeof(room->body) - BODY_HEAD,
	};
	memcpy(room->request.image, run->function->image, sizeof(room->request.image));
	slot->run = run;
	slot->room = room;
	run->slot = (int)slot->number;
	runtime_expect(slot->number);
	port_mutex_lock(&mutex);
	slot->go = true;
	port_cond_signal(&slot->wanted);
	port_mutex_unlock(&mutex);
}

static struct slot *free_slot(void)
{
	for (unsigned int index = 0; index < CONFIG_SAMARA_SLOTS; index++) {
		if (!slots[index].run) {
			return &slots[index];
		}
	}
	return NULL;
}

static unsigned int free_slots(void)
{
	return CONFIG_SAMARA_SLOTS - runners_busy();
}

/** Devices and slot come last: what waits for a device keeps nobody from running. */
static void place_all(void *arg)
{
	(void)arg;
	for (struct run **at = &waiting; *at;) {
		struct slot *slot = free_slot();
		struct run *run = *at;

		if (!slot) {
			return;
		}
		if ((run->spares_one && CONFIG_SAMARA_SLOTS > 1 && free_slots() == 1) ||
		    (run->session && hal_session_try_begin(run->session))) {
			at = &run->next;
			continue;
		}
		*at = run->next;
		run->waiting = false;
		if (run->begin(run)) {
			begin(slot, run);
		} else {
			if (run->session) {
				hal_session_end(run->session, false);
				hal_session_unlock(run->session);
			}
			run->late(run);
		}
		/* begin() may have changed the list. */
		at = &waiting;
	}
}

void runners_kick(void)
{
	loop_post(&kick_work, place_all, NULL);
}

void run_wait(struct run *run)
{
	struct run **at = &waiting;

	if (run->waiting || run->slot != RUN_NO_SLOT) {
		return;
	}
	while (*at) {
		at = &(*at)->next;
	}
	run->next = NULL;
	run->waiting = true;
	*at = run;
	runners_kick();
}

void run_cancel(struct run *run)
{
	if (run->slot != RUN_NO_SLOT) {
		runtime_stop((unsigned int)run->slot);
		if (run->session) {
			hal_session_cancel(run->session);
		}
		return;
	}
	for (struct run **at = &waiting; *at; at = &(*at)->next) {
		if (*at == run) {
			*at = run->next;
			break;
		}
	}
	run->waiting = false;
}

unsigned int runners_busy(void)
{
	unsigned int busy = 0;

	for (unsigned int index = 0; index < CONFIG_SAMARA_SLOTS; index++) {
		busy += slots[index].run != NULL;
	}
	return busy;
}

int runners_init(void)
{
	port_mutex_init(&mutex);
	waiting = NULL;
	for (unsigned int index = 0; index < CONFIG_SAMARA_SLOTS; index++) {
		struct slot *slot = &slots[index];

		slot->run = NULL;
		slot->go = false;
		slot->end = false;
		slot->number = index;
		port_cond_init(&slot->wanted);
		int error = port_thread_start(&slot->thread, "samara-run", slot->stack,
					      sizeof(slot->stack), run_slot, slot);

		if (error) {
			return error;
		}
	}
	return 0;
}

void runners_close(void)
{
	port_mutex_lock(&mutex);
	for (unsigned int index = 0; index < CONFIG_SAMARA_SLOTS; index++) {
		slots[index].end = true;
		port_cond_signal(&slots[index].wanted);
	}
	port_mutex_unlock(&mutex);
	for (unsigned int index = 0; index < CONFIG_SAMARA_SLOTS; index++) {
		port_thread_join(&slots[index].thread);
	}
}
