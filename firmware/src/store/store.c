/* SPDX-License-Identifier: Apache-2.0 */

#include "port/port.h"
#include "store/blobs.h"
#include "store/lock.h"
#include "store/store.h"
#include "store/values.h"

static struct port_mutex mutex;
static bool ready;

void store_lock(void)
{
	port_mutex_lock(&mutex);
}

void store_unlock(void)
{
	port_mutex_unlock(&mutex);
}

static bool is_blob(const struct log_record *record)
{
	return (record->type & ~LOG_TOMBSTONE) >= BLOB_BEGUN;
}

static bool alive(const struct log_record *record)
{
	return is_blob(record) ? blobs_alive(record) : values_alive(record);
}

static void moved(const struct log_record *from, uint32_t to)
{
	if (!is_blob(from)) {
		values_moved(from, to);
	}
}

static const struct log_owner owner = {alive, moved};

static void found(const struct log_record *record)
{
	if (is_blob(record)) {
		blobs_found(record);
	} else {
		values_found(record);
	}
}

int store_mount(void)
{
	struct log_record record;

	if (!ready) {
		port_mutex_init(&mutex);
		ready = true;
	}
	store_lock();
	values_reset();
	blobs_reset();
	int error = log_mount(&owner);

	for (bool more = !error && log_first(&record); more; more = log_next(&record)) {
		if (log_holds(&record)) {
			found(&record);
		}
	}
	for (bool more = !error && log_first(&record); more; more = log_next(&record)) {
		if (record.type == BLOB_DONE && log_holds(&record)) {
			blobs_found_done(&record);
		}
	}
	if (!error) {
		blobs_mounted();
	}
	store_unlock();
	return error;
}

void store_stats(struct store_stats *stats)
{
	struct log_stats log;

	store_lock();
	log_stats(&log);
	*stats = (struct store_stats){
		.capacity = log_capacity(),
		.used = values_used() + blobs_used(),
		.erasures = log.erasures,
		.least_worn = log.least_worn,
		.most_worn = log.most_worn,
		.blobs = blobs_count(),
		.damaged = values_damaged() + blobs_damaged(),
	};
	store_unlock();
}
