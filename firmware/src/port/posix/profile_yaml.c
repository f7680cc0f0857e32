/* SPDX-License-Identifier: Apache-2.0 */

/* Twin of proplet/hal/profile-file.ts: the same keys, bounds and words. */

#define LOG_SUBSYSTEM "port"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "devices.h"
#include "port/log.h"
#include "profile_values.h"
#include "profile_yaml.h"

#define BUS_BYTES_MAX  64
#define TIMEOUT_MS_MAX 3600000
#define MAX_BYTES      65536
#define HZ_MAX	       1000000000

static int read_i2c(struct profile *profile, const char *key, const yaml_node_t *node,
		    struct hal_device *device)
{
	uint32_t value = 0;
	int error;

	if (strcmp(key, "address") == 0) {
		error = profile_number_as(profile, key, node, 0, 0x3ff, &value,
					  "an address from 0 to 0x3ff");
		device->i2c.addresses[0] = (uint16_t)value;
		device->i2c.addresses_count = 1;
		profile->has[0] = 'a';
		return error;
	}
	if (strcmp(key, "addresses") == 0) {
		profile->has[1] = 'A';
		return profile_addresses(profile, node, device);
	}
	return strcmp(key, "tenBit") == 0 ? profile_flag(profile, key, node, &device->i2c.ten_bit)
					  : -ENOENT;
}

static int read_spi(struct profile *profile, const char *key, const yaml_node_t *node,
		    struct hal_device *device)
{
	uint32_t value = 0;
	int error = -ENOENT;

	if (strcmp(key, "mode") == 0) {
		error = profile_number_as(profile, key, node, 0, 3, &value, "one of 0, 1, 2, 3");
		device->spi.mode = (uint8_t)value;
	} else if (strcmp(key, "hz") == 0) {
		error = profile_number(profile, key, node, 1, HZ_MAX, &device->spi.hz);
	} else if (strcmp(key, "bitsPerWord") == 0) {
		error = profile_number(profile, key, node, 1, 32, &value);
		device->spi.bits_per_word = (uint8_t)value;
	} else if (strcmp(key, "lsbFirst") == 0) {
		error = profile_flag(profile, key, node, &device->spi.lsb_first);
	} else if (strcmp(key, "csHigh") == 0) {
		error = profile_flag(profile, key, node, &device->spi.cs_high);
	}
	return error;
}

static int read_gpio(struct profile *profile, const char *key, const yaml_node_t *node,
		     struct hal_device *device)
{
	static const char *const directions[] = {"input", "output", "both", NULL};
	static const char *const pulls[] = {"up", "down", "none", NULL};
	static const char *const safes[] = {"low", "high", "hold", NULL};
	unsigned int word = 0;
	int error;

	if (strcmp(key, "line") == 0) {
		profile->has[2] = 'l';
		return profile_line(profile, node, device);
	}
	if (strcmp(key, "direction") == 0) {
		error = profile_word(profile, key, node, directions, "one of input, output, both",
				     &word);
		device->gpio.direction = (enum hal_direction)(word + HAL_INPUT);
		profile->has[3] = 'd';
		return error;
	}
	if (strcmp(key, "pull") == 0) {
		error = profile_word(profile, key, node, pulls, "one of up, down, none", &word);
		device->gpio.pull = (enum hal_pull)(word + HAL_PULL_UP);
		return error;
	}
	if (strcmp(key, "safe") == 0) {
		error = profile_word(profile, key, node, safes, "one of low, high, hold", &word);
		device->gpio.safe = (enum hal_safe)word;
		profile->has[4] = 's';
		return error;
	}
	if (strcmp(key, "debounceMs") == 0) {
		return profile_debounce(profile, node, device);
	}
	return strcmp(key, "activeLow") == 0
		       ? profile_flag(profile, key, node, &device->gpio.active_low)
		       : -ENOENT;
}

static const char *const kind_keys[] = {
	[BUS_I2C] = "i2c", [BUS_SPI] = "spi", [BUS_GPIO] = "gpio", [BUS_USB] = "usb"};

static int read_field(struct profile *profile, const char *key, const yaml_node_t *node,
		      struct hal_device *device)
{
	int error;

	if (strcmp(key, kind_keys[device->kind]) == 0) {
		return profile_bus(profile, key, node, device);
	}
	if (strcmp(key, "chip") == 0) {
		return profile_chip(profile, node, device);
	}
	if (strcmp(key, "maxBytes") == 0) {
		return profile_number(profile, key, node, 1, MAX_BYTES, &device->max_bytes);
	}
	if (strcmp(key, "timeoutMs") == 0) {
		return profile_number(profile, key, node, 1, TIMEOUT_MS_MAX, &device->timeout_ms);
	}
	error = device->kind == BUS_I2C	  ? read_i2c(profile, key, node, device)
		: device->kind == BUS_SPI ? read_spi(profile, key, node, device)
					  : read_gpio(profile, key, node, device);
	return error == -ENOENT ? profile_refuse(profile, key, "no such key") : error;
}

