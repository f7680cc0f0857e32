/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Connected, a result goes at once or when the throttle lets it, and a newer one takes its place.
 * What was kept without a connection goes before all else of its deployment, in its order.
 */

#include <errno.h>
#include <string.h>

#include "port/port.h"
#include "runtime/runtime.h"
#include "task/buffer.h"

#define US_PER_MS 1000ull
#define LOOK_US	  50000ull

/* Of the pool, from its run until it is sent or dropped. */
struct kept {
	struct kept *next;
	struct instance *owner;
	uint64_t ended_us;
	uint32_t seq;
	uint32_t ran_us;
	enum codec_outcome outcome;
	enum codec_error_code code;
	bool is_backlog; /* from a time without a connection: no throttle holds it */
	uint16_t message_len;
	uint16_t body_len;
	uint8_t data[]; /* message, body */
};

static struct kept *kept; /* the oldest first */
static struct loop_timer look_timer;

/** The oldest of a deployment; `one` NULL: of all. */
static struct kept *oldest_of(const struct instance *one)
{
	struct kept *row = kept;

	while (row && one && row->owner != one) {
		row = row->next;
	}
	return row;
}

static unsigned int count_of(const struct instance *one)
{
	unsigned int count = 0;

	for (const struct kept *row = kept; row; row = row->next) {
		count += !one || row->owner == one;
	}
	return count;
}

static void take_out(struct kept *row)
{
	struct kept **at = &kept;

	while (*at != row) {
		at = &(*at)->next;
	}
	*at = row->next;
	runtime_free(row);
}

static void drop(struct kept *row)
{
	row->owner->dropped++;
	take_out(row);
}

/** @retval false The link does not take it now. */
static bool send(struct kept *row)
{
	size_t size;
	uint8_t *payload = link_buffer(&size);
	uint64_t ago_ms = (port_now_us() - row->ended_us) / US_PER_MS;
	struct codec_deployment_result result = {
		.deployment = codec_span_of(row->owner->desired.deployment),
		.boot = {link_boot(), 8},
		.seq = row->seq,
		.ago_ms = ago_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ago_ms,
		.outcome = row->outcome,
		.has_error = row->code != CODEC_NO_ERROR,
		.error = {.code = row->code, .message = {row->data, row->message_len}},
		.ran_us = row->ran_us,
	};

	if (row->body_len > 0) {
		result.body = (struct codec_span){row->data + row->message_len, row->body_len};
	}
	int len = codec_encode_deployment_result(payload, size, &result);

	int error = len < 0 ? -EMSGSIZE
			    : link_send(CODEC_TOPIC_DEPLOYMENT_RESULT,
					row->owner->desired.deployment, payload, (size_t)len);

	if (error == -EMSGSIZE) {
		drop(row);
		return true;
	}
	if (error) {
		return false;
	}
	row->owner->sent_us = port_now_us();
	take_out(row);
	return true;
}

static bool may_go(const struct kept *row)
{
	uint64_t pause = row->owner->desired.throttle_ms * US_PER_MS;
	uint64_t sent_us = row->owner->sent_us;

	return row->is_backlog || sent_us == 0 || port_now_us() - sent_us >= pause;
}

static void look(void *arg)
{
	bool takes = link_online();

	(void)arg;
	for (struct kept *row = kept, *next; row && takes; row = next) {
		next = row->next;
		takes = !may_go(row) || send(row);
	}
	if (kept && link_online()) {
		loop_timer_start(&look_timer, LOOK_US, look, NULL);
	}
}

static bool has_backlog(const struct instance *one)
{
	const struct kept *oldest = oldest_of(one);

	return oldest && oldest->is_backlog;
}

/** Drop the oldest of a deployment until so many are left. */
static void trim(const struct instance *one, unsigned int left)
{
	while (count_of(one) > left) {
		drop(oldest_of(one));
	}
}

/** @retval NULL There is no room, not even in place of what is kept already. */
static struct kept *new_row(uint32_t data_len)
{
	struct kept *row;

	trim(NULL, CONFIG_SAMARA_KEPT_RESULTS - 1);
	while (!(row = runtime_alloc((uint32_t)sizeof(*row) + data_len)) && kept) {
		drop(kept);
	}
	return row;
}

/** Make room for one more of a deployment. @retval false It keeps none. */
static bool make_room(const struct instance *one, bool is_backlog)
{
	unsigned int room = one->desired.buffer_count;

	if (!is_backlog) {
		/* The one that waits for its time is replaced: nobody is missing it. */
		if (oldest_of(one)) {
			take_out(oldest_of(one));
		}
		return true;
	}
	/* While the backlog goes out, what comes meanwhile needs a place. */
	if (room == 0 && link_online()) {
		room = 1;
	}
	if (room > 0) {
		trim(one, room - 1);
	}
	return room > 0;
}

void buffer_add(struct instance *one, const struct codec_deployment_result *result)
{
	bool is_backlog = !link_online() || has_backlog(one);
	size_t message_len = result->has_error ? result->error.message.len : 0;
	struct kept **end = &kept;
	struct kept *row = make_room(one, is_backlog)
				   ? new_row((uint32_t)(message_len + result->body.len))
				   : NULL;

	if (!row) {
		one->dropped++;
		return;
	}
	*row = (struct kept){
		.owner = one,
		.ended_us = port_now_us(),
		.seq = result->seq,
		.ran_us = result->ran_us,
		.outcome = result->outcome,
		.code = result->has_error ? result->error.code : CODEC_NO_ERROR,
		.is_backlog = is_backlog,
		.message_len = (uint16_t)message_len,
		.body_len = (uint16_t)result->body.len,
	};
	if (message_len > 0) {
		memcpy(row->data, result->error.message.data, message_len);
	}
	if (result->body.len > 0) {
		memcpy(row->data + message_len, result->body.data, result->body.len);
	}
	while (*end) {
		end = &(*end)->next;
	}
	*end = row;
	look(NULL);
}

void buffer_forget(const struct instance *one)
{
	while (oldest_of(one)) {
		take_out(oldest_of(one));
	}
}

void buffer_online(void)
{
	look(NULL);
}

void buffer_offline(void)
{
	loop_timer_stop(&look_timer);
	for (struct kept *row = kept, *next; row; row = next) {
		next = row->next;
		row->is_backlog = true;
		if (row->owner->desired.buffer_count == 0) {
			drop(row);
		}
	}
}

void buffer_open(void)
{
	kept = NULL;
}

void buffer_close(void)
{
	loop_timer_stop(&look_timer);
}
