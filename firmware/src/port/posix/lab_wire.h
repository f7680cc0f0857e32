/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Messages of a lab's socket, as shared/lab/lab.cddl has them. Twin of
 * shared/lab/{socket,device}.ts. */

#ifndef SAMARA_POSIX_LAB_WIRE_H_
#define SAMARA_POSIX_LAB_WIRE_H_

#include "codec/error.h"
#include "codec/stream.h"
#include "hal/bus.h"
#include "hal/profile.h"

/* Longest message either way. */
#define LAB_FRAME_MAX	 (1024 * 1024)
#define LAB_PROTOCOL	 1
#define LAB_ROLE_PROPLET 1
#define LAB_SEGMENTS_MAX 64

/* Keys of lab-request beside `id`; each request has one of them. */
enum lab_request_key {
	LAB_HELLO = 2,
	LAB_PROFILE,
	LAB_OPEN,
	LAB_CLOSE,
	LAB_RUN,
	LAB_CANCEL,
};

/* Keys of lab-reply; 0 where it has nothing but its id. */
enum lab_reply_key {
	LAB_REPLY_ERROR = 2,
	LAB_REPLY_WELCOME,
	LAB_REPLY_PROFILE,
	LAB_REPLY_OPENED,
	LAB_REPLY_RAN,
};

/** @brief `id`, and the key; its value comes next. */
void lab_write_request(struct codec_writer *writer, uint32_t id, enum lab_request_key key);
void lab_write_hello(struct codec_writer *writer);
void lab_write_device(struct codec_writer *writer, const struct hal_device *device);
/** @brief Operation on the device that the lab calls `number`; levels become those of the wire. */
void lab_write_run(struct codec_writer *writer, uint32_t number, const struct hal_device *device,
		   const struct bus_operation *operation);

/* Readers leave their error in reader->error: -EBADMSG for what is no such message. */

/** @brief `id` of a reply, and its key. */
void lab_read_reply(struct codec_reader *reader, uint32_t *id, enum lab_reply_key *key);
void lab_read_error(struct codec_reader *reader, struct codec_error *error);
void lab_read_welcome(struct codec_reader *reader, uint32_t *protocol, bool *virtual_time);
void lab_read_device(struct codec_reader *reader, struct hal_device *device);
/** @brief Number that opening a device gave. */
void lab_read_opened(struct codec_reader *reader, uint32_t *number);
/** @brief Fill in the answer; levels become logical. */
void lab_read_ran(struct codec_reader *reader, const struct hal_device *device,
		  struct bus_operation *operation);

#endif /* SAMARA_POSIX_LAB_WIRE_H_ */
