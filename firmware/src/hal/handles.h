/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Handles of an instance, and what all host functions share. Hal's own. Runner. */

#ifndef SAMARA_HAL_HANDLES_H_
#define SAMARA_HAL_HANDLES_H_

#include "hal/session.h"
#include "runtime/runtime.h"

enum handle_kind {
	HANDLE_FREE,
	HANDLE_I2C,
	HANDLE_DELAY,
	HANDLE_SPI,
	HANDLE_OUTPUT,
	HANDLE_STATEFUL_OUTPUT,
	HANDLE_INPUT,
	HANDLE_INPUT_WAIT,
	HANDLE_POLLABLE,
};

/** @brief Whether it is such a handle. @retval false A trap was set. */
bool handle_is(struct runtime_guest *guest, uint64_t handle, enum handle_kind kind);
/** @brief The grant of a handle's device. NULL: a trap was set, it is no such handle. */
struct hal_grant *handle_grant(struct runtime_guest *guest, uint64_t handle, enum handle_kind kind);
/** @brief A new handle. @retval 0 A trap was set: no more fit. */
uint32_t handle_new(struct runtime_guest *guest, enum handle_kind kind, uint8_t grant);
void handle_drop(struct runtime_guest *guest, uint64_t handle, enum handle_kind kind);
/** @brief A number that a handle carries, 0 at first. `handle` is one that the guest has. */
uint16_t *handle_number(struct runtime_guest *guest, uint64_t handle);

/** @brief Memory of the guest's for `count` things of a size and alignment. NULL: a trap was set.
 */
void *guest_array(struct runtime_guest *guest, uint64_t address, uint64_t count, uint32_t size,
		  uint32_t align);
void put_u32(uint8_t *at, uint32_t value);
uint32_t get_u32(const uint8_t *at);
/**
 * @brief Bytes as a list of the guest's own memory; its address and length go to `place`.
 * @retval false A trap was set.
 */
bool guest_list(struct runtime_guest *guest, uint64_t place, const void *data, uint32_t len);

/** @brief How the results of an interface lie in a guest's memory. */
struct result_form {
	uint8_t size;
	uint8_t align; /* of all of it; a value or an error begins there, too */
	uint8_t words; /* the case of its error that is told in words */
	uint8_t words_at;
	const uint8_t *cases; /* of each enum bus_error; from bit 4 on what the case carries. NULL:
				 all are in words */
};
#define RESULT_NO_WORDS UINT8_MAX

/** @brief A result without error, all zeros. NULL: a trap was set. */
uint8_t *result_ok(struct runtime_guest *guest, uint64_t result, const struct result_form *form);
/** @brief The case that is told in words, with these. */
void result_words(struct runtime_guest *guest, uint64_t result, const struct result_form *form,
		  const char *words);
/** @brief The error of an operation, in words that are the same whatever driver it comes from. */
void result_error(struct runtime_guest *guest, uint64_t result, const struct result_form *form,
		  const struct bus_operation *operation);

/**
 * @brief The handle of a device that the guest opens by its name.
 *
 * @param[out] words What keeps it from being opened.
 * @retval >0      The handle.
 * @retval -ENOENT, -EACCES It is not granted so: counted.
 * @retval -EINVAL It is of another kind or direction.
 * @retval -EFAULT A trap was set.
 */
int32_t open_named(struct runtime_guest *guest, const uint64_t *args, enum handle_kind kind,
		   char words[BUS_DETAIL_MAX + 1]);
/** @brief The same for args {name, length, result}, with the result in that form. */
void open_to_result(struct runtime_guest *guest, const uint64_t *args, enum handle_kind kind,
		    const struct result_form *form);

/** @brief Where a host function of a bus finds what goes over it; 0: it has none. */
struct transfer_form {
	enum handle_kind kind;
	const struct result_form *result;
	uint8_t target; /* argument: address */
	uint8_t out;	/* argument: bytes, and their count in the next */
	uint8_t in;	/* argument: count of bytes; of a transfer the same as `out` */
	uint8_t to;	/* argument: place of the result */
};
/** @brief One write, one read, one after the other, or one transfer. */
void transfer_bytes(struct runtime_guest *guest, const uint64_t *args,
		    const struct transfer_form *form);

#define PLAN_OP_SIZE 16

/** @brief What an interface's list of operations is: `read(u64) | write(list<u8>) |
 * transfer(list<u8>) | delay(u32)`. */
struct plan_form {
	const struct result_form *result;
	uint8_t kinds; /* how many of these it has */
	bool joins;    /* adjacent ones of a kind are one segment, with its bytes in the scratch */
};

struct plan {
	struct bus_segment segments[CONFIG_SAMARA_SEGMENTS];
	struct bus_operation operation;
	uint32_t used;	/* of the scratch */
	uint32_t reads; /* operations that are reads */
};

/**
 * @brief Do a list of operations: args {address, count, result}.
 * @retval true It is done, and the answer is in the segments. @retval false The result says why
 * not, or a trap was set.
 */
bool plan_run(struct runtime_guest *guest, struct hal_grant *grant, uint32_t target,
	      const uint64_t *args, const struct plan_form *form, struct plan *plan);

#endif /* SAMARA_HAL_HANDLES_H_ */
