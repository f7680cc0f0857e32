/* SPDX-License-Identifier: Apache-2.0 */

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices.h"
#include "profile_values.h"

#define LINE_BYTES_MAX 31
#define LINE_MAX_      65535
#define PATH_BYTES_MAX 64
#define DEBOUNCE_MS    10000
/* Longer values are cut where they are shown. */
#define SHOWN_MAX      77

const char *profile_scalar(const yaml_node_t *node)
{
	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value
						      : NULL;
}

yaml_node_t *profile_node(struct profile *profile, int index)
{
	return yaml_document_get_node(&profile->document, index);
}

yaml_node_t *profile_find(struct profile *profile, const yaml_node_t *map, const char *key)
{
	if (!map || map->type != YAML_MAPPING_NODE) {
		return NULL;
	}
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		const char *name = profile_scalar(profile_node(profile, pair->key));

		if (name && strcmp(name, key) == 0) {
			return profile_node(profile, pair->value);
		}
	}
	return NULL;
}

/** A scalar without quotes: only such are numbers, true, false. */
static const char *plain(const yaml_node_t *node)
{
	const char *text = profile_scalar(node);

	return text && *text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? text : NULL;
}

static bool to_number(const yaml_node_t *node, double *value)
{
	const char *text = plain(node);
	char *end = NULL;

	if (!text || !strchr("+-.0123456789", *text)) {
		return false;
	}
	if (strncmp(text, "0x", 2) == 0 || strncmp(text, "0o", 2) == 0) {
		*value = (double)strtoul(text + 2, &end, text[1] == 'x' ? 16 : 8);
	} else {
		*value = strtod(text, &end);
	}
	return *end == '\0' && !strpbrk(text, "nNiIpP");
}

static bool to_flag(const yaml_node_t *node, bool *to)
{
	static const char *const words[] = {"false", "False", "FALSE", "true", "True", "TRUE"};
	const char *text = plain(node);

	for (unsigned int index = 0; text && index < 6; index++) {
		if (strcmp(text, words[index]) == 0) {
			*to = index >= 3;
			return true;
		}
	}
	return false;
}

/* What is wrong */

static size_t begin(struct profile *profile, const char *key)
{
	bool has_device = profile->device[0] != '\0';
	int len = snprintf(profile->problem, profile->size,
			   "profile: %s%s%s%s: ", has_device ? "devices." : "", profile->device,
			   has_device && *key ? "." : "", key);

	return len > 0 && (size_t)len < profile->size ? (size_t)len : 0;
}

int profile_refuse(struct profile *profile, const char *key, const char *words)
{
	size_t at = begin(profile, key);

	snprintf(profile->problem + at, profile->size - at, "%s", words);
	return -EINVAL;
}

int profile_wrong(struct profile *profile, const char *key, const yaml_node_t *value,
		  const char *expected)
{
	size_t at = begin(profile, key);
	const char *text = profile_scalar(value);
	double number;
	bool flag;
	bool is_bare = !text || to_number(value, &number) || to_flag(value, &flag);

	if (!text) {
		text = value && value->type == YAML_SEQUENCE_NODE ? "a list" : "a map";
	} else if (*text == '\0' && value->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		text = "null";
		is_bare = true;
	}
	bool is_long = strlen(text) > SHOWN_MAX;

	snprintf(profile->problem + at, profile->size - at, "%s%.*s%s%s is not %s",
		 is_bare ? "" : "\"", SHOWN_MAX, text, is_long ? "..." : "",
		 is_bare || is_long ? "" : "\"", expected);
	return -EINVAL;
}

int profile_unique(struct profile *profile, const yaml_node_t *map)
{
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		const char *key = profile_scalar(profile_node(profile, pair->key));

		if (!key) {
			return profile_refuse(profile, "", "a key that is no text");
		}
		/* It finds the first one. */
		if (profile_find(profile, map, key) != profile_node(profile, pair->value)) {
			return profile_refuse(profile, key, "is there twice");
		}
	}
	return 0;
}

/* Values */

int profile_number_as(struct profile *profile, const char *key, const yaml_node_t *node,
		      uint32_t min, uint32_t max, uint32_t *to, const char *expected)
{
	double value = 0;

	if (!to_number(node, &value) || value < min || value > max || value != (uint32_t)value) {
		return profile_wrong(profile, key, node, expected);
	}
	*to = (uint32_t)value;
	return 0;
}

int profile_number(struct profile *profile, const char *key, const yaml_node_t *node, uint32_t min,
		   uint32_t max, uint32_t *to)
{
	char expected[64];

	snprintf(expected, sizeof(expected), "a whole number from %u to %u", min, max);
	return profile_number_as(profile, key, node, min, max, to, expected);
}

