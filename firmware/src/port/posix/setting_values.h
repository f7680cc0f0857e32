/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief How the value of a setting is read. Each returns 0, or -EINVAL and says what was
 * expected. */

#ifndef SAMARA_POSIX_SETTING_VALUES_H_
#define SAMARA_POSIX_SETTING_VALUES_H_

#include <stddef.h>
#include <stdint.h>

#include "settings.h"

/* Longer values are cut where they are shown: a hostile one shall not flood a terminal. */
#define SETTING_SHOWN_MAX 77
/* Of a name, as of the host. */
#define SETTING_NAME_MAX  48

struct setting_context {
	struct settings *settings;
	const char *name;
	char from[64]; /* `flag --alive-ms`, `environment variable SAMARA_ALIVE_MS` */
	bool is_secret;
	char *problem;
	size_t size;
};

int setting_text(const struct setting_context *context, char *to, size_t size, const char *value);
int setting_name(const struct setting_context *context, char *to, size_t size, const char *value);
int setting_number(const struct setting_context *context, uint32_t *to, const char *value,
		   uint32_t min, uint32_t max);
int setting_broker(const struct setting_context *context, const char *value);
/** @brief The file's content, white space at its end left out. */
int setting_token_file(const struct setting_context *context, const char *value);
int setting_labels(const struct setting_context *context, const char *value);
int setting_log_level(const struct setting_context *context, const char *value);
int setting_geometry(const struct setting_context *context, const char *value);
int setting_session(const struct setting_context *context, const char *value);

#endif /* SAMARA_POSIX_SETTING_VALUES_H_ */
