/* SPDX-License-Identifier: Apache-2.0 */

/* Twin of proplet/hal/grants.ts: the same rules in the same words. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hal/session.h"

/* Bytes of a write that chooses a register. */
#define REGISTER_BYTES	2
#define MAX_ADDRESS	0x3ff
#define OPERATION_BYTES 65536

static int deny(struct codec_error *error, enum codec_error_code code, const char *name,
		const char *why)
{
	codec_error_set(error, code, "device %s: %s", name, why);
	snprintf(error->field, sizeof(error->field), "%s", name);
	return -EINVAL;
}

static bool has_address(const uint16_t *addresses, uint8_t count, uint32_t address)
{
	for (uint8_t index = 0; index < count; index++) {
		if (addresses[index] == address) {
			return true;
		}
	}
	return false;
}

/** Whether the profile has what the grant gives. */
static int hold_to_profile(struct hal_grant *grant, bool is_replay, struct codec_error *error)
{
	const struct hal_device *device = hal_profile_find(grant->name, strlen(grant->name));
	char why[80];

	if (!device || (is_replay && device->kind != grant->kind)) {
		return is_replay ? 0
				 : deny(error, CODEC_NOT_FOUND, grant->name,
					"the profile has none of that name");
	}
	if (device->kind != grant->kind) {
		snprintf(why, sizeof(why), "granted as %s, it is %s", bus_kind_words[grant->kind],
			 bus_kind_words[device->kind]);
		return deny(error, CODEC_PERMISSION_DENIED, grant->name, why);
	}
	if (device->kind == BUS_GPIO && device->gpio.direction == HAL_INPUT &&
	    hal_may_write(grant)) {
		snprintf(why, sizeof(why), "granted for %s, it is an input",
			 grant->access == CODEC_ACCESS_WRITE ? "write" : "read-write");
		return deny(error, CODEC_PERMISSION_DENIED, grant->name, why);
	}
	for (uint8_t index = 0; device->kind == BUS_I2C && index < grant->addresses_count;
	     index++) {
		if (!has_address(device->i2c.addresses, device->i2c.addresses_count,
				 grant->addresses[index])) {
			snprintf(why, sizeof(why), "0x%x granted, it does not have that",
				 grant->addresses[index]);
			return deny(error, CODEC_PERMISSION_DENIED, grant->name, why);
		}
	}
	grant->device = device;
	if (device->max_bytes < grant->max_bytes) {
		grant->max_bytes = device->max_bytes;
	}
	return 0;
}

uint32_t hal_read_number(struct codec_reader *reader, uint32_t max)
{
	uint64_t value = 0;

	(void)codec_read_uint(reader, max, &value);
	return (uint32_t)value;
}

static void read_addresses(struct codec_reader *reader, struct hal_grant *grant)
{
	uint32_t count = 0;

	(void)codec_read_array(reader, 16, &count);
	if (count > CONFIG_SAMARA_ADDRESSES_MAX) {
		reader->error = -ENOSPC;
	}
	while (count-- > 0 && !reader->error) {
		grant->addresses[grant->addresses_count++] =
			(uint16_t)hal_read_number(reader, UINT16_MAX);
	}
}

static void read_grant(struct codec_reader *reader, struct hal_grant *grant)
{
	uint32_t pairs = 0;
	uint64_t key = 0;

	grant->max_bytes = CONFIG_SAMARA_TRANSFER_MAX;
	(void)codec_read_map(reader, 16, &pairs);
	while (pairs-- > 0 && codec_read_key(reader, &key) == 0) {
		switch (key) {
		case 1:
			(void)codec_read_text(reader, grant->name, sizeof(grant->name));
			break;
		case 2:
			grant->kind = (enum bus_kind)hal_read_number(reader, BUS_USB);
			break;
		case 3:
			grant->access = (uint8_t)hal_read_number(reader, CODEC_ACCESS_READ_WRITE);
			break;
		case 4:
			read_addresses(reader, grant);
			break;
		case 5: {
			uint32_t bytes = hal_read_number(reader, UINT32_MAX);

			grant->max_bytes = bytes < grant->max_bytes ? bytes : grant->max_bytes;
			break;
		}
		case 6:
			grant->per_second = hal_read_number(reader, UINT32_MAX);
			break;
		default:
			(void)codec_skip(reader);
		}
	}
	grant->tokens = grant->per_second > 4000000 ? UINT32_MAX : grant->per_second * 1000;
}

/** The list itself, or the document of a task that has it as key 1. */
static int open_list(struct codec_reader *reader, uint32_t *count)
{
	struct codec_head head;
	uint32_t pairs = 0;
	uint64_t key = 0;

	if (codec_peek(reader, &head) == 0 && head.type == CODEC_MAP) {
		(void)codec_read_map(reader, 16, &pairs);
		if (pairs == 0 || codec_read_key(reader, &key) || key != 1) {
			return -EBADMSG;
		}
	}
	return codec_read_array(reader, 16, count);
}

int hal_grants_open(struct codec_reader *reader, const struct codec_source *source,
		    const char *holder, uint32_t *count, struct codec_error *error)
{
	codec_reader_init(reader, source);
	if (open_list(reader, count)) {
		codec_error_set(error, CODEC_INVALID_ARGUMENT,
				"%s: its grants are no list of grants", holder);
		return -EINVAL;
	}
	if (*count > CONFIG_SAMARA_GRANTS) {
		codec_error_set(error, CODEC_TOO_LARGE,
				"%s: %u devices, this proplet gives at most %u", holder,
				(unsigned int)*count, CONFIG_SAMARA_GRANTS);
		return -EINVAL;
	}
	return 0;
}

