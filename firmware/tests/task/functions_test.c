/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "task/fixture.h"
#include "task/functions.h"
#include "task/pairs.h"

#define PAGE	 65536u
#define OVERHEAD (16384u + CONFIG_SAMARA_WASM_STACK)

/** What a manifest of these tests says. */
struct says {
	const char *export_name;
	const char *signature;
	enum codec_format format;
	bool other_image;
	uint32_t min_pages;
	uint32_t max_pages; /* 0: left out */
	bool grows;
	uint32_t data_bytes; /* 0: left out */
};

static struct says plain;
static struct function_ref function;
static uint8_t image[700];
static uint8_t args[CONFIG_SAMARA_CALL_MAX];
static struct function_call call;
static struct codec_error error;

static void put(const void *data, uint32_t size, uint8_t digest[32])
{
	codec_sha256(data, size, digest);
	if (store_blob_begin(digest, size) == 0) {
		assert_int_equal(store_blob_append(digest, 0, data, size), 0);
		assert_int_equal(store_blob_finish(digest), 0);
	}
}

static void write_exports(struct codec_writer *writer, const struct says *says)
{
	pair_begin(writer, 4, CODEC_ARRAY, 2);
	codec_write_head(writer, CODEC_MAP, 2);
	pair_text(writer, 1, "another");
	pair_text(writer, 2, "func()");
	codec_write_head(writer, CODEC_MAP, 2);
	pair_text(writer, 1, says->export_name);
	pair_text(writer, 2, says->signature);
}

static void write_memory(struct codec_writer *writer, const struct says *says)
{
	pair_begin(writer, 6, CODEC_MAP, says->max_pages > 0 ? 3 : 2);
	pair_uint(writer, 1, says->min_pages);
	if (says->max_pages > 0) {
		pair_uint(writer, 2, says->max_pages);
	}
	pair_bool(writer, 3, says->grows);
}

static void write_images(struct codec_writer *writer, const struct says *says)
{
	uint8_t other[32] = {1};

	pair_begin(writer, 7, CODEC_ARRAY, 2);
	codec_write_head(writer, CODEC_MAP, 4);
	pair_uint(writer, 1, 1);
	pair_uint(writer, 2, CODEC_FORMAT_COMPONENT);
	pair_bytes(writer, 3, other, 32);
	pair_uint(writer, 4, 10);
	other[0] = 2;
	codec_write_head(writer, CODEC_MAP, 4);
	pair_uint(writer, 1, 1);
	pair_uint(writer, 2, says->format);
	pair_bytes(writer, 3, says->other_image ? other : function.image, 32);
	pair_uint(writer, 4, sizeof(image));
}

/** A manifest in the store, named by `function`. */
static void say(const struct says *says)
{
	static uint8_t data[2048];
	struct codec_writer writer;

	codec_writer_init(&writer, data, sizeof(data));
	codec_write_head(&writer, CODEC_MAP, says->data_bytes > 0 ? 8 : 7);
	pair_uint(&writer, 1, 3);
	pair_bytes(&writer, 2, function.image, 32);
	pair_uint(&writer, 3, sizeof(image));
	write_exports(&writer, says);
	pair_begin(&writer, 5, CODEC_ARRAY, 0);
	write_memory(&writer, says);
	write_images(&writer, says);
	if (says->data_bytes > 0) {
		pair_uint(&writer, 12, says->data_bytes);
	}
	assert_int_equal(writer.error, 0);
	function.manifest_bytes = (uint32_t)writer.len;
	put(data, function.manifest_bytes, function.manifest);
}

static int setup(void **state)
{
	(void)state;
	fake_port_reset();
	flash_sim_open(128u * 1024, 4096, 4);
	assert_int_equal(store_mount(), 0);
	memset(image, 7, sizeof(image));
	put(image, sizeof(image), function.image);
	function.image_bytes = sizeof(image);
	plain = (struct says){
		.export_name = "add",
		.signature = "func(a:u32,b:u32)->u32",
		.format = CODEC_FORMAT_LOWERED_CORE,
		.min_pages = 1,
	};
	call = (struct function_call){.args = args, .args_max = sizeof(args)};
	return 0;
}

static int read_bytes(const void *data, size_t len)
{
	struct codec_bytes bytes = {data, len};
	struct codec_source source = codec_source_bytes(&bytes);

	return function_read(&function, &source, &call, &error);
}

