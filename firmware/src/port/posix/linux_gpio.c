/* SPDX-License-Identifier: Apache-2.0 */

/* The second version of the kernel's GPIO interface. The kernel inverts levels of active-low lines.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/gpio.h>

#include "base.h"
#include "devices.h"
#include "linux_errno.h"
#include "linux_gpio.h"
#include "port/port.h"

static uint64_t flags_of(const struct hal_device *spec, uint64_t as)
{
	static const uint64_t pulls[] = {
		[HAL_PULL_UNSET] = 0,
		[HAL_PULL_UP] = GPIO_V2_LINE_FLAG_BIAS_PULL_UP,
		[HAL_PULL_DOWN] = GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN,
		[HAL_PULL_NONE] = GPIO_V2_LINE_FLAG_BIAS_DISABLED,
	};

	return as | (spec->gpio.active_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0) |
	       pulls[spec->gpio.pull];
}

static void configure(struct gpio_v2_line_config *config, const struct hal_device *spec,
		      uint64_t as, bool level)
{
	memset(config, 0, sizeof(*config));
	config->flags = flags_of(spec, as);
	if (as & GPIO_V2_LINE_FLAG_OUTPUT) {
		config->attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
		config->attrs[0].attr.values = level;
		config->attrs[0].mask = 1;
		config->num_attrs = 1;
	} else if ((as & GPIO_V2_LINE_FLAG_INPUT) && spec->gpio.debounce_us > 0) {
		config->attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
		config->attrs[0].attr.debounce_period_us = spec->gpio.debounce_us;
		config->attrs[0].mask = 1;
		config->num_attrs = 1;
	}
}

static bool line_info(int chip, uint32_t offset, struct gpio_v2_line_info *info)
{
	memset(info, 0, sizeof(*info));
	info->offset = offset;
	return ioctl(chip, GPIO_V2_GET_LINEINFO_IOCTL, info) == 0;
}

static int named_line(int chip, uint32_t lines, const struct hal_device *spec, uint32_t *offset,
		      char *why, size_t size)
{
	struct gpio_v2_line_info info;
	unsigned int found = 0;

	for (uint32_t line = 0; line < lines; line++) {
		if (line_info(chip, line, &info) &&
		    strncmp(info.name, spec->gpio.line, sizeof(info.name)) == 0) {
			*offset = line;
			found++;
		}
	}
	if (found == 0) {
		snprintf(why, size, "%s has no line of the name %s", spec->bus, spec->gpio.line);
	} else if (found > 1) {
		snprintf(why, size, "%s has %u lines of the name %s", spec->bus, found,
			 spec->gpio.line);
	}
	return found == 1 ? 0 : -ENOENT;
}

static int find_line(int chip, const struct hal_device *spec, uint32_t *offset, char *why,
		     size_t size)
{
	struct gpiochip_info info = {.lines = 0};
	char name[24];
	char *end;

	if (ioctl(chip, GPIO_GET_CHIPINFO_IOCTL, &info) < 0) {
		int error = errno;

		snprintf(why, size, "%s is no gpio chip: %s", spec->bus,
			 linux_errno_name(error, name, sizeof(name)));
		return linux_errno_open(error);
	}
	*offset = (uint32_t)strtoul(spec->gpio.line, &end, 10);
	if ((spec->port_data & DEVICE_LINE_IS_NAME) || *end != '\0') {
		return named_line(chip, info.lines, spec, offset, why, size);
	}
	if (*offset < info.lines) {
		return 0;
	}
	snprintf(why, size, "%s has no line %s, only 0 to %u", spec->bus, spec->gpio.line,
		 info.lines - 1);
	return -ENOENT;
}

static int request(struct open_device *device, int chip, char *why, size_t size)
{
	const struct hal_device *spec = device->spec;
	struct gpio_v2_line_request wanted = {.num_lines = 1};
	struct gpio_v2_line_info info;
	char name[24];
	int error = find_line(chip, spec, &wanted.offsets[0], why, size);

	if (error) {
		return error;
	}
	/* An output is taken as it is, or it would move. */
	if (spec->gpio.direction == HAL_OUTPUT) {
		wanted.config.flags = spec->gpio.active_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0;
	} else {
		configure(&wanted.config, spec, GPIO_V2_LINE_FLAG_INPUT, false);
	}
	snprintf(wanted.consumer, sizeof(wanted.consumer), "samara %.24s", spec->name);
	if (ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &wanted) == 0) {
		device->fd = wanted.fd;
		device->line_flags = GPIO_V2_LINE_FLAG_INPUT;
		return 0;
	}
	error = errno;
	bool has_owner = line_info(chip, wanted.offsets[0], &info) && info.consumer[0] != '\0';

	snprintf(why, size, "line %s of %s%s%.31s: %s", spec->gpio.line, spec->bus,
		 has_owner ? ", used by " : "", has_owner ? info.consumer : "",
		 linux_errno_name(error, name, sizeof(name)));
	return linux_errno_open(error);
}