int profile_flag(struct profile *profile, const char *key, const yaml_node_t *node, bool *to)
{
	return to_flag(node, to) ? 0 : profile_wrong(profile, key, node, "true or false");
}

int profile_word(struct profile *profile, const char *key, const yaml_node_t *node,
		 const char *const *words, const char *expected, unsigned int *to)
{
	const char *text = profile_scalar(node);

	for (*to = 0; text && words[*to]; (*to)++) {
		if (strcmp(text, words[*to]) == 0) {
			return 0;
		}
	}
	return profile_wrong(profile, key, node, expected);
}

int profile_text(struct profile *profile, const char *key, const yaml_node_t *node, char *to,
		 size_t size, const char *expected)
{
	const char *text = profile_scalar(node);

	if (!text || !*text || strlen(text) >= size || strpbrk(text, " \t\n\r\f\v@#")) {
		return profile_wrong(profile, key, node, expected);
	}
	memcpy(to, text, strlen(text) + 1);
	return 0;
}

int profile_chip(struct profile *profile, const yaml_node_t *node, struct hal_device *device)
{
	const char *text = profile_scalar(node);
	size_t len = text ? strlen(text) : 0;

	if (len == 0 || len > HAL_CHIP_MAX || *text == '-' ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") != len) {
		return profile_wrong(profile, "chip", node,
				     "the name of a chip, at most 24 of a-z 0-9 -");
	}
	memcpy(device->chip, text, len + 1);
	return 0;
}

int profile_bus(struct profile *profile, const char *key, const yaml_node_t *node,
		struct hal_device *device)
{
	static const char expected[] = "a name under buses, or a path of at most 64 characters";
	char real[PATH_MAX];
	int error = profile_text(profile, key, node, device->bus, PATH_BYTES_MAX + 1, expected);
	yaml_node_t *path = error ? NULL : profile_find(profile, profile->buses, device->bus);

	if (path) {
		error = profile_text(profile, key, path, device->bus, PATH_BYTES_MAX + 1, expected);
	}
	/* Two links to one controller are one controller. What is not there stays: opening it will
	 * say so. */
	if (!error && realpath(device->bus, real) && strlen(real) < sizeof(device->bus)) {
		memcpy(device->bus, real, strlen(real) + 1);
	}
	return error;
}

int profile_addresses(struct profile *profile, const yaml_node_t *node, struct hal_device *device)
{
	uint32_t value = 0;
	char most[48];

	if (node->type != YAML_SEQUENCE_NODE) {
		return profile_wrong(profile, "addresses", node, "a list of addresses");
	}
	snprintf(most, sizeof(most), "at most %d addresses are taken", CONFIG_SAMARA_ADDRESSES_MAX);
	for (yaml_node_item_t *item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top; item++) {
		if (profile_number_as(profile, "addresses", profile_node(profile, *item), 0, 0x3ff,
				      &value, "an address from 0 to 0x3ff")) {
			return -EINVAL;
		}
		if (device->i2c.addresses_count == CONFIG_SAMARA_ADDRESSES_MAX) {
			return profile_refuse(profile, "addresses", most);
		}
		device->i2c.addresses[device->i2c.addresses_count++] = (uint16_t)value;
	}
	return device->i2c.addresses_count > 0
		       ? 0
		       : profile_refuse(profile, "addresses", "at least one address is expected");
}

int profile_line(struct profile *profile, const yaml_node_t *node, struct hal_device *device)
{
	static const char expected[] =
		"a line's number from 0 to 65535, or its name of at most 31 characters";
	uint32_t number = 0;
	double value;

	if (!to_number(node, &value)) {
		device->port_data |= DEVICE_LINE_IS_NAME;
		return profile_text(profile, "line", node, device->gpio.line, LINE_BYTES_MAX + 1,
				    expected);
	}
	if (profile_number_as(profile, "line", node, 0, LINE_MAX_, &number, expected)) {
		return -EINVAL;
	}
	snprintf(device->gpio.line, sizeof(device->gpio.line), "%u", number);
	return 0;
}

int profile_debounce(struct profile *profile, const yaml_node_t *node, struct hal_device *device)
{
	double ms = 0;

	if (!to_number(node, &ms)) {
		return profile_wrong(profile, "debounceMs", node, "milliseconds");
	}
	if (!(ms >= 0 && ms <= DEBOUNCE_MS)) {
		return profile_wrong(profile, "debounceMs", node,
				     ms < 0 ? "0 or more" : "10000 or less");
	}
	device->gpio.debounce_us = (uint32_t)(ms * 1000 + 0.5);
	return 0;
}
