/*
 * A logger in an AT24C02: a ring of 32 records that outlives a power cut, one record to a page.
 *
 *   append(s32) -> result<u32, string>    newest(u32) -> result<list<s32>, string>
 * Device: `recipe-store` of the profile. Build: samara build examples/eeprom-logger/eeprom-logger.c
 * Run: samara run eeprom-logger.wasm --export append 42
 */
#include "samara.h"

enum { CHIP = 0x50, RECORDS = 32, CHUNK = 32, MAX_POLLS = 20, POLL_NS = 500000, NEVER = -1 };

/* A page of the chip, which it writes whole or not at all. */
static struct record { int32_t number, value; } ring[RECORDS];
static samara_i2c bus;
static int32_t last;

/* All records, and the number of the newest; -1 stands where none was ever written. */
static int load(void)
{
	int error = bus ? SAMARA_OK : samara_i2c_open("recipe-store", &bus);

	for (unsigned at = 0; !error && at < sizeof(ring); at += CHUNK) {
		error = samara_i2c_write_read(bus, CHIP, &(uint8_t){at}, 1, (uint8_t *)ring + at, CHUNK);
	}
	last = NEVER;
	for (int i = 0; i < RECORDS; i++) {
		last = ring[i].number > last ? ring[i].number : last;
	}
	return error;
}

const void *SAMARA_EXPORT("append") append(int32_t value)
{
	int error = load();
	struct { uint8_t at; uint8_t bytes[8]; } page = {(last + 1) % RECORDS * 8, {0}};

	__builtin_memcpy(page.bytes, &(struct record){last + 1, value}, sizeof(struct record));
	error = error ? error : samara_i2c_write(bus, CHIP, &page, sizeof(page));
	/* It acknowledges its address again when the page is stored. */
	for (int polls = 0; !error && samara_i2c_write(bus, CHIP, &page.at, 1); polls++) {
		samara_delay_ns(POLL_NS);
		error = polls < MAX_POLLS ? SAMARA_OK : SAMARA_NACK_ADDRESS;
	}
	samara_result = (struct samara_result){.number = last + 1};
	return error ? samara_failed(samara_error_text(error)) : &samara_result;
}

const void *SAMARA_EXPORT("newest") newest(uint32_t count)
{
	static int32_t values[RECORDS];
	int error = load();
	uint32_t given = 0;

	for (; given < count && given < RECORDS && (int32_t)given <= last; given++) {
		values[given] = ring[(last - given) % RECORDS].value;
	}
	samara_result = (struct samara_result){.data = values, .length = given};
	return error ? samara_failed(samara_error_text(error)) : &samara_result;
}
