/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "bench/grants.h"
#include "codec/stream.h"
#include "port/port.h"

static void write_grant(struct codec_writer *writer, const struct hal_device *device)
{
	codec_write_head(writer, CODEC_MAP, 3);
	codec_write_uint(writer, 1);
	codec_write_text(writer, device->name, strlen(device->name));
	codec_write_uint(writer, 2);
	codec_write_uint(writer, device->kind);
	codec_write_uint(writer, 3);
	codec_write_uint(writer, device->kind == BUS_GPIO && device->gpio.direction == HAL_INPUT
					 ? CODEC_ACCESS_READ
					 : CODEC_ACCESS_READ_WRITE);
}

int bench_grant_all(struct hal_session **session)
{
	static uint8_t grants[256];
	struct hal_session_options options = {.holder = "benchmark"};
	struct codec_writer writer;
	struct codec_error error;
	size_t count;
	const struct hal_device *devices = hal_profile(&count);

	codec_writer_init(&writer, grants, sizeof(grants));
	codec_write_head(&writer, CODEC_ARRAY, count);
	for (size_t index = 0; index < count; index++) {
		write_grant(&writer, &devices[index]);
	}
	struct codec_bytes bytes = {grants, writer.len};
	struct codec_source source = codec_source_bytes(&bytes);

	if (hal_session_open(session, &options, &source, &error)) {
		port_log(PORT_LOG_ERR, "hal", "%s", error.message);
		return -EINVAL;
	}
	return 0;
}
