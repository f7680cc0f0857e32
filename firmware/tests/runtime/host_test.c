/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "port/port.h"
#include "runtime/call.h"
#include "runtime/guest.h"

/* A host function of the test's own: what it does to the guest. */

static void (*host_does)(struct runtime_guest *guest);
static int dropped;

static void host(struct runtime_guest *guest, uint64_t *args)
{
	host_does(guest);
	args[0] = 9;
}

static void on_drop(void *data)
{
	assert_ptr_equal(data, &dropped);
	dropped++;
}

static const struct runtime_host_function functions[] = {
	{"test:host/it", "do", "()i", host},
	{"test:host/it@0.2.7", "[method]pin.get", "()i", host},
	{"test:host/it@0.2.7", "[resource-drop]pin", "()i", host},
	{"test:host/it@0.3.0-draft", "do", "()i", host},
};

static void calling_host(void)
{
	module_begin(&module);
	SECTION(&module, 1, 1, 0x60, 0, 1, 0x7f);
	SECTION(&module, 2, 1, 12, 't', 'e', 's', 't', ':', 'h', 'o', 's', 't', '/', 'i', 't', 2,
		'd', 'o', 0, 0);
	SECTION(&module, 3, 1, 0);
	SECTION(&module, 5, 1, 0, 1);
	SECTION(&module, 7, 1, 3, 'r', 'u', 'n', 0, 1);
	SECTION(&module, 10, 1, 4, 0, 0x10, 0, 0x0b);
}

static void sets_data(struct runtime_guest *guest)
{
	*runtime_guest_data(guest) = &dropped;
}

static void traps(struct runtime_guest *guest)
{
	sets_data(guest);
	runtime_guest_trap(guest, "a reason of its own");
}

static void reaches_too_far(struct runtime_guest *guest)
{
	assert_null(runtime_guest_memory(guest, 65530, 7));
}

static void reaches_to_the_end(struct runtime_guest *guest)
{
	assert_non_null(runtime_guest_memory(guest, 65530, 6));
	assert_non_null(runtime_guest_memory(guest, 65536, 0));
}

static void sleeps(struct runtime_guest *guest)
{
	assert_int_equal(runtime_guest_sleep(guest, port_now_us() + 20000000), -ECANCELED);
	assert_true(runtime_guest_stopped(guest));
}

static void host_functions_get_at_the_guest_and_trap_it(void **state)
{
	(void)state;
	calling_host();
	struct runtime_call call = call_of("run", "func()->s32");

	host_does = reaches_to_the_end;
	assert_int_equal(count(&call), 9);
	host_does = reaches_too_far;
	run(&call);
	ENDS_AS("trapped", "GUEST_TRAPPED", "memory access out of bounds");
	host_does = traps;
	dropped = 0;
	run(&call);
	ENDS_AS("trapped", "GUEST_TRAPPED", "a reason of its own");
	assert_int_equal(dropped, 1);
	host_does = sets_data;
	call.keep = 5;
	assert_int_equal(count(&call), 9);
	assert_int_equal(dropped, 1);
	runtime_release(5);
	assert_int_equal(dropped, 2);
}

static void host_functions_are_found_in_both_spellings(void **state)
{
	(void)state;
	assert_ptr_equal(host_function("test:host/it", "do"), &functions[0]);
	assert_ptr_equal(host_function("cm32p2|test:host/it", "do"), &functions[0]);
	assert_ptr_equal(host_function("test:host/it@0.2.7", "[method]pin.get"), &functions[1]);
	/* Compatible versions share a name. */
	assert_ptr_equal(host_function("cm32p2|test:host/it@0.2", "[method]pin.get"),
			 &functions[1]);
	assert_ptr_equal(host_function("test:host/it@0.2.7", "[resource-drop]pin"), &functions[2]);
	assert_ptr_equal(host_function("cm32p2|test:host/it@0.2", "pin_drop"), &functions[2]);
	assert_ptr_equal(host_function("cm32p2|test:host/it@0.3.0-draft", "do"), &functions[3]);
	/* Neither is the other. */
	assert_null(host_function("test:host/it@0.2", "[method]pin.get"));
	assert_null(host_function("test:host/it@0.2.7", "pin_drop"));
	assert_null(host_function("cm32p2|test:host/it@0.2", "[resource-drop]pin"));
	assert_null(host_function("cm32p2|test:host/it@0.1", "[method]pin.get"));
	assert_null(host_function("cm32p2|test:host/i", "do"));
	assert_null(host_function("test:host/it@0.2.6", "[method]pin.get"));
}

static void a_host_function_sleeps_no_longer_than_its_call_may(void **state)
{
	(void)state;
	calling_host();
	struct runtime_call call = call_of("run", "func()->s32");

	host_does = sleeps;
	call.timeout_ms = 40;
	uint64_t began = port_now_us();

	run(&call);
	ENDS_AS("timed-out", "DEADLINE_EXCEEDED", "40 ms");
	/* Not the 20 s that it asked for. */
	assert_true(port_now_us() - began < 20000000);
}

