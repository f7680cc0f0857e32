/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/messages.h"
#include "codec/stream.h"
#include "codec/topics.h"

int store_blob_read(const uint8_t *digest, uint32_t offset, void *data, size_t len)
{
	(void)digest;
	memset(data, (int)offset, len);
	return (int)len;
}

static void assert_digest(const char *text, size_t len, const char *hex)
{
	uint8_t digest[32];
	char got[65];

	codec_sha256(text, len, digest);
	for (size_t index = 0; index < 32; index++) {
		snprintf(&got[2 * index], 3, "%02x", digest[index]);
	}
	assert_string_equal(got, hex);
}

/* Examples of FIPS 180-4 and of NIST's test vectors. */
static void sha256_gives_the_digests_of_the_standard(void **state)
{
	(void)state;
	assert_digest("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
		      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	struct codec_sha256 hash;
	uint8_t digest[32];

	codec_sha256_init(&hash);
	for (int index = 0; index < 1000000; index++) {
		codec_sha256_update(&hash, "a", 1);
	}
	codec_sha256_finish(&hash, digest);
	assert_int_equal(digest[0] << 8 | digest[31], 0xcdd0);
}

static void crc32_gives_the_check_value(void **state)
{
	(void)state;
	assert_int_equal(codec_crc32(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(codec_crc32(codec_crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
}

static void a_message_is_decoded_field_by_field(void **state)
{
	/* {1: 't' and 20 digits, 2: 3, 3: 0xdeadbeef, 4: 3} */
	uint8_t data[] =
		"\xa4\x01\x75t01234567890123456789\x02\x03\x03\x1a\xde\xad\xbe\xef\x04\x03";
	struct codec_started started;

	(void)state;
	assert_int_equal(codec_decode_started(data, sizeof(data) - 1, &started), 0);
	assert_int_equal(started.task.len, 21);
	assert_memory_equal(started.task.data, "t01234567890123456789", 21);
	assert_int_equal(started.attempt, 3);
	assert_int_equal(started.epoch, 0xdeadbeef);
	assert_int_equal(started.phase, CODEC_PHASE_RUNNING);
}

static void what_is_wrong_is_named(void **state)
{
	struct codec_cancel cancel;
	struct codec_alive alive;

	(void)state;
	assert_int_equal(codec_decode_alive((const uint8_t *)"\xa1\x01\x01", 3, &alive), -EBADMSG);
	assert_string_equal(codec_problem(), "alive.seq: is missing");
	assert_int_equal(codec_decode_alive((const uint8_t *)"\xa1\x01\x20", 3, &alive), -EBADMSG);
	assert_string_equal(codec_problem(), "alive.epoch: is not a number");
	assert_int_equal(codec_decode_cancel((const uint8_t *)"\x80", 1, &cancel), -EBADMSG);
	assert_string_equal(codec_problem(), "cancel: is not an object");
	assert_int_equal(codec_decode_cancel((const uint8_t *)"\xa0\x00", 2, &cancel), -EBADMSG);
	assert_string_equal(codec_problem(), "cancel: is not one item of deterministic CBOR");
}

static void what_breaks_a_bound_is_not_encoded(void **state)
{
	struct codec_gone gone = {.boot = {(const uint8_t *)"1234567", 7},
				  .reason = CODEC_GONE_LOST};
	uint8_t data[64];

	(void)state;
	assert_int_equal(codec_encode_gone(data, sizeof(data), &gone), -EINVAL);
	assert_string_equal(codec_problem(), "gone.boot: has another length");
	gone.boot.len = 8;
	gone.boot.data = (const uint8_t *)"12345678";
	assert_int_equal(codec_encode_gone(data, 5, &gone), -ENOMEM);
	gone.reason = 3;
	assert_int_equal(codec_encode_gone(data, sizeof(data), &gone), -EINVAL);
}

static void assert_check(const char *bytes, size_t len, int expected)
{
	/* On the heap and of its length, so that a sanitizer sees a read behind its end. */
	uint8_t *data = malloc(len ? len : 1);

	memcpy(data, bytes, len);
	assert_int_equal(codec_check(data, len), expected);
	free(data);
}

#define GOOD(bytes) assert_check(bytes, sizeof(bytes) - 1, 0)
#define BAD(bytes)  assert_check(bytes, sizeof(bytes) - 1, -EBADMSG)

static void one_form_alone_is_taken(void **state)
{
	(void)state;
	GOOD("\x00");
	GOOD("\x18\x18");
	BAD("\x18\x17");
	GOOD("\x1b\x00\x00\x00\x01\x00\x00\x00\x00");
	BAD("\x1b\x00\x00\x00\x00\xff\xff\xff\xff");
	BAD("\x1f");
	BAD("\x9f\xff");
	BAD("\xc1\x00");
	BAD("\xf8\x20");
	BAD("");
	BAD("\x00\x00");
	GOOD("\xa2\x01\x00\x02\x00");
	BAD("\xa2\x02\x00\x01\x00");
	BAD("\xa2\x01\x00\x01\x00");
	GOOD("\xa3\x01\x00\x61\x62\x00\x62\x61\x61\x00");
	BAD("\xa2\x62\x61\x61\x00\x61\x62\x00");
	BAD("\xa2\x61\x62\x00\x61\x61\x00");
	BAD("\xa1\x40\x00");
	BAD("\x62\xc3\x28");
	BAD("\x61\xc3");
	BAD("\x63\xed\xa0\x80");
	GOOD("\x64\xf0\x9f\x98\x80");
	BAD("\x44\x00");
}

static void the_first_error_of_a_reader_stays(void **state)
{
	static const uint8_t document[] = {0xa2, 0x01, 0x63, 'a', 'd', 'd', 0x02, 0x00};
	struct codec_bytes bytes = {document, sizeof(document)};
	struct codec_source source = codec_source_bytes(&bytes);
	struct codec_reader reader;
	uint32_t pairs;
	uint64_t key = 0;
	char text[3];

	(void)state;
	codec_reader_init(&reader, &source);
	assert_int_equal(codec_read_map(&reader, 2, &pairs), 0);
	assert_int_equal(codec_read_key(&reader, &key), 0);
	assert_int_equal(codec_read_text(&reader, text, sizeof(text)), -EMSGSIZE);
	assert_int_equal(codec_read_key(&reader, &key), -EMSGSIZE);
	assert_int_equal(reader.error, -EMSGSIZE);
	assert_int_equal(codec_finish(&reader), -EMSGSIZE);
}

static void depth_has_a_bound(void **state)
{
	char deep[64];

	(void)state;
	memset(deep, 0x81, sizeof(deep));
	deep[40] = 0;
	assert_check(deep, 41, 0);
	deep[40] = (char)0x81;
	deep[41] = 0;
	assert_check(deep, 42, -EBADMSG);
}

static void a_text_is_cut_between_characters(void **state)
{
	struct codec_error error;
	char long_text[400];

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	memcpy(&long_text[239], "\xc3\xa9", 2);
	long_text[399] = '\0';
	codec_error_set(&error, CODEC_NOT_FOUND, "%s", long_text);
	assert_int_equal(strlen(error.message), 239);
	assert_string_equal(codec_error_name(error.code), "NOT_FOUND");
	assert_string_equal(codec_outcome_name(CODEC_OUTCOME_TIMED_OUT), "timed-out");
	assert_string_equal(codec_error_name(99), "?");
}

static void topics_are_those_of_the_protocol(void **state)
{
	char text[CODEC_TOPIC_MAX];
	enum codec_topic topic;

	(void)state;
	codec_topic_format(text, sizeof(text), CODEC_TOPIC_REPORTED, "default", "press-4", NULL);
	assert_string_equal(text, "samara/1/default/p/press-4/reported");
	assert_true(codec_topic_retain(CODEC_TOPIC_REPORTED));
	assert_int_equal(codec_topic_qos(CODEC_TOPIC_ALIVE), 0);
	codec_topic_format(text, sizeof(text), CODEC_TOPIC_DEPLOYMENT_RESULT, "default", "press-4",
			   "d1");
	assert_string_equal(text, "samara/1/default/p/press-4/d/d1");
	assert_int_equal(codec_topic_format(text, 10, CODEC_TOPIC_HELLO, "default", "p", NULL),
			 -ENOMEM);
	assert_int_equal(
		codec_topic_parse("samara/1/default/p/press-4/start", "default", "press-4", &topic),
		0);
	assert_int_equal(topic, CODEC_TOPIC_START);
	assert_int_equal(
		codec_topic_parse("samara/1/default/p/press-4/hello", "default", "press-4", &topic),
		-ENOENT);
	assert_int_equal(
		codec_topic_parse("samara/1/default/p/press-5/start", "default", "press-4", &topic),
		-ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_gives_the_digests_of_the_standard),
		cmocka_unit_test(crc32_gives_the_check_value),
		cmocka_unit_test(a_message_is_decoded_field_by_field),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(what_breaks_a_bound_is_not_encoded),
		cmocka_unit_test(one_form_alone_is_taken),
		cmocka_unit_test(the_first_error_of_a_reader_stays),
		cmocka_unit_test(depth_has_a_bound),
		cmocka_unit_test(a_text_is_cut_between_characters),
		cmocka_unit_test(topics_are_those_of_the_protocol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
