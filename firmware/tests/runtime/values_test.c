/* SPDX-License-Identifier: Apache-2.0 */

/* Arguments and results as rows: CBOR on one side, numbers and bytes of memory on the other.
 * [P-8.3] */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/fake_guest.h"
#include "runtime/values.h"

static uint8_t memory[GUEST_MEMORY];
static struct signature signature;
static struct codec_error error;
static uint64_t flat[FLAT_PARAMS_MAX];
static unsigned int count;

static struct runtime_guest fresh(void)
{
	memset(memory, 0xee, sizeof(memory));
	return (struct runtime_guest){.memory = memory, .size = sizeof(memory), .heap = 1024};
}

static size_t from_hex(uint8_t *bytes, const char *hex)
{
	size_t len = 0;

	for (; hex[0] && hex[1]; hex += hex[2] == ' ' ? 3 : 2) {
		unsigned int digits[2];

		for (int at = 0; at < 2; at++) {
			digits[at] =
				(unsigned int)(hex[at] <= '9' ? hex[at] - '0' : hex[at] - 'a' + 10);
		}
		bytes[len++] = (uint8_t)(digits[0] << 4 | digits[1]);
	}
	return len;
}

static int lower(const char *text, const char *cbor)
{
	static uint8_t args[512];
	struct arguments arguments = {&signature, args, from_hex(args, cbor)};
	struct runtime_guest guest = fresh();
	int err = signature_parse(&signature, text, &error);

	if (!err) {
		err = arguments_check(&arguments, &error);
	}
	return err ? err : arguments_lower(&arguments, &guest, flat, &count, &error);
}

static void passes_numbers_as_such(void **state)
{
	static const struct {
		const char *type;
		const char *cbor;
		unsigned int count;
		uint64_t flat[4];
	} rows[] = {
		{"bool", "f5", 1, {1}},
		{"s8", "387f", 1, {0xffffff80}},
		{"u8", "18ff", 1, {255}},
		{"s16", "397fff", 1, {0xffff8000}},
		{"s32", "3a7fffffff", 1, {0x80000000}},
		{"u32", "1affffffff", 1, {0xffffffff}},
		{"s64", "3b7fffffffffffffff", 1, {0x8000000000000000}},
		{"u64", "1bffffffffffffffff", 1, {UINT64_MAX}},
		{"f32", "fa3fc00000", 1, {0x3fc00000}},
		{"f32", "fb3ff8000000000000", 1, {0x3fc00000}},
		{"f32", "fa7fc00001", 1, {0x7fc00000}},
		{"f64", "fb3ff8000000000000", 1, {0x3ff8000000000000}},
		{"f64", "05", 1, {0x4014000000000000}},
		{"f64", "20", 1, {0xbff0000000000000}},
		{"char", "64f09f9880", 1, {0x1f600}},
		{"option<u8>", "f6", 2, {0, 0}},
		{"option<u8>", "8107", 2, {1, 7}},
		{"option<option<s8>>", "818120", 3, {1, 1, 0xffffffff}},
		{"result<u8,f64>", "8201fb3ff8000000000000", 2, {1, 0x3ff8000000000000}},
		{"result<u8,f64>", "820007", 2, {0, 7}},
		{"result<_,u8>", "8200f6", 2, {0, 0}},
		{"result", "8201f6", 1, {1}},
		{"variant{a,b(u16),c(f32)}", "8202fa3fc00000", 2, {2, 0x3fc00000}},
		{"variant{a,b(u16),c(f32)}", "8100", 2, {0, 0}},
		{"variant{a(u64),b(f32)}", "8201fa3fc00000", 2, {1, 0x3fc00000}},
		{"enum{a,b,c}", "02", 1, {2}},
		{"flags{a,b,c}", "05", 1, {5}},
		{"tuple<u8,s16>", "820120", 2, {1, 0xffffffff}},
		{"record{x:u8,y:flags{},z:u64}", "8301001b0000000100000000", 2, {1, 0x100000000}},
		{"own<wasi/i2c/i2c.i2c>", "6474656d70", 1, {5}},
	};

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		char text[128] = "func(a:";
		char cbor[64] = "81";

		strcat(strcat(text, rows[at].type), ")");
		strcat(cbor, rows[at].cbor);
		if (lower(text, cbor) != 0) {
			fail_msg("%s %s: %s", text, cbor, error.message);
		}
		assert_int_equal(count, rows[at].count);
		assert_memory_equal(flat, rows[at].flat, count * sizeof(*flat));
	}
}

