/* SPDX-License-Identifier: Apache-2.0 */

/* Imports of a module: bound to host functions, whose tables stay where they are. */

#include <stdio.h>

#include "runtime/guest.h"

#include "wasm_export.h"
#include "wasm_runtime.h"

/** Raw calling convention: each parameter in one element; the result goes to the first. */
static void on_host_call(wasm_exec_env_t env, uint64_t *args)
{
	host_call(wasm_runtime_get_user_data(env), wasm_runtime_get_function_attachment(env), args);
}

/** Whether core types are those of WAMR's letters, as `(iI)f`. */
static bool is_of_type(const WASMFuncType *type, const char *letters)
{
	static const char names[] = {'F', 'f', 'I', 'i'};
	uint32_t count = type->param_count + (uint32_t)type->result_count;
	const char *at = letters;

	for (uint32_t index = 0; index <= count; index++) {
		if (index == 0 && *at++ != '(') {
			return false;
		}
		if (index == type->param_count && *at++ != ')') {
			return false;
		}
		uint8_t value = index < count ? type->types[index] : 0;

		if (index < count &&
		    (value < VALUE_TYPE_F64 || *at++ != names[value - VALUE_TYPE_F64])) {
			return false;
		}
	}
	return *at == '\0';
}

static bool link_import(WASMFunctionImport *import, char *problem, size_t size)
{
	const struct runtime_host_function *found =
		host_function(import->module_name, import->field_name);

	if (!found) {
		snprintf(problem, size, "import \"%s.%s\" is not provided", import->module_name,
			 import->field_name);
		return false;
	}
	if (!is_of_type(import->func_type, found->signature)) {
		snprintf(problem, size, "import \"%s.%s\" is not of the type %s",
			 import->module_name, import->field_name, found->signature);
		return false;
	}
	import->func_ptr_linked = (void *)on_host_call;
	import->attachment = (void *)(uintptr_t)found;
	import->call_conv_raw = true;
	return true;
}

bool wamr_link(struct runtime_module *module, char *problem, size_t size)
{
	WASMModule *wasm = module->wasm;

	for (uint32_t index = 0; index < wasm->import_count; index++) {
		WASMImport *import = &wasm->imports[index];

		if (import->kind != IMPORT_KIND_FUNC) {
			snprintf(problem, size, "import \"%s.%s\" is not provided",
				 import->u.names.module_name, import->u.names.field_name);
			return false;
		}
		if (!link_import(&import->u.function, problem, size)) {
			return false;
		}
	}
	if (wasm->start_function != (uint32_t)-1) {
		snprintf(problem, size,
			 "a start section runs where no deadline reaches; it has to be an export");
		return false;
	}
	module->export_count = wasm->export_count;
	wasm->export_count = 0;
	return true;
}
