/* Transfers to the loopback device 1209:0001, whose interface it claims for each bulk transfer. */
#define SAMARA_ARENA 768
#include "samara-usb.h"

enum { VENDOR = 0x1209, PRODUCT = 0x0001, INTERFACE = 0 };
enum { CONTROL, BULK };

static uint8_t buffer[256];

/* result<list<u8>, libusb-error> */
static const void *answer(int error, uint32_t length)
{
	samara_result = (struct samara_result){.data = buffer, .length = length};
	if (error) {
		samara_result.is_error = 1;
		samara_result.number = error - SAMARA_USB_IO;
	}
	return &samara_result;
}

static uint32_t filled(const void *data, uint32_t size)
{
	__builtin_memcpy(buffer, data, size <= sizeof(buffer) ? size : 0);
	return size;
}

/* Sends `data`, or takes as many bytes as it has: what it holds does not count then. */
const void *SAMARA_EXPORT("bulk") bulk(uint32_t endpoint, const void *data, uint32_t size, uint32_t timeout_ms)
{
	uint32_t length = filled(data, size);
	samara_usb device;
	int error = samara_usb_open(VENDOR, PRODUCT, &device);

	if (error) {
		return answer(error, 0);
	}
	error = samara_usb_claim(device, INTERFACE);
	if (!error) {
		error = samara_usb_bulk(device, endpoint, buffer, &length, timeout_ms);
		samara_usb_release(device, INTERFACE);
	}
	samara_usb_close(device);
	return answer(error, endpoint & SAMARA_USB_IN ? length : 0);
}
SAMARA_POST("bulk", post_bulk)

/* A request with `size` bytes to come in, or none to go out. */
const void *SAMARA_EXPORT("control") control(uint32_t type, uint32_t request, uint32_t value, uint32_t size)
{
	uint32_t length = size;
	samara_usb device;
	int error = samara_usb_open(VENDOR, PRODUCT, &device);

	if (error) {
		return answer(error, 0);
	}
	error = samara_usb_control(device, (struct samara_usb_setup){type, request, value, INTERFACE}, buffer, &length, 500);
	samara_usb_close(device);
	return answer(error, type & SAMARA_USB_IN ? length : 0);
}
SAMARA_POST("control", post_control)
