/* SPDX-License-Identifier: Apache-2.0 */

#include "hal/fixture.h"

#include "agent/loop.h"

#define I2C_DEVICE(label, ...)                                                                     \
	{                                                                                          \
		.name = label, .kind = BUS_I2C, .bus = "/dev/i2c-1", .max_bytes = 32,              \
		.timeout_ms = 100,                                                                 \
		.i2c = {.addresses = {__VA_ARGS__},                                                \
			.addresses_count = sizeof((const int[]){__VA_ARGS__}) / sizeof(int) }      \
	}
#define LINE(label, number, way, level)                                                            \
	{                                                                                          \
		.name = label, .kind = BUS_GPIO, .bus = "/dev/gpiochip0", .timeout_ms = 100,       \
		.gpio = {                                                                          \
			.line = number,                                                            \
			.direction = way,                                                          \
			.safe = level                                                              \
		}                                                                                  \
	}

static const struct hal_device devices[] = {
	I2C_DEVICE("thermo", 0x48),
	I2C_DEVICE("twin", 0x48),
	I2C_DEVICE("memory", 0x50, 0x51),
	{.name = "flash",
	 .kind = BUS_SPI,
	 .bus = "/dev/spidev0.0",
	 .chip = "w25q80",
	 .max_bytes = 64,
	 .timeout_ms = 100,
	 .spi = {.bits_per_word = 8, .hz = 1000000}},
	LINE("relay", "0", HAL_OUTPUT, HAL_SAFE_LOW),
	LINE("lamp", "1", HAL_OUTPUT, HAL_SAFE_HIGH),
	LINE("valve", "2", HAL_OUTPUT, HAL_SAFE_HOLD),
	LINE("button", "3", HAL_INPUT, HAL_SAFE_LOW),
	LINE("door", "4", HAL_INPUT, HAL_SAFE_LOW),
	LINE("line", "5", HAL_BOTH, HAL_SAFE_LOW),
};

struct runtime_guest guest;
static uint8_t document[1024];
static struct codec_bytes bytes;
static struct codec_source source;

int fixture_setup(void **state)
{
	(void)state;
	fake_port_reset();
	fake_devices_reset();
	fake_pool_room(SIZE_MAX);
	loop_init();
	fake_port_advance(5 * S);
	hal_profile_set(devices, sizeof(devices) / sizeof(devices[0]));
	assert_int_equal(hal_open(), 0);
	(void)fake_devices_did();
	return 0;
}

int fixture_teardown(void **state)
{
	(void)state;
	fake_guest_end(&guest);
	fake_port_settle(loop_turn);
	assert_int_equal(fake_pool_used(), 0);
	assert_int_equal(fake_devices_watches(), 0);
	return 0;
}

static void write_grant(struct codec_writer *writer, const struct grant *grant)
{
	unsigned int addresses = 0;

	while (addresses < 4 && grant->addresses[addresses]) {
		addresses++;
	}
	codec_write_head(writer, CODEC_MAP,
			 3u + (addresses > 0) + (grant->max_bytes > 0) + (grant->per_second > 0));
	codec_write_uint(writer, 1);
	codec_write_text(writer, grant->name, strlen(grant->name));
	codec_write_uint(writer, 2);
	codec_write_uint(writer, grant->kind);
	codec_write_uint(writer, 3);
	codec_write_uint(writer, grant->access);
	if (addresses > 0) {
		codec_write_uint(writer, 4);
		codec_write_head(writer, CODEC_ARRAY, addresses);
		for (unsigned int index = 0; index < addresses; index++) {
			codec_write_uint(writer, grant->addresses[index]);
		}
	}
	if (grant->max_bytes > 0) {
		codec_write_uint(writer, 5);
		codec_write_uint(writer, grant->max_bytes);
	}
	if (grant->per_second > 0) {
		codec_write_uint(writer, 6);
		codec_write_uint(writer, grant->per_second);
	}
}

const struct codec_source *grants_of(const struct grant *grants, size_t count)
{
	struct codec_writer writer;

	codec_writer_init(&writer, document, sizeof(document));
	codec_write_head(&writer, CODEC_MAP, 1);
	codec_write_uint(&writer, 1);
	codec_write_head(&writer, CODEC_ARRAY, count);
	for (size_t index = 0; index < count; index++) {
		write_grant(&writer, &grants[index]);
	}
	assert_int_equal(writer.error, 0);
	bytes = (struct codec_bytes){document, writer.len};
	source = codec_source_bytes(&bytes);
	return &source;
}

static struct hal_session *open_with(const struct codec_source *grants, bool record)
{
	const struct hal_session_options options = {.holder = "task t1", .record = record};
	struct hal_session *session;
	struct codec_error error = {.code = CODEC_NO_ERROR};

	if (hal_session_open(&session, &options, grants, &error)) {
		fail_msg("%s", error.message);
	}
	return session;
}

struct hal_session *opened(const struct codec_source *grants)
{
	return open_with(grants, false);
}

struct hal_session *opened_to_record(const struct codec_source *grants)
{
	return open_with(grants, true);
}

void assert_refused(const struct codec_source *grants, enum codec_error_code code,
		    const char *words)
{
	const struct hal_session_options options = {.holder = "task t1"};
	struct hal_session *session;
	struct codec_error error = {.code = CODEC_NO_ERROR};

	assert_int_equal(hal_session_open(&session, &options, grants, &error), -22);
	assert_null(session);
	assert_string_equal(error.message, words);
	assert_int_equal(error.code, code);
	assert_int_equal(fake_pool_used(), 0);
}

void begin(struct hal_session *session)
{
	assert_int_equal(hal_session_try_begin(session), 0);
	fake_guest_end(&guest);
	fake_guest_reset(&guest, session);
}

struct hal_session *running(const struct codec_source *grants)
{
	struct hal_session *session = opened(grants);

	begin(session);
	(void)fake_devices_did();
	return session;
}

void closed(struct hal_session *session)
{
	fake_guest_end(&guest);
	hal_session_unlock(session);
	hal_session_close(session);
}

void ended(struct hal_session *session)
{
	fake_guest_end(&guest);
	hal_session_end(session, false);
	closed(session);
}

uint32_t put_name(const char *name)
{
	put(NAME, name, strlen(name));
	return (uint32_t)strlen(name);
}

void put(uint32_t address, const void *data, size_t len)
{
	memcpy(&guest.memory[address], data, len);
}

static uint32_t handle_at(uint32_t address)
{
	uint32_t handle;

	memcpy(&handle, &guest.memory[address + 4], sizeof(handle));
	assert_int_equal(guest.memory[address], 0);
	assert_no_trap();
	return handle;
}

static uint32_t open_by_name(const char *module, const char *function, const char *name)
{
	CALL(&guest, module, function, NAME, put_name(name), RESULT);
	return handle_at(RESULT);
}

uint32_t open_i2c(const char *name)
{
	return open_by_name(OPEN, "open-i2c", name);
}

uint32_t open_spi(const char *name)
{
	return open_by_name(SPI, "open", name);
}

uint32_t open_pin(const char *function, const char *name)
{
	return open_by_name(strcmp(function, "open-input-wait") == 0 ? ASYNC : GPIO, function,
			    name);
}
