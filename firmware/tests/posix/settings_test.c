/* SPDX-License-Identifier: Apache-2.0 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "settings.h"

static struct settings settings;
static enum settings_wish wish;
static char problem[1024];

#define READ(...) read_flags((char *[]){"samara-agent", __VA_ARGS__, NULL})

static int read_flags(char *argv[])
{
	int argc = 0;

	while (argv[argc]) {
		argc++;
	}
	problem[0] = '\0';
	return settings_read(&settings, argc, argv, &wish, problem, sizeof(problem));
}

static int clean(void **state)
{
	static const char *const names[] = {"SAMARA_ALIVE_MS", "SAMARA_BROKER", "SAMARA_ID",
					    "SAMARA_LAB", "SAMARA_TOKEN"};

	(void)state;
	for (size_t index = 0; index < sizeof(names) / sizeof(*names); index++) {
		unsetenv(names[index]);
	}
	return 0;
}

static void has_a_default_for_everything(void **state)
{
	(void)state;
	assert_int_equal(READ("--id", "edge-1"), 0);
	assert_string_equal(settings.host, "127.0.0.1");
	assert_int_equal(settings.port, 1883);
	assert_false(settings.tls);
	assert_string_equal(settings.ns, "default");
	assert_int_equal(settings.alive_ms, 10000);
	assert_int_equal(settings.drain_ms, 10000);
	assert_int_equal(settings.block_size, 4096);
	assert_int_equal(settings.write_size, 4);
	assert_false(settings.has_token);
}

static void takes_a_flag_before_the_environment(void **state)
{
	(void)state;
	setenv("SAMARA_ALIVE_MS", "500", 1);
	assert_int_equal(READ("--id=edge-1"), 0);
	assert_int_equal(settings.alive_ms, 500);
	setenv("SAMARA_ALIVE_MS", "nonsense", 1);
	assert_int_equal(READ("--alive-ms", "700"), 0);
	assert_int_equal(settings.alive_ms, 700);
	setenv("SAMARA_ALIVE_MS", "", 1);
	assert_int_equal(READ("--id=edge-1"), 0);
	assert_int_equal(settings.alive_ms, 10000);
}

static void reads_brokers(void **state)
{
	static const struct {
		char *text;
		const char *host;
		int port;
		bool tls;
	} rows[] = {
		{"mqtt://broker", "broker", 1883, false},
		{"mqtts://broker.factory", "broker.factory", 8883, true},
		{"mqtt://10.0.0.1:99/", "10.0.0.1", 99, false},
		{"mqtts://[fd00::1]:8884", "fd00::1", 8884, true},
	};

	(void)state;
	for (size_t index = 0; index < sizeof(rows) / sizeof(*rows); index++) {
		assert_int_equal(READ("--broker", rows[index].text), 0);
		assert_string_equal(settings.host, rows[index].host);
		assert_int_equal(settings.port, rows[index].port);
		assert_int_equal(settings.tls, rows[index].tls);
	}
}

static void keeps_labels_in_the_order_of_cbor_and_the_last_of_one_key(void **state)
{
	(void)state;
	assert_int_equal(READ("--labels", "site=hall-3, b=1,line=7,a=2,b=3"), 0);
	assert_int_equal(settings.labels_count, 4);
	assert_string_equal(settings.labels[0].key, "a");
	assert_string_equal(settings.labels[1].key, "b");
	assert_string_equal(settings.labels[1].value, "3");
	assert_string_equal(settings.labels[2].key, "line");
	assert_string_equal(settings.labels[3].key, "site");
	assert_string_equal(settings.labels[3].value, "hall-3");
}

static void takes_a_token_from_a_file_without_its_last_line_end(void **state)
{
	char path[] = "/tmp/samara-token-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, "secret\n", 7), 7);
	close(fd);
	assert_int_equal(READ("--token-file", path), 0);
	unlink(path);
	assert_true(settings.has_token);
	assert_string_equal(settings.token, "secret");
}

static void knows_both_geometries(void **state)
{
	(void)state;
	assert_int_equal(READ("--flash-geometry", "128k"), 0);
	assert_int_equal(settings.block_size, 128 * 1024);
	assert_int_equal(settings.write_size, 32);
}

static void refuses(char *flag, char *value, const char *words)
{
	assert_int_equal(READ(flag, value), -22);
	assert_string_equal(problem, words);
}

static void names_setting_value_and_what_was_expected(void **state)
{
	(void)state;
	refuses("--id", "Edge 1",
		"id (from flag --id): \"Edge 1\" is not 1 to 48 of a-z 0-9 . _ -, with a letter or "
		"digit at "
		"both ends");
	refuses("--broker", "http://x",
		"broker (from flag --broker): \"http://x\" is not mqtt://host:port or "
		"mqtts://host:port");
	refuses("--broker", "mqtt://user@x:1",
		"broker (from flag --broker): \"mqtt://user@x:1\" is not mqtt://host:port or "
		"mqtts://host:port");
	refuses("--alive-ms", "99",
		"alive-ms (from flag --alive-ms): \"99\" is not an integer from 100 to 3600000");
	refuses("--drain-ms", "1s",
		"drain-ms (from flag --drain-ms): \"1s\" is not an integer from 0 to 86400000");
	refuses("--log-level", "loud",
		"log-level (from flag --log-level): \"loud\" is not one of trace, debug, info, "
		"warn, error, "
		"fatal, silent");
	refuses("--labels", "a", "labels (from flag --labels): \"a\" is not k=v,k=v");
	refuses("--labels", "A=1",
		"labels (from flag --labels): \"A=1\" is not at most 8 labels k=v of a-z 0-9 . _ / "
		"-");
	refuses("--flash-geometry", "8k",
		"flash-geometry (from flag --flash-geometry): \"8k\" is not one of 4k, 128k");
	refuses("--token-file", "/nowhere",
		"token-file (from flag --token-file): \"/nowhere\" is not a file that can be read");
	refuses("--cert", "x.pem", "cert and key: both or neither are expected");
}

static void never_shows_a_token(void **state)
{
	static char token[300];

	(void)state;
	memset(token, 'x', sizeof(token) - 1);
	assert_int_equal(READ("--token", token), -22);
	assert_non_null(strstr(problem, "its value is not a text of at most 255 bytes"));
	assert_null(strstr(problem, "xx"));
}

static void says_where_a_wrong_value_came_from(void **state)
{
	(void)state;
	setenv("SAMARA_BROKER", "tcp://x", 1);
	assert_int_equal(READ("--id", "a"), -22);
	assert_non_null(strstr(problem, "(from environment variable SAMARA_BROKER)"));
}

static void refuses_what_is_no_setting_and_lists_those_that_are(void **state)
{
	(void)state;
	assert_int_equal(READ("--colour", "red"), -22);
	assert_non_null(
		strstr(problem, "flag \"--colour\" is not a setting; known are --id --broker "));
	assert_int_equal(READ("id"), -22);
	assert_int_equal(READ("--id"), -22);
	assert_string_equal(problem, "--id: a value is missing");
}

static void refuses_two_that_contradict(void **state)
{
	(void)state;
	setenv("SAMARA_LAB", "/run/lab.sock", 1);
	assert_int_equal(READ("--profile", "a.yaml"), -22);
	assert_string_equal(problem, "lab: profile is set too, and only one of them counts");
	clean(NULL);
	setenv("SAMARA_TOKEN", "x", 1);
	assert_int_equal(READ("--token-file", "/proc/version"), -22);
	assert_string_equal(problem, "token-file: token is set too, and only one of them counts");
}

static void tells_version_and_help_before_all_else(void **state)
{
	(void)state;
	assert_int_equal(READ("--alive-ms", "x", "--help"), 0);
	assert_int_equal(wish, SETTINGS_HELP);
	assert_int_equal(READ("--version"), 0);
	assert_int_equal(wish, SETTINGS_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(has_a_default_for_everything, clean),
		cmocka_unit_test_setup(takes_a_flag_before_the_environment, clean),
		cmocka_unit_test_setup(reads_brokers, clean),
		cmocka_unit_test_setup(keeps_labels_in_the_order_of_cbor_and_the_last_of_one_key,
				       clean),
		cmocka_unit_test_setup(takes_a_token_from_a_file_without_its_last_line_end, clean),
		cmocka_unit_test_setup(knows_both_geometries, clean),
		cmocka_unit_test_setup(names_setting_value_and_what_was_expected, clean),
		cmocka_unit_test_setup(never_shows_a_token, clean),
		cmocka_unit_test_setup(says_where_a_wrong_value_came_from, clean),
		cmocka_unit_test_setup(refuses_what_is_no_setting_and_lists_those_that_are, clean),
		cmocka_unit_test_setup(refuses_two_that_contradict, clean),
		cmocka_unit_test_setup(tells_version_and_help_before_all_else, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
