/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The list that is followed lies in the store: an index, and a document for each deployment. A new
 * list is written beside the old one, under the ids of another generation; writing the index takes
 * it over. [P-7.1]
 */

#define LOG_SUBSYSTEM "task"

#include <errno.h>
#include <string.h>

#include "port/log.h"
#include "store/store.h"
#include "task/buffer.h"
#include "task/deployments.h"
#include "task/instance.h"

#define RETRY_MIN_US 1000000ull
#define RETRY_MAX_US 60000000ull
#define REPORT_US    1000000ull /* again, where the link was full */
#define PER_LIST     256

struct index {
	uint64_t incarnation;
	uint64_t revision;
	uint8_t digest[32];
	uint32_t size;
	uint32_t generation;
	uint32_t count;
};

static struct instance *instances;
static struct index kept;
static bool has_kept;
static struct index wanted;
static bool has_wanted;
static struct codec_error error;
static struct link_pull pull;
static struct loop_timer retry_timer;
static struct loop_timer report_timer;
static unsigned int retries;
static uint32_t last_keep;
static bool closed;

static bool is_newer(const struct index *one, const struct index *other)
{
	return one->incarnation != other->incarnation ? one->incarnation > other->incarnation
						      : one->revision > other->revision;
}

static void report(void);

static void report_again(void *arg)
{
	(void)arg;
	report();
}

static void report(void)
{
	uint8_t data[512];
	struct codec_reported reported = {
		.boot = {link_boot(), 8},
		.incarnation = has_kept ? kept.incarnation : 0,
		.revision = has_kept ? kept.revision : 0,
		.deployments = (uint16_t)(has_kept ? kept.count : 0),
		.has_error = error.code != CODEC_NO_ERROR,
		.error = {.code = error.code, .message = codec_span_of(error.message)},
	};
	int len = codec_encode_reported(data, sizeof(data), &reported);

	loop_timer_stop(&report_timer);
	if (len > 0 && link_send(CODEC_TOPIC_REPORTED, NULL, data, (size_t)len) == -EAGAIN) {
		loop_timer_start(&report_timer, REPORT_US, report_again, NULL);
	}
}

/* Documents */

static uint32_t document_id(uint32_t generation, uint32_t index)
{
	return generation * PER_LIST + index;
}

static uint32_t read_u32(struct codec_reader *reader)
{
	uint64_t value = 0;

	(void)codec_read_uint(reader, UINT32_MAX, &value);
	return (uint32_t)value;
}

/** A byte string stays where it is: what is kept is its place. */
static void read_place(struct codec_reader *reader, struct document *place, uint32_t id,
		       bool is_string)
{
	struct codec_head head;
	uint32_t begin = reader->offset;

	if (is_string && codec_peek(reader, &head) == 0 && head.type == CODEC_BYTES) {
		(void)codec_skip(reader);
		*place = (struct document){id, reader->offset - (uint32_t)head.argument,
					   (uint32_t)head.argument};
	} else {
		(void)codec_skip(reader);
		*place = (struct document){id, begin, reader->offset - begin};
	}
}

