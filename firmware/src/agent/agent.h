/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Builds, starts and stops the parts in order. */

#ifndef SAMARA_AGENT_H_
#define SAMARA_AGENT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct agent_label {
	const char *key;
	const char *value;
};

/** @brief Texts stay valid while the agent runs. */
struct agent_options {
	const char *id;	      /* proplet */
	const char *ns;	      /* namespace; `default` */
	const char *password; /* NULL: none */
	const char *software; /* at most 32 characters */
	const char *arch;     /* at most 16 characters */
	const struct agent_label *labels;
	size_t labels_count; /* at most 8 */
	uint32_t alive_ms;
	uint32_t drain_ms; /* how long running calls may go on after port_stopping() */
	bool clean_session;
};

/**
 * @brief Run until port_stopping(), then drain. [P-3.5]
 *
 * Mounts the store, starts the runners, begins the deployments that are kept, connects.
 * @retval 0 Stopped. @retval -errno It could not start; the log says why.
 */
int agent_run(const struct agent_options *options);

#endif /* SAMARA_AGENT_H_ */