static void passes_what_is_longer_through_memory_of_the_guest(void **state)
{
	(void)state;
	assert_int_equal(lower("func(a:string,b:list<u8>,c:list<u16>)",
			       "8365 68656c6c6f 43 010203 82 18ff 190100"),
			 0);
	assert_int_equal(count, 6);
	assert_int_equal(flat[1], 5);
	assert_memory_equal(&memory[flat[0]], "hello", 5);
	assert_memory_equal(&memory[flat[2]], "\1\2\3", 3);
	assert_int_equal(flat[4] % 2, 0);
	assert_memory_equal(&memory[flat[4]], "\xff\0\0\1", 4);
	assert_int_equal(lower("func(a:string)", "8160"), 0);
	assert_int_equal(flat[0], 1);
	assert_int_equal(flat[1], 0);
}

static void passes_more_than_16_numbers_through_memory(void **state)
{
	(void)state;
	assert_int_equal(
		lower("func(a:u8,b:u64,c:tuple<u8,u8,u8,u8,u8,u8,u8,u8,u8,u8,u8,u8,u8,u8,u8>)",
		      "83 01 02 8f 030303030303030303030303030304"),
		0);
	assert_int_equal(count, 1);
	assert_int_equal(flat[0] % 8, 0);
	assert_int_equal(memory[flat[0]], 1);
	assert_int_equal(memory[flat[0] + 8], 2);
	assert_int_equal(memory[flat[0] + 16], 3);
	assert_int_equal(memory[flat[0] + 30], 4);
}

static void passes_flags_beyond_32_in_words(void **state)
{
	(void)state;
	assert_int_equal(lower("func(a:flags{a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,"
			       "aa,bb,cc,dd,ee,ff,gg})",
			       "811b0000000100000001"),
			 0);
	assert_int_equal(count, 2);
	assert_int_equal(flat[0], 1);
	assert_int_equal(flat[1], 1);
}

static void names_what_is_wrong_with_an_argument(void **state)
{
	static const struct {
		const char *text;
		const char *cbor;
		const char *field;
		const char *message;
	} rows[] = {
		{"func(a:u8)", "81190100", "args[0]",
		 "args[0]: 256 is not an integer from 0 to 255"},
		{"func(a:s8)", "813880", "args[0]",
		 "args[0]: -129 is not an integer from -128 to 127"},
		{"func(a:u32)", "8120", "args[0]",
		 "args[0]: -1 is not an integer from 0 to 4294967295"},
		{"func(a:bool)", "8101", "args[0]", "args[0]: 1 is not true or false"},
		{"func(a:string)", "81f6", "args[0]",
		 "args[0]: null is not a string of Unicode scalar values"},
		{"func(a:char)", "81626162", "args[0]",
		 "args[0]: \"ab\" is not a string of one Unicode scalar value"},
		{"func(a:f32)", "81fb7e37e43c8800759c", "args[0]",
		 "args[0]: an object is not a number that fits f32, or one of \"NaN\", "
		 "\"Infinity\", \"-Infinity\", \"-0\""},
		{"func(a:list<s8>)", "81820138ff", "args[0][1]",
		 "args[0][1]: -256 is not an integer from -128 to 127"},
		{"func(a:list<u8>)", "818101", "args[0]",
		 "args[0]: a list of 1 is not a byte string"},
		{"func(a:record{x:u8,deep:record{y:bool}})", "81820181 07", "args[0].deep.y",
		 "args[0].deep.y: 7 is not true or false"},
		{"func(a:result<u8>)", "8182006161", "args[0].ok",
		 "args[0].ok: \"a\" is not an integer from 0 to 255"},
		{"func(a:result<u8>)", "81820101", "args[0].err",
		 "args[0].err: 1 is not null, for it has no payload"},
		{"func(a:variant{x,why(bool)})", "81820101", "args[0].why",
		 "args[0].why: 1 is not true or false"},
		{"func(a:variant{x,why(bool)})", "8181 02", "args[0]",
		 "args[0]: a list of 1 is not [case from 0 to 1] or with its payload [case, "
		 "payload]"},
		{"func(a:enum{x,y})", "8102", "args[0]", "args[0]: 2 is not an index from 0 to 1"},
		{"func(a:flags{x,y})", "8104", "args[0]", "args[0]: 4 is not a bit mask of 2 bits"},
		{"func(a:option<u8>)", "8101", "args[0]",
		 "args[0]: 1 is not null or a list of one"},
		{"func(a:tuple<u8,u8>)", "818101", "args[0]",
		 "args[0]: a list of 1 is not a list of 2"},
		{"func(a:u8)", "80", "args[0]", "args[0]: argument a is missing"},
		{"func(a:u8)", "820102", "args[1]",
		 "args[1]: extra argument; 1 argument expected, 2 given"},
		{"func(a:u8)", "811801", "", "args: is not a list of at most 64 values"},
	};

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		assert_int_equal(lower(rows[at].text, rows[at].cbor), -EINVAL);
		assert_int_equal(error.code, CODEC_INVALID_ARGUMENT);
		assert_string_equal(error.message, rows[at].message);
		assert_string_equal(error.field, rows[at].field);
	}
}

