/* One export for each thing that the C SDK can do. */
#include "samara.h"

static const void *answered(int error, uint32_t number)
{
	samara_result = (struct samara_result){.number = number};
	return error ? samara_failed(samara_error_text(error)) : &samara_result;
}

const void *SAMARA_EXPORT("spi-register") spi_register(uint32_t number)
{
	uint8_t both[2] = {0x80 | number, 0};
	samara_spi chip;
	int error = samara_spi_open("vib-1", &chip);

	error = error ? error : samara_spi_transfer(chip, both, sizeof(both));
	return answered(error, both[1]);
}

const void *SAMARA_EXPORT("spi-sequence") spi_sequence(uint32_t number)
{
	uint8_t first = number, rest[3] = {0};
	samara_spi chip;
	struct samara_op ops[] = {{SAMARA_WRITE, &first, 1},
				  {SAMARA_DELAY, NULL, 1000},
				  {SAMARA_READ, rest, 1},
				  {SAMARA_TRANSFER, rest + 1, 2}};
	int error = samara_spi_open("vib-1", &chip);

	error = error ? error : samara_spi_transaction(chip, ops, 4);
	return answered(error, rest[0] << 16 | rest[1] << 8 | rest[2]);
}

const void *SAMARA_EXPORT("pressed") pressed(void)
{
	samara_input button;
	int is_high = 0;
	int error = samara_input_open("estop", &button);

	error = error ? error : samara_input_get(button, &is_high);
	return answered(error, is_high);
}

const void *SAMARA_EXPORT("toggle") toggle(void)
{
	samara_output lamp;
	int is_high = 0;
	int error = samara_output_open("lamp", &lamp);

	error = error ? error : samara_output_toggle(lamp);
	error = error ? error : samara_output_get(lamp, &is_high);
	return answered(error, is_high);
}

const void *SAMARA_EXPORT("hundredths") hundredths(void)
{
	char text[16];
	int length = samara_config("NUMBER", text, sizeof(text));
	int32_t value = 0;

	for (int i = 0; i < length; i++) {
		value = text[i] >= '0' && text[i] <= '9' ? value * 10 + text[i] - '0' : value;
	}
	return length < 0 ? samara_failed("no number") : answered(0, text[0] == '-' ? -value : value);
}

const void *SAMARA_EXPORT("refused") refused(void)
{
	uint32_t handle;
	uint32_t count = 0;

	count += samara_i2c_open("nobody", &handle) != 0;
	count += samara_spi_open("nobody", &handle) != 0;
	count += samara_output_open("nobody", &handle) != 0;
	count += samara_input_open("nobody", &handle) != 0;
	return answered(0, count);
}