int linux_gpio_level(int line, bool *level)
{
	struct gpio_v2_line_values values = {.mask = 1};

	if (ioctl(line, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) < 0) {
		return -errno;
	}
	*level = values.bits & 1;
	return 0;
}

int linux_gpio_configure(struct open_device *device, uint64_t as, bool level)
{
	struct gpio_v2_line_config config;

	configure(&config, device->spec, as, level);
	if (ioctl(device->fd, GPIO_V2_LINE_SET_CONFIG_IOCTL, &config) < 0) {
		return -errno;
	}
	/* What it is now. */
	device->line_flags = as;
	return 0;
}

/** As an output of the level that it has. */
static int make_output(struct open_device *device, char *why, size_t size)
{
	char name[24];
	bool level = false;
	int error = linux_gpio_level(device->fd, &level);

	if (!error) {
		error = linux_gpio_configure(device, GPIO_V2_LINE_FLAG_OUTPUT, level);
	}
	if (!error) {
		return 0;
	}
	close(device->fd);
	snprintf(why, size, "line %s of %s is no output: %s", device->spec->gpio.line,
		 device->spec->bus, linux_errno_name(-error, name, sizeof(name)));
	return linux_errno_open(-error);
}

static int open_gpio(struct open_device *device, char *why, size_t size)
{
	int chip = device_file_open(device->spec->bus, why, size);

	if (chip < 0) {
		return chip;
	}
	int error = request(device, chip, why, size);

	close(chip);
	return !error && device->spec->gpio.direction == HAL_OUTPUT ? make_output(device, why, size)
								    : error;
}

static void set_level(struct open_device *device, struct bus_operation *operation)
{
	struct gpio_v2_line_values values = {.bits = operation->level, .mask = 1};
	int error = 0;

	if (device->spec->gpio.direction == HAL_INPUT) {
		device_fail(operation, BUS_INVALID, "%s is an input", device->spec->name);
		return;
	}
	if (!(device->line_flags & GPIO_V2_LINE_FLAG_OUTPUT)) {
		error = linux_gpio_configure(device, GPIO_V2_LINE_FLAG_OUTPUT, operation->level);
	} else if (ioctl(device->fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) < 0) {
		error = -errno;
	}
	if (error) {
		linux_errno_fail(operation, LINUX_GPIO, -error);
	}
}

static void run_gpio(struct open_device *device, struct bus_operation *operation,
		     const struct device_call *call)
{
	switch (operation->op) {
	case BUS_GET: {
		int error = linux_gpio_level(device->fd, &operation->level);

		if (error) {
			linux_errno_fail(operation, LINUX_GPIO, -error);
		}
		return;
	}
	case BUS_SET:
		set_level(device, operation);
		return;
	case BUS_WAIT:
		if (operation->target > BUS_PIN_ANY) {
			device_fail(operation, BUS_INVALID, "event %u is not 0 to %d",
				    operation->target, BUS_PIN_ANY);
		} else if (device->spec->gpio.direction == HAL_OUTPUT) {
			device_fail(operation, BUS_INVALID, "%s is an output", device->spec->name);
		} else {
			linux_gpio_wait(device, operation, call);
		}
		return;
	default:
		device_unknown(operation, "gpio");
	}
}

static void close_file(struct open_device *device)
{
	close(device->fd);
}

const struct device_driver device_linux_gpio = {open_gpio, run_gpio, close_file};
