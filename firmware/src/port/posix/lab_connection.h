/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief The one connection to a lab, shared by all threads: questions, and the replies that carry
 * their numbers.
 */

#ifndef SAMARA_POSIX_LAB_CONNECTION_H_
#define SAMARA_POSIX_LAB_CONNECTION_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab_wire.h"

/** @brief What a thread asks, and how it reads the reply. Fields below `took` are the connection's
 * own. */
struct lab_question {
	enum lab_request_key key;
	/** Writes what follows the key. */
	void (*write)(const struct lab_question *question, struct codec_writer *writer);
	/** Told once it is on its way; NULL: nobody asks. */
	void (*sent)(const struct lab_question *question);
	/** Reads what follows the reply's key, which is not 0 and no error. NULL: the reply has
	 * nothing. */
	void (*read)(struct lab_question *question, enum lab_reply_key key,
		     struct codec_reader *reader);
	void *context;
	uint32_t connection;	  /* the one that it is for; 0: any */
	uint64_t until_us;	  /* PORT_FOREVER: the lab says when */
	int cancel_fd;		  /* readable: give it up; -1: never */
	struct codec_error error; /* what the lab said, where it refused */
	bool took;		  /* the lab may have done it */

	struct lab_question *next;
	uint32_t id;
	int state;
	int wake_fd;
	bool cancelled;
};

/** @brief Where the lab is. Once, before all else. @retval 0 @retval -ENAMETOOLONG */
int lab_connection_set(const char *path);
/**
 * @brief Connect where there is no connection, and greet. Any thread.
 * @param[out] number Of the connection; a new one has another. Numbers of devices hold for one.
 * @retval 0 @retval -ENODEV There is no lab. @retval -EPROTO It speaks otherwise.
 */
int lab_connect(uint32_t *number);
/**
 * @brief Ask, and wait for the reply. Any thread.
 *
 * @retval 0          Answered.
 * @retval -EREMOTEIO The lab refused it: question->error.
 * @retval -ENODEV    The connection is gone; where `took` is false nothing was asked.
 * @retval -EBADMSG   No such reply.
 * @retval -ETIMEDOUT Not until then. @retval -ECANCELED Given up, and the lab did not answer.
 */
int lab_ask(struct lab_question *question);
/** @brief Forget the connection, as a forked process must that has closed its descriptors; its
 * parent's goes on. */
void lab_forget(void);
/** @brief What ended the connection or keeps it from being made, for people. */
const char *lab_why(char *text, size_t size);

#endif /* SAMARA_POSIX_LAB_CONNECTION_H_ */
