/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Nobody reads but a thread that waits for a reply: the first of them reads for all, hands each
 * reply to the thread that asked, and wakes another one when it has its own. An operation costs no
 * switch of threads then, and a proplet that does nothing has no thread for its lab.
 */

#define LOG_SUBSYSTEM "port"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base.h"
#include "lab_connection.h"
#include "linux_errno.h"
#include "port/log.h"

#define HEAD_BYTES   4
/* Of a whole frame, once it has begun: a lab that stops in the middle of one is gone. */
#define FRAME_S	     5
#define GREETING_US  UINT64_C(5000000)
/* What a lab may take to answer an operation that was given up. */
#define GIVING_UP_US UINT64_C(2000000)
/* Between two attempts to connect that failed: a guest that tries in a loop shall not turn into one
 * of connects. */
#define AGAIN_US     UINT64_C(100000)

enum { WAITING = 1 };

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t nobody_reads = PTHREAD_COND_INITIALIZER;
static struct lab_question *waiting;
static int sock = -1;
static uint32_t number; /* of the connection; 0: none */
static bool greeted;
static struct lab_question *leader; /* reads for all */
static uint32_t last_id;
static char why[120] = "no lab was looked for";

/* Guards what is sent; taken before `mutex` where both are. */
static pthread_mutex_t sending = PTHREAD_MUTEX_INITIALIZER;
static uint8_t outgoing[HEAD_BYTES + LAB_FRAME_MAX];
/* Of the thread that reads. */
static uint8_t incoming[LAB_FRAME_MAX];

/* One thread connects at a time. */
static pthread_mutex_t connecting = PTHREAD_MUTEX_INITIALIZER;
static uint32_t connections;
static uint64_t failed_us;
static bool is_virtual;

bool port_time_is_virtual(void)
{
	return is_virtual;
}

int lab_connection_set(const char *path)
{
	if (strlen(path) >= sizeof(address.sun_path)) {
		return -ENAMETOOLONG;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	return 0;
}

const char *lab_why(char *text, size_t size)
{
	pthread_mutex_lock(&mutex);
	snprintf(text, size, "lab at %s: %s", address.sun_path, why);
	pthread_mutex_unlock(&mutex);
	return text;
}

static void wake(const struct lab_question *question)
{
	uint64_t one = 1;

	if (question->wake_fd >= 0 && write(question->wake_fd, &one, sizeof(one)) < 0) {
		/* It is awake already. */
	}
}

/** The mutex is held. */
static void finish(struct lab_question *question, int state)
{
	question->state = state;
	if (question != leader) {
		wake(question);
	}
}

/** The mutex is held. The descriptor is closed by who connects next: somebody may be about to use
 * it. */
static void lose(const char *reason)
{
	if (number == 0) {
		return;
	}
	number = 0;
	greeted = false;
	(void)shutdown(sock, SHUT_RDWR);
	if (reason) {
		snprintf(why, sizeof(why), "%s", reason);
	}
	for (struct lab_question *question = waiting; question; question = question->next) {
		if (question->state == WAITING) {
			finish(question, -ENODEV);
		}
	}
	LOG_WRN("lab at %s: %s", address.sun_path, why);
}

/* Frames */

static int receive(int fd, uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t got = recv(fd, data, len, 0);

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got <= 0) {
			return -ENODEV;
		}
		data += got;
		len -= (size_t)got;
	}
	return 0;
}

static int transmit(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t put = send(fd, data, len, MSG_NOSIGNAL);

		if (put < 0 && errno == EINTR) {
			continue;
		}
		if (put <= 0) {
			return -ENODEV;
		}
		data += put;
		len -= (size_t)put;
	}
	return 0;
}

/** @retval -ENODEV That connection is gone; then nothing whole was sent. */
static int send_request(const struct lab_question *question, uint32_t connection)
{
	struct codec_writer writer;

	pthread_mutex_lock(&sending);
	codec_writer_init(&writer, outgoing + HEAD_BYTES, LAB_FRAME_MAX);
	lab_write_request(&writer, question->id, question->key);
	question->write(question, &writer);
	for (unsigned int index = 0; index < HEAD_BYTES; index++) {
		outgoing[index] = (uint8_t)(writer.len >> (24 - 8 * index));
	}
	pthread_mutex_lock(&mutex);
	bool is_gone = number == 0 || number != connection;

	pthread_mutex_unlock(&mutex);
	int error = writer.error ? -EMSGSIZE
		    : is_gone	 ? -ENODEV
				 : transmit(sock, outgoing, HEAD_BYTES + writer.len);

	if (error == -ENODEV && !is_gone) {
		pthread_mutex_lock(&mutex);
		lose("is gone");
		pthread_mutex_unlock(&mutex);
	}
	pthread_mutex_unlock(&sending);
	return error;
}

