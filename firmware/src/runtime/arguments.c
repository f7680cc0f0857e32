/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Arguments are walked twice: once without a guest, which finds what is wrong before anything runs,
 * and once to hand them over. Parameters are laid out as a tuple in memory, on the side of the host
 * where they are few enough to be passed as numbers, which are then read from there.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/lower.h"

/** Sixteen numbers, with the numbers of cases and the gaps between them. */
#define SCRATCH_MAX 512

/** As the document `call` has it. */
#define ARGS_MAX 64

static int lower_params(struct lowering *lowering, struct spot spot)
{
	struct codec_bytes bytes = {lowering->arguments->data, lowering->arguments->len};
	struct codec_source source = codec_source_bytes(&bytes);
	struct codec_head head;

	codec_reader_init(&lowering->reader, &source);
	int err = codec_next(&lowering->reader, &head);

	return err ? err
		   : lower_fields(lowering, signature_params(lowering->signature), &head, spot);
}

static void set_field(struct codec_error *error, uint32_t index)
{
	snprintf(error->field, sizeof(error->field), "args[%u]", (unsigned int)index);
}

static int check_count(const struct arguments *arguments, struct codec_error *error)
{
	const struct signature *signature = arguments->signature;
	const struct type *params = signature_params(signature);
	struct codec_bytes bytes = {arguments->data, arguments->len};
	struct codec_source source = codec_source_bytes(&bytes);
	struct codec_reader reader;
	uint32_t count = 0;

	codec_reader_init(&reader, &source);
	if (codec_check(arguments->data, arguments->len) != 0 ||
	    codec_read_array(&reader, ARGS_MAX, &count) != 0) {
		codec_error_set(error, CODEC_INVALID_ARGUMENT,
				"args: is not a list of at most %d values", ARGS_MAX);
	} else if (count > params->count) {
		codec_error_set(error, CODEC_INVALID_ARGUMENT,
				"args[%u]: extra argument; %u %s expected, %u given",
				(unsigned int)params->count, (unsigned int)params->count,
				params->count == 1 ? "argument" : "arguments", (unsigned int)count);
		set_field(error, params->count);
	} else if (count < params->count) {
		const struct type *part = type_part(signature, params, count);

		codec_error_set(error, CODEC_INVALID_ARGUMENT, "args[%u]: argument %.*s is missing",
				(unsigned int)count, (int)part->name_len,
				&signature->text[part->name]);
		set_field(error, count);
	} else {
		return 0;
	}
	return -EINVAL;
}

/** A device is handed over as a parameter of its own, and none is given back. */
static int check_handles(const struct signature *signature, struct codec_error *error)
{
	uint16_t param = signature_params(signature)->child;

	for (uint16_t index = 1; index < signature->count; index++) {
		bool is_param = index == param;

		if (is_param) {
			param = type_at(signature, index)->next;
		}
		if (type_at(signature, index)->kind == TYPE_HANDLE && !is_param) {
			bool is_result = signature->result != 0 && index >= signature->result;

			codec_error_set(error, CODEC_UNSUPPORTED, "%s",
					is_result ? "the export returns a resource"
						  : "only a device itself can be handed over");
			return -EINVAL;
		}
	}
	return 0;
}

int arguments_check(const struct arguments *arguments, struct codec_error *error)
{
	struct lowering lowering = {
		.arguments = arguments,
		.signature = arguments->signature,
		.error = error,
	};
	int err = check_handles(arguments->signature, error);

	if (!err) {
		err = check_count(arguments, error);
	}
	return err ? err : lower_params(&lowering, (struct spot){NULL, 0});
}

int arguments_lower(const struct arguments *arguments, struct runtime_guest *guest,
		    uint64_t flat[FLAT_PARAMS_MAX], unsigned int *count, struct codec_error *error)
{
	const struct type *params = signature_params(arguments->signature);
	uint8_t scratch[SCRATCH_MAX] = {0};
	struct lowering lowering = {
		.arguments = arguments,
		.signature = arguments->signature,
		.guest = guest,
		.error = error,
	};

	memset(flat, 0, FLAT_PARAMS_MAX * sizeof(*flat));
	if (params->flat > FLAT_PARAMS_MAX || params->size > sizeof(scratch)) {
		uint32_t address = runtime_guest_alloc(guest, params->size, params->align);

		flat[0] = address;
		*count = 1;
		return address == 0 ? -EFAULT
				    : lower_params(&lowering, (struct spot){NULL, address});
	}
	int err = lower_params(&lowering, (struct spot){scratch, 0});

	*count = params->flat;
	if (!err) {
		flatten(arguments->signature, params, scratch, flat);
	}
	return err;
}
