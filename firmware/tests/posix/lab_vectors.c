/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab_vectors.h"

size_t lab_vector(const char *note, uint8_t id, uint8_t *data, size_t size)
{
	char line[2048];
	char wanted[128];
	size_t len = 0;
	FILE *file = fopen(SAMARA_REPOSITORY "/shared/vectors/lab.json", "re");

	assert_non_null(file);
	snprintf(wanted, sizeof(wanted), "\"note\":\"%s\"", note);
	while (fgets(line, sizeof(line), file)) {
		const char *hex = strstr(line, wanted) ? strstr(line, "\"hex\":\"") : NULL;

		for (hex = hex ? hex + 7 : ""; *hex && *hex != '"'; hex += 2) {
			char digits[3] = {hex[0], hex[1], '\0'};

			assert_true(len < size);
			data[len++] = (uint8_t)strtoul(digits, NULL, 16);
		}
	}
	fclose(file);
	assert_true(len > 0);
	/* a2 01 ID: every message begins so, and ids of the vectors are below 24. */
	if (id > 0) {
		assert_true(data[1] == 1 && len < size);
		data[2] = id;
	}
	if (id >= 24) {
		memmove(&data[3], &data[2], len - 2);
		data[2] = 0x18;
		len++;
	}
	return len;
}
