/* SPDX-License-Identifier: Apache-2.0 */

/* Twin of proplet/hal/profile-file.ts: the same keys, bounds and words. */

#define LOG_SUBSYSTEM "port"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "port/log.h"
#include "profile_yaml.h"

#define LINE_MAX_     31
#define PATH_MAX_     64

struct profile {
	yaml_document_t document;
	yaml_node_t *buses;
	char *problem;
	size_t size;
	const char *device; /* that is read */
	char has[8];	    /* keys that were seen: a address, A addresses, d direction, l line, s safe */
};

static int wrong(struct profile *profile, const char *key, const char *value, const char *expected)
{
	if (value) {
		snprintf(profile->problem, profile->size, "profile: devices.%s%s%s: %s is not %s",
			 profile->device, *key ? "." : "", key, value, expected);
	} else {
		snprintf(profile->problem, profile->size, "profile: devices.%s%s%s: %s", profile->device,
			 *key ? "." : "", key, expected);
	}
	return -EINVAL;
}

static const char *scalar(const yaml_node_t *node)
{
	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static yaml_node_t *at(struct profile *profile, int index)
{
	return yaml_document_get_node(&profile->document, index);
}

static int read_number(struct profile *profile, const char *key, const yaml_node_t *node, long min,
		       long max, uint32_t *to)
{
	const char *text = scalar(node);
	char expected[64];
	char *end = NULL;
	long value = text ? strtol(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10) : 0;

	if (!text || !*text || *end != '\0' || value < min || value > max) {
		snprintf(expected, sizeof(expected), "a whole number from %ld to %ld", min, max);
		return wrong(profile, key, text ? text : "a list", expected);
	}
	*to = (uint32_t)value;
	return 0;
}

static int read_flag(struct profile *profile, const char *key, const yaml_node_t *node, bool *to)
{
	const char *text = scalar(node);

	*to = text && strcmp(text, "true") == 0;
	return *to || (text && strcmp(text, "false") == 0)
		       ? 0
		       : wrong(profile, key, text ? text : "a list", "true or false");
}

static int read_word(struct profile *profile, const char *key, const yaml_node_t *node,
		     const char *const *words, const char *expected, unsigned int *to)
{
	const char *text = scalar(node);

	for (*to = 0; text && words[*to]; (*to)++) {
		if (strcmp(text, words[*to]) == 0) {
			return 0;
		}
	}
	return wrong(profile, key, text ? text : "a list", expected);
}

static int read_text(struct profile *profile, const char *key, const yaml_node_t *node, char *to,
		     size_t size, const char *expected)
{
	const char *text = scalar(node);

	if (!text || !*text || strlen(text) >= size || strpbrk(text, " \t\n@#")) {
		return wrong(profile, key, text ? text : "a list", expected);
	}
	memcpy(to, text, strlen(text) + 1);
	return 0;
}

static yaml_node_t *find(struct profile *profile, const yaml_node_t *map, const char *key)
{
	if (!map || map->type != YAML_MAPPING_NODE) {
		return NULL;
	}
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++) {
		const char *name = scalar(at(profile, pair->key));

		if (name && strcmp(name, key) == 0) {
			return at(profile, pair->value);
		}
	}
	return NULL;
}

static int read_bus(struct profile *profile, const char *key, const yaml_node_t *node,
		    struct hal_device *device)
{
	static const char expected[] = "a name under buses, or a path of at most 64 characters";
	int error = read_text(profile, key, node, device->bus, PATH_MAX_ + 1, expected);
	yaml_node_t *path = error ? NULL : find(profile, profile->buses, device->bus);

	return path ? read_text(profile, key, path, device->bus, PATH_MAX_ + 1, expected) : error;
}

static int read_addresses(struct profile *profile, const yaml_node_t *node, struct hal_device *device)
{
	uint32_t value = 0;

	if (node->type != YAML_SEQUENCE_NODE) {
		return wrong(profile, "addresses", scalar(node), "a list of addresses");
	}
	for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
		if (read_number(profile, "addresses", at(profile, *item), 0, 0x3ff, &value)) {
			return -EINVAL;
		}
		if (device->i2c.addresses_count == CONFIG_SAMARA_ADDRESSES_MAX) {
			return wrong(profile, "addresses", NULL, "more addresses than this agent takes");
		}
		device->i2c.addresses[device->i2c.addresses_count++] = (uint16_t)value;
	}
	return device->i2c.addresses_count > 0 ? 0 : wrong(profile, "addresses", NULL, "at least one address");
}

