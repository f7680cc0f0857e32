/* SPDX-License-Identifier: Apache-2.0 */

#define LOG_SUBSYSTEM "port"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "devices.h"
#include "lab.h"
#include "lab_connection.h"
#include "port/log.h"

#define ANSWER_US   UINT64_C(5000000)
#define DEVICES_MAX 64

/* The profile */

struct found {
	const char *proplet;
	struct hal_device *devices;
	size_t count;
	size_t left_out;
};

static void write_profile(const struct lab_question *question, struct codec_writer *writer)
{
	const struct found *found = question->context;

	codec_write_text(writer, found->proplet, strlen(found->proplet));
}

static void read_devices(struct codec_reader *reader, struct found *found)
{
	struct hal_device device;
	uint32_t count = 0;

	(void)codec_read_array(reader, DEVICES_MAX, &count);
	for (; count > 0 && !reader->error; count--) {
		lab_read_device(reader, &device);
		if (device.kind == BUS_USB || found->count == CONFIG_SAMARA_DEVICES) {
			LOG_WRN("lab: device %s %s", device.name,
				device.kind == BUS_USB ? "is of usb, which this agent has not"
						       : "is one more than this agent takes");
			found->left_out++;
		} else {
			found->devices[found->count++] = device;
		}
	}
}

static void read_profile(struct lab_question *question, enum lab_reply_key key,
			 struct codec_reader *reader)
{
	uint32_t pairs = 0;
	uint64_t field = 0;

	if (key != LAB_REPLY_PROFILE) {
		reader->error = -EBADMSG;
		return;
	}
	(void)codec_read_map(reader, 16, &pairs);
	for (; pairs > 0 && codec_read_key(reader, &field) == 0; pairs--) {
		if (field == 1) {
			read_devices(reader, question->context);
		} else {
			(void)codec_skip(reader);
		}
	}
}

int lab_open(const char *path, const char *proplet, struct hal_device *devices, size_t *count,
	     char *why, size_t size)
{
	struct found found = {.proplet = proplet, .devices = devices};
	struct lab_question question = {.key = LAB_PROFILE,
					.write = write_profile,
					.read = read_profile,
					.context = &found,
					.cancel_fd = -1};

	if (lab_connection_set(path)) {
		snprintf(why, size, "lab: %s is longer than the path of a socket can be", path);
		return -EINVAL;
	}
	int error = lab_connect(&question.connection);

	question.until_us = port_now_us() + ANSWER_US;
	if (!error) {
		error = lab_ask(&question);
	}
	*count = error ? 0 : found.count;
	if (error == -EREMOTEIO || error == -EBADMSG) {
		snprintf(why, size, "lab at %s: %s", path,
			 error == -EREMOTEIO ? question.error.message
					     : "its profile cannot be read");
	} else if (error) {
		lab_why(why, size);
	}
	return error == -ENODEV || error == -ETIMEDOUT ? -ENODEV : error ? -EINVAL : 0;
}

/* Devices */

static void write_open(const struct lab_question *question, struct codec_writer *writer)
{
	const struct open_device *device = question->context;

	lab_write_device(writer, device->spec);
}

static void read_opened(struct lab_question *question, enum lab_reply_key key,
			struct codec_reader *reader)
{
	struct open_device *device = question->context;

	if (key == LAB_REPLY_OPENED) {
		lab_read_opened(reader, &device->number);
	} else {
		reader->error = -EBADMSG;
	}
}

/** Numbers of devices are the connection's: on a new one the device is opened again. */
static int attach(struct open_device *device, struct codec_error *refusal)
{
	struct lab_question question = {.key = LAB_OPEN,
					.write = write_open,
					.read = read_opened,
					.context = device,
					.cancel_fd = -1};
	/* Two threads that use one device open it once. */
	static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;
	int error = lab_connect(&question.connection);

	if (error) {
		return error;
	}
	pthread_mutex_lock(&opening);
	if (device->connection != question.connection) {
		question.until_us = port_now_us() + ANSWER_US;
		error = lab_ask(&question);
		device->connection = error ? 0 : question.connection;
		*refusal = question.error;
	}
	pthread_mutex_unlock(&opening);
	return error;
}