static int read_desired(uint32_t id, struct desired *desired)
{
	struct document whole = {id, 0, 0};
	int len = store_len(STORE_DEPLOYMENT, id);
	struct codec_reader reader;
	uint32_t pairs = 0;
	uint64_t key = 0;

	memset(desired, 0, sizeof(*desired));
	if (len < 0) {
		return len;
	}
	whole.len = (uint32_t)len;
	struct codec_source source = document_source(&whole);

	codec_reader_init(&reader, &source);
	(void)codec_read_map(&reader, 32, &pairs);
	while (pairs-- > 0 && codec_read_key(&reader, &key) == 0) {
		switch (key) {
		case 1:
			(void)codec_read_text(&reader, desired->deployment,
					      sizeof(desired->deployment));
			break;
		case 3:
			(void)codec_read_bytes(&reader, desired->function.manifest, 32);
			break;
		case 4:
			desired->function.manifest_bytes = read_u32(&reader);
			break;
		case 5:
			(void)codec_read_bytes(&reader, desired->function.image, 32);
			break;
		case 6:
			desired->function.image_bytes = read_u32(&reader);
			break;
		case 7:
			desired->trigger = (enum codec_trigger)read_u32(&reader);
			break;
		case 8:
			desired->every_ms = read_u32(&reader);
			break;
		case 9:
			(void)codec_read_bool(&reader, &desired->keep);
			break;
		case 10:
			read_place(&reader, &desired->call, id, true);
			break;
		case 11:
			desired->timeout_ms = read_u32(&reader);
			break;
		case 12:
			desired->throttle_ms = read_u32(&reader);
			break;
		case 13:
			desired->buffer_count = (uint16_t)read_u32(&reader);
			break;
		case 14:
			read_place(&reader, &desired->grants, id, false);
			break;
		case 15:
			(void)codec_read_text(&reader, desired->device, sizeof(desired->device));
			break;
		case 16:
			desired->edge = (enum codec_edge)read_u32(&reader);
			break;
		default:
			(void)codec_skip(&reader);
		}
	}
	int failed = codec_finish(&reader);

	return failed == 0 && desired->deployment[0] == '\0' ? -EBADMSG : failed;
}

static uint32_t crc_of(uint32_t id)
{
	uint8_t page[64];
	uint32_t crc = 0;
	size_t at = 0;

	for (int got; (got = store_get(STORE_DEPLOYMENT, id, at, page, sizeof(page))) > 0;
	     at += (size_t)got) {
		crc = codec_crc32(crc, page, (size_t)got);
	}
	return crc;
}

static void delete_generation(uint32_t but)
{
	uint32_t id = 0;

	while (store_next(STORE_DEPLOYMENT, id, &id) == 0) {
		if (id / PER_LIST != but && store_delete(STORE_DEPLOYMENT, id)) {
			return;
		}
		id++;
	}
}

/* Reconciliation: what is named begins or changes, what is not named any more goes. [P-7.2] */

static struct instance *find(const char *deployment)
{
	struct instance *one = instances;

	while (one && (one->leaving || strcmp(one->desired.deployment, deployment) != 0)) {
		one = one->next;
	}
	return one;
}

static void on_ended(struct instance *one)
{
	struct instance **at = &instances;

	while (*at != one) {
		at = &(*at)->next;
	}
	*at = one->next;
	runtime_free(one);
}

/** @retval -ENOMEM The pool has no room for it. */
static int apply_one(const struct desired *desired, uint32_t crc)
{
	struct instance *one = find(desired->deployment);

	if (one && one->crc == crc) {
		instance_moved(one, desired);
		return 0;
	}
	if (one) {
		instance_change(one, desired, crc);
		return 0;
	}
	one = runtime_alloc(sizeof(*one));
	if (!one) {
		return -ENOMEM;
	}
	memset(one, 0, sizeof(*one));
	one->next = instances;
	instances = one;
	instance_begin(one, desired, crc, ++last_keep, on_ended);
	return 0;
}

static bool is_named(const struct instance *one, uint32_t generation, uint32_t count)
{
	struct desired desired;

	for (uint32_t index = 0; index < count; index++) {
		if (read_desired(document_id(generation, index), &desired) == 0 &&
		    strcmp(desired.deployment, one->desired.deployment) == 0) {
			return true;
		}
	}
	return false;
}

static void failed(const struct codec_error *why);

/** Those for which there is no room now are tried again. The others go on meanwhile, and must know
 * where their words are. */
static void apply(void)
{
	struct codec_error why = {.code = CODEC_NO_ERROR};
	struct desired desired;

	for (struct instance *one = instances, *next; one; one = next) {
		next = one->next;
		if (!one->leaving && !is_named(one, kept.generation, kept.count)) {
			instance_remove(one);
		}
	}
	for (uint32_t index = 0; index < kept.count; index++) {
		uint32_t id = document_id(kept.generation, index);

		if (read_desired(id, &desired) == 0 && apply_one(&desired, crc_of(id))) {
			codec_error_set(&why, CODEC_RESOURCE_EXHAUSTED,
					"the pool has no room for deployment %s",
					desired.deployment);
		}
	}
	if (why.code != CODEC_NO_ERROR) {
		failed(&why);
		return;
	}
	error.code = CODEC_NO_ERROR;
	retries = 0;
	LOG_INF("%u deployments taken over, revision %u", (unsigned int)kept.count,
		(unsigned int)kept.revision);
}

