/* SPDX-License-Identifier: Apache-2.0 */

/* The lab driver against a lab that this file plays, with the bytes of shared/vectors/lab.json. */

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base.h"
#include "lab.h"
#include "lab_vectors.h"
#include "lab_wire.h"
#include "port/port.h"

static const struct hal_device thermometer = {.name = "line1-temp",
					      .kind = BUS_I2C,
					      .simulated = true,
					      .bus = "i2c-1",
					      .max_bytes = 4096,
					      .timeout_ms = 1000,
					      .i2c = {.addresses = {118}, .addresses_count = 1}};
static const struct hal_device vibration = {.name = "vib-1",
					    .kind = BUS_SPI,
					    .simulated = true,
					    .bus = "spi-0:1",
					    .max_bytes = 4096,
					    .timeout_ms = 1000,
					    .spi = {.mode = 3, .bits_per_word = 8, .hz = 5000000}};
static const struct hal_device motor = {.name = "motor-1",
					.kind = BUS_GPIO,
					.simulated = true,
					.bus = "gpio-0",
					.max_bytes = 4096,
					.timeout_ms = 1000,
					.gpio = {.line = "17", .direction = HAL_OUTPUT}};

/* Messages */

static uint8_t expected[512];
static uint8_t written[512];

static void begin(struct codec_writer *writer, uint8_t id, enum lab_request_key key)
{
	codec_writer_init(writer, written, sizeof(written));
	lab_write_request(writer, id, key);
}

static void is_vector(const struct codec_writer *writer, const char *note)
{
	size_t len = lab_vector(note, 0, expected, sizeof(expected));

	assert_int_equal(writer->error, 0);
	assert_int_equal(writer->len, len);
	assert_memory_equal(written, expected, len);
}

static void writes_hello_and_profile(void **state)
{
	struct codec_writer writer;

	(void)state;
	begin(&writer, 1, LAB_HELLO);
	lab_write_hello(&writer);
	is_vector(&writer, "hello of a proplet");
	begin(&writer, 2, LAB_PROFILE);
	codec_write_text(&writer, "edge-1", 6);
	is_vector(&writer, "which devices a proplet has");
}

static void writes_each_kind_of_device(void **state)
{
	struct codec_writer writer;

	(void)state;
	begin(&writer, 3, LAB_OPEN);
	lab_write_device(&writer, &thermometer);
	is_vector(&writer, "opens an i2c device");
	begin(&writer, 4, LAB_OPEN);
	lab_write_device(&writer, &vibration);
	is_vector(&writer, "opens chip select 1 of an SPI bus");
	begin(&writer, 5, LAB_OPEN);
	lab_write_device(&writer, &motor);
	is_vector(&writer, "opens an output");
}

static void writes_operations(void **state)
{
	static const uint8_t id_register[] = {0xd0};
	static uint8_t both[] = {0x8f, 0x00};
	struct bus_segment segments[] = {
		{.kind = BUS_SEGMENT_WRITE, .length = 1, .out = id_register},
		{.kind = BUS_SEGMENT_READ, .length = 1},
	};
	struct bus_segment exchange[] = {
		{.kind = BUS_SEGMENT_TRANSFER, .length = 2, .out = both, .in = both},
		{.kind = BUS_SEGMENT_DELAY, .length = 1000},
	};
	struct bus_operation operation = {
		.op = BUS_TRANSFER, .target = 118, .segments = segments, .segments_count = 2};
	struct codec_writer writer;

	(void)state;
	begin(&writer, 7, LAB_RUN);
	lab_write_run(&writer, 1, &thermometer, &operation);
	is_vector(&writer, "i2c: writes d0, reads one byte of address 0x76");
	operation.segments = exchange;
	begin(&writer, 8, LAB_RUN);
	lab_write_run(&writer, 2, &vibration, &operation);
	is_vector(&writer, "spi: a transfer of two bytes and a delay of 1 us");
	operation = (struct bus_operation){.op = BUS_SET, .level = true};
	begin(&writer, 9, LAB_RUN);
	lab_write_run(&writer, 3, &motor, &operation);
	is_vector(&writer, "gpio: drives high");
	operation = (struct bus_operation){
		.op = BUS_WAIT, .target = BUS_PIN_FALLING, .timeout_ms = 2000};
	begin(&writer, 10, LAB_RUN);
	lab_write_run(&writer, 3, &motor, &operation);
	is_vector(&writer, "gpio: waits for a falling edge for 2 s");
}