static int check_device(struct profile *profile, struct hal_device *device)
{
	if (device->kind == BUS_I2C && (profile->has[0] != 0) == (profile->has[1] != 0)) {
		return profile_refuse(profile, "", "one of address and addresses is expected");
	}
	if (device->kind == BUS_GPIO) {
		if (!profile->has[2] || !profile->has[3]) {
			return profile_refuse(profile, profile->has[2] ? "direction" : "line",
					      "is missing");
		}
		if (device->gpio.direction == HAL_INPUT && profile->has[4]) {
			return profile_refuse(profile, "safe", "an input has no safe state");
		}
		if (!profile->has[4]) {
			device->gpio.safe =
				device->gpio.direction == HAL_OUTPUT ? HAL_SAFE_LOW : HAL_SAFE_HOLD;
		}
	}
	if (device->max_bytes > CONFIG_SAMARA_TRANSFER_MAX) {
		device->max_bytes = CONFIG_SAMARA_TRANSFER_MAX;
	}
	return 0;
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= HAL_NAME_MAX && isalnum((unsigned char)name[0]) &&
	       isalnum((unsigned char)name[len - 1]) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

/** @retval 1 It is of a kind that this agent has not. */
static int read_device(struct profile *profile, const char *name, yaml_node_t *node,
		       struct hal_device *device)
{
	unsigned int kinds = 0;

	memset(device, 0, sizeof(*device));
	memset(profile->has, 0, sizeof(profile->has));
	profile->device = name;
	device->max_bytes = 4096;
	device->timeout_ms = 1000;
	if (!is_name(name)) {
		snprintf(profile->problem, profile->size,
			 "profile: devices: \"%.77s\" is not 1 to 48 of a-z 0-9 . _ -, with a "
			 "letter "
			 "or digit at both ends",
			 name);
		return -EINVAL;
	}
	for (unsigned int kind = BUS_I2C; kind <= BUS_USB; kind++) {
		if (profile_find(profile, node, kind_keys[kind])) {
			device->kind = (enum bus_kind)kind;
			kinds++;
		}
	}
	if (kinds != 1) {
		return profile_wrong(profile, "", node,
				     "a device with one of the keys i2c, spi, gpio, usb");
	}
	if (profile_unique(profile, node)) {
		return -EINVAL;
	}
	if (device->kind == BUS_USB) {
		return 1;
	}
	if (device->kind == BUS_SPI) {
		device->spi.hz = 1000000;
		device->spi.bits_per_word = 8;
	}
	memcpy(device->name, name, strlen(name) + 1);
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		const char *key = profile_scalar(profile_node(profile, pair->key));
		int error = read_field(profile, key, profile_node(profile, pair->value), device);

		if (error) {
			return error;
		}
	}
	return check_device(profile, device);
}

/** Only the kernel knows which number a name is: named both ways, one line would be two devices,
 * each with its own lock. */
static int refuse_two_ways(struct profile *profile, const struct hal_device *first,
			   const struct hal_device *last)
{
	bool is_name = (last->port_data & DEVICE_LINE_IS_NAME) != 0;

	if (is_name == ((first->port_data & DEVICE_LINE_IS_NAME) != 0)) {
		return 0;
	}
	snprintf(profile->problem, profile->size,
		 "profile: devices.%s.line: %s%s%s is not %s as that of %s is: lines of one chip, "
		 "%s, are all "
		 "named or all numbered",
		 last->name, is_name ? "\"" : "", last->gpio.line, is_name ? "\"" : "",
		 is_name ? "a number" : "a name", first->name, last->bus);
	return -EINVAL;
}

/** What no single device shows: the last one against those before it. */
static int check_beside(struct profile *profile, const struct hal_device *devices, size_t count)
{
	const struct hal_device *last = &devices[count - 1];

	for (const struct hal_device *one = devices; one < last; one++) {
		if (strcmp(one->name, last->name) == 0) {
			return profile_refuse(profile, "", "is there twice");
		}
	}
	for (const struct hal_device *one = devices; one < last; one++) {
		if (strcmp(one->bus, last->bus) != 0) {
			continue;
		}
		if (one->kind != last->kind) {
			snprintf(profile->problem, profile->size,
				 "profile: %s is %s for %s and %s for %s", one->bus,
				 kind_keys[one->kind], one->name, kind_keys[last->kind],
				 last->name);
			return -EINVAL;
		}
		return one->kind == BUS_GPIO ? refuse_two_ways(profile, one, last) : 0;
	}
	return 0;
}

