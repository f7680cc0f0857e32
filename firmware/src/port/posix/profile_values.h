/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Values of a profile: what is in the file, checked, and the words where it is wrong.
 */

#ifndef SAMARA_POSIX_PROFILE_VALUES_H_
#define SAMARA_POSIX_PROFILE_VALUES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yaml.h>

#include "hal/profile.h"

/** @brief A file that is read, and where in it. */
struct profile {
	yaml_document_t document;
	yaml_node_t *buses;
	char *problem;
	size_t size;
	const char *device; /* that is read; empty: none */
	char has[8]; /* keys that were seen: a address, A addresses, d direction, l line, s safe */
};

/** @brief Text of a scalar, NULL of all else. */
const char *profile_scalar(const yaml_node_t *node);
yaml_node_t *profile_node(struct profile *profile, int index);
/** @brief Value of a key of a map. NULL: there is none. */
yaml_node_t *profile_find(struct profile *profile, const yaml_node_t *map, const char *key);

/* All return 0, or -EINVAL and say what is wrong. */

/** @brief `profile: devices.x.key: words`. */
int profile_refuse(struct profile *profile, const char *key, const char *words);
/** @brief `profile: devices.x.key: "value" is not expected`. */
int profile_wrong(struct profile *profile, const char *key, const yaml_node_t *value,
		  const char *expected);
/** @brief No key is there twice. */
int profile_unique(struct profile *profile, const yaml_node_t *map);
int profile_number(struct profile *profile, const char *key, const yaml_node_t *node, uint32_t min,
		   uint32_t max, uint32_t *to);
/** @brief `expected` says what the number is, where that is more than a whole number between two.
 */
int profile_number_as(struct profile *profile, const char *key, const yaml_node_t *node,
		      uint32_t min, uint32_t max, uint32_t *to, const char *expected);
int profile_flag(struct profile *profile, const char *key, const yaml_node_t *node, bool *to);
/** @brief Place of a word among words, which end in NULL. */
int profile_word(struct profile *profile, const char *key, const yaml_node_t *node,
		 const char *const *words, const char *expected, unsigned int *to);
/** @brief A text without white space, @ and #. */
int profile_text(struct profile *profile, const char *key, const yaml_node_t *node, char *to,
		 size_t size, const char *expected);
int profile_chip(struct profile *profile, const yaml_node_t *node, struct hal_device *device);
/** @brief A controller, by its name under `buses` or its path; links are followed. */
int profile_bus(struct profile *profile, const char *key, const yaml_node_t *node,
		struct hal_device *device);
int profile_addresses(struct profile *profile, const yaml_node_t *node, struct hal_device *device);
int profile_line(struct profile *profile, const yaml_node_t *node, struct hal_device *device);
int profile_debounce(struct profile *profile, const yaml_node_t *node, struct hal_device *device);

#endif /* SAMARA_POSIX_PROFILE_VALUES_H_ */