/* Following */

static void retry(void *arg);

static void failed(const struct codec_error *why)
{
	uint64_t pause = RETRY_MIN_US << (retries < 6 ? retries : 6);

	error = *why;
	retries++;
	LOG_WRN("desired index cannot be taken over: %s", error.message);
	loop_timer_start(&retry_timer, pause > RETRY_MAX_US ? RETRY_MAX_US : pause, retry, NULL);
	report();
}

static int wrong(struct codec_error *why, enum codec_error_code code, const char *words)
{
	codec_error_set(why, code, "%s", words);
	return -EINVAL;
}

static int copy_document(const struct codec_source *source, uint32_t begin, uint32_t len,
			 uint32_t id, struct codec_error *why)
{
	uint8_t *document;
	int failure = 0;

	if (len > CONFIG_SAMARA_VALUE_MAX) {
		codec_error_set(why, CODEC_TOO_LARGE,
				"a deployment has %u bytes, this proplet takes %u",
				(unsigned int)len, CONFIG_SAMARA_VALUE_MAX);
		return -EINVAL;
	}
	document = runtime_alloc(len);
	if (!document) {
		return wrong(why, CODEC_RESOURCE_EXHAUSTED, "the pool has no room for the list");
	}
	if (source->read(source->context, begin, document, len) != (int)len) {
		failure = wrong(why, CODEC_DATA_LOSS, "the list cannot be read");
	} else if (store_put(STORE_DEPLOYMENT, id, document, len)) {
		failure =
			wrong(why, CODEC_RESOURCE_EXHAUSTED, "the flash has no room for the list");
	}
	runtime_free(document);
	return failure;
}

/** Copies the items of a list to documents of their own. */
static int copy_list(const struct codec_source *source, struct index *next, struct codec_error *why)
{
	struct codec_reader reader;
	uint32_t pairs = 0;
	uint64_t key = 0;

	codec_reader_init(&reader, source);
	if (codec_read_map(&reader, 16, &pairs) || pairs == 0 || codec_read_key(&reader, &key) ||
	    key != 1 || codec_read_array(&reader, PER_LIST, &next->count)) {
		return wrong(why, CODEC_INVALID_ARGUMENT, "it is no list of deployments");
	}
	if (next->count > CONFIG_SAMARA_DEPLOYMENTS) {
		codec_error_set(why, CODEC_RESOURCE_EXHAUSTED,
				"%u deployments, this proplet keeps %u", (unsigned int)next->count,
				CONFIG_SAMARA_DEPLOYMENTS);
		return -EINVAL;
	}
	for (uint32_t index = 0; index < next->count; index++) {
		uint32_t id = document_id(next->generation, index);
		uint32_t begin = reader.offset;
		struct desired desired;

		if (codec_skip(&reader)) {
			return wrong(why, CODEC_INVALID_ARGUMENT, "it is no list of deployments");
		}
		if (copy_document(source, begin, reader.offset - begin, id, why)) {
			return -EINVAL;
		}
		if (read_desired(id, &desired)) {
			return wrong(why, CODEC_INVALID_ARGUMENT, "one of it is no deployment");
		}
	}
	return 0;
}

static void take_over(const struct codec_source *source)
{
	struct index next = wanted;
	struct codec_error why;

	next.generation = kept.generation + 1;
	delete_generation(kept.generation);
	int failure = copy_list(source, &next, &why);

	if (!failure && store_put(STORE_DEPLOYMENTS, 0, &next, sizeof(next))) {
		failure =
			wrong(&why, CODEC_RESOURCE_EXHAUSTED, "the flash has no room for the list");
	}
	if (failure) {
		delete_generation(kept.generation);
		failed(&why);
		return;
	}
	kept = next;
	has_kept = true;
	has_wanted = false;
	apply();
	delete_generation(kept.generation);
	report();
}

