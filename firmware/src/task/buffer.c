/* SPDX-License-Identifier: Apache-2.0 */

#include <string.h>

#include "codec/stream.h"
#include "port/port.h"
#include "task/buffer.h"

#define US_PER_MS  1000ull
#define INLINE_MAX 512
#define LOOK_US	   50000ull

struct kept {
	struct instance *owner; /* NULL: free */
	uint64_t ended_us;
	uint32_t seq;
	enum codec_outcome outcome;
	enum codec_error_code code;
	char message[CODEC_MESSAGE_MAX + 1];
	uint32_t ran_us;
	uint16_t body_len;
	uint8_t body[INLINE_MAX];
};

static struct kept kept[CONFIG_SAMARA_KEPT_RESULTS];
static struct loop_timer look_timer;

static struct kept *oldest_of(const struct instance *one)
{
	struct kept *oldest = NULL;

	for (unsigned int index = 0; index < CONFIG_SAMARA_KEPT_RESULTS; index++) {
		struct kept *row = &kept[index];

		if (row->owner && (!one || row->owner == one) &&
		    (!oldest || row->ended_us < oldest->ended_us ||
		     (row->owner == oldest->owner && row->seq < oldest->seq))) {
			oldest = row;
		}
	}
	return oldest;
}

static unsigned int count_of(const struct instance *one)
{
	unsigned int count = 0;

	for (unsigned int index = 0; index < CONFIG_SAMARA_KEPT_RESULTS; index++) {
		count += kept[index].owner == one;
	}
	return count;
}

static void drop(struct kept *row)
{
	row->owner->dropped++;
	row->owner = NULL;
}

static bool send(struct kept *row)
{
	static uint8_t data[1024];
	uint64_t ago_ms = (port_now_us() - row->ended_us) / US_PER_MS;
	struct codec_deployment_result result = {
		.deployment = codec_span_of(row->owner->desired.deployment),
		.boot = {link_boot(), 8},
		.seq = row->seq,
		.ago_ms = ago_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ago_ms,
		.outcome = row->outcome,
		.has_error = row->code != CODEC_NO_ERROR,
		.error = {.code = row->code, .message = codec_span_of(row->message)},
		.ran_us = row->ran_us,
	};

	if (row->body_len > 0) {
		result.body = (struct codec_span){row->body, row->body_len};
	}
	int len = codec_encode_deployment_result(data, sizeof(data), &result);

	if (len < 0) {
		drop(row);
		return true;
	}
	if (link_send(CODEC_TOPIC_DEPLOYMENT_RESULT, row->owner->desired.deployment, data,
		      (size_t)len)) {
		return false;
	}
	row->owner->sent_us = port_now_us();
	row->owner = NULL;
	return true;
}

static bool may_go(const struct instance *one)
{
	uint64_t pause = one->desired.throttle_ms * US_PER_MS;

	return one->sent_us == 0 || port_now_us() - one->sent_us >= pause;
}

static void look(void *arg)
{
	bool left = false;

	(void)arg;
	if (!link_online()) {
		return;
	}
	for (unsigned int turn = 0; turn < CONFIG_SAMARA_KEPT_RESULTS; turn++) {
		for (unsigned int index = 0; index < CONFIG_SAMARA_KEPT_RESULTS; index++) {
			struct kept *row = kept[index].owner ? oldest_of(kept[index].owner) : NULL;

			left |= row && !(may_go(row->owner) && send(row));
		}
	}
	if (left) {
		loop_timer_start(&look_timer, LOOK_US, look, NULL);
	}
}

static struct kept *row_for(struct instance *one)
{
	bool online = link_online();
	/* Connected, a newer result replaces the one that waits for its time. */
	unsigned int room = online ? 1 : one->desired.buffer_count;

	while (count_of(one) > 0 && count_of(one) >= room) {
		struct kept *oldest = oldest_of(one);

		if (online) {
			oldest->owner = NULL;
		} else {
			drop(oldest);
		}
	}
	if (room == 0) {
		one->dropped++;
		return NULL;
	}
	for (unsigned int index = 0; index < CONFIG_SAMARA_KEPT_RESULTS; index++) {
		if (!kept[index].owner) {
			return &kept[index];
		}
	}
	struct kept *oldest = oldest_of(NULL);

	drop(oldest);
	return oldest;
}

void buffer_add(struct instance *one, const struct codec_deployment_result *result)
{
	struct kept *row = row_for(one);

	if (!row) {
		return;
	}
	*row = (struct kept){
		.owner = one,
		.ended_us = port_now_us(),
		.seq = result->seq,
		.outcome = result->outcome,
		.code = result->has_error ? result->error.code : CODEC_NO_ERROR,
		.ran_us = result->ran_us,
		.body_len = (uint16_t)result->body.len,
	};
	if (result->has_error) {
		size_t len = result->error.message.len;

		memcpy(row->message, result->error.message.data,
		       len < CODEC_MESSAGE_MAX ? len : CODEC_MESSAGE_MAX);
	}
	if (result->body.data) {
		memcpy(row->body, result->body.data, result->body.len);
	}
	look(NULL);
}

void buffer_forget(const struct instance *one)
{
	for (unsigned int index = 0; index < CONFIG_SAMARA_KEPT_RESULTS; index++) {
		if (kept[index].owner == one) {
			kept[index].owner = NULL;
		}
	}
}

void buffer_online(void)
{
	look(NULL);
}

void buffer_close(void)
{
	loop_timer_stop(&look_timer);
}
