/*
 * Hands what it is asked for to the host and the host's answer back, byte for byte: arguments and results of its
 * exports are laid out as those of the imports.
 */
#define SAMARA_ARENA 768
#include "samara.h"

enum { CASE_OTHER = 4 };

static struct samara_area area;

/* A bus that is not granted is the error that an operation on it would be. */
static samara_i2c opened(const char *name, uint32_t length)
{
	samara_i2c bus;

	samara_raw_open_i2c(name, length, &area);
	bus = area.handle;
	if (area.is_error) {
		area.small = area.error = CASE_OTHER;
		return 0;
	}
	return bus;
}

static const void *closed(samara_i2c bus)
{
	if (bus) {
		samara_i2c_close(bus);
	}
	return &area;
}

const void *SAMARA_EXPORT("i2c-read") i2c_read(const char *name, uint32_t size, uint32_t address, uint64_t length)
{
	samara_i2c bus = opened(name, size);

	if (bus) {
		samara_raw_i2c_read(bus, address, length, &area);
	}
	return closed(bus);
}
SAMARA_POST("i2c-read", post_i2c_read)

const void *SAMARA_EXPORT("i2c-write") i2c_write(const char *name, uint32_t size, uint32_t address, const void *data,
						 uint32_t length)
{
	samara_i2c bus = opened(name, size);

	if (bus) {
		samara_raw_i2c_write(bus, address, data, length, &area);
	}
	return closed(bus);
}
SAMARA_POST("i2c-write", post_i2c_write)

const void *SAMARA_EXPORT("i2c-write-read") i2c_write_read(const char *name, uint32_t size, uint32_t address,
							   const void *data, uint32_t length, uint64_t read)
{
	samara_i2c bus = opened(name, size);

	if (bus) {
		samara_raw_i2c_write_read(bus, address, data, length, read, &area);
	}
	return closed(bus);
}
SAMARA_POST("i2c-write-read", post_i2c_write_read)

const void *SAMARA_EXPORT("i2c-transaction") i2c_transaction(const char *name, uint32_t size, uint32_t address,
							     const struct samara_raw_op *ops, uint32_t count)
{
	samara_i2c bus = opened(name, size);

	if (bus) {
		samara_raw_i2c_transaction(bus, address, ops, count, &area);
	}
	return closed(bus);
}
SAMARA_POST("i2c-transaction", post_i2c_transaction)

static samara_spi selected(const char *name, uint32_t length)
{
	samara_raw_spi_open(name, length, &area);
	return area.is_error ? 0 : area.handle;
}

static const void *deselected(samara_spi device)
{
	if (device) {
		samara_spi_close(device);
	}
	return &area;
}

const void *SAMARA_EXPORT("spi-read") spi_read(const char *name, uint32_t size, uint64_t length)
{
	samara_spi device = selected(name, size);

	if (device) {
		samara_raw_spi_read(device, length, &area);
	}
	return deselected(device);
}
SAMARA_POST("spi-read", post_spi_read)

const void *SAMARA_EXPORT("spi-write") spi_write(const char *name, uint32_t size, const void *data, uint32_t length)
{
	samara_spi device = selected(name, size);

	if (device) {
		samara_raw_spi_write(device, data, length, &area);
	}
	return deselected(device);
}
SAMARA_POST("spi-write", post_spi_write)

const void *SAMARA_EXPORT("spi-transfer") spi_transfer(const char *name, uint32_t size, const void *data, uint32_t length)
{
	samara_spi device = selected(name, size);

	if (device) {
		samara_raw_spi_transfer(device, data, length, &area);
	}
	return deselected(device);
}
SAMARA_POST("spi-transfer", post_spi_transfer)

const void *SAMARA_EXPORT("spi-transaction") spi_transaction(const char *name, uint32_t size,
							     const struct samara_raw_op *ops, uint32_t count)
{
	samara_spi device = selected(name, size);

	if (device) {
		samara_raw_spi_transaction(device, ops, count, &area);
	}
	return deselected(device);
}
SAMARA_POST("spi-transaction", post_spi_transaction)

const void *SAMARA_EXPORT("pin-set") pin_set(const char *name, uint32_t size, uint32_t high)
{
	samara_output pin;

	samara_raw_open_output(name, size, &area);
	if (!area.is_error) {
		pin = area.handle;
		samara_raw_output_set(pin, high, &area);
		samara_output_close(pin);
	}
	return &area;
}
SAMARA_POST("pin-set", post_pin_set)

/* What it is set to afterwards. */
const void *SAMARA_EXPORT("pin-toggle") pin_toggle(const char *name, uint32_t size)
{
	samara_output pin;

	samara_raw_open_output(name, size, &area);
	if (area.is_error) {
		return &area;
	}
	pin = area.handle;
	samara_raw_output_toggle(pin, &area);
	if (!area.is_error) {
		samara_raw_output_get(pin, &area);
	}
	samara_output_close(pin);
	return &area;
}
SAMARA_POST("pin-toggle", post_pin_toggle)

const void *SAMARA_EXPORT("pin-get") pin_get(const char *name, uint32_t size)
{
	samara_input pin;

	samara_raw_open_input(name, size, &area);
	if (!area.is_error) {
		pin = area.handle;
		samara_raw_input_get(pin, &area);
		samara_input_close(pin);
	}
	return &area;
}
SAMARA_POST("pin-get", post_pin_get)