static int check_buses(struct profile *profile)
{
	yaml_node_t *map = profile->buses;
	char path[HAL_PLACE_MAX + 1];

	if (!map) {
		return 0;
	}
	if (map->type != YAML_MAPPING_NODE) {
		return profile_wrong(profile, "buses", map, "names with their paths");
	}
	int error = profile_unique(profile, map);

	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top && !error; pair++) {
		char key[HAL_PLACE_MAX];

		snprintf(key, sizeof(key), "buses.%.64s",
			 profile_scalar(profile_node(profile, pair->key)));
		error = profile_text(profile, key, profile_node(profile, pair->value), path,
				     BUS_BYTES_MAX + 1, "a path of at most 64 characters");
	}
	return error;
}

/** What there may be beside each other: `buses` and `devices`. */
static int check_root(struct profile *profile, const yaml_node_t *root)
{
	if (!root || root->type != YAML_MAPPING_NODE) {
		return profile_refuse(profile, "devices", "is missing");
	}
	int error = profile_unique(profile, root);

	for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
	     pair < root->data.mapping.pairs.top && !error; pair++) {
		const char *key = profile_scalar(profile_node(profile, pair->key));

		if (strcmp(key, "buses") != 0 && strcmp(key, "devices") != 0) {
			error = profile_refuse(profile, key, "no such key");
		}
	}
	return error;
}

/** @retval 1 It is left out. */
static int take_device(struct profile *profile, const yaml_node_pair_t *pair,
		       struct hal_device *devices, size_t count)
{
	static struct hal_device device;
	const char *name = profile_scalar(profile_node(profile, pair->key));
	int error = read_device(profile, name ? name : "?", profile_node(profile, pair->value),
				&device);

	if (error == 1) {
		LOG_WRN("profile: devices.%s: is of usb, which this agent has not, and is left out",
			name);
		return 1;
	}
	if (!error && count == CONFIG_SAMARA_DEVICES) {
		snprintf(profile->problem, profile->size,
			 "profile: devices.%s: at most %d devices are taken", name,
			 CONFIG_SAMARA_DEVICES);
		return -EINVAL;
	}
	if (error) {
		return error;
	}
	devices[count] = device;
	return check_beside(profile, devices, count + 1);
}

static int read_devices(struct profile *profile, struct hal_device *devices, size_t *count)
{
	yaml_node_t *root = yaml_document_get_root_node(&profile->document);
	yaml_node_t *map = profile_find(profile, root, "devices");
	int error = check_root(profile, root);

	profile->buses = profile_find(profile, root, "buses");
	if (!error) {
		error = check_buses(profile);
	}
	if (!error && (!map || map->type != YAML_MAPPING_NODE)) {
		error = map ? profile_wrong(profile, "devices", map, "devices by their names")
			    : profile_refuse(profile, "devices", "is missing");
	}
	if (error) {
		return error;
	}
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top && error >= 0; pair++) {
		error = take_device(profile, pair, devices, *count);
		*count += error == 0;
	}
	return error < 0 ? error : 0;
}

/** @retval -EINVAL problem is filled in, without the name of the file. */
static int read_file(struct profile *profile, FILE *file, struct hal_device *devices, size_t *count)
{
	yaml_parser_t parser;
	int error = -EINVAL;

	if (!yaml_parser_initialize(&parser)) {
		snprintf(profile->problem, profile->size, "there is no memory for it");
		return -EINVAL;
	}
	yaml_parser_set_input_file(&parser, file);
	if (yaml_parser_load(&parser, &profile->document)) {
		error = read_devices(profile, devices, count);
		yaml_document_delete(&profile->document);
	} else {
		snprintf(profile->problem, profile->size, "is no YAML, in line %zu: %s",
			 parser.problem_mark.line + 1, parser.problem ? parser.problem : "");
	}
	yaml_parser_delete(&parser);
	return error;
}

int profile_yaml_read(const char *path, struct hal_device *devices, size_t *count, char *problem,
		      size_t size)
{
	int len = snprintf(problem, size, "%s: ", path);
	size_t at = len > 0 && (size_t)len < size ? (size_t)len : 0;
	struct profile profile = {.problem = problem + at, .size = size - at, .device = ""};
	FILE *file = fopen(path, "re");

	*count = 0;
	if (!file) {
		snprintf(profile.problem, profile.size, "cannot be read: %s", strerror(errno));
		return -ENOENT;
	}
	int error = read_file(&profile, file, devices, count);

	fclose(file);
	return error;
}
