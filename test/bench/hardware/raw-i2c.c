/* Writes a register number and reads four bytes, so many times; prints microseconds for each. */
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>

int main(int count, char **words)
{
	uint8_t reg = 0, bytes[4];
	struct i2c_msg messages[2] = {{0x76, 0, 1, &reg}, {0x76, I2C_M_RD, 4, bytes}};
	struct i2c_rdwr_ioctl_data request = {messages, 2};
	struct timespec from, to;
	int times = count > 1 ? atoi(words[1]) : 100;
	int fd = open("/dev/i2c-1", O_RDWR);

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < times; i++) {
		if (ioctl(fd, I2C_RDWR, &request) != 2) {
			return 1;
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%f", ((to.tv_sec - from.tv_sec) * 1e6 + (to.tv_nsec - from.tv_nsec) / 1e3) / times);
	return 0;
}