static int open_error(enum codec_error_code code)
{
	switch (code) {
	case CODEC_NOT_FOUND:
		return -ENOENT;
	case CODEC_PERMISSION_DENIED:
		return -EACCES;
	case CODEC_UNAVAILABLE:
		return -EBUSY;
	default:
		return -EIO;
	}
}

static int open_device(struct open_device *device, char *why, size_t size)
{
	struct codec_error refusal = {.code = CODEC_NO_ERROR};
	int error = attach(device, &refusal);

	if (error == -EREMOTEIO) {
		snprintf(why, size, "%s", refusal.message);
		return open_error(refusal.code);
	}
	if (error) {
		lab_why(why, size);
	}
	return error == -EBADMSG ? -EIO : error ? -ENODEV : 0;
}

struct run {
	struct open_device *device;
	struct bus_operation *operation;
	const struct device_call *call;
};

static void write_run(const struct lab_question *question, struct codec_writer *writer)
{
	const struct run *run = question->context;

	lab_write_run(writer, run->device->number, run->device->spec, run->operation);
}

/** The lab does what it is asked in order: what it is asked after this comes after this. */
static void sent_run(const struct lab_question *question)
{
	const struct run *run = question->context;

	if (run->call->begun) {
		run->call->begun(run->call->arg);
	}
}

static void read_ran(struct lab_question *question, enum lab_reply_key key,
		     struct codec_reader *reader)
{
	const struct run *run = question->context;

	if (key == LAB_REPLY_RAN) {
		lab_read_ran(reader, run->device->spec, run->operation);
	} else {
		reader->error = -EBADMSG;
	}
}

static void failed(struct bus_operation *operation, int error, const struct codec_error *refusal)
{
	bool is_wrong = refusal->code == CODEC_INVALID_ARGUMENT || refusal->code == CODEC_TOO_LARGE;
	char why[BUS_DETAIL_MAX + 1];

	switch (error) {
	case -EREMOTEIO:
		device_fail(operation, is_wrong ? BUS_INVALID : BUS_NO_DEVICE, "%s",
			    refusal->message);
		break;
	case -EMSGSIZE:
		device_fail(operation, BUS_INVALID, "longer than a frame of the lab");
		break;
	case -ECANCELED:
		device_fail(operation, BUS_CANCELLED,
			    "its task ended, and the lab does not answer");
		break;
	default:
		device_fail(operation, BUS_NO_DEVICE, "%s", lab_why(why, sizeof(why)));
	}
}

static void run_device(struct open_device *device, struct bus_operation *operation,
		       const struct device_call *call)
{
	struct run run = {device, operation, call};
	struct lab_question question = {.key = LAB_RUN,
					.write = write_run,
					.sent = sent_run,
					.read = read_ran,
					.context = &run,
					.until_us = PORT_FOREVER,
					.cancel_fd = call->cancel_fd};
	int error;

	/* The second time on a new connection: the lab was there before, and came back while nobody
	 * looked. */
	for (int attempt = 0; attempt < 2; attempt++) {
		error = attach(device, &question.error);
		question.connection = device->connection;
		if (!error) {
			error = lab_ask(&question);
		}
		if (error != -ENODEV || question.took) {
			break;
		}
	}
	if (error) {
		failed(operation, error, &question.error);
	}
}

static void write_close(const struct lab_question *question, struct codec_writer *writer)
{
	const struct open_device *device = question->context;

	codec_write_uint(writer, device->number);
}

static void close_device(struct open_device *device)
{
	struct lab_question question = {.key = LAB_CLOSE,
					.write = write_close,
					.context = device,
					.connection = device->connection,
					.until_us = port_now_us() + ANSWER_US,
					.cancel_fd = -1};

	/* Where the connection is another one by now, nobody has the device there. */
	(void)lab_ask(&question);
}

const struct device_driver device_lab = {open_device, run_device, close_device};
