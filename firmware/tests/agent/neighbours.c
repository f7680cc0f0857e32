/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/neighbours.h"
#include "hal/hal.h"
#include "runtime/runtime.h"
#include "store/store.h"
#include "support/fake_port.h"
#include "task/task.h"

struct neighbours neighbours;

void neighbours_reset(void)
{
	memset(&neighbours, 0, sizeof(neighbours));
	neighbours.blob_max = 400000;
}

static void note(const char *what)
{
	(void)strncat(neighbours.order, what,
		      sizeof(neighbours.order) - strlen(neighbours.order) - 1);
}

/* Store */

int store_mount(void)
{
	note("store ");
	return neighbours.store_err;
}

uint32_t store_blob_max(void)
{
	return neighbours.blob_max;
}

size_t store_blob_list(uint8_t (*digests)[STORE_DIGEST_SIZE], size_t max)
{
	size_t count = neighbours.digests_count < max ? neighbours.digests_count : max;

	memcpy(digests, neighbours.digests, count * STORE_DIGEST_SIZE);
	return count;
}

void store_stats(struct store_stats *stats)
{
	*stats = (struct store_stats){.capacity = 500000, .used = 1234, .most_worn = 7};
}

int store_blob_begin(const uint8_t *digest, uint32_t size)
{
	(void)digest;
	(void)size;
	return -ENOSPC;
}

int store_blob_append(const uint8_t *digest, uint32_t offset, const void *data, size_t len)
{
	(void)digest;
	(void)offset;
	(void)data;
	(void)len;
	return -EIO;
}

int store_blob_finish(const uint8_t *digest)
{
	(void)digest;
	return -EIO;
}

int store_blob_size(const uint8_t *digest)
{
	(void)digest;
	return -ENOENT;
}

int store_blob_verify(const uint8_t *digest)
{
	(void)digest;
	return -ENOENT;
}

/* Devices */

int hal_open(void)
{
	note("hal ");
	return neighbours.hal_err;
}

void hal_close(void)
{
	note("hal-close ");
	neighbours.gone_when_hal_closed = fake_link_count("gone");
}

const char *const *hal_interfaces(size_t *count)
{
	*count = neighbours.interfaces_count;
	return neighbours.interfaces;
}

const struct hal_device *hal_profile(size_t *count)
{
	*count = neighbours.devices_count;
	return neighbours.devices;
}

size_t hal_place(const struct hal_device *device, size_t index, char place[HAL_PLACE_MAX + 1])
{
	int len;

	if (neighbours.place) {
		len = snprintf(place, HAL_PLACE_MAX + 1, "%s", neighbours.place);
	} else if (device->kind == BUS_I2C) {
		len = snprintf(place, HAL_PLACE_MAX + 1, "%.40s@0x%x", device->bus,
			       device->i2c.addresses[index]);
	} else if (device->kind == BUS_GPIO) {
		len = snprintf(place, HAL_PLACE_MAX + 1, "%.40s#%.40s", device->bus,
			       device->gpio.line);
	} else {
		len = snprintf(place, HAL_PLACE_MAX + 1, "%.90s", device->bus);
	}
	return (size_t)len;
}

void hal_stats(struct hal_stats *stats)
{
	*stats = (struct hal_stats){.operations = 99};
}

/* Image */

bool port_image_on_trial(void)
{
	return neighbours.on_trial;
}

int port_image_keep(void)
{
	if (neighbours.keep_err) {
		return neighbours.keep_err;
	}
	neighbours.kept++;
	return 0;
}

void port_restart(void)
{
	neighbours.restarts++;
	neighbours.restarted_us = port_now_us();
}

/* Runtime */

int runtime_init(void)
{
	note("runtime ");
	return neighbours.runtime_err;
}

void runtime_stats(struct runtime_stats *stats)
{
	*stats = (struct runtime_stats){.pool_size = 262144, .pool_used = 4321};
}

/* Tasks */

int task_init(const struct agent_options *options)
{
	(void)options;
	note("task ");
	return neighbours.task_err;
}

void task_connected(void)
{
	note("connected ");
}

void task_welcomed(const struct codec_welcome *welcome)
{
	(void)welcome;
	note("welcomed ");
}

void task_disconnected(void)
{
	note("disconnected ");
}

void task_start(const struct codec_start *start)
{
	(void)start;
}

void task_cancel(const struct codec_cancel *cancel)
{
	(void)cancel;
}

void task_lease(const struct codec_lease *lease)
{
	(void)lease;
}

void task_ack(const struct codec_ack *ack)
{
	(void)ack;
}

void task_desired(const struct codec_desired *desired)
{
	(void)desired;
}

void task_load(struct codec_alive *alive)
{
	alive->running = 1;
}

int task_push_read(const uint8_t *digest, uint32_t offset, void *data, size_t len, uint32_t *size)
{
	(void)digest;
	(void)offset;
	(void)data;
	(void)len;
	(void)size;
	return -ENOENT;
}

void task_drain(uint32_t drain_ms)
{
	note("drain ");
	neighbours.drain_ms = drain_ms;
}

bool task_idle(void)
{
	return !neighbours.busy;
}

void task_close(void)
{
	note("task-close ");
}

void task_stats(struct task_stats *stats)
{
	*stats = (struct task_stats){.running = 2, .results = neighbours.results};
}
