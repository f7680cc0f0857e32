/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any signature, any arguments, any memory and any number as a result: [length of signature]
 * signature, [length of arguments] arguments, 8 bytes of the number, and memory. What was lifted is
 * an item in the one form.
 */

#include <stdlib.h>
#include <string.h>

#include "runtime/fake_guest.h"
#include "runtime/values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t cut(const uint8_t **data, size_t *size, uint8_t *to, size_t most)
{
	size_t len = *size > 0 ? (*data)[0] : 0;

	if (*size == 0) {
		return 0;
	}
	(*data)++;
	(*size)--;
	len = len > *size ? *size : len;
	len = len > most ? most : len;
	memcpy(to, *data, len);
	*data += len;
	*size -= len;
	return len;
}

static void lift(const struct signature *signature, struct runtime_guest *guest, uint64_t core)
{
	static uint8_t value[512];
	struct codec_writer writer;
	const char *problem;

	codec_writer_init(&writer, value, sizeof(value));
	if (result_lift(signature, guest, core, &writer, &problem) == 0 &&
	    codec_check(value, writer.len) != 0) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct signature signature;
	static char text[256];
	static uint8_t args[256];
	struct codec_error error;
	uint64_t core = 0;
	uint64_t flat[FLAT_PARAMS_MAX];
	unsigned int count;
	size_t text_len = cut(&data, &size, (uint8_t *)text, sizeof(text) - 1);
	struct arguments arguments = {&signature, args, cut(&data, &size, args, sizeof(args))};

	text[text_len] = '\0';
	if (size >= sizeof(core)) {
		memcpy(&core, data, sizeof(core));
		data += sizeof(core);
		size -= sizeof(core);
	}
	/* A copy of its own length, so that what is read beyond it is seen. */
	uint8_t *memory = malloc(size + 1);
	struct runtime_guest guest = {.memory = memory, .size = (uint32_t)size, .heap = 16};

	memcpy(memory, data, size);
	if (signature_parse(&signature, text, &error) == 0) {
		if (signature.result != 0) {
			lift(&signature, &guest, core);
		}
		if (arguments_check(&arguments, &error) == 0) {
			arguments_lower(&arguments, &guest, flat, &count, &error);
		}
	}
	free(memory);
	return 0;
}
