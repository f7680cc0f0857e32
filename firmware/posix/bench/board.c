/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base.h"
#include "bench/board.h"
#include "bench/grants.h"
#include "port/port.h"
#include "store/store.h"

#define CALL_MS 60000

static uint8_t module[256 * 1024];
static int module_len;
static uint8_t args[256];
static uint8_t value[CONFIG_SAMARA_RESULT_MAX];
static struct hal_session *session;

/* The store, as far as the runtime knows it: it has this one module. */

int store_blob_size(const uint8_t *digest)
{
	(void)digest;
	return module_len;
}

int store_blob_verify(const uint8_t *digest)
{
	(void)digest;
	return 0;
}

int store_blob_read(const uint8_t *digest, uint32_t offset, void *data, size_t len)
{
	(void)digest;
	memcpy(data, &module[offset], len);
	return (int)len;
}

void store_blob_touch(const uint8_t *digest)
{
	(void)digest;
}

static int complain(const char *what, int error)
{
	fprintf(stderr, "%s\n", what);
	return error;
}

int board_start(const char *lab)
{
	const struct hal_device *devices;
	size_t count;

	posix_log_level(PORT_LOG_ERR);
	if (posix_base_init() || runtime_init()) {
		return complain("it does not start", -EIO);
	}
	if (hardware_open(lab, &devices, &count)) {
		return -ENODEV;
	}
	hal_profile_set(devices, count);
	if (hal_open()) {
		return complain("no hardware", -EIO);
	}
	return bench_grant_all(&session) ? complain("no grants", -EINVAL) : 0;
}

static size_t from_hex(const char *hex)
{
	size_t len = 0;
	unsigned int byte;

	for (; len < sizeof(args) && sscanf(&hex[2 * len], "%2x", &byte) == 1; len++) {
		args[len] = (uint8_t)byte;
	}
	return len;
}

int board_call(char *const *words, struct runtime_call *call)
{
	FILE *file = fopen(words[0], "rb");

	if (!file) {
		return complain("there is no such module", -EINVAL);
	}
	module_len = (int)fread(module, 1, sizeof(module), file);
	fclose(file);
	*call = (struct runtime_call){
		.image_bytes = (uint32_t)module_len,
		.export_name = words[1],
		.signature = words[2],
		.args = args,
		.args_len = from_hex(words[3]),
		.timeout_ms = CALL_MS,
		.session = session,
		.value = value,
		.value_size = sizeof(value),
	};
	return 0;
}

int board_run(const struct runtime_call *call, struct runtime_result *result)
{
	if (hal_session_try_begin(session)) {
		return complain("the devices are another's", -EIO);
	}
	runtime_run(0, call, result);
	hal_session_end(session, false);
	hal_session_unlock(session);
	return result->outcome == CODEC_OUTCOME_COMPLETED ? 0 : -EIO;
}