/* Replies */

static void take(struct lab_question *question, enum lab_reply_key key, struct codec_reader *reader)
{
	if (key == LAB_REPLY_ERROR) {
		lab_read_error(reader, &question->error);
	} else if (question->read) {
		question->read(question, key, reader);
	} else if (key != 0) {
		reader->error = -EBADMSG;
	}
	finish(question, reader->error ? -EBADMSG : key == LAB_REPLY_ERROR ? -EREMOTEIO : 0);
}

/** The mutex is held. Who gave up has left: its reply is for nobody. */
static void hand_over(size_t len)
{
	struct codec_bytes bytes = {incoming, len};
	struct codec_source source = codec_source_bytes(&bytes);
	struct codec_reader reader;
	struct lab_question *question = waiting;
	enum lab_reply_key key;
	uint32_t id;

	codec_reader_init(&reader, &source);
	lab_read_reply(&reader, &id, &key);
	if (reader.error) {
		lose("sent what is no reply");
		return;
	}
	while (question && (question->id != id || question->state != WAITING)) {
		question = question->next;
	}
	if (question) {
		take(question, key, &reader);
	} else if (id == 0 && key == LAB_REPLY_ERROR) {
		struct codec_error last_words;

		lab_read_error(&reader, &last_words);
		lose(last_words.message);
	}
}

static void read_one(int fd)
{
	uint8_t head[HEAD_BYTES];
	int error = receive(fd, head, sizeof(head));
	size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];

	if (!error && len <= sizeof(incoming)) {
		error = receive(fd, incoming, len);
	}
	pthread_mutex_lock(&mutex);
	if (error) {
		lose("is gone");
	} else if (len > sizeof(incoming)) {
		lose("sent a frame that is too long");
	} else {
		hand_over(len);
	}
	pthread_mutex_unlock(&mutex);
}

/* Questions */

static void write_cancel(const struct lab_question *question, struct codec_writer *writer)
{
	codec_write_uint(writer, *(const uint32_t *)question->context);
}

/** The run itself answers, so this one waits for nothing. */
static void cancel(struct lab_question *question)
{
	struct lab_question request = {
		.key = LAB_CANCEL, .write = write_cancel, .context = &question->id};

	question->cancelled = true;
	pthread_mutex_lock(&mutex);
	request.id = ++last_id;
	uint32_t connection = number;

	pthread_mutex_unlock(&mutex);
	(void)send_request(&request, connection);
	question->until_us = port_now_us() + GIVING_UP_US;
}

/** Wait for the socket, where this thread reads for all, or to be woken; and for the end of
 * patience. */
static void wait_turn(struct lab_question *question, bool leads)
{
	struct pollfd files[] = {
		{.fd = leads ? sock : question->wake_fd, .events = POLLIN},
		{.fd = question->cancelled ? -1 : question->cancel_fd, .events = POLLIN},
	};
	uint64_t until = question->until_us;
	uint64_t count;

	if (poll(files, 2, until == PORT_FOREVER ? -1 : posix_poll_ms(until)) <= 0) {
		return;
	}
	if (files[1].revents) {
		cancel(question);
	}
	if (files[0].revents && leads) {
		read_one(files[0].fd);
	} else if (files[0].revents && read(files[0].fd, &count, sizeof(count)) < 0) {
		/* It was woken once for two reasons. */
	}
}

/** The mutex is held. */
static bool take_lead(struct lab_question *question)
{
	if (leader) {
		if (question->wake_fd < 0) {
			question->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		}
		return false;
	}
	leader = question;
	return true;
}

static void wait_reply(struct lab_question *question)
{
	pthread_mutex_lock(&mutex);
	while (question->state == WAITING) {
		if (port_now_us() >= question->until_us) {
			question->state = question->cancelled ? -ECANCELED : -ETIMEDOUT;
			break;
		}
		bool leads = take_lead(question);

		pthread_mutex_unlock(&mutex);
		wait_turn(question, leads);
		pthread_mutex_lock(&mutex);
		if (leads) {
			leader = NULL;
			pthread_cond_broadcast(&nobody_reads);
		}
	}
	pthread_mutex_unlock(&mutex);
}

