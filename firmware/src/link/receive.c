/* SPDX-License-Identifier: Apache-2.0 */

/* What comes from the manager: decoded and handed on, or counted and dropped. [P-1.6] [P-1.7] */

#define LOG_SUBSYSTEM "link"

#include <string.h>

#include "link/parts.h"
#include "port/log.h"

/*
 * Wrong messages are counted one by one and logged at most this often: a flood of them is no flood
 * of lines.
 */
#define LOG_EVERY_US 1000000U

static const struct agent_options *options;
static const struct link_handlers *handlers;
static struct link_stats stats;
static uint64_t quiet_until_us;

static union {
	struct codec_welcome welcome;
	struct codec_desired desired;
	struct codec_start start;
	struct codec_lease lease;
	struct codec_cancel cancel;
	struct codec_ack ack;
	struct codec_blob_get push;
	struct codec_blob_chunk pulled;
} message;

void link_receive_init(const struct agent_options *given, const struct link_handlers *upper)
{
	options = given;
	handlers = upper;
	memset(&stats, 0, sizeof(stats));
	quiet_until_us = 0;
}

void link_stats(struct link_stats *out)
{
	*out = stats;
}

void link_count_connect(void)
{
	stats.connects++;
}

static void drop(uint32_t *count, const char *topic, size_t len, const char *why)
{
	uint64_t now_us = port_now_us();

	(*count)++;
	if (now_us >= quiet_until_us) {
		quiet_until_us = now_us + LOG_EVERY_US;
		LOG_WRN("%.96s: dropped: %s; %u bytes, %u such so far", topic, why,
			(unsigned int)len, (unsigned int)*count);
	}
}

/** Handed on all the same: a start has to be answered, whatever its epoch. [P-3.3] */
static void count_epoch(uint32_t epoch)
{
	stats.misdirected += epoch != link_epoch();
}

static int take_welcome(const uint8_t *payload, size_t len)
{
	int err = codec_decode_welcome(payload, len, &message.welcome);

	if (err) {
		return err;
	}
	count_epoch(message.welcome.epoch);
	if (message.welcome.epoch == link_epoch()) {
		link_session_welcome(&message.welcome);
	}
	return 0;
}

static int take_start(const uint8_t *payload, size_t len)
{
	int err = codec_decode_start(payload, len, &message.start);

	if (!err) {
		count_epoch(message.start.epoch);
		handlers->start(&message.start);
	}
	return err;
}

static int take_lease(const uint8_t *payload, size_t len)
{
	int err = codec_decode_lease(payload, len, &message.lease);

	if (!err) {
		count_epoch(message.lease.epoch);
		handlers->lease(&message.lease);
	}
	return err;
}

static int take_cancel(const uint8_t *payload, size_t len)
{
	int err = codec_decode_cancel(payload, len, &message.cancel);

	if (!err) {
		count_epoch(message.cancel.epoch);
		handlers->cancel(&message.cancel);
	}
	return err;
}

static int take_ack(const uint8_t *payload, size_t len)
{
	int err = codec_decode_ack(payload, len, &message.ack);

	if (!err) {
		handlers->ack(&message.ack);
	}
	return err;
}

static int take_desired(const uint8_t *payload, size_t len)
{
	int err = codec_decode_desired(payload, len, &message.desired);

	if (!err) {
		handlers->desired(&message.desired);
	}
	return err;
}

static int take_push(const uint8_t *payload, size_t len)
{
	int err = codec_decode_blob_get(payload, len, &message.push);

	if (!err) {
		link_pushes_get(&message.push);
	}
	return err;
}

static int take_pulled(const uint8_t *payload, size_t len)
{
	int err = codec_decode_blob_chunk(payload, len, &message.pulled);

	if (!err) {
		link_pulls_chunk(&message.pulled);
	}
	return err;
}

static int take(enum codec_topic topic, const uint8_t *payload, size_t len)
{
	switch (topic) {
	case CODEC_TOPIC_WELCOME:
		return take_welcome(payload, len);
	case CODEC_TOPIC_DESIRED:
		return take_desired(payload, len);
	case CODEC_TOPIC_START:
		return take_start(payload, len);
	case CODEC_TOPIC_LEASE:
		return take_lease(payload, len);
	case CODEC_TOPIC_CANCEL:
		return take_cancel(payload, len);
	case CODEC_TOPIC_ACK:
		return take_ack(payload, len);
	case CODEC_TOPIC_PUSH:
		return take_push(payload, len);
	default:
		return take_pulled(payload, len);
	}
}

void link_receive(const char *topic, const uint8_t *payload, size_t len)
{
	enum codec_topic which;

	stats.received++;
	if (codec_topic_parse(topic, options->ns, options->id, &which)) {
		drop(&stats.misdirected, topic, len, "no topic of this proplet");
	} else if (len > CONFIG_SAMARA_PACKET_MAX) {
		drop(&stats.oversized, topic, len, "too large, and read to its end");
	} else if (take(which, payload ? payload : (const uint8_t *)"", len)) {
		/* Without bytes there may be no place for them. */
		drop(&stats.malformed, topic, len, codec_problem());
	}
}