static int read_debounce(struct profile *profile, const yaml_node_t *node, struct hal_device *device)
{
	const char *text = scalar(node);
	char *end = NULL;
	double ms = text ? strtod(text, &end) : 0;

	if (!text || !*text || *end != '\0' || !(ms >= 0 && ms <= 10000)) {
		return wrong(profile, "debounceMs", text ? text : "a list", "milliseconds from 0 to 10000");
	}
	device->gpio.debounce_us = (uint32_t)(ms * 1000 + 0.5);
	return 0;
}

static int read_i2c(struct profile *profile, const char *key, const yaml_node_t *node,
		    struct hal_device *device)
{
	uint32_t value = 0;
	int error;

	if (strcmp(key, "address") == 0) {
		error = read_number(profile, key, node, 0, 0x3ff, &value);
		device->i2c.addresses[0] = (uint16_t)value;
		device->i2c.addresses_count = 1;
		profile->has[0] = 'a';
		return error;
	}
	if (strcmp(key, "addresses") == 0) {
		profile->has[1] = 'A';
		return read_addresses(profile, node, device);
	}
	return strcmp(key, "tenBit") == 0 ? read_flag(profile, key, node, &device->i2c.ten_bit) : -ENOENT;
}

static int read_spi(struct profile *profile, const char *key, const yaml_node_t *node,
		    struct hal_device *device)
{
	uint32_t value = 0;
	int error = -ENOENT;

	if (strcmp(key, "mode") == 0) {
		error = read_number(profile, key, node, 0, 3, &value);
		device->spi.mode = (uint8_t)value;
	} else if (strcmp(key, "hz") == 0) {
		error = read_number(profile, key, node, 1, 1000000000, &device->spi.hz);
	} else if (strcmp(key, "bitsPerWord") == 0) {
		error = read_number(profile, key, node, 1, 32, &value);
		device->spi.bits_per_word = (uint8_t)value;
	} else if (strcmp(key, "lsbFirst") == 0) {
		error = read_flag(profile, key, node, &device->spi.lsb_first);
	} else if (strcmp(key, "csHigh") == 0) {
		error = read_flag(profile, key, node, &device->spi.cs_high);
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
		return read_text(profile, key, node, device->gpio.line, LINE_MAX_ + 1,
				 "a line's number from 0 to 65535, or its name of at most 31 characters");
	}
	if (strcmp(key, "direction") == 0) {
		error = read_word(profile, key, node, directions, "one of input, output, both", &word);
		device->gpio.direction = (enum hal_direction)(word + HAL_INPUT);
		profile->has[3] = 'd';
		return error;
	}
	if (strcmp(key, "pull") == 0) {
		error = read_word(profile, key, node, pulls, "one of up, down, none", &word);
		device->gpio.pull = (enum hal_pull)(word + HAL_PULL_UP);
		return error;
	}
	if (strcmp(key, "safe") == 0) {
		error = read_word(profile, key, node, safes, "one of low, high, hold", &word);
		device->gpio.safe = (enum hal_safe)word;
		profile->has[4] = 's';
		return error;
	}
	if (strcmp(key, "debounceMs") == 0) {
		return read_debounce(profile, node, device);
	}
	return strcmp(key, "activeLow") == 0 ? read_flag(profile, key, node, &device->gpio.active_low)
					     : -ENOENT;
}

static const char *const kind_keys[] = {[BUS_I2C] = "i2c", [BUS_SPI] = "spi", [BUS_GPIO] = "gpio", [BUS_USB] = "usb"};

static int read_field(struct profile *profile, const char *key, const yaml_node_t *node,
		      struct hal_device *device)
{
	int error;

	if (strcmp(key, kind_keys[device->kind]) == 0) {
		return read_bus(profile, key, node, device);
	}
	if (strcmp(key, "chip") == 0) {
		return read_text(profile, key, node, device->chip, sizeof(device->chip),
				 "the name of a chip, at most 24 of a-z 0-9 -");
	}
	if (strcmp(key, "maxBytes") == 0) {
		return read_number(profile, key, node, 1, 65536, &device->max_bytes);
	}
	if (strcmp(key, "timeoutMs") == 0) {
		return read_number(profile, key, node, 1, 3600000, &device->timeout_ms);
	}
	error = device->kind == BUS_I2C	  ? read_i2c(profile, key, node, device)
		: device->kind == BUS_SPI ? read_spi(profile, key, node, device)
					  : read_gpio(profile, key, node, device);
	return error == -ENOENT ? wrong(profile, key, NULL, "no such key") : error;
}

