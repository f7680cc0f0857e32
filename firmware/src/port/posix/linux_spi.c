/* SPDX-License-Identifier: Apache-2.0 */

/* A chip select behind spidev, which has no time limit: a transfer takes as long as the controller
 * wants. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/spi/spidev.h>

#include "devices.h"
#include "linux_errno.h"

/* The request's number holds its size in 14 bits. */
#define TRANSFERS_MAX	 (((1u << _IOC_SIZEBITS) - 1) / sizeof(struct spi_ioc_transfer))
#define DELAY_US_MAX	 UINT16_MAX
#define NS_PER_US	 1000
#define BUFSIZ_FILE	 "/sys/module/spidev/parameters/bufsiz"
#define BUFSIZ_INITIALLY 4096

static int set_up(const struct open_device *device, char *why, size_t size)
{
	const struct hal_device *spec = device->spec;
	uint32_t mode = spec->spi.mode | (spec->spi.cs_high ? SPI_CS_HIGH : 0u) |
			(spec->spi.lsb_first ? SPI_LSB_FIRST : 0u);
	uint8_t bits = spec->spi.bits_per_word;
	uint32_t hz = spec->spi.hz;
	char what[64];
	char name[24];
	int error = 0;

	if (ioctl(device->fd, SPI_IOC_WR_MODE32, &mode) < 0) {
		error = errno;
		snprintf(what, sizeof(what), "mode %u%s%s", spec->spi.mode,
			 spec->spi.cs_high ? ", chip select high" : "",
			 spec->spi.lsb_first ? ", least bit first" : "");
	} else if (ioctl(device->fd, SPI_IOC_WR_BITS_PER_WORD, &bits) < 0) {
		error = errno;
		snprintf(what, sizeof(what), "words of %u bits", bits);
	} else if (ioctl(device->fd, SPI_IOC_WR_MAX_SPEED_HZ, &hz) < 0) {
		error = errno;
		snprintf(what, sizeof(what), "%u Hz", hz);
	}
	if (error) {
		snprintf(why, size, "%s cannot do %s: %s", spec->bus, what,
			 linux_errno_name(error, name, sizeof(name)));
	}
	return error ? linux_errno_open(error) : 0;
}

/** What spidev copies at most in one go. Cutting a transfer in two would let the chip go in
 * between. */
static uint32_t buffer_limit(void)
{
	char text[16] = "";
	int fd = open(BUFSIZ_FILE, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		return BUFSIZ_INITIALLY;
	}
	ssize_t len = read(fd, text, sizeof(text) - 1);

	close(fd);
	unsigned long limit = len > 0 ? strtoul(text, NULL, 10) : 0;

	return limit > 0 && limit <= UINT32_MAX ? (uint32_t)limit : BUFSIZ_INITIALLY;
}

static int open_spi(struct open_device *device, char *why, size_t size)
{
	device->fd = device_file_open(device->spec->bus, why, size);
	if (device->fd < 0) {
		return device->fd;
	}
	int error = set_up(device, why, size);

	if (error) {
		close(device->fd);
	}
	device->number = buffer_limit();
	return error;
}

static bool is_refused(const struct open_device *device, struct bus_operation *operation)
{
	uint8_t bits = device->spec->spi.bits_per_word;
	uint32_t word = bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
	uint64_t total = 0;

	if (operation->op != BUS_TRANSFER) {
		device_unknown(operation, "spi");
		return true;
	}
	for (size_t index = 0; index < operation->segments_count; index++) {
		uint32_t length = operation->segments[index].length;

		if (operation->segments[index].kind == BUS_SEGMENT_DELAY) {
			continue;
		}
		if (length % word != 0) {
			device_fail(operation, BUS_INVALID, "%u bytes are no whole words of %u",
				    length, word);
			return true;
		}
		total += length;
	}
	if (total > device->number) {
		device_fail(operation, BUS_UNSUPPORTED,
			    "%llu bytes are more than the %u of spidev's bufsiz",
			    (unsigned long long)total, device->number);
	}
	return operation->error != BUS_OK;
}

struct message {
	struct spi_ioc_transfer transfers[TRANSFERS_MAX];
	size_t count; /* more than there are, where it does not fit */
};

static struct spi_ioc_transfer *add(struct message *message)
{
	size_t index = message->count++;
	struct spi_ioc_transfer *transfer =
		&message->transfers[index < TRANSFERS_MAX ? index : TRANSFERS_MAX - 1];

	memset(transfer, 0, sizeof(*transfer));
	return transfer;
}

/** Goes to the transfer before it as far as it fits there, and to empty transfers else. */
static void add_delay(struct message *message, uint32_t ns)
{
	uint32_t left = ns / NS_PER_US + (ns % NS_PER_US > 0);

	while (left > 0 && message->count <= TRANSFERS_MAX) {
		struct spi_ioc_transfer *last =
			message->count > 0 ? &message->transfers[message->count - 1] : NULL;
		uint32_t room = last ? DELAY_US_MAX - last->delay_usecs : 0;

		if (room == 0) {
			(void)add(message);
			continue;
		}
		uint32_t some = room < left ? room : left;

		last->delay_usecs = (uint16_t)(last->delay_usecs + some);
		left -= some;
	}
}

static void add_bytes(struct message *message, const struct bus_segment *segment)
{
	struct spi_ioc_transfer *transfer = add(message);

	transfer->len = segment->length;
	if (segment->kind != BUS_SEGMENT_WRITE) {
		transfer->rx_buf = (uintptr_t)segment->in;
	}
	if (segment->kind == BUS_SEGMENT_READ) {
		/* Zeros of our own: what a controller sends where it is given nothing is its own
		 * choice. */
		memset(segment->in, 0, segment->length);
		transfer->tx_buf = (uintptr_t)segment->in;
	} else {
		transfer->tx_buf = (uintptr_t)segment->out;
	}
}

/** All segments as one message: the chip is selected before the first and let go after the last. */
static void run_spi(struct open_device *device, struct bus_operation *operation,
		    const struct device_call *call)
{
	(void)call;
	struct message message;

	message.count = 0;
	if (is_refused(device, operation)) {
		return;
	}
	for (size_t index = 0; index < operation->segments_count && message.count <= TRANSFERS_MAX;
	     index++) {
		if (operation->segments[index].kind == BUS_SEGMENT_DELAY) {
			add_delay(&message, operation->segments[index].length);
		} else {
			add_bytes(&message, &operation->segments[index]);
		}
	}
	if (message.count > TRANSFERS_MAX) {
		device_fail(operation, BUS_UNSUPPORTED, "more transfers than the %zu of spidev",
			    TRANSFERS_MAX);
		return;
	}
	unsigned long request =
		_IOC(_IOC_WRITE, SPI_IOC_MAGIC, 0, message.count * sizeof(struct spi_ioc_transfer));

	if (message.count > 0 && ioctl(device->fd, request, message.transfers) < 0) {
		linux_errno_fail(operation, LINUX_SPI, errno);
	}
}

static void close_spi(struct open_device *device)
{
	close(device->fd);
}

const struct device_driver device_linux_spi = {open_spi, run_spi, close_spi};
