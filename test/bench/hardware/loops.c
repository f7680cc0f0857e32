/*
 * Loops over one operation, for the benchmark.
 */
#include "samara.h"

enum { MAX_NAME = 64 };

/* Names come without a zero at their end; the host reads them before it writes its answer. */
static const char *named(const char *name, uint32_t size)
{
	static char text[MAX_NAME];

	if (size >= MAX_NAME) {
		__builtin_trap();
	}
	__builtin_memcpy(text, name, size);
	text[size] = 0;
	return text;
}

static const void *counted(int error, uint32_t count)
{
	samara_result = (struct samara_result){.number = count};
	return error ? samara_failed(samara_error_text(error)) : &samara_result;
}

const void *SAMARA_EXPORT("read-register") read_register(const char *name, uint32_t size, uint32_t address, uint32_t count)
{
	const uint8_t reg = 0;
	uint8_t bytes[4];
	samara_i2c bus;
	uint32_t done = 0;
	int error = samara_i2c_open(named(name, size), &bus);

	if (error) {
		return counted(error, 0);
	}
	for (; !error && done < count; done++) {
		error = samara_i2c_write_read(bus, address, &reg, sizeof(reg), bytes, sizeof(bytes));
	}
	samara_i2c_close(bus);
	return counted(error, done);
}
SAMARA_POST("read-register", post_read_register)

const void *SAMARA_EXPORT("toggle") toggle(const char *name, uint32_t size, uint32_t count)
{
	samara_output pin;
	uint32_t done = 0;
	int error = samara_output_open(named(name, size), &pin);

	if (error) {
		return counted(error, 0);
	}
	for (; !error && done < count; done++) {
		error = samara_output_set(pin, !(done & 1));
	}
	samara_output_close(pin);
	return counted(error, done);
}
SAMARA_POST("toggle", post_toggle)