/** Reads a call of `export_name`, asking for `pages` of memory, 0: for none. */
static int read_call_of(const char *export_name, uint32_t pages)
{
	uint8_t data[256];
	struct codec_writer writer;

	codec_writer_init(&writer, data, sizeof(data));
	codec_write_head(&writer, CODEC_MAP, pages > 0 ? 3 : 2);
	pair_text(&writer, 1, export_name);
	pair_begin(&writer, 2, CODEC_ARRAY, 2);
	codec_write_uint(&writer, 2);
	codec_write_uint(&writer, 3);
	if (pages > 0) {
		pair_uint(&writer, 6, pages);
	}
	assert_int_equal(writer.error, 0);
	return read_bytes(data, writer.len);
}

static void expect_refusal(int result, enum codec_error_code code)
{
	assert_int_equal(result, -EINVAL);
	assert_string_equal(codec_error_name(error.code), codec_error_name(code));
	assert_true(strlen(error.message) > 0);
}

static void export_signature_and_arguments_are_found(void **state)
{
	static const uint8_t two_and_three[] = {0x82, 0x02, 0x03};

	(void)state;
	say(&plain);
	assert_int_equal(read_call_of("add", 0), 0);
	assert_string_equal(call.export_name, "add");
	assert_string_equal(call.signature, "func(a:u32,b:u32)->u32");
	assert_int_equal(call.args_len, 3);
	assert_memory_equal(args, two_and_three, 3);
}

static void an_export_that_is_not_there_is_not_found(void **state)
{
	(void)state;
	say(&plain);
	expect_refusal(read_call_of("sub", 0), CODEC_NOT_FOUND);
	assert_non_null(strstr(error.message, "sub"));
	expect_refusal(read_call_of("ad", 0), CODEC_NOT_FOUND);
}

static void an_image_that_its_manifest_does_not_name_is_denied(void **state)
{
	(void)state;
	plain.other_image = true;
	say(&plain);
	expect_refusal(read_call_of("add", 0), CODEC_PERMISSION_DENIED);
}

static void another_format_is_unsupported(void **state)
{
	(void)state;
	plain.format = CODEC_FORMAT_CORE_MODULE;
	say(&plain);
	expect_refusal(read_call_of("add", 0), CODEC_UNSUPPORTED);
}

static void what_is_for_commands_is_unsupported(void **state)
{
	static const uint8_t argv[] = {0xa3, 0x01, 0x61, 'a', 0x02, 0x80, 0x03, 0x80};
	static const uint8_t env[] = {0xa3, 0x01, 0x61, 'a', 0x02, 0x80, 0x04, 0xa0};
	static const uint8_t in[] = {0xa3, 0x01, 0x61, 'a', 0x02, 0x80, 0x05, 0x40};

	(void)state;
	say(&plain);
	expect_refusal(read_bytes(argv, sizeof(argv)), CODEC_UNSUPPORTED);
	expect_refusal(read_bytes(env, sizeof(env)), CODEC_UNSUPPORTED);
	expect_refusal(read_bytes(in, sizeof(in)), CODEC_UNSUPPORTED);
}

static void a_call_that_is_no_call_is_an_invalid_argument(void **state)
{
	static const uint8_t list[] = {0x80};
	static const uint8_t without_args[] = {0xa1, 0x01, 0x63, 'a', 'd', 'd'};
	static const uint8_t broken_args[] = {0xa2, 0x01, 0x61, 'a', 0x02, 0x82, 0x01};
	static const uint8_t more_behind[] = {0xa2, 0x01, 0x61, 'a', 0x02, 0x80, 0x00};

	(void)state;
	say(&plain);
	expect_refusal(read_bytes(list, 0), CODEC_INVALID_ARGUMENT);
	expect_refusal(read_bytes(list, sizeof(list)), CODEC_INVALID_ARGUMENT);
	expect_refusal(read_bytes(without_args, sizeof(without_args)), CODEC_INVALID_ARGUMENT);
	expect_refusal(read_bytes(broken_args, sizeof(broken_args)), CODEC_INVALID_ARGUMENT);
	expect_refusal(read_bytes(more_behind, sizeof(more_behind)), CODEC_INVALID_ARGUMENT);
}

static void arguments_that_do_not_fit_are_too_large(void **state)
{
	(void)state;
	say(&plain);
	call.args_max = 2;
	expect_refusal(read_call_of("add", 0), CODEC_TOO_LARGE);
	call.args_max = 3;
	assert_int_equal(read_call_of("add", 0), 0);
}