/** @retval Number of the connection that it goes to. */
static uint32_t join(struct lab_question *question)
{
	pthread_mutex_lock(&mutex);
	do {
		question->id = ++last_id;
	} while (question->id == 0);
	question->state = WAITING;
	question->cancelled = false;
	question->next = waiting;
	waiting = question;
	uint32_t connection = question->connection ? question->connection : number;

	pthread_mutex_unlock(&mutex);
	return connection;
}

static void leave(struct lab_question *question)
{
	pthread_mutex_lock(&mutex);
	for (struct lab_question **at = &waiting; *at; at = &(*at)->next) {
		if (*at == question) {
			*at = question->next;
			break;
		}
	}
	/* Another one reads from now on; one that has its reply would not. */
	struct lab_question *next = waiting;

	while (next && next->state != WAITING) {
		next = next->next;
	}
	if (next && !leader) {
		wake(next);
	}
	pthread_mutex_unlock(&mutex);
}

int lab_ask(struct lab_question *question)
{
	question->took = false;
	question->wake_fd = -1;
	int error = send_request(question, join(question));

	question->took = !error;
	if (!error) {
		if (question->sent) {
			question->sent(question);
		}
		wait_reply(question);
		error = question->state;
	}
	leave(question);
	if (question->wake_fd >= 0) {
		close(question->wake_fd);
	}
	return error;
}

/* Connecting */

static void write_hello(const struct lab_question *question, struct codec_writer *writer)
{
	(void)question;
	lab_write_hello(writer);
}

static void read_welcome(struct lab_question *question, enum lab_reply_key key,
			 struct codec_reader *reader)
{
	uint32_t protocol = 0;

	if (key == LAB_REPLY_WELCOME) {
		lab_read_welcome(reader, &protocol, question->context);
	}
	if (protocol != LAB_PROTOCOL) {
		reader->error = -EBADMSG;
	}
}

static int dial(void)
{
	struct timeval limit = {.tv_sec = FRAME_S};
	char name[24];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		return fd;
	}
	int error = errno;

	if (fd >= 0) {
		close(fd);
	}
	pthread_mutex_lock(&mutex);
	snprintf(why, sizeof(why), "cannot be reached: %s",
		 linux_errno_name(error, name, sizeof(name)));
	pthread_mutex_unlock(&mutex);
	return -ENODEV;
}

/** The old descriptor is closed once nobody reads it; nobody begins to while there is no
 * connection. */
static void install(int fd)
{
	pthread_mutex_lock(&mutex);
	while (leader) {
		pthread_cond_wait(&nobody_reads, &mutex);
	}
	pthread_mutex_unlock(&mutex);
	pthread_mutex_lock(&sending);
	pthread_mutex_lock(&mutex);
	if (sock >= 0) {
		close(sock);
	}
	sock = fd;
	number = ++connections;
	snprintf(why, sizeof(why), "is gone");
	pthread_mutex_unlock(&mutex);
	pthread_mutex_unlock(&sending);
}

static int greet(void)
{
	struct lab_question hello = {.key = LAB_HELLO,
				     .write = write_hello,
				     .read = read_welcome,
				     .context = &is_virtual,
				     .until_us = port_now_us() + GREETING_US,
				     .cancel_fd = -1};
	int error = lab_ask(&hello);

	pthread_mutex_lock(&mutex);
	greeted = !error;
	if (error) {
		lose(error == -EREMOTEIO ? hello.error.message
		     : error == -EBADMSG ? "speaks another protocol"
					 : "does not answer");
	}
	pthread_mutex_unlock(&mutex);
	return error == -EREMOTEIO || error == -EBADMSG ? -EPROTO : error ? -ENODEV : 0;
}

static uint32_t current(void)
{
	pthread_mutex_lock(&mutex);
	uint32_t connection = greeted ? number : 0;

	pthread_mutex_unlock(&mutex);
	return connection;
}

int lab_connect(uint32_t *connection)
{
	int error = 0;

	*connection = current();
	if (*connection != 0) {
		return 0;
	}
	pthread_mutex_lock(&connecting);
	*connection = current();
	if (*connection == 0 && failed_us > 0 && port_now_us() - failed_us < AGAIN_US) {
		error = -ENODEV;
	} else if (*connection == 0) {
		int fd = dial();

		if (fd >= 0) {
			install(fd);
		}
		error = fd < 0 ? fd : greet();
		failed_us = error ? port_now_us() : 0;
		*connection = current();
	}
	pthread_mutex_unlock(&connecting);
	return !error && *connection == 0 ? -ENODEV : error;
}

void lab_forget(void)
{
	sock = -1;
	number = 0;
	greeted = false;
	waiting = NULL;
	leader = NULL;
}
