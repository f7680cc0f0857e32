/* SPDX-License-Identifier: Apache-2.0 */

/* The partition that devicetree labels samara_partition; its pages are of one size. */

#include <errno.h>

#include <zephyr/drivers/flash.h>
#include <zephyr/storage/flash_map.h>

#include "base.h"
#include "port/port.h"

#if !FIXED_PARTITION_EXISTS(samara_partition)
#error "the board's overlay needs a flash partition with the label samara_partition"
#endif

static const struct flash_area *area;
static struct port_flash_geometry geometry;

int flash_init(void)
{
	struct flash_pages_info page;
	int error = flash_area_open(FIXED_PARTITION_ID(samara_partition), &area);

	if (!error) {
		error = flash_get_page_info_by_offs(flash_area_get_device(area), area->fa_off,
						    &page);
	}
	if (error) {
		port_log(PORT_LOG_ERR, "port", "flash: %d", error);
		return error;
	}
	if (area->fa_size % page.size != 0 || flash_area_erased_val(area) != 0xff) {
		port_log(PORT_LOG_ERR, "port",
			 "flash: samara_partition is not made of whole pages of %u bytes that are "
			 "0xff when they are erased",
			 (unsigned int)page.size);
		return -EINVAL;
	}
	geometry = (struct port_flash_geometry){.size = (uint32_t)area->fa_size,
						.block_size = (uint32_t)page.size,
						.write_size = flash_area_align(area)};
	return 0;
}

const struct port_flash_geometry *port_flash_geometry(void)
{
	return &geometry;
}

int port_flash_read(uint32_t offset, void *data, size_t len)
{
	int error = flash_area_read(area, (off_t)offset, data, len);

	return error == 0 ? 0 : error == -EBADMSG ? -EBADMSG : -EIO;
}

int port_flash_write(uint32_t offset, const void *data, size_t len)
{
	return flash_area_write(area, (off_t)offset, data, len) ? -EIO : 0;
}

int port_flash_erase(uint32_t offset)
{
	return flash_area_erase(area, (off_t)offset, geometry.block_size) ? -EIO : 0;
}