static void speaks_of_wires_where_a_line_is_active_low(void **state)
{
	struct hal_device inverted = motor;
	struct bus_operation operation = {.op = BUS_SET, .level = false};
	struct codec_writer writer;

	(void)state;
	inverted.gpio.active_low = true;
	begin(&writer, 9, LAB_RUN);
	lab_write_run(&writer, 3, &inverted, &operation);
	is_vector(&writer, "gpio: drives high");
	operation = (struct bus_operation){
		.op = BUS_WAIT, .target = BUS_PIN_RISING, .timeout_ms = 2000};
	begin(&writer, 10, LAB_RUN);
	lab_write_run(&writer, 3, &inverted, &operation);
	is_vector(&writer, "gpio: waits for a falling edge for 2 s");
}

static struct codec_bytes bytes;

static void read_vector(struct codec_reader *reader, const char *note, enum lab_reply_key wanted)
{
	enum lab_reply_key key;
	uint32_t id;

	bytes = (struct codec_bytes){expected, lab_vector(note, 0, expected, sizeof(expected))};
	struct codec_source source = codec_source_bytes(&bytes);

	codec_reader_init(reader, &source);
	lab_read_reply(reader, &id, &key);
	assert_int_equal(reader->error, 0);
	assert_int_equal(key, wanted);
	assert_int_equal(id, expected[2]);
}

static void reads_welcome_and_errors(void **state)
{
	struct codec_reader reader;
	struct codec_error error;
	bool virtual_time = false;
	uint32_t protocol;

	(void)state;
	read_vector(&reader, "answers hello", LAB_REPLY_WELCOME);
	lab_read_welcome(&reader, &protocol, &virtual_time);
	assert_int_equal(protocol, 1);
	assert_true(virtual_time);
	read_vector(&reader, "the last word before the lab hangs up", LAB_REPLY_ERROR);
	lab_read_error(&reader, &error);
	assert_int_equal(error.code, CODEC_FAILED_PRECONDITION);
	assert_string_equal(error.message, "lab-request: hello comes first");
	read_vector(&reader, "a device is closed", (enum lab_reply_key)0);
	assert_int_equal(codec_finish(&reader), 0);
}

static void reads_a_device_of_a_profile(void **state)
{
	struct codec_reader reader;
	struct hal_device device;
	uint64_t key = 0;
	uint32_t count;

	(void)state;
	read_vector(&reader, "a profile of one device", LAB_REPLY_PROFILE);
	assert_int_equal(codec_read_map(&reader, 8, &count), 0);
	assert_int_equal(codec_read_key(&reader, &key), 0);
	assert_int_equal(codec_read_array(&reader, 8, &count), 0);
	lab_read_device(&reader, &device);
	assert_int_equal(reader.error, 0);
	assert_string_equal(device.name, "estop");
	assert_int_equal(device.kind, BUS_GPIO);
	assert_true(device.simulated);
	assert_string_equal(device.bus, "gpio-0");
	assert_string_equal(device.chip, "button");
	assert_string_equal(device.gpio.line, "4");
	assert_int_equal(device.gpio.direction, HAL_INPUT);
	assert_true(device.gpio.active_low);
	assert_int_equal(device.gpio.pull, HAL_PULL_UP);
	assert_int_equal(device.gpio.debounce_us, 2000);
	assert_int_equal(device.gpio.safe, HAL_SAFE_LOW);
}

static void reads_answers(void **state)
{
	uint8_t byte = 0;
	struct bus_segment segments[] = {{.kind = BUS_SEGMENT_WRITE, .length = 1},
					 {.kind = BUS_SEGMENT_READ, .length = 1, .in = &byte}};
	struct bus_operation operation = {.segments = segments, .segments_count = 2};
	struct codec_reader reader;

	(void)state;
	read_vector(&reader, "one byte was read", LAB_REPLY_RAN);
	lab_read_ran(&reader, &thermometer, &operation);
	assert_int_equal(reader.error, 0);
	assert_int_equal(byte, 0x60);
	operation.level = true;
	read_vector(&reader, "a level was read", LAB_REPLY_RAN);
	lab_read_ran(&reader, &motor, &operation);
	assert_false(operation.level);
	read_vector(&reader, "nobody acknowledged", LAB_REPLY_RAN);
	lab_read_ran(&reader, &thermometer, &operation);
	assert_int_equal(operation.error, BUS_NACK_ADDRESS);
	read_vector(&reader, "a transfer broke off", LAB_REPLY_RAN);
	lab_read_ran(&reader, &vibration, &operation);
	assert_int_equal(operation.error, BUS_TIMEOUT);
	assert_string_equal(operation.detail, "nothing came within 500 ms");
}