static const char *problem;
static uint8_t value[256];
static size_t value_len;

static int lift(const char *type, uint64_t core, const char *at_16)
{
	struct runtime_guest guest = fresh();
	struct codec_writer writer;
	char text[128] = "func()->";

	from_hex(&memory[16], at_16);
	memcpy(&memory[100],
	       "gr\xc3\xbc\xc3\x9f"
	       "e",
	       7);
	strcat(text, type);
	assert_int_equal(signature_parse(&signature, text, &error), 0);
	codec_writer_init(&writer, value, sizeof(value));
	int err = result_lift(&signature, &guest, core, &writer, &problem);

	value_len = writer.len;
	return err;
}

static void takes_results_from_numbers_and_from_memory(void **state)
{
	static const struct {
		const char *type;
		uint64_t core;
		const char *at_16;
		const char *cbor;
	} rows[] = {
		{"bool", 2, "", "f5"},
		{"bool", 256, "", "f5"},
		{"s8", 0xffffffff, "", "20"},
		{"u8", 0xff, "", "18ff"},
		{"s16", 0xffff8000, "", "397fff"},
		{"u32", 0xffffffff, "", "1affffffff"},
		{"s32", 0xffffffff, "", "20"},
		{"s64", UINT64_MAX, "", "20"},
		{"u64", UINT64_MAX, "", "1bffffffffffffffff"},
		{"f32", 0xffc00123, "", "fa7fc00000"},
		{"f64", 0xfff8000000000123, "", "fb7ff8000000000000"},
		{"char", 0x7f, "", "617f"},
		{"char", 0x7ff, "", "62dfbf"},
		{"char", 0xffff, "", "63efbfbf"},
		{"char", 0x10ffff, "", "64f48fbfbf"},
		{"enum{a,b}", 1, "", "01"},
		{"flags{a,b}", 3, "", "03"},
		{"flags{}", 0, "", "00"},
		{"result", 0, "", "8200f6"},
		{"tuple<u8>", 7, "", "8107"},
		{"record{none:flags{},x:record{y:s16}}", 0xffffffff, "", "820081 20"},
		{"string", 16, "64000000 07000000", "676772c3bcc39f65"},
		{"string", 16, "ffffffff 00000000", "60"},
		{"list<u8>", 16, "10000000 04000000", "4410000000"},
		{"list<u16>", 16, "10000000 02000000", "821000"},
		{"option<u8>", 16, "00ff", "f6"},
		{"option<u8>", 16, "0107", "8107"},
		{"option<u64>", 16, "0100000000000000 0500000000000000", "8105"},
		{"result<u8,string>", 16, "01000000 64000000 02000000", "82016267 72"},
		{"variant{a,b(u16)}", 16, "01000201", "8201190102"},
		{"variant{a,b(u16)}", 16, "00000201", "8100"},
		{"tuple<u8,u32>", 16, "01000000 02000000", "820102"},
	};

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		uint8_t expected[64];
		size_t len = from_hex(expected, rows[at].cbor);

		if (lift(rows[at].type, rows[at].core, rows[at].at_16) != 0 || value_len != len ||
		    memcmp(value, expected, len) != 0) {
			fail_msg("%s: %s", rows[at].type, problem ? problem : rows[at].cbor);
		}
	}
}

