/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flash_file.h"
#include "port/port.h"

static struct port_flash_geometry geometry;
/* Read and not mapped: what a map has shown counts as the program's memory. */
static int file = -1;

static int fill_erased(uint32_t from, uint32_t len)
{
	uint8_t page[4096];

	memset(page, 0xff, sizeof(page));
	while (len > 0) {
		uint32_t some = len < sizeof(page) ? len : (uint32_t)sizeof(page);

		if (pwrite(file, page, some, (off_t)from) != (ssize_t)some) {
			return -EIO;
		}
		from += some;
		len -= some;
	}
	return 0;
}

static int prepare(uint32_t size)
{
	struct stat status;

	if (flock(file, LOCK_EX | LOCK_NB)) {
		return -EBUSY;
	}
	if (fstat(file, &status)) {
		return -errno;
	}
	if (status.st_size == 0) {
		int error = fill_erased(0, size);

		return error ? error : fsync(file) ? -errno : 0;
	}
	return status.st_size == (off_t)size ? 0 : -EINVAL;
}

int flash_file_open(const char *path, uint32_t size, uint32_t block_size, uint32_t write_size)
{
	geometry = (struct port_flash_geometry){size, block_size, write_size};
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int error = file < 0 ? -errno : prepare(size);

	if (error) {
		flash_file_close();
	}
	return error;
}

void flash_file_close(void)
{
	if (file >= 0) {
		close(file);
		file = -1;
	}
}

const struct port_flash_geometry *port_flash_geometry(void)
{
	return &geometry;
}

static bool fits(uint32_t offset, size_t len, uint32_t unit)
{
	return file >= 0 && offset % unit == 0 && len % unit == 0 && offset <= geometry.size &&
	       len <= geometry.size - offset;
}

int port_flash_read(uint32_t offset, void *data, size_t len)
{
	if (!fits(offset, len, 1)) {
		return -EIO;
	}
	return pread(file, data, len, (off_t)offset) == (ssize_t)len ? 0 : -EIO;
}

static bool is_erased(uint32_t offset, size_t len)
{
	uint8_t some[256];

	for (size_t at = 0; at < len; at += sizeof(some)) {
		size_t count = len - at < sizeof(some) ? len - at : sizeof(some);

		if (port_flash_read(offset + (uint32_t)at, some, count)) {
			return false;
		}
		for (size_t index = 0; index < count; index++) {
			if (some[index] != 0xff) {
				return false;
			}
		}
	}
	return true;
}

int port_flash_write(uint32_t offset, const void *data, size_t len)
{
	if (!fits(offset, len, geometry.write_size)) {
		return -EIO;
	}
	/* A place is written once between erasures: a real flash would give the bits of both. */
	if (!is_erased(offset, len)) {
		return -EIO;
	}
	if (pwrite(file, data, len, (off_t)offset) != (ssize_t)len || fdatasync(file)) {
		return -EIO;
	}
	return 0;
}

int port_flash_erase(uint32_t offset)
{
	if (!fits(offset, geometry.block_size, geometry.block_size)) {
		return -EIO;
	}
	int error = fill_erased(offset, geometry.block_size);

	return error ? error : fdatasync(file) ? -EIO : 0;
}