static void refuses_fewer_bytes_than_were_read(void **state)
{
	uint8_t two[2];
	struct bus_segment segment = {.kind = BUS_SEGMENT_READ, .length = 2, .in = two};
	struct bus_operation operation = {.segments = &segment, .segments_count = 1};
	struct codec_reader reader;

	(void)state;
	read_vector(&reader, "one byte was read", LAB_REPLY_RAN);
	lab_read_ran(&reader, &thermometer, &operation);
	assert_int_equal(reader.error, -74);
	operation.segments_count = 0;
	read_vector(&reader, "one byte was read", LAB_REPLY_RAN);
	lab_read_ran(&reader, &thermometer, &operation);
	assert_int_equal(reader.error, -74);
}

/* The lab's end of the socket */

static char path[] = "/tmp/samara-lab-test-XXXXXX";
static int listener = -1;
static int lab = -1;

static int open_socket(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	(void)state;
	(void)posix_base_init();
	posix_log_level(0);
	close(mkstemp(path));
	unlink(path);
	memcpy(address.sun_path, path, sizeof(path));
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	return bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 4);
}

static int close_socket(void **state)
{
	(void)state;
	close(lab);
	close(listener);
	unlink(path);
	return 0;
}

static void receive(uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t got = recv(lab, data, len, 0);

		assert_true(got > 0);
		data += got;
		len -= (size_t)got;
	}
}

/** The next request; its id. */
static uint8_t receive_request(size_t *len)
{
	uint8_t head[4];

	receive(head, sizeof(head));
	*len = (size_t)head[2] << 8 | head[3];
	assert_true(*len <= sizeof(written));
	receive(written, *len);
	return written[2] == 0x18 ? written[3] : written[2];
}

static void transmit(const uint8_t *data, size_t len)
{
	uint8_t head[4] = {0, 0, (uint8_t)(len >> 8), (uint8_t)len};

	assert_int_equal(send(lab, head, sizeof(head), 0), sizeof(head));
	assert_int_equal(send(lab, data, len, 0), (ssize_t)len);
}

static void reply(const char *note, uint8_t id)
{
	transmit(expected, lab_vector(note, id, expected, sizeof(expected)));
}

/** @retval Its id. */
static uint8_t expect(const char *note)
{
	size_t len;
	uint8_t id = receive_request(&len);

	assert_int_equal(lab_vector(note, id, expected, sizeof(expected)), len);
	assert_memory_equal(written, expected, len);
	return id;
}

static void welcome(void)
{
	lab = accept(listener, NULL, NULL);
	reply("answers hello", expect("hello of a proplet"));
}

/* The proplet's end, on threads of its own. */

struct job {
	pthread_t thread;
	const struct hal_device *device;
	int handle;
	struct bus_operation operation;
	struct bus_segment segments[2];
	uint8_t byte;
	char why[128];
};

static struct hal_device found[CONFIG_SAMARA_DEVICES];
static size_t found_count;

static void *get_profile(void *arg)
{
	struct job *job = arg;

	job->handle = lab_open(path, "edge-1", found, &found_count, job->why, sizeof(job->why));
	return NULL;
}

static void *open_device(void *arg)
{
	struct job *job = arg;

	job->handle = port_device_open(job->device, job->why, sizeof(job->why));
	return NULL;
}

static void *run(void *arg)
{
	struct job *job = arg;

	port_device_run(job->handle, &job->operation);
	return NULL;
}

static void start(struct job *job, void *(*what)(void *))
{
	assert_int_equal(pthread_create(&job->thread, NULL, what, job), 0);
}

static void finish(struct job *job)
{
	assert_int_equal(pthread_join(job->thread, NULL), 0);
}

static const uint8_t id_register[] = {0xd0};

static void prepare_read(struct job *job)
{
	job->segments[0] = (struct bus_segment){BUS_SEGMENT_WRITE, 1, id_register, NULL};
	job->segments[1] = (struct bus_segment){BUS_SEGMENT_READ, 1, NULL, &job->byte};
	job->operation = (struct bus_operation){
		.op = BUS_TRANSFER, .target = 118, .segments = job->segments, .segments_count = 2};
}

static struct job sensor = {.device = &thermometer};
static struct job line = {.device = &motor};

