/*
 * Bulk transfers with a USB device that gives back what it is sent (1209:0001).
 *
 *   echo(data: list<u8>) -> result<list<u8>, string>
 *
 * Device: `loop` of the profile. USB is there on Linux alone.
 * Build: samara build examples/usb-loopback/usb-loopback.c
 * Run: samara run usb-loopback.wasm --export echo '[1, 2, 3]'
 */
#define SAMARA_ARENA 1152 /* the argument, and what comes back */
#include "samara-usb.h"

enum { VENDOR = 0x1209, PRODUCT = 0x0001, INTERFACE = 0, OUT = 0x01, IN = 0x81 };
enum { MAX_BYTES = 512, TIMEOUT_MS = 500 };

static uint8_t received[MAX_BYTES];
static samara_usb loop;

static int open_loop(void)
{
	if (loop) {
		return SAMARA_OK;
	}
	int error = samara_usb_open(VENDOR, PRODUCT, &loop);

	return error ? error : samara_usb_claim(loop, INTERFACE);
}

const void *SAMARA_EXPORT("echo") echo(uint8_t *data, uint32_t length)
{
	uint32_t sent = length;

	if (length > MAX_BYTES) {
		return samara_failed("512 bytes at most");
	}
	int error = open_loop();

	if (!error) {
		error = samara_usb_bulk(loop, OUT, data, &sent, TIMEOUT_MS);
	}
	if (!error) {
		error = samara_usb_bulk(loop, IN, received, &length, TIMEOUT_MS);
	}
	samara_result = (struct samara_result){.data = received, .length = length};
	return error ? samara_failed(samara_error_text(error)) : &samara_result;
}

SAMARA_POST("echo", after_echo)
