/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port/port.h"
#include "store/flash_sim.h"

#define UNITS  (FLASH_SIM_MAX / 4)
#define BLOCKS (FLASH_SIM_MAX / 4096)

jmp_buf flash_sim_power_off;

static struct port_flash_geometry geometry;
static uint8_t bytes[FLASH_SIM_MAX];
static bool written[UNITS]; /* since its erasure */
static bool torn[UNITS];    /* cannot be read, where error correction would find it out */
static uint32_t wear[BLOCKS];
static unsigned long operations;
static unsigned long cut_at;
static uint32_t chance;
static bool forgiving;

static uint32_t roll(void)
{
	chance ^= chance << 13;
	chance ^= chance >> 17;
	chance ^= chance << 5;
	return chance;
}

static void refuse(const char *what, uint32_t offset)
{
	fprintf(stderr, "flash: %s at %u\n", what, offset);
	abort();
}

void flash_sim_open(uint32_t size, uint32_t block_size, uint32_t write_size)
{
	geometry = (struct port_flash_geometry){size, block_size, write_size};
	memset(bytes, 0xff, sizeof(bytes));
	memset(written, 0, sizeof(written));
	memset(torn, 0, sizeof(torn));
	memset(wear, 0, sizeof(wear));
	operations = 0;
	cut_at = 0;
	forgiving = false;
}

void flash_sim_cut(unsigned long after, uint32_t seed)
{
	cut_at = after == 0 ? 0 : operations + after;
	chance = seed | 1;
}

unsigned long flash_sim_operations(void)
{
	return operations;
}

void flash_sim_forgive(void)
{
	forgiving = true;
}

uint8_t *flash_sim_bytes(void)
{
	return bytes;
}

void flash_sim_wear(uint32_t *least, uint32_t *most)
{
	*least = UINT32_MAX;
	*most = 0;
	for (uint32_t block = 0; block < geometry.size / geometry.block_size; block++) {
		*least = wear[block] < *least ? wear[block] : *least;
		*most = wear[block] > *most ? wear[block] : *most;
	}
}

static bool is_last(void)
{
	return ++operations == cut_at;
}

const struct port_flash_geometry *port_flash_geometry(void)
{
	return &geometry;
}

int port_flash_read(uint32_t offset, void *data, size_t len)
{
	if (offset + len > geometry.size) {
		refuse("read outside", offset);
	}
	for (uint32_t unit = offset / geometry.write_size;
	     unit * geometry.write_size < offset + len; unit++) {
		if (torn[unit]) {
			return -EBADMSG;
		}
	}
	memcpy(data, &bytes[offset], len);
	return 0;
}

/** A unit of which some bits were programmed and others not. */
static void tear(uint32_t offset, const uint8_t *data)
{
	for (uint32_t index = 0; index < geometry.write_size; index++) {
		bytes[offset + index] &= data[index] | (uint8_t)roll();
	}
	written[offset / geometry.write_size] = true;
	torn[offset / geometry.write_size] = geometry.write_size > 8 && roll() % 2 == 0;
}

int port_flash_write(uint32_t offset, const void *data, size_t len)
{
	uint32_t unit = geometry.write_size;
	bool last = is_last();
	/* Power may go before the first unit, within any, or after the last. */
	uint32_t whole = last ? roll() % (uint32_t)(len / unit + 1) : (uint32_t)(len / unit);

	if (offset % unit || len % unit || offset + len > geometry.size) {
		refuse("write outside, or not aligned", offset);
	}
	for (uint32_t index = 0; index < len / unit; index++) {
		if (written[offset / unit + index] && !forgiving) {
			refuse("written twice", offset + index * unit);
		}
	}
	for (uint32_t index = 0; index < whole; index++) {
		memcpy(&bytes[offset + index * unit], (const uint8_t *)data + index * unit, unit);
		written[offset / unit + index] = true;
	}
	if (last) {
		if (whole < len / unit && roll() % 3 != 0) {
			tear(offset + whole * unit, (const uint8_t *)data + whole * unit);
		}
		longjmp(flash_sim_power_off, 1);
	}
	return 0;
}

int port_flash_erase(uint32_t offset)
{
	uint32_t unit = geometry.write_size;
	bool last = is_last();
	uint32_t how = last ? roll() % 4 : 0;

	if (offset % geometry.block_size || offset >= geometry.size) {
		refuse("erasure not aligned", offset);
	}
	wear[offset / geometry.block_size]++;
	for (uint32_t at = offset; at < offset + geometry.block_size; at += unit) {
		/* 0: all of it; 1: nothing; 2: some units; 3: some bits. */
		if (how == 1 || (how == 2 && roll() % 2)) {
			continue;
		}
		for (uint32_t index = 0; index < unit; index++) {
			bytes[at + index] |= how == 3 ? (uint8_t)roll() : 0xff;
		}
		if (how == 3) {
			written[at / unit] = true;
			torn[at / unit] = unit > 8 && roll() % 2 == 0;
		} else {
			written[at / unit] = false;
			torn[at / unit] = false;
		}
	}
	if (last) {
		longjmp(flash_sim_power_off, 1);
	}
	return 0;
}
