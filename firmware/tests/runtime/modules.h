/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Core modules from bytes, for tests: sections are written out, their lengths are
 * counted. */

#ifndef SAMARA_TESTS_RUNTIME_MODULES_H_
#define SAMARA_TESTS_RUNTIME_MODULES_H_

#include <stddef.h>
#include <stdint.h>

struct module {
	uint8_t bytes[2048];
	size_t len;
};

/** @brief Begin with the header. */
void module_begin(struct module *module);
/** @brief Add a section; its payload is shorter than 16 KiB. */
void module_section(struct module *module, uint8_t id, const uint8_t *payload, size_t len);

#define SECTION(module, id, ...)                                                                   \
	do {                                                                                       \
		const uint8_t payload_[] = {__VA_ARGS__};                                          \
		module_section(module, id, payload_, sizeof(payload_));                            \
	} while (0)

/**
 * @brief A module of one function `run` without parameters, with one memory of a page, as `memory`.
 *
 * @param result Core type of its result, 0 for none: 0x7f i32, 0x7e i64, 0x7d f32, 0x7c f64.
 */
void module_run(struct module *module, uint8_t result, const uint8_t *code, size_t len);

#define RUN(module, result, ...)                                                                   \
	do {                                                                                       \
		const uint8_t code_[] = {__VA_ARGS__};                                             \
		module_run(module, result, code_, sizeof(code_));                                  \
	} while (0)

#endif /* SAMARA_TESTS_RUNTIME_MODULES_H_ */