static void on_pulled(struct link_pull *which, const struct codec_error *why)
{
	struct codec_source source = codec_source_blob(wanted.digest, wanted.size);

	(void)which;
	if (why) {
		failed(why);
		return;
	}
	/* What is made of it must not take its place. */
	store_blob_pin(wanted.digest);
	take_over(&source);
	store_blob_unpin(wanted.digest);
	store_blob_drop(wanted.digest);
}

static void follow(void)
{
	if (has_kept && memcmp(wanted.digest, kept.digest, sizeof(kept.digest)) == 0) {
		/* Another revision of the same list. */
		struct index next = wanted;

		next.generation = kept.generation;
		next.count = kept.count;
		if (store_put(STORE_DEPLOYMENTS, 0, &next, sizeof(next))) {
			struct codec_error why;

			(void)wrong(&why, CODEC_RESOURCE_EXHAUSTED,
				    "the flash has no room for the list");
			failed(&why);
			return;
		}
		kept = next;
		has_wanted = false;
		error.code = CODEC_NO_ERROR;
		report();
		return;
	}
	link_pull_start(&pull, wanted.digest, wanted.size, on_pulled);
}

static void retry(void *arg)
{
	(void)arg;
	if (has_wanted) {
		follow();
		return;
	}
	apply();
	report();
}

void deployments_desired(const struct codec_desired *desired)
{
	struct index next = {.incarnation = desired->incarnation,
			     .revision = desired->revision,
			     .size = desired->size_bytes};

	memcpy(next.digest, desired->digest.data, sizeof(next.digest));
	if (closed || (has_kept && !is_newer(&next, &kept)) ||
	    (has_wanted && !is_newer(&next, &wanted))) {
		return;
	}
	wanted = next;
	has_wanted = true;
	retries = 0;
	loop_timer_stop(&retry_timer);
	link_pull_cancel(&pull);
	follow();
}

/** What cannot be read any more is fetched anew: the list counts as older than any. */
static void check_kept(void)
{
	struct desired desired;

	for (uint32_t index = 0; index < kept.count; index++) {
		if (read_desired(document_id(kept.generation, index), &desired)) {
			LOG_ERR("a deployment was damaged in the flash");
			kept.incarnation = 0;
			kept.revision = 0;
			memset(kept.digest, 0, sizeof(kept.digest));
		}
	}
}

void deployments_open(void)
{
	instances = NULL;
	memset(&pull, 0, sizeof(pull));
	memset(&kept, 0, sizeof(kept));
	has_wanted = false;
	closed = false;
	error.code = CODEC_NO_ERROR;
	retries = 0;
	last_keep = 0;
	buffer_open();
	has_kept = store_get(STORE_DEPLOYMENTS, 0, 0, &kept, sizeof(kept)) == sizeof(kept);
	if (!has_kept) {
		memset(&kept, 0, sizeof(kept));
	}
	delete_generation(has_kept ? kept.generation : UINT32_MAX);
	if (has_kept) {
		check_kept();
		apply();
	}
}

void deployments_welcomed(void)
{
	report();
	for (struct instance *one = instances; one; one = one->next) {
		if (!one->leaving) {
			instance_report(one);
		}
	}
	buffer_online();
}

void deployments_disconnected(void)
{
	buffer_offline();
}

void deployments_close(void)
{
	closed = true;
	loop_timer_stop(&retry_timer);
	loop_timer_stop(&report_timer);
	link_pull_cancel(&pull);
	for (struct instance *one = instances, *next; one; one = next) {
		next = one->next;
		instance_close(one);
	}
	buffer_close();
}

unsigned int deployments_count(void)
{
	unsigned int count = 0;

	for (const struct instance *one = instances; one; one = one->next) {
		count += !one->leaving;
	}
	return count;
}

unsigned int deployments_running(void)
{
	unsigned int count = 0;

	for (const struct instance *one = instances; one; one = one->next) {
		count += one->run.slot != RUN_NO_SLOT;
	}
	return count;
}