static void believes_no_result_that_its_signature_rules_out(void **state)
{
	static const struct {
		const char *type;
		uint64_t core;
		const char *at_16;
		const char *problem;
	} rows[] = {
		{"char", 0xd800, "", "Unicode scalar"},
		{"char", 0x110000, "", "Unicode scalar"},
		{"enum{a,b}", 2, "", "case"},
		{"enum{a,b}", 256, "", "case"},
		{"result", 2, "", "case"},
		{"u8", 0x100, "", "range"},
		{"s8", 0x80, "", "range"},
		{"s16", 0xffff7fff, "", "range"},
		{"tuple<u16>", 0xffffffff, "", "range"},
		{"flags{a,b}", 7, "", "without a name"},
		{"flags{a,b}", 0x100, "", "without a name"},
		{"tuple<flags{a,b},u8>", 16, "0400", "without a name"},
		{"option<u8>", 16, "02", "case"},
		{"string", GUEST_MEMORY - 4, "", "out of bounds"},
		{"string", 17, "", "aligned"},
		{"string", 16, "f0ffffff 20000000", "out of bounds"},
		{"string", 16, "ff0f0000 02000000", "out of bounds"},
		{"string", 16, "66000000 01000000", "UTF-8"},
		{"list<u32>", 16, "11000000 01000000", "aligned"},
		{"list<u64>", 16, "10000000 ffffffff", "out of bounds"},
		{"list<tuple<u64,u64>>", 16, "00000000 00000010", "out of bounds"},
	};

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		assert_int_equal(lift(rows[at].type, rows[at].core, rows[at].at_16), -EFAULT);
		assert_non_null(strstr(problem, rows[at].problem));
	}
	assert_int_equal(lift("list<u8>", 16, "00000000 00020000"), -ENOMEM);
	assert_int_equal(lift("list<flags{}>", 16, "00000000 ffffffff"), -ENOMEM);
}

static void reads_no_signature_that_is_none(void **state)
{
	static const struct {
		const char *text;
		enum codec_error_code code;
		const char *message;
	} rows[] = {
		{"", CODEC_INVALID_ARGUMENT, "expected func( at 0"},
		{"func(a:u7)", CODEC_INVALID_ARGUMENT, "expected a type at 7"},
		{"func(a)", CODEC_INVALID_ARGUMENT, "expected : at 6"},
		{"func(:u8)", CODEC_INVALID_ARGUMENT, "expected a name at 5"},
		{"func(a:list<u8)", CODEC_INVALID_ARGUMENT, "expected > at 14"},
		{"func()->u8 ", CODEC_INVALID_ARGUMENT, "expected the end at 10"},
		{"func(a:result<_,u8)", CODEC_INVALID_ARGUMENT, "expected > at 18"},
	};
	static char deep[CONFIG_SAMARA_SIGNATURE_MAX + 10];

	(void)state;
	for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
		assert_int_equal(signature_parse(&signature, rows[at].text, &error), -EINVAL);
		assert_int_equal(error.code, rows[at].code);
		assert_non_null(strstr(error.message, rows[at].message));
	}
	strcpy(deep, "func(a:");
	for (int level = 0; level < 34; level++) {
		strcat(deep, "list<");
	}
	assert_int_equal(signature_parse(&signature, deep, &error), -EINVAL);
	assert_non_null(strstr(error.message, "32 levels"));
	strcpy(deep, "func(a:tuple<u8");
	for (int part = 0; part < CONFIG_SAMARA_TYPE_NODES; part++) {
		strcat(deep, ",u8");
	}
	assert_int_equal(signature_parse(&signature, deep, &error), -EINVAL);
	assert_int_equal(error.code, CODEC_UNSUPPORTED);
	memset(deep, 'a', sizeof(deep) - 1);
	assert_int_equal(signature_parse(&signature, deep, &error), -EINVAL);
	assert_int_equal(error.code, CODEC_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_numbers_as_such),
		cmocka_unit_test(passes_what_is_longer_through_memory_of_the_guest),
		cmocka_unit_test(passes_more_than_16_numbers_through_memory),
		cmocka_unit_test(passes_flags_beyond_32_in_words),
		cmocka_unit_test(names_what_is_wrong_with_an_argument),
		cmocka_unit_test(takes_results_from_numbers_and_from_memory),
		cmocka_unit_test(believes_no_result_that_its_signature_rules_out),
		cmocka_unit_test(reads_no_signature_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
