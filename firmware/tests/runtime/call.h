/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief One module and one call, for tests of the runtime; included behind cmocka.h. */

#ifndef SAMARA_TESTS_RUNTIME_CALL_H_
#define SAMARA_TESTS_RUNTIME_CALL_H_

#include "runtime/modules.h"
#include "runtime/neighbours.h"
#include "runtime/runtime.h"

extern struct module module;
extern uint8_t value[256];
extern struct runtime_result result;

/** @brief A call of that export of `module`, without arguments; the store has it from now on. */
struct runtime_call call_of(const char *name, const char *signature);
/** @brief Run it; `result` and `value` say how it ended. */
void run(const struct runtime_call *call);
/** @brief Run a function that gives a small number. @retval -1 It did not complete. */
int count(const struct runtime_call *call);
/** @brief Nothing loaded, nothing in the store; for cmocka's setup. */
int begin(void **state);

#define ENDS_AS(outcome_, code_, words)                                                            \
	do {                                                                                       \
		assert_string_equal(codec_outcome_name(result.outcome), outcome_);                 \
		assert_string_equal(codec_error_name(result.code), code_);                         \
		assert_non_null(strstr(result.message, words));                                    \
	} while (0)

#endif /* SAMARA_TESTS_RUNTIME_CALL_H_ */
