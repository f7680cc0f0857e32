/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief Values of a call between their CBOR form [P-8.3] and the canonical ABI. Twin of
 * shared/values.
 */

#ifndef SAMARA_RUNTIME_VALUES_H_
#define SAMARA_RUNTIME_VALUES_H_

#include "codec/stream.h"
#include "runtime/runtime.h"
#include "runtime/types.h"

/** More numbers than this go through memory. */
#define FLAT_PARAMS_MAX 16

struct arguments {
	const struct signature *signature;
	const uint8_t *data; /* CBOR array */
	size_t len;
};

/**
 * @brief Whether arguments are what the signature says.
 * @retval 0       They are.
 * @retval -EINVAL error is filled in: INVALID_ARGUMENT with the field, UNSUPPORTED for handles in
 * other values.
 */
int arguments_check(const struct arguments *arguments, struct codec_error *error);

/**
 * @brief Hand checked arguments to a guest: what is longer than a number goes into memory of its
 * own cabi_realloc.
 *
 * @param[out] flat  The numbers that the function takes, each in the low bits of one element.
 * @param[out] count How many they are.
 * @retval 0       Done.
 * @retval -EACCES A device was refused; error is filled in.
 * @retval -EFAULT A trap was set.
 */
int arguments_lower(const struct arguments *arguments, struct runtime_guest *guest,
		    uint64_t flat[FLAT_PARAMS_MAX], unsigned int *count, struct codec_error *error);

/**
 * @brief Take a result from a guest, and check it: a guest is a stranger.
 *
 * @param core         The one number that the function gave; the address of its result where that
 * is more than one.
 * @param[out] problem What is wrong with it, in words of static life.
 * @retval 0       Written.
 * @retval -ENOMEM The writer is too small.
 * @retval -EFAULT It is not what the signature says.
 */
int result_lift(const struct signature *signature, struct runtime_guest *guest, uint64_t core,
		struct codec_writer *writer, const char **problem);

/** @brief Numbers that come as the result: 0 or 1. */
static inline unsigned int result_flat(const struct signature *signature)
{
	return signature->result != 0 && type_at(signature, signature->result)->flat > 0 ? 1 : 0;
}

#endif /* SAMARA_RUNTIME_VALUES_H_ */