static int open_device(struct runtime_guest *guest, const char *name, size_t len,
		       const char *resource, uint32_t *handle)
{
	assert_string_equal(resource, "wasi/i2c/i2c.i2c");
	if (len == 3 && memcmp(name, "bad", 3) == 0) {
		runtime_guest_trap(guest, "device bad is spi, i2c expected");
		return -EACCES;
	}
	if (len == 2 && memcmp(name, "no", 2) == 0) {
		return -EACCES;
	}
	*handle = 33;
	return 0;
}

static void hands_devices_over_by_name(void **state)
{
	static const uint8_t good[] = {0x81, 0x64, 'g', 'o', 'o', 'd'};
	static const uint8_t bad[] = {0x81, 0x63, 'b', 'a', 'd'};
	static const uint8_t no[] = {0x81, 0x62, 'n', 'o'};

	(void)state;
	module_begin(&module);
	SECTION(&module, 1, 1, 0x60, 1, 0x7f, 1, 0x7f);
	SECTION(&module, 3, 1, 0);
	SECTION(&module, 7, 1, 3, 'r', 'u', 'n', 0, 0);
	SECTION(&module, 10, 1, 4, 0, 0x20, 0, 0x0b);
	struct runtime_call call = call_of("run", "func(bus:borrow<wasi/i2c/i2c.i2c>)->u32");

	call.args = good;
	call.args_len = sizeof(good);
	run(&call);
	assert_int_equal(result.outcome, CODEC_OUTCOME_COMPLETED);
	assert_int_equal(value[1], 33);
	call.args = bad;
	call.args_len = sizeof(bad);
	run(&call);
	ENDS_AS("refused", "PERMISSION_DENIED", "refused: device bad is spi, i2c expected");
	call.args = no;
	call.args_len = sizeof(no);
	run(&call);
	ENDS_AS("refused", "PERMISSION_DENIED", "refused: device no is not granted");
	call = call_of("run", "func(bus:list<borrow<wasi/i2c/i2c.i2c>>)->u32");
	run(&call);
	ENDS_AS("refused", "UNSUPPORTED", "only a device itself");
}

static void finds_exports_however_they_are_spelled(void **state)
{
	static const char *const names[] = {"a:b/c@0.2.7#f", "cm32p2|a:b/c@0.2|f"};

	(void)state;
	for (size_t at = 0; at < 2; at++) {
		uint8_t exports[64] = {1, (uint8_t)strlen(names[at])};
		size_t len = strlen(names[at]);

		memcpy(&exports[2], names[at], len);
		module_begin(&module);
		SECTION(&module, 1, 1, 0x60, 0, 1, 0x7f);
		SECTION(&module, 3, 1, 0);
		module_section(&module, 7, exports, len + 4);
		SECTION(&module, 10, 1, 4, 0, 0x41, 5, 0x0b);
		struct runtime_call call = call_of("a:b/c@0.2.7#f", "func()->s32");

		assert_int_equal(count(&call), 5);
	}
}

/** `run` takes a string, and its allocator calls the host. */
static void lets_no_allocator_call_the_host(void **state)
{
	static const uint8_t hello[] = {0x81, 0x65, 'h', 'e', 'l', 'l', 'o'};

	(void)state;
	module_begin(&module);
	SECTION(&module, 1, 3, 0x60, 0, 1, 0x7f, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f, 0x60, 2,
		0x7f, 0x7f, 1, 0x7f);
	SECTION(&module, 2, 1, 12, 't', 'e', 's', 't', ':', 'h', 'o', 's', 't', '/', 'i', 't', 2,
		'd', 'o', 0, 0);
	SECTION(&module, 3, 2, 1, 2);
	SECTION(&module, 5, 1, 0, 1);
	SECTION(&module, 7, 2, 12, 'c', 'a', 'b', 'i', '_', 'r', 'e', 'a', 'l', 'l', 'o', 'c', 0, 1,
		3, 'r', 'u', 'n', 0, 2);
	SECTION(&module, 10, 2, 4, 0, 0x10, 0, 0x0b, 4, 0, 0x20, 1, 0x0b);
	struct runtime_call call = call_of("run", "func(a:string)->s32");

	call.args = hello;
	call.args_len = sizeof(hello);
	host_does = traps;
	run(&call);
	ENDS_AS("trapped", "GUEST_TRAPPED", "cabi_realloc called a host function");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(host_functions_get_at_the_guest_and_trap_it, begin),
		cmocka_unit_test_setup(host_functions_are_found_in_both_spellings, begin),
		cmocka_unit_test_setup(a_host_function_sleeps_no_longer_than_its_call_may, begin),
		cmocka_unit_test_setup(lets_no_allocator_call_the_host, begin),
		cmocka_unit_test_setup(hands_devices_over_by_name, begin),
		cmocka_unit_test_setup(finds_exports_however_they_are_spelled, begin),
	};

	runtime_init();
	runtime_register(functions, sizeof(functions) / sizeof(functions[0]));
	runtime_on_instance_end(on_drop);
	runtime_on_device_argument(open_device);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