#define READS "i2c: writes d0, reads one byte of address 0x76"

static void greets_gets_its_profile_and_learns_whose_time_it_is(void **state)
{
	struct job job;

	(void)state;
	start(&job, get_profile);
	welcome();
	reply("a profile of one device", expect("which devices a proplet has"));
	finish(&job);
	assert_int_equal(job.handle, 0);
	assert_int_equal(found_count, 1);
	assert_string_equal(found[0].name, "estop");
	assert_true(port_time_is_virtual());
}

static void opens_and_runs(void **state)
{
	(void)state;
	start(&sensor, open_device);
	reply("a device is open", expect("opens an i2c device"));
	finish(&sensor);
	assert_true(sensor.handle >= 0);
	prepare_read(&sensor);
	start(&sensor, run);
	reply("one byte was read", expect(READS));
	finish(&sensor);
	assert_int_equal(sensor.operation.error, BUS_OK);
	assert_int_equal(sensor.byte, 0x60);
}

static void says_what_the_lab_says_when_it_refuses(void **state)
{
	struct job job = {.device = &motor};

	(void)state;
	start(&job, open_device);
	reply("the last word before the lab hangs up", expect("opens an output"));
	finish(&job);
	assert_int_equal(job.handle, -5);
	assert_string_equal(job.why, "lab-request: hello comes first");
}

static void finds_whose_answer_it_is_when_they_come_in_another_order(void **state)
{
	size_t len;

	(void)state;
	start(&line, open_device);
	uint8_t id = expect("opens an output");
	uint8_t opened[] = {0xa2, 1, id, 5, 3};

	transmit(opened, sizeof(opened));
	finish(&line);
	line.operation = (struct bus_operation){
		.op = BUS_WAIT, .target = BUS_PIN_FALLING, .timeout_ms = 2000};
	line.operation.level = true;
	start(&line, run);
	uint8_t wait_id = receive_request(&len);

	prepare_read(&sensor);
	sensor.byte = 0;
	start(&sensor, run);
	uint8_t read_id = expect(READS);

	reply("one byte was read", read_id);
	finish(&sensor);
	assert_int_equal(sensor.byte, 0x60);
	reply("a level was read", wait_id);
	finish(&line);
	assert_int_equal(line.operation.error, BUS_OK);
	assert_false(line.operation.level);
}

static void passes_a_cancellation_on_and_the_run_answers(void **state)
{
	static const uint8_t cancelled[] = {0xa2, 1, 0, 6, 0xa1, 3, 19};
	uint8_t answer[sizeof(cancelled)];
	size_t len;

	(void)state;
	line.operation = (struct bus_operation){.op = BUS_WAIT, .target = BUS_PIN_HIGH};
	start(&line, run);
	uint8_t id = receive_request(&len);

	port_device_cancel(line.handle);
	(void)receive_request(&len);
	assert_int_equal(len, 5);
	assert_int_equal(written[3], LAB_CANCEL);
	assert_int_equal(written[4], id);
	memcpy(answer, cancelled, sizeof(answer));
	answer[2] = id;
	transmit(answer, sizeof(answer));
	finish(&line);
	assert_int_equal(line.operation.error, BUS_CANCELLED);
}

static void a_cancellation_just_before_a_wait_ends_it(void **state)
{
	size_t len;

	(void)state;
	port_device_cancel(line.handle);
	line.operation = (struct bus_operation){.op = BUS_WAIT, .target = BUS_PIN_HIGH};
	start(&line, run);
	uint8_t id = receive_request(&len);

	(void)receive_request(&len);
	assert_int_equal(written[3], LAB_CANCEL);
	reply("a level was read", id);
	finish(&line);
	assert_int_equal(line.operation.error, BUS_OK);
}

/* Watches */

static sem_t told;
static unsigned int told_count;
static bool wants_more;

static bool on_event(struct bus_operation *wait)
{
	(void)wait;
	told_count++;
	sem_post(&told);
	return wants_more;
}

static int begin_watch(struct bus_operation *wait, int handle)
{
	(void)sem_init(&told, 0, 0);
	told_count = 0;
	wants_more = true;
	*wait = (struct bus_operation){.op = BUS_WAIT, .target = BUS_PIN_HIGH, .level = true};
	return port_device_watch(handle, wait, on_event);
}

/** A number in as few bytes as it takes. @return How many. */
static size_t put_number(uint8_t *at, uint8_t number)
{
	at[0] = number < 24 ? number : 0x18;
	at[1] = number;
	return number < 24 ? 1 : 2;
}

