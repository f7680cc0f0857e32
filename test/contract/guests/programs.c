/*
 * Small drivers as people write them, from the data sheets. They use the devices `sensor` (BME280), `store` (AT24C02)
 * and `flash` (25 series).
 */
#include "samara.h"

enum { BME280 = 0x76, AT24 = 0x50, MAX_POLLS = 200 };

static uint8_t given[16];

static const void *answer(int error, uint32_t length)
{
	samara_result = (struct samara_result){.data = given, .length = length};
	return error ? samara_failed(samara_error_text(error)) : &samara_result;
}

/* Looks who is there, measures once with all samplings at 16 times, and reads pressure, temperature and humidity. */
const void *SAMARA_EXPORT("measure") measure(void)
{
	enum { ID = 0xd0, CTRL_HUM = 0xf2, CTRL_MEAS = 0xf4, STATUS = 0xf3, DATA = 0xf7, FORCED_16 = 0xb5 };
	samara_i2c bus;
	int error = samara_i2c_open("sensor", &bus);

	error = error ? error : samara_i2c_write_read(bus, BME280, &(uint8_t){ID}, 1, given, 1);
	if (!error && given[0] != 0x60) {
		return samara_failed("no BME280");
	}
	error = error ? error : samara_i2c_write(bus, BME280, &(uint8_t[]){CTRL_HUM, 5, CTRL_MEAS, FORCED_16}, 4);
	/* 1.25 ms, and 2.3 ms a sample of each, and 0.575 ms twice: 113 ms at most. */
	samara_delay_ns(120000000);
	error = error ? error : samara_i2c_write_read(bus, BME280, &(uint8_t){STATUS}, 1, given, 1);
	if (!error && given[0] & 8) {
		return samara_failed("still measuring");
	}
	return answer(error ? error : samara_i2c_write_read(bus, BME280, &(uint8_t){DATA}, 1, given, 8), 8);
}

/* Writes four bytes over the end of a page, waits until the chip acknowledges again, and reads the page. */
const void *SAMARA_EXPORT("store") store(void)
{
	samara_i2c bus;
	int error = samara_i2c_open("store", &bus);

	error = error ? error : samara_i2c_write(bus, AT24, &(uint8_t[]){0x16, 1, 2, 3, 4}, 5);
	for (int polls = 0; !error && polls < MAX_POLLS && samara_i2c_write(bus, AT24, &(uint8_t){0x10}, 1); polls++) {
		samara_delay_ns(100000);
	}
	return answer(error ? error : samara_i2c_read(bus, AT24, given, 8), 8);
}

/* Programs two bytes of a flash, waits until it is done, and reads them with their neighbours. */
const void *SAMARA_EXPORT("program") program(void)
{
	enum { WRITE_ENABLE = 6, PROGRAM = 2, STATUS = 5, READ = 3, BUSY = 1 };
	uint8_t status = BUSY;
	samara_spi flash;
	int error = samara_spi_open("flash", &flash);
	struct samara_op poll[] = {{SAMARA_WRITE, &(uint8_t){STATUS}, 1}, {SAMARA_READ, &status, 1}};
	struct samara_op read[] = {{SAMARA_WRITE, (uint8_t[]){READ, 0x00, 0x01, 0xfe}, 4}, {SAMARA_READ, given, 4}};

	error = error ? error : samara_spi_write(flash, &(uint8_t){WRITE_ENABLE}, 1);
	error = error ? error : samara_spi_write(flash, (uint8_t[]){PROGRAM, 0x00, 0x01, 0xff, 0xa5, 0x5a}, 6);
	for (int polls = 0; !error && polls < MAX_POLLS && status & BUSY; polls++) {
		samara_delay_ns(100000);
		error = samara_spi_transaction(flash, poll, 2);
	}
	return answer(error ? error : samara_spi_transaction(flash, read, 2), 4);
}
