/*
 * USB for functions in C: control and bulk transfers to a device that was granted. Linux proplets
 * only. The arena has to hold 28 bytes for each device that is listed, and the longest transfer
 * that comes in.
 */
#ifndef SAMARA_USB_H
#define SAMARA_USB_H

#include "samara-core.h"

typedef uint32_t samara_usb;

#define SAMARA_USB_DEVICE "component:usb/device@0.2.1"
#define SAMARA_USB_TRANSFERS "component:usb/transfers@0.2.1"
/* Of an endpoint address or a request type: towards the host. */
#define SAMARA_USB_IN 0x80

struct samara_usb_setup {
	uint8_t request_type;
	uint8_t request;
	uint16_t value;
	uint16_t index;
};

/* As the list of devices has them; the descriptor as on the wire. */
struct samara_usb_listed {
	uint32_t device;
	uint8_t descriptor_start[8];
	uint16_t vendor;
	uint16_t product;
	uint8_t rest[12];
};
_Static_assert(sizeof(struct samara_usb_listed) == 28, "layout of the canonical ABI");

SAMARA_IMPORT(SAMARA_USB_DEVICE, "list-devices") void samara_raw_usb_list(struct samara_area *area);
SAMARA_IMPORT(SAMARA_USB_DEVICE, "[resource-drop]usb-device")
void samara_raw_usb_drop(uint32_t device);
SAMARA_IMPORT(SAMARA_USB_DEVICE, "[method]usb-device.open")
void samara_raw_usb_open(uint32_t device, struct samara_area *area);
SAMARA_IMPORT(SAMARA_USB_DEVICE, "[method]device-handle.claim-interface")
void samara_raw_usb_claim(samara_usb handle, uint32_t number, struct samara_area *area);
SAMARA_IMPORT(SAMARA_USB_DEVICE, "[method]device-handle.release-interface")
void samara_raw_usb_release(samara_usb handle, uint32_t number, struct samara_area *area);
SAMARA_IMPORT(SAMARA_USB_DEVICE, "[method]device-handle.clear-halt")
void samara_raw_usb_clear_halt(samara_usb handle, uint32_t endpoint, struct samara_area *area);
SAMARA_IMPORT(SAMARA_USB_DEVICE, "[resource-drop]device-handle")
void samara_usb_close(samara_usb handle);
SAMARA_IMPORT(SAMARA_USB_DEVICE, "[method]device-handle.new-transfer")
void samara_raw_usb_transfer(samara_usb handle, uint32_t type, uint32_t request_type,
			     uint32_t request, uint32_t value, uint32_t index, uint32_t size,
			     uint32_t endpoint, uint32_t timeout_ms, uint32_t stream,
			     uint32_t packets, struct samara_area *area);
SAMARA_IMPORT(SAMARA_USB_TRANSFERS, "[method]transfer.submit-transfer")
void samara_raw_usb_submit(uint32_t transfer, const void *data, uint32_t length,
			   struct samara_area *area);
SAMARA_IMPORT(SAMARA_USB_TRANSFERS, "[resource-drop]transfer")
void samara_raw_usb_drop_transfer(uint32_t transfer);
SAMARA_IMPORT(SAMARA_USB_TRANSFERS, "await-transfer")
void samara_raw_usb_await(uint32_t transfer, struct samara_area *area);

/* The first granted device with these numbers. */
static inline int samara_usb_open(uint16_t vendor, uint16_t product, samara_usb *handle)
{
	uint32_t mark = samara_used;
	struct samara_area area;
	int error = SAMARA_USB_NOT_FOUND;

	samara_raw_usb_list(&area);
	if (area.is_error) {
		return SAMARA_USB_IO + area.error;
	}
	const struct samara_usb_listed *listed = (const void *)area.list.data;
	uint32_t count = area.list.length;

	for (uint32_t i = 0; i < count; i++) {
		if (error == SAMARA_USB_NOT_FOUND && listed[i].vendor == vendor &&
		    listed[i].product == product) {
			samara_raw_usb_open(listed[i].device, &area);
			error = area.is_error ? SAMARA_USB_IO + area.error : SAMARA_OK;
			*handle = area.handle;
		}
		samara_raw_usb_drop(listed[i].device);
	}
	samara_used = mark;
	return error;
}

static inline int samara_usb_claim(samara_usb handle, uint8_t number)
{
	struct samara_area area;

	samara_raw_usb_claim(handle, number, &area);
	return area.is_error ? SAMARA_USB_IO + area.small : SAMARA_OK;
}

static inline int samara_usb_release(samara_usb handle, uint8_t number)
{
	struct samara_area area;

	samara_raw_usb_release(handle, number, &area);
	return area.is_error ? SAMARA_USB_IO + area.small : SAMARA_OK;
}

static inline int samara_usb_clear_halt(samara_usb handle, uint8_t endpoint)
{
	struct samara_area area;

	samara_raw_usb_clear_halt(handle, endpoint, &area);
	return area.is_error ? SAMARA_USB_IO + area.small : SAMARA_OK;
}

/*
 * Sends or fills `data`; `*length` becomes what went over. `type` is 0 for control, 1 for bulk and
 * 2 for interrupt.
 */
static inline int samara_usb_transfer(samara_usb handle, uint32_t type,
				      struct samara_usb_setup setup, uint8_t endpoint, void *data,
				      uint32_t *length, uint32_t timeout_ms)
{
	int comes_in = (type == 0 ? setup.request_type : endpoint) & SAMARA_USB_IN;
	uint32_t mark = samara_used;
	struct samara_area area;

	samara_raw_usb_transfer(handle, type, setup.request_type, setup.request, setup.value,
				setup.index, *length, endpoint, timeout_ms, 0, 0, &area);
	if (area.is_error) {
		return SAMARA_USB_IO + area.error;
	}
	uint32_t transfer = area.handle;

	samara_raw_usb_submit(transfer, data, comes_in ? 0 : *length, &area);
	if (area.is_error) {
		samara_raw_usb_drop_transfer(transfer);
		return SAMARA_USB_IO + area.small;
	}
	samara_raw_usb_await(transfer, &area);
	if (area.is_error) {
		return SAMARA_USB_IO + area.error;
	}
	if (comes_in) {
		*length = area.list.length < *length ? area.list.length : *length;
		return samara_take(area.list, data, *length, mark);
	}
	samara_used = mark;
	return SAMARA_OK;
}

static inline int samara_usb_control(samara_usb handle, struct samara_usb_setup setup, void *data,
				     uint32_t *length, uint32_t timeout_ms)
{
	return samara_usb_transfer(handle, 0, setup, 0, data, length, timeout_ms);
}

/* The direction is that of the endpoint's address. */
static inline int samara_usb_bulk(samara_usb handle, uint8_t endpoint, void *data, uint32_t *length,
				  uint32_t timeout_ms)
{
	return samara_usb_transfer(handle, 1, (struct samara_usb_setup){0}, endpoint, data, length,
				   timeout_ms);
}

#endif