static void answer(uint8_t pairs, uint8_t id, const uint8_t *rest, size_t len)
{
	uint8_t message[16] = {pairs, 1};
	size_t at = 2 + put_number(&message[2], id);

	memcpy(&message[at], rest, len);
	transmit(message, at + len);
}

/** The next request is of that key; its value, where it is a number. */
static uint8_t *request_of(enum lab_request_key key, uint8_t *id)
{
	size_t len;

	*id = receive_request(&len);
	uint8_t *at = &written[written[2] == 0x18 ? 4 : 3];

	assert_int_equal(at[0], key);
	return at[1] == 0x18 ? at + 2 : at + 1;
}

/** The lab is asked to give a run up, and says that it did. */
static void give_up(uint8_t run_id)
{
	uint8_t id;

	assert_int_equal(*request_of(LAB_CANCEL, &id), run_id);
	/* ran: cancelled */
	answer(0xa2, run_id, (const uint8_t[]){6, 0xa1, 3, 19}, 4);
}

static void tells_events_of_an_input_until_it_is_unwatched(void **state)
{
	struct bus_operation wait;
	size_t len;

	(void)state;
	int watch = begin_watch(&wait, line.handle);

	assert_true(watch >= 0);
	for (unsigned int count = 1; count <= 2; count++) {
		/* The lab has been asked by the time that the watch has begun. */
		reply("a level was read", receive_request(&len));
		sem_wait(&told);
		assert_int_equal(told_count, count);
		assert_int_equal(wait.error, BUS_OK);
		assert_false(wait.level);
	}
	uint8_t id = receive_request(&len);

	/* It waits for nobody: the lab has not heard of it yet. */
	port_device_unwatch(watch);
	give_up(id);
	assert_int_equal(told_count, 2);
}

static void a_watch_that_wants_no_more_asks_no_more(void **state)
{
	struct bus_operation wait;
	size_t len;

	(void)state;
	int watch = begin_watch(&wait, line.handle);

	wants_more = false;
	reply("a level was read", receive_request(&len));
	sem_wait(&told);
	port_device_unwatch(watch);
	/* What comes next is this, no second wait. */
	prepare_read(&sensor);
	start(&sensor, run);
	reply("one byte was read", expect(READS));
	finish(&sensor);
	assert_int_equal(told_count, 1);
}

static void two_watch_one_input_and_one_goes_on_when_the_other_ends(void **state)
{
	struct bus_operation waits[2];
	size_t len;

	(void)state;
	int first = begin_watch(&waits[0], line.handle);
	uint8_t ids[] = {receive_request(&len), 0};
	int second = begin_watch(&waits[1], line.handle);

	ids[1] = receive_request(&len);
	port_device_unwatch(first);
	give_up(ids[0]);
	reply("a level was read", ids[1]);
	sem_wait(&told);
	assert_int_equal(told_count, 1);
	ids[1] = receive_request(&len);
	port_device_unwatch(second);
	give_up(ids[1]);
}

static void *close_device(void *arg)
{
	struct job *job = arg;

	port_device_close(job->handle);
	return NULL;
}

static void a_watch_ends_with_its_device(void **state)
{
	static struct job other = {.device = &motor};
	struct bus_operation wait;
	size_t len;

	(void)state;
	start(&other, open_device);
	reply("a device is open", expect("opens an output"));
	finish(&other);
	int watch = begin_watch(&wait, other.handle);
	uint8_t id = receive_request(&len);

	start(&other, close_device);
	give_up(id);
	sem_wait(&told);
	assert_int_equal(wait.error, BUS_NO_DEVICE);
	assert_string_equal(wait.detail, "it was closed");
	port_device_unwatch(watch);
	(void)request_of(LAB_CLOSE, &id);
	answer(0xa1, id, (const uint8_t *)"", 0);
	finish(&other);
	assert_int_equal(port_device_watch(other.handle, &wait, on_event), -EIO);
	assert_int_equal(wait.error, BUS_NO_DEVICE);
}

static void takes_a_lab_that_is_gone_for_a_device_that_is_gone(void **state)
{
	size_t len;

	(void)state;
	prepare_read(&sensor);
	start(&sensor, run);
	(void)receive_request(&len);
	close(lab);
	finish(&sensor);
	assert_int_equal(sensor.operation.error, BUS_NO_DEVICE);
	assert_non_null(strstr(sensor.operation.detail, "is gone"));
}