static int check_device(struct profile *profile, struct hal_device *device)
{
	if (device->kind == BUS_I2C && (profile->has[0] != 0) == (profile->has[1] != 0)) {
		return wrong(profile, "", NULL, "one of address and addresses is expected");
	}
	if (device->kind == BUS_GPIO) {
		if (!profile->has[2] || !profile->has[3]) {
			return wrong(profile, profile->has[2] ? "direction" : "line", NULL, "is missing");
		}
		if (device->gpio.direction == HAL_INPUT && profile->has[4]) {
			return wrong(profile, "safe", NULL, "an input has no safe state");
		}
		if (!profile->has[4]) {
			device->gpio.safe = device->gpio.direction == HAL_OUTPUT ? HAL_SAFE_LOW : HAL_SAFE_HOLD;
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
			 "profile: devices: %s is not 1 to 48 of a-z 0-9 . _ - with a letter or digit at both ends", name);
		return -EINVAL;
	}
	for (unsigned int kind = BUS_I2C; kind <= BUS_USB; kind++) {
		if (find(profile, node, kind_keys[kind])) {
			device->kind = (enum bus_kind)kind;
			kinds++;
		}
	}
	if (kinds != 1) {
		return wrong(profile, "", NULL, "a device with one of the keys i2c, spi, gpio, usb is expected");
	}
	if (device->kind == BUS_USB) {
		return 1;
	}
	if (device->kind == BUS_SPI) {
		device->spi.hz = 1000000;
		device->spi.bits_per_word = 8;
	}
	memcpy(device->name, name, strlen(name) + 1);
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		const char *key = scalar(at(profile, pair->key));
		int error = read_field(profile, key ? key : "?", at(profile, pair->value), device);

		if (error) {
			return error;
		}
	}
	return check_device(profile, device);
}

static int refuse_mixed_kinds(struct profile *profile, const struct hal_device *devices, size_t count)
{
	const struct hal_device *last = &devices[count - 1];

	for (size_t index = 0; index + 1 < count; index++) {
		const struct hal_device *one = &devices[index];

		if (strcmp(one->name, last->name) == 0) {
			return wrong(profile, "", NULL, "is there twice");
		}
		if (strcmp(one->bus, last->bus) != 0) {
			continue;
		}
		if (one->kind != last->kind) {
			snprintf(profile->problem, profile->size, "profile: %s is %s for %s and %s for %s", one->bus,
				 kind_keys[one->kind], one->name, kind_keys[last->kind], last->name);
			return -EINVAL;
		}
		bool numbers[2] = {strspn(one->gpio.line, "0123456789") == strlen(one->gpio.line),
				   strspn(last->gpio.line, "0123456789") == strlen(last->gpio.line)};

		if (one->kind == BUS_GPIO && numbers[0] != numbers[1]) {
			return wrong(profile, "line", last->gpio.line,
				     numbers[0] ? "a number as those of the other lines of this chip are"
						: "a name as those of the other lines of this chip are");
		}
	}
	return 0;
}

static int read_devices(struct profile *profile, struct hal_device *devices, size_t *count)
{
	yaml_node_t *root = yaml_document_get_root_node(&profile->document);
	yaml_node_t *map = find(profile, root, "devices");

	profile->buses = find(profile, root, "buses");
	if (!map || map->type != YAML_MAPPING_NODE) {
		snprintf(profile->problem, profile->size, "profile: devices: is missing");
		return -EINVAL;
	}
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++) {
		const char *name = scalar(at(profile, pair->key));

		if (*count == CONFIG_SAMARA_DEVICES) {
			snprintf(profile->problem, profile->size, "profile: more than %d devices, at most so many are taken",
				 CONFIG_SAMARA_DEVICES);
			return -EINVAL;
		}
		int error = read_device(profile, name ? name : "?", at(profile, pair->value), &devices[*count]);

		if (error == 1) {
			LOG_WRN("profile: devices.%s: this agent has no usb; it is left out", name ? name : "?");
			continue;
		}
		if (!error) {
			(*count)++;
			error = refuse_mixed_kinds(profile, devices, *count);
		}
		if (error) {
			return error;
		}
	}
	return 0;
}

int profile_yaml_read(const char *path, struct hal_device *devices, size_t *count, char *problem,
		      size_t size)
{
	struct profile profile = {.problem = problem, .size = size, .device = ""};
	yaml_parser_t parser;
	FILE *file = fopen(path, "re");
	int error;

	*count = 0;
	if (!file) {
		snprintf(problem, size, "profile %s: %s", path, strerror(errno));
		return -ENOENT;
	}
	if (!yaml_parser_initialize(&parser)) {
		fclose(file);
		return -ENOMEM;
	}
	yaml_parser_set_input_file(&parser, file);
	if (!yaml_parser_load(&parser, &profile.document)) {
		snprintf(problem, size, "profile %s: line %zu: %s", path, parser.problem_mark.line + 1,
			 parser.problem ? parser.problem : "is no YAML");
		error = -EINVAL;
	} else {
		error = read_devices(&profile, devices, count);
		yaml_document_delete(&profile.document);
	}
	yaml_parser_delete(&parser);
	fclose(file);
	return error;
}
