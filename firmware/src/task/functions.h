/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief What manifests and call documents say of a call. Task's own. */

#ifndef SAMARA_TASK_FUNCTIONS_H_
#define SAMARA_TASK_FUNCTIONS_H_

#include "codec/error.h"
#include "codec/stream.h"
#include "task/runners.h"

/** @brief One call, read from its documents. */
struct function_call {
	char export_name[CONFIG_SAMARA_EXPORT_MAX + 1];
	char signature[CONFIG_SAMARA_SIGNATURE_MAX + 1];
	uint8_t *args; /* where they go, the caller's */
	size_t args_max;
	size_t args_len;
	uint32_t budget_bytes;
};

/**
 * @brief Read the call and the manifest of its function, both complete in the store.
 *
 * @retval 0       All of it is known.
 * @retval -EINVAL error: INVALID_ARGUMENT, NOT_FOUND (export), PERMISSION_DENIED (an image that is
 * not of its manifest), UNSUPPORTED (format, argv), TOO_LARGE, DATA_LOSS.
 */
int function_read(const struct function_ref *function, const struct codec_source *document,
		  struct function_call *call, struct codec_error *error);

#endif /* SAMARA_TASK_FUNCTIONS_H_ */