int hal_grants_read(struct hal_session *session, struct codec_reader *reader, uint32_t count,
		    struct codec_error *error)
{
	for (; session->grants_count < count; session->grants_count++) {
		struct hal_grant *grant = &session->grants[session->grants_count];

		read_grant(reader, grant);
		if (reader->error || grant->kind == 0 || grant->access == 0) {
			codec_error_set(error, CODEC_INVALID_ARGUMENT, "%s: grant %u is none",
					session->holder, session->grants_count);
			return -EINVAL;
		}
		int failed = hold_to_profile(grant, session->replay != NULL, error);

		if (failed) {
			return failed;
		}
	}
	return 0;
}

/* Operations */

static bool sizes_fit(const struct hal_grant *grant, struct bus_operation *operation)
{
	uint64_t total = 0;

	for (size_t index = 0; index < operation->segments_count; index++) {
		const struct bus_segment *segment = &operation->segments[index];

		if (segment->kind == BUS_SEGMENT_DELAY) {
			continue;
		}
		if (segment->length > grant->max_bytes) {
			return hal_fail(operation, BUS_NOT_GRANTED,
					"%s of %u bytes, at most %u are granted",
					bus_segment_words[segment->kind],
					(unsigned int)segment->length,
					(unsigned int)grant->max_bytes);
		}
		total += segment->length;
	}
	return total <= OPERATION_BYTES ||
	       hal_fail(operation, BUS_NOT_GRANTED, "%u bytes in one operation",
			(unsigned int)total);
}

static bool chooses_register(const struct bus_operation *operation, size_t index)
{
	return operation->segments[index].length <= REGISTER_BYTES &&
	       index + 1 < operation->segments_count &&
	       operation->segments[index + 1].kind == BUS_SEGMENT_READ;
}

static bool reading(const struct hal_grant *grant, struct bus_operation *operation)
{
	return hal_may_read(grant) ||
	       hal_fail(operation, BUS_NOT_GRANTED, "reading is not granted");
}

static bool writing(const struct hal_grant *grant, struct bus_operation *operation)
{
	return hal_may_write(grant) ||
	       hal_fail(operation, BUS_NOT_GRANTED, "writing is not granted");
}

static bool address_fits(const struct hal_grant *grant, struct bus_operation *operation)
{
	const uint16_t *addresses = grant->addresses;
	uint8_t count = grant->addresses_count;

	if (count == 0 && grant->device) {
		addresses = grant->device->i2c.addresses;
		count = grant->device->i2c.addresses_count;
	}
	if (operation->target > MAX_ADDRESS) {
		return hal_fail(operation, BUS_INVALID, "address 0x%x has more than 10 bits",
				(unsigned int)operation->target);
	}
	/* A replay's device may be missing: then its record is all that is known. */
	return (count == 0 && !grant->device) || has_address(addresses, count, operation->target) ||
	       hal_fail(operation, BUS_NOT_GRANTED, "address 0x%x is not granted",
			(unsigned int)operation->target);
}

static bool i2c_allows(const struct hal_grant *grant, struct bus_operation *operation, size_t index)
{
	const struct bus_segment *segment = &operation->segments[index];

	if (segment->kind != BUS_SEGMENT_READ) {
		return chooses_register(operation, index) || writing(grant, operation);
	}
	return reading(grant, operation);
}

static bool spi_allows(const struct hal_grant *grant, struct bus_operation *operation, size_t index)
{
	enum bus_segment_kind kind = operation->segments[index].kind;

	return kind == BUS_SEGMENT_DELAY ||
	       ((kind == BUS_SEGMENT_WRITE || reading(grant, operation)) &&
		(kind == BUS_SEGMENT_READ || writing(grant, operation)));
}

static bool transfer_allowed(const struct hal_grant *grant, struct bus_operation *operation)
{
	bool is_i2c = grant->kind == BUS_I2C;

	if ((is_i2c && !address_fits(grant, operation)) || !sizes_fit(grant, operation)) {
		return false;
	}
	for (size_t index = 0; index < operation->segments_count; index++) {
		if (!(is_i2c ? i2c_allows : spi_allows)(grant, operation, index)) {
			return false;
		}
	}
	return true;
}

/** A bucket that a second fills: bursts are as long as a second's worth, never longer. */
static bool rate_allows(struct hal_grant *grant, struct bus_operation *operation, uint64_t now_us)
{
	if (grant->per_second == 0) {
		return true;
	}
	uint64_t most = (uint64_t)grant->per_second * 1000;
	uint64_t elapsed_ms = grant->filled_us ? (now_us - grant->filled_us) / 1000 : 0;
	uint64_t tokens = grant->tokens + elapsed_ms * grant->per_second;

	if (grant->filled_us == 0 || elapsed_ms > 0) {
		grant->filled_us = grant->filled_us ? grant->filled_us + elapsed_ms * 1000 : now_us;
	}
	tokens = tokens > most ? most : tokens;
	if (tokens < 1000) {
		grant->tokens = (uint32_t)tokens;
		return hal_fail(operation, BUS_NOT_GRANTED, "more than %u operations a second",
				(unsigned int)grant->per_second);
	}
	tokens -= 1000;
	grant->tokens = tokens > UINT32_MAX ? UINT32_MAX : (uint32_t)tokens;
	return true;
}

bool hal_grant_check(struct hal_grant *grant, struct bus_operation *operation, uint64_t now_us)
{
	bool allowed;

	switch (operation->op) {
	case BUS_DELAY:
		return true;
	case BUS_TRANSFER:
		allowed = transfer_allowed(grant, operation);
		break;
	case BUS_SET:
		allowed = writing(grant, operation);
		break;
	default:
		allowed = reading(grant, operation);
	}
	return allowed && rate_allows(grant, operation, now_us);
}