static void names_and_signatures_that_do_not_fit_are_too_large(void **state)
{
	char name[CONFIG_SAMARA_EXPORT_MAX + 2];
	char signature[CONFIG_SAMARA_SIGNATURE_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[CONFIG_SAMARA_EXPORT_MAX + 1] = '\0';
	memset(signature, 's', sizeof(signature));
	signature[CONFIG_SAMARA_SIGNATURE_MAX + 1] = '\0';
	say(&plain);
	expect_refusal(read_call_of(name, 0), CODEC_TOO_LARGE);
	plain.signature = signature;
	say(&plain);
	expect_refusal(read_call_of("add", 0), CODEC_TOO_LARGE);
}

static void keys_that_are_not_known_are_passed_over(void **state)
{
	static const uint8_t data[] = {0xa3, 0x01, 0x63, 'a',  'd', 'd',
				       0x02, 0x80, 0x09, 0x61, 'x'};

	(void)state;
	say(&plain);
	assert_int_equal(read_bytes(data, sizeof(data)), 0);
	assert_int_equal(call.args_len, 1);
}

static void what_of_other_exports_does_not_fit_is_passed_over(void **state)
{
	char name[CONFIG_SAMARA_EXPORT_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[CONFIG_SAMARA_EXPORT_MAX + 1] = '\0';
	plain.export_name = name;
	say(&plain);
	assert_int_equal(read_call_of("another", 0), 0);
	assert_string_equal(call.signature, "func()");
}

static void a_manifest_that_is_none_is_data_loss(void **state)
{
	static const uint8_t junk[] = "no manifest at all";

	(void)state;
	put(junk, sizeof(junk), function.manifest);
	function.manifest_bytes = sizeof(junk);
	expect_refusal(read_call_of("add", 0), CODEC_DATA_LOSS);
}

static void what_the_store_has_not_is_data_loss(void **state)
{
	(void)state;
	say(&plain);
	store_blob_drop(function.image);
	expect_refusal(read_call_of("add", 0), CODEC_DATA_LOSS);
	put(image, sizeof(image), function.image);
	assert_int_equal(read_call_of("add", 0), 0);
	store_blob_drop(function.manifest);
	expect_refusal(read_call_of("add", 0), CODEC_DATA_LOSS);
}

static uint32_t budget(uint32_t pages)
{
	say(&plain);
	assert_int_equal(read_call_of("add", pages), 0);
	return call.budget_bytes;
}

/* What WAMR takes, and the module itself: its image, and half as much for its tables. */
#define BESIDE (OVERHEAD + sizeof(image) + sizeof(image) / 2)

static void the_budget_is_its_memory_and_what_a_call_needs_beside_it(void **state)
{
	(void)state;
	assert_int_equal(budget(0), PAGE + BESIDE);
	/* What cannot grow is given no more than it has. */
	assert_int_equal(budget(9), PAGE + BESIDE);
	plain.data_bytes = 1000;
	assert_int_equal(budget(0), 1000 + BESIDE);
	plain.data_bytes = CONFIG_SAMARA_BUDGET;
	assert_int_equal(budget(0), CONFIG_SAMARA_BUDGET + BESIDE);
}

static void the_budget_of_what_grows_is_what_the_call_asks_for(void **state)
{
	(void)state;
	plain.grows = true;
	assert_int_equal(budget(0), CONFIG_SAMARA_BUDGET + BESIDE);
	plain.min_pages = 0;
	assert_int_equal(budget(1), PAGE + BESIDE);
	assert_int_equal(budget(200), CONFIG_SAMARA_BUDGET + BESIDE);
	plain.max_pages = 1;
	assert_int_equal(budget(200), PAGE + BESIDE);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(export_signature_and_arguments_are_found),
		TEST(an_export_that_is_not_there_is_not_found),
		TEST(an_image_that_its_manifest_does_not_name_is_denied),
		TEST(another_format_is_unsupported),
		TEST(what_is_for_commands_is_unsupported),
		TEST(a_call_that_is_no_call_is_an_invalid_argument),
		TEST(arguments_that_do_not_fit_are_too_large),
		TEST(names_and_signatures_that_do_not_fit_are_too_large),
		TEST(keys_that_are_not_known_are_passed_over),
		TEST(what_of_other_exports_does_not_fit_is_passed_over),
		TEST(a_manifest_that_is_none_is_data_loss),
		TEST(what_the_store_has_not_is_data_loss),
		TEST(the_budget_is_its_memory_and_what_a_call_needs_beside_it),
		TEST(the_budget_of_what_grows_is_what_the_call_asks_for),
	};

	return cmocka_run_group_tests_name("task_functions", tests, NULL, NULL);
}
