/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "devices.h"
#include "port/device_fail.h"
#include "port/port.h"

#define SLOT_BITS  6
#define SLOT_MASK  ((1 << SLOT_BITS) - 1)
#define LIFE_MASK  0xffffffu
#define TIMEOUT_MS 1000

#define COMMON(node, what)                                                                         \
	.name = DT_NODE_FULL_NAME(node), .kind = what, .chip = DT_PROP_OR(node, chip, ""),         \
	.max_bytes = CONFIG_SAMARA_TRANSFER_MAX, .timeout_ms = TIMEOUT_MS

#define I2C_DEVICE(node)                                                                           \
	{                                                                                          \
		COMMON(node, BUS_I2C),                                                             \
		.bus = DT_NODE_FULL_NAME(DT_PHANDLE(node, bus)),                                   \
		.i2c = {.addresses = DT_PROP(node, addresses),                                     \
			.addresses_count = DT_PROP_LEN(node, addresses),                           \
			.ten_bit = DT_PROP(node, ten_bit)},                                        \
	},
#define I2C_PLACE(node) {.i2c = DEVICE_DT_GET(DT_PHANDLE(node, bus))},

#define SPI_OPERATION(node) (SPI_OP_MODE_MASTER | SPI_WORD_SET(8))
#define SPI_DEVICE(node)                                                                           \
	{                                                                                          \
		COMMON(node, BUS_SPI),                                                             \
		.bus = DT_NODE_FULL_NAME(DT_BUS(node)),                                            \
		.spi = {.mode = (DT_PROP(node, spi_cpol) ? 2 : 0) |                                \
				(DT_PROP(node, spi_cpha) ? 1 : 0),                                 \
			.bits_per_word = 8,                                                        \
			.lsb_first = DT_PROP(node, spi_lsb_first),                                 \
			.cs_high = DT_PROP(node, spi_cs_high),                                     \
			.hz = DT_PROP(node, spi_max_frequency)},                                   \
	},
#define SPI_PLACE(node) {.spi = SPI_DT_SPEC_GET(node, SPI_OPERATION(node))},

#define GPIO_PULL(node)                                                                            \
	(DT_GPIO_FLAGS(node, gpios) & GPIO_PULL_UP     ? HAL_PULL_UP                               \
	 : DT_GPIO_FLAGS(node, gpios) & GPIO_PULL_DOWN ? HAL_PULL_DOWN                             \
						       : HAL_PULL_UNSET)
#define GPIO_DIRECTION(node) (HAL_INPUT + DT_ENUM_IDX(node, direction))
#define GPIO_SAFE(node)                                                                            \
	DT_ENUM_IDX_OR(node, safe,                                                                 \
		       GPIO_DIRECTION(node) == HAL_OUTPUT ? HAL_SAFE_LOW : HAL_SAFE_HOLD)
#define GPIO_DEVICE(node)                                                                          \
	{                                                                                          \
		COMMON(node, BUS_GPIO),                                                            \
		.bus = DT_NODE_FULL_NAME(DT_GPIO_CTLR(node, gpios)),                               \
		.gpio = {.line = STRINGIFY(DT_GPIO_PIN(node, gpios)),                              \
			 .direction = GPIO_DIRECTION(node),                                        \
			 .pull = GPIO_PULL(node),                                                  \
			 .safe = GPIO_SAFE(node),                                                  \
			 .debounce_us = DT_PROP_OR(node, debounce_us, 0),                          \
			 .active_low = (DT_GPIO_FLAGS(node, gpios) & GPIO_ACTIVE_LOW) != 0},       \
	},
#define GPIO_PLACE(node) {.gpio = GPIO_DT_SPEC_GET(node, gpios)},

#define EACH(make_i2c, make_spi, make_gpio)                                                        \
	DT_FOREACH_STATUS_OKAY(samara_i2c_device, make_i2c)                                        \
	DT_FOREACH_STATUS_OKAY(samara_spi_device, make_spi)                                        \
	DT_FOREACH_STATUS_OKAY(samara_gpio_device, make_gpio)

/* The last one has no name: there may be none but it. */
static struct hal_device profile[] = {EACH(I2C_DEVICE, SPI_DEVICE, GPIO_DEVICE){.name = ""}};
static const struct device_place places[] = {EACH(I2C_PLACE, SPI_PLACE, GPIO_PLACE){.i2c = NULL}};
static struct open_device devices[ARRAY_SIZE(profile)];

BUILD_ASSERT(ARRAY_SIZE(profile) - 1 <= CONFIG_SAMARA_DEVICES, "devicetree has more devices");
BUILD_ASSERT(CONFIG_SAMARA_DEVICES <= 1 << SLOT_BITS, "a slot is part of a handle");

K_MUTEX_DEFINE(device_mutex);
K_CONDVAR_DEFINE(device_changed);

void devices_init(void)
{
	for (struct hal_device *device = profile; device->name[0]; device++) {
		/* A child of a controller has its address in its name. */
		device->name[strcspn(device->name, "@")] = '\0';
	}
	hal_profile_set(profile, ARRAY_SIZE(profile) - 1);
}

