/* SPDX-License-Identifier: Apache-2.0 */

#include <assert.h>
#include <string.h>

#include "runtime/modules.h"

void module_begin(struct module *module)
{
	static const uint8_t header[] = {0, 'a', 's', 'm', 1, 0, 0, 0};

	memcpy(module->bytes, header, sizeof(header));
	module->len = sizeof(header);
}

void module_section(struct module *module, uint8_t id, const uint8_t *payload, size_t len)
{
	assert(module->len + len + 3 <= sizeof(module->bytes));
	module->bytes[module->len++] = id;
	module->bytes[module->len++] = (uint8_t)(0x80 | (len & 0x7f));
	module->bytes[module->len++] = (uint8_t)(len >> 7);
	memcpy(&module->bytes[module->len], payload, len);
	module->len += len;
}

void module_run(struct module *module, uint8_t result, const uint8_t *code, size_t len)
{
	const uint8_t type[] = {1, 0x60, 0, result != 0, result};
	uint8_t body[512] = {1, (uint8_t)(0x80 | ((len + 2) & 0x7f)), (uint8_t)((len + 2) >> 7), 0};

	module_begin(module);
	module_section(module, 1, type, result ? 5 : 4);
	SECTION(module, 3, 1, 0);
	SECTION(module, 5, 1, 0, 1);
	SECTION(module, 7, 2, 3, 'r', 'u', 'n', 0, 0, 6, 'm', 'e', 'm', 'o', 'r', 'y', 2, 0);
	memcpy(&body[4], code, len);
	body[4 + len] = 0x0b;
	module_section(module, 10, body, len + 5);
}
