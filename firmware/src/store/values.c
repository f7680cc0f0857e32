/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>

#include "port/port.h"
#include "store/lock.h"
#include "store/store.h"
#include "store/blobs.h"
#include "store/values.h"

struct value {
	uint32_t id;
	uint32_t at;
	uint16_t len;
	uint8_t type; /* 0: free */
};

static struct value values[CONFIG_SAMARA_VALUES];
static uint32_t used;
static uint32_t damaged;

void values_reset(void)
{
	for (size_t index = 0; index < CONFIG_SAMARA_VALUES; index++) {
		values[index].type = 0;
	}
	used = 0;
	damaged = 0;
}

static struct value *find(uint8_t type, uint32_t id)
{
	for (size_t index = 0; index < CONFIG_SAMARA_VALUES; index++) {
		if (values[index].type == type && (type == 0 || values[index].id == id)) {
			return &values[index];
		}
	}
	return NULL;
}

static void forget(struct value *value)
{
	used -= log_size(value->len);
	value->type = 0;
}

static void remember(struct value *value, uint8_t type, uint32_t id, uint32_t at, uint16_t len)
{
	if (value->type != 0) {
		used -= log_size(value->len);
	}
	*value = (struct value){.id = id, .at = at, .len = len, .type = type};
	used += log_size(len);
}

void values_found(const struct log_record *record)
{
	uint8_t type = record->type & (uint8_t)~LOG_TOMBSTONE;
	struct value *value = find(type, record->id);

	if (record->type & LOG_TOMBSTONE) {
		if (value) {
			forget(value);
		}
		return;
	}
	if (!value) {
		value = find(0, 0);
	}
	if (!value) {
		damaged++;
		return;
	}
	remember(value, type, record->id, record->at, record->len);
}

bool values_alive(const struct log_record *record)
{
	const struct value *value = find(record->type, record->id);

	return value && value->at == record->at;
}

void values_moved(const struct log_record *from, uint32_t to)
{
	struct value *value = find(from->type, from->id);

	if (value) {
		value->at = to;
	}
}

uint32_t values_used(void)
{
	return used;
}

uint32_t values_damaged(void)
{
	return damaged;
}

static int put(enum store_type type, uint32_t id, const void *data, size_t len)
{
	struct value *value = find((uint8_t)type, id);
	uint32_t at;

	if (!value) {
		value = find(0, 0);
	}
	if (!value || !blobs_make_room(log_size(len))) {
		return -ENOSPC;
	}
	int error = log_append((uint8_t)type, id, data, len, &at);

	if (!error) {
		remember(value, (uint8_t)type, id, at, (uint16_t)len);
	}
	return error;
}

int store_put(enum store_type type, uint32_t id, const void *data, size_t len)
{
	if (len > CONFIG_SAMARA_VALUE_MAX) {
		return -EMSGSIZE;
	}
	store_lock();
	int error = put(type, id, data, len);

	store_unlock();
	return error;
}

int store_get(enum store_type type, uint32_t id, size_t offset, void *data, size_t len)
{
	store_lock();
	const struct value *value = find((uint8_t)type, id);
	int got = -ENOENT;

	if (value) {
		size_t left = offset < value->len ? value->len - offset : 0;

		got = (int)(len < left ? len : left);
		if (got > 0 && log_read(value->at, offset, data, (size_t)got)) {
			got = -EBADMSG;
		}
	}
	store_unlock();
	return got;
}

int store_len(enum store_type type, uint32_t id)
{
	store_lock();
	const struct value *value = find((uint8_t)type, id);
	int len = value ? value->len : -ENOENT;

	store_unlock();
	return len;
}

int store_delete(enum store_type type, uint32_t id)
{
	int error = 0;

	store_lock();
	struct value *value = find((uint8_t)type, id);

	if (value) {
		uint32_t at;

		error = log_append((uint8_t)type | LOG_TOMBSTONE, id, NULL, 0, &at);
		/* The append may have compacted, but never moved it to another slot. */
		if (!error) {
			forget(value);
		}
	}
	store_unlock();
	return error;
}

int store_next(enum store_type type, uint32_t from, uint32_t *id)
{
	bool found = false;

	store_lock();
	for (size_t index = 0; index < CONFIG_SAMARA_VALUES; index++) {
		const struct value *value = &values[index];

		if (value->type == (uint8_t)type && value->id >= from &&
		    (!found || value->id < *id)) {
			found = true;
			*id = value->id;
		}
	}
	store_unlock();
	return found ? 0 : -ENOENT;
}
