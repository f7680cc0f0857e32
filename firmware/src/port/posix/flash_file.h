/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief A file as flash, with the rules of NOR. */

#ifndef SAMARA_POSIX_FLASH_FILE_H_
#define SAMARA_POSIX_FLASH_FILE_H_

#include <stdint.h>

/**
 * @brief Open the file, which is made where it is missing; another process must not have it.
 * @retval 0 @retval -EBUSY Another process has it. @retval -EINVAL It has another size. @retval
 * -errno
 */
int flash_file_open(const char *path, uint32_t size, uint32_t block_size, uint32_t write_size);
void flash_file_close(void);

#endif /* SAMARA_POSIX_FLASH_FILE_H_ */
