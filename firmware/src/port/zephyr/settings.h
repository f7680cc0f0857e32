/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Settings: Kconfig's, and above them those that are stored under `samara/`. */

#ifndef SAMARA_ZEPHYR_SETTINGS_H_
#define SAMARA_ZEPHYR_SETTINGS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** @brief What holds since the board started. */
struct samara_settings {
	char id[64];
	char ns[64];
	char host[128];
	char token[128];
	uint16_t port;
	char wifi_ssid[33]; /* empty: none */
	char wifi_psk[65];  /* empty: an open network */
};

extern struct samara_settings samara_settings;

/** @brief Read what is stored. @retval 0 @retval -errno Kconfig's hold. */
int samara_settings_load(void);

/** @brief What the command line of native_sim says goes above all. */
void native_flags_apply(void);

enum samara_setting_kind { SAMARA_SETTING_TEXT, SAMARA_SETTING_PORT, SAMARA_SETTING_PEM };

/** @brief One setting that can be stored. */
struct samara_setting {
	const char *name;
	enum samara_setting_kind kind;
	bool is_secret; /* nobody is shown its value */
	/** Whether a value is one, and in words what would be. */
	bool (*is_right)(const char *text);
	const char *expected;
	void *place; /* in samara_settings; NULL: whoever wants it reads it */
	size_t size; /* of the longest text with its end */
	const char *fallback;
};

extern const struct samara_setting samara_setting_table[];
extern const size_t samara_setting_count;

/** @brief NULL: there is none of this name. */
const struct samara_setting *samara_setting_find(const char *name);
/** @brief Store a value that is right; it holds from the next start. @retval 0 @retval -errno */
int samara_setting_store(const struct samara_setting *setting, const char *text);
/** @brief Kconfig's holds again from the next start. @retval 0 @retval -errno */
int samara_setting_clear(const struct samara_setting *setting);
/** @brief Bytes that are stored. @retval 0 Nothing is. @retval -errno */
int samara_setting_len(const struct samara_setting *setting);
/** @brief The text that is stored, with its end. @retval >=0 Its length. @retval -errno */
int samara_setting_read(const struct samara_setting *setting, char *text, size_t size);

#endif /* SAMARA_ZEPHYR_SETTINGS_H_ */