static void opens_its_devices_again_when_the_lab_is_back(void **state)
{
	(void)state;
	prepare_read(&sensor);
	start(&sensor, run);
	welcome();
	uint8_t id = expect("opens an i2c device");

	answer(0xa2, id, (const uint8_t[]){5, 9}, 2);
	/* a4 01 NUMBER: the new one. */
	assert_int_equal(request_of(LAB_RUN, &id)[2], 9);
	reply("one byte was read", id);
	finish(&sensor);
	assert_int_equal(sensor.operation.error, BUS_OK);
}

static void asks_again_on_a_new_connection_where_the_old_one_broke_unnoticed(void **state)
{
	(void)state;
	close(lab);
	prepare_read(&sensor);
	start(&sensor, run);
	welcome();
	reply("a device is open", expect("opens an i2c device"));
	reply("one byte was read", expect(READS));
	finish(&sensor);
	assert_int_equal(sensor.operation.error, BUS_OK);
}

static void hangs_up_on_what_is_no_reply(void **state)
{
	static const uint8_t rubbish[] = {0xff, 0xff};
	size_t len;

	(void)state;
	prepare_read(&sensor);
	start(&sensor, run);
	(void)receive_request(&len);
	transmit(rubbish, sizeof(rubbish));
	finish(&sensor);
	assert_int_equal(sensor.operation.error, BUS_NO_DEVICE);
	assert_non_null(strstr(sensor.operation.detail, "sent what is no reply"));
	close(lab);
}

static void hangs_up_on_a_frame_that_is_too_long(void **state)
{
	static const uint8_t head[] = {0x00, 0x10, 0x00, 0x01};
	size_t len;

	(void)state;
	prepare_read(&sensor);
	start(&sensor, run);
	welcome();
	reply("a device is open", expect("opens an i2c device"));
	(void)receive_request(&len);
	assert_int_equal(send(lab, head, sizeof(head), 0), sizeof(head));
	finish(&sensor);
	assert_non_null(strstr(sensor.operation.detail, "too long"));
	close(lab);
}

static void gives_back_the_last_words_of_a_lab(void **state)
{
	size_t len;

	(void)state;
	prepare_read(&sensor);
	start(&sensor, run);
	welcome();
	reply("a device is open", expect("opens an i2c device"));
	(void)receive_request(&len);
	reply("the last word before the lab hangs up", 0);
	finish(&sensor);
	assert_int_equal(sensor.operation.error, BUS_NO_DEVICE);
	assert_non_null(strstr(sensor.operation.detail, "hello comes first"));
	close(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_hello_and_profile),
		cmocka_unit_test(writes_each_kind_of_device),
		cmocka_unit_test(writes_operations),
		cmocka_unit_test(speaks_of_wires_where_a_line_is_active_low),
		cmocka_unit_test(reads_welcome_and_errors),
		cmocka_unit_test(reads_a_device_of_a_profile),
		cmocka_unit_test(reads_answers),
		cmocka_unit_test(refuses_fewer_bytes_than_were_read),
		cmocka_unit_test(greets_gets_its_profile_and_learns_whose_time_it_is),
		cmocka_unit_test(opens_and_runs),
		cmocka_unit_test(says_what_the_lab_says_when_it_refuses),
		cmocka_unit_test(finds_whose_answer_it_is_when_they_come_in_another_order),
		cmocka_unit_test(passes_a_cancellation_on_and_the_run_answers),
		cmocka_unit_test(a_cancellation_just_before_a_wait_ends_it),
		cmocka_unit_test(tells_events_of_an_input_until_it_is_unwatched),
		cmocka_unit_test(a_watch_that_wants_no_more_asks_no_more),
		cmocka_unit_test(two_watch_one_input_and_one_goes_on_when_the_other_ends),
		cmocka_unit_test(a_watch_ends_with_its_device),
		cmocka_unit_test(takes_a_lab_that_is_gone_for_a_device_that_is_gone),
		cmocka_unit_test(opens_its_devices_again_when_the_lab_is_back),
		cmocka_unit_test(asks_again_on_a_new_connection_where_the_old_one_broke_unnoticed),
		cmocka_unit_test(hangs_up_on_what_is_no_reply),
		cmocka_unit_test(hangs_up_on_a_frame_that_is_too_long),
		cmocka_unit_test(gives_back_the_last_words_of_a_lab),
	};

	return cmocka_run_group_tests(tests, open_socket, close_socket);
}
