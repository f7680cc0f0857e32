/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Settings from the command line and the environment; names are those of the Linux
 * agent. */

#ifndef SAMARA_POSIX_SETTINGS_H_
#define SAMARA_POSIX_SETTINGS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/agent.h"

#define SETTINGS_LABELS 8

struct settings {
	char id[64];
	char ns[64];
	char host[256];
	int port;
	bool tls;
	char token[256];
	bool has_token;
	char data[512];
	char profile[512];
	char lab[108];
	char ca[512];
	char cert[512];
	char key[512];
	char label_text[512];
	struct agent_label labels[SETTINGS_LABELS];
	size_t labels_count;
	uint32_t alive_ms;
	uint32_t drain_ms;
	int log_level;
	uint32_t flash_size;
	uint32_t block_size;
	uint32_t write_size;
	bool clean_session;
};

enum settings_wish { SETTINGS_RUN, SETTINGS_HELP, SETTINGS_VERSION };

/**
 * @brief Read all settings; flags go before the environment, which goes before defaults.
 *
 * @param[out] problem What is wrong, which value, what was expected.
 * @retval 0 @retval -EINVAL problem is filled in.
 */
int settings_read(struct settings *settings, int argc, char *const argv[], enum settings_wish *wish,
		  char *problem, size_t size);
/** @brief The table of settings, for --help. */
void settings_help(void);

#endif /* SAMARA_POSIX_SETTINGS_H_ */