static const struct device_driver *driver_of(const struct hal_device *spec)
{
	if (IS_ENABLED(CONFIG_SAMARA_I2C) && spec->kind == BUS_I2C) {
		return &device_i2c;
	}
	if (IS_ENABLED(CONFIG_SAMARA_SPI) && spec->kind == BUS_SPI) {
		return &device_spi;
	}
	return IS_ENABLED(CONFIG_SAMARA_GPIO) && spec->kind == BUS_GPIO ? &device_gpio : NULL;
}

int device_ready(const struct device *controller, char *why, size_t size)
{
	if (device_is_ready(controller)) {
		return 0;
	}
	(void)snprintf(why, size, "%s did not start", controller->name);
	return -ENODEV;
}

void device_fail_errno(struct bus_operation *operation, int error)
{
	static const struct {
		int number;
		enum bus_error error;
		const char *words;
	} rows[] = {
		{ENXIO, BUS_NACK_ADDRESS, "ENXIO: nobody acknowledged the address"},
		{EAGAIN, BUS_ARBITRATION_LOST, "EAGAIN: another controller won"},
		{EBUSY, BUS_BUSY, "EBUSY: somebody else has it"},
		{ETIMEDOUT, BUS_TIMEOUT, "ETIMEDOUT: not done within the driver's time"},
		{EINVAL, BUS_INVALID, "EINVAL: the driver knows no such operation"},
		{ENOTSUP, BUS_UNSUPPORTED, "ENOTSUP: the driver cannot do it"},
		{ENOSYS, BUS_UNSUPPORTED, "ENOSYS: the driver cannot do it"},
		{EIO, BUS_IO, "EIO: the driver gives no better reason"},
	};

	for (size_t index = 0; index < ARRAY_SIZE(rows); index++) {
		if (rows[index].number == -error) {
			device_fail(operation, rows[index].error, "%s", rows[index].words);
			return;
		}
	}
	device_fail(operation, BUS_IO, "errno %d", -error);
}

/** A handle is a slot and the life of its device: what was closed is not found again. */
static int handle_of(const struct open_device *device)
{
	return (int)(device->life << SLOT_BITS | (uint32_t)(device - devices));
}

struct open_device *device_find(int handle)
{
	size_t slot = (size_t)handle & SLOT_MASK;

	return handle >= 0 && slot < ARRAY_SIZE(devices) && devices[slot].is_open &&
			       handle_of(&devices[slot]) == handle
		       ? &devices[slot]
		       : NULL;
}

int port_device_open(const struct hal_device *spec, char *why, size_t size)
{
	size_t index = (size_t)(spec - profile);
	struct open_device *device = &devices[index];
	uint32_t life = (device->life + 1) & LIFE_MASK;

	if (device->is_open) {
		(void)snprintf(why, size, "%s is open", spec->name);
		return -EBUSY;
	}
	*device = (struct open_device){.spec = spec, .place = &places[index], .life = life};
	why[0] = '\0';
	int error = driver_of(spec)->open(device, why, size);

	if (error) {
		return error;
	}
	(void)k_mutex_lock(&device_mutex, K_FOREVER);
	device->is_open = true;
	(void)k_mutex_unlock(&device_mutex);
	return handle_of(device);
}

static struct open_device *begin(int handle, bool is_wait)
{
	(void)k_mutex_lock(&device_mutex, K_FOREVER);
	struct open_device *device = device_find(handle);

	if (device) {
		device->users++;
		/* One that came just before a wait must end it: nobody would send another. */
		if (!is_wait && device->waiting == 0) {
			device->is_cancelled = false;
		}
		device->waiting += is_wait;
	}
	(void)k_mutex_unlock(&device_mutex);
	return device;
}

static void finish(struct open_device *device, bool is_wait)
{
	(void)k_mutex_lock(&device_mutex, K_FOREVER);
	device->waiting -= is_wait;
	/* All who wait have heard of it. */
	if (device->waiting == 0) {
		device->is_cancelled = false;
	}
	device->users--;
	(void)k_condvar_broadcast(&device_changed);
	(void)k_mutex_unlock(&device_mutex);
}

void port_device_run(int handle, struct bus_operation *operation)
{
	bool is_wait = operation->op == BUS_WAIT;
	struct open_device *device = begin(handle, is_wait);

	operation->error = BUS_OK;
	operation->detail[0] = '\0';
	if (!device) {
		device_fail(operation, BUS_NO_DEVICE, "it was closed");
		return;
	}
	driver_of(device->spec)->run(device, operation);
	finish(device, is_wait);
}

/** The mutex is held. */
static void cancel(struct open_device *device)
{
	device->is_cancelled = true;
	(void)k_condvar_broadcast(&device_changed);
}

void port_device_cancel(int handle)
{
	(void)k_mutex_lock(&device_mutex, K_FOREVER);
	struct open_device *device = device_find(handle);

	if (device) {
		cancel(device);
	}
	(void)k_mutex_unlock(&device_mutex);
}

void port_device_close(int handle)
{
	(void)k_mutex_lock(&device_mutex, K_FOREVER);
	struct open_device *device = device_find(handle);

	if (device) {
		device->is_open = false;
		cancel(device);
		device_watches_end(device);
		while (device->users > 0) {
			(void)k_condvar_wait(&device_changed, &device_mutex, K_FOREVER);
		}
		driver_of(device->spec)->close(device);
	}
	(void)k_mutex_unlock(&device_mutex);
}

bool port_time_is_virtual(void)
{
	return false;
}
