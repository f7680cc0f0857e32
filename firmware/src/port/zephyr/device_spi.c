/* SPDX-License-Identifier: Apache-2.0 */

/* The chip stays selected from the first segment to the last: the driver holds it between two
 * calls. */

#include <string.h>

#include "devices.h"
#include "port/device_fail.h"

static int open_spi(struct open_device *device, char *why, size_t size)
{
	return device_ready(device->place->spi.bus, why, size);
}

static int exchange(const struct device *bus, const struct spi_config *config,
		    const struct bus_segment *segment)
{
	bool is_read = segment->kind == BUS_SEGMENT_READ;
	const struct spi_buf out = {is_read ? segment->in : (uint8_t *)(uintptr_t)segment->out,
				    segment->length};
	const struct spi_buf in = {segment->in, segment->length};
	const struct spi_buf_set outs = {&out, 1};
	const struct spi_buf_set ins = {&in, segment->kind == BUS_SEGMENT_WRITE ? 0 : 1};

	if (is_read) {
		/* Zeros of our own: what a driver sends where it is given nothing is its own
		 * choice. */
		memset(segment->in, 0, segment->length);
	}
	return spi_transceive(bus, config, &outs, &ins);
}

static void run_spi(struct open_device *device, struct bus_operation *operation)
{
	const struct spi_dt_spec *spi = &device->place->spi;
	struct spi_config config = spi->config;
	int error = 0;

	if (operation->op != BUS_TRANSFER) {
		device_unknown(operation, "spi");
		return;
	}
	config.operation |= SPI_HOLD_ON_CS | SPI_LOCK_ON;
	for (size_t index = 0; index < operation->segments_count && !error; index++) {
		const struct bus_segment *segment = &operation->segments[index];

		if (segment->kind == BUS_SEGMENT_DELAY) {
			k_busy_wait(DIV_ROUND_UP(segment->length, NSEC_PER_USEC));
		} else {
			error = exchange(spi->bus, &config, segment);
		}
	}
	(void)spi_release(spi->bus, &config);
	if (error) {
		device_fail_errno(operation, error);
	}
}

static void close_spi(struct open_device *device)
{
}

const struct device_driver device_spi = {open_spi, run_spi, close_spi};
