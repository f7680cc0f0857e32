/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The drivers in the hands of another program: lines in, lines out, so that the contract of
 * test/contract/drivers runs on them. Words are separated by one space; bytes are in hex.
 *
 *   lab PATH                                     where the lab is; no answer
 *   open ID KIND WHERE BUS [KEY=VALUE]...        WHERE is lab or linux; `opened ID` or `refused ID
 * CODE WHY` run ID DEVICE OP [KEY=VALUE]... [SEGMENT]... `ran ID ERROR LEVEL DATA DETAIL`; - where
 * there is none cancel DEVICE | close DEVICE                 `closed DEVICE`; a cancellation has no
 * answer of its own
 *
 * SEGMENT is wHEX, xHEX, rLENGTH or dNANOSECONDS. DEVICE is the ID of its open. A line after a wait
 * is read once the wait has begun to wait.
 */

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base.h"
#include "devices.h"
#include "guard.h"
#include "lab_connection.h"
#include "port/port.h"

#define DEVICES	 16
#define SEGMENTS 64
#define LINE	 (512 * 1024)

struct job {
	char id[16];
	int handle;
	struct bus_operation operation;
	struct bus_segment segments[SEGMENTS];
	uint8_t *bytes[SEGMENTS];
	volatile pid_t tid;
	volatile bool done;
};

static struct {
	char id[16];
	struct hal_device spec;
	int handle;
} devices[DEVICES];

static pthread_mutex_t printing = PTHREAD_MUTEX_INITIALIZER;

static const char *const ops[] = {"",	       "transfer",   "get",	"set",
				  "wait",      "describe",   "control", "bulk",
				  "interrupt", "claim",	     "release", "alternate",
				  "configure", "clear-halt", "reset",	"delay"};
static const char *const kinds[] = {"", "i2c", "spi", "gpio", "usb"};
static const char *const errors[] = {
	"-",	       "nack-address", "nack-data", "nack",	   "arbitration-lost",
	"bus",	       "overrun",      "overflow",  "timeout",	   "stall",
	"no-device",   "busy",	       "access",    "mode-fault",  "frame-format",
	"chip-select", "not-granted",  "invalid",   "unsupported", "cancelled",
	"io"};

static unsigned int word_of(const char *const *words, unsigned int count, const char *word)
{
	for (unsigned int index = 1; index < count; index++) {
		if (strcmp(words[index], word) == 0) {
			return index;
		}
	}
	fprintf(stderr, "drive: what is %s?\n", word);
	exit(1);
}

#define WORD_OF(words, word) word_of(words, sizeof(words) / sizeof(*(words)), word)

/* Devices */

static void set_addresses(struct hal_device *spec, const char *value)
{
	for (char *end; *value; value = *end == ',' ? end + 1 : end) {
		spec->i2c.addresses[spec->i2c.addresses_count++] =
			(uint16_t)strtoul(value, &end, 0);
	}
}

static void set_key(struct hal_device *spec, const char *key, const char *value)
{
	unsigned long number = strtoul(value, NULL, 0);

	if (strcmp(key, "name") == 0) {
		snprintf(spec->name, sizeof(spec->name), "%s", value);
	} else if (strcmp(key, "maxBytes") == 0) {
		spec->max_bytes = (uint32_t)number;
	} else if (strcmp(key, "timeoutMs") == 0) {
		spec->timeout_ms = (uint32_t)number;
	} else if (strcmp(key, "addresses") == 0) {
		set_addresses(spec, value);
	} else if (strcmp(key, "tenBit") == 0) {
		spec->i2c.ten_bit = number != 0;
	} else if (strcmp(key, "mode") == 0) {
		spec->spi.mode = (uint8_t)number;
	} else if (strcmp(key, "bitsPerWord") == 0) {
		spec->spi.bits_per_word = (uint8_t)number;
	} else if (strcmp(key, "hz") == 0) {
		spec->spi.hz = (uint32_t)number;
	} else if (strcmp(key, "lsbFirst") == 0) {
		spec->spi.lsb_first = number != 0;
	} else if (strcmp(key, "csHigh") == 0) {
		spec->spi.cs_high = number != 0;
	} else if (strcmp(key, "line") == 0) {
		snprintf(spec->gpio.line, sizeof(spec->gpio.line), "%s", value);
	} else if (strcmp(key, "lineName") == 0) {
		snprintf(spec->gpio.line, sizeof(spec->gpio.line), "%s", value);
		spec->port_data = DEVICE_LINE_IS_NAME;
	} else if (strcmp(key, "direction") == 0) {
		static const char *const words[] = {"", "input", "output", "both"};

		spec->gpio.direction = (enum hal_direction)WORD_OF(words, value);
	} else if (strcmp(key, "activeLow") == 0) {
		spec->gpio.active_low = number != 0;
	} else if (strcmp(key, "pull") == 0) {
		static const char *const words[] = {"", "up", "down", "none"};

		spec->gpio.pull = (enum hal_pull)WORD_OF(words, value);
	} else if (strcmp(key, "debounceUs") == 0) {
		spec->gpio.debounce_us = (uint32_t)number;
	} else if (strcmp(key, "safe") == 0) {
		static const char *const words[] = {"", "low", "high", "hold"};

		spec->gpio.safe = (enum hal_safe)(WORD_OF(words, value) - 1);
	}
}

static const char *code_of(int error)
{
	return error == -ENOENT	  ? "NOT_FOUND"
	       : error == -EACCES ? "PERMISSION_DENIED"
				  : "UNAVAILABLE";
}

static void open_one(char *rest)
{
	char *save;
	const char *id = strtok_r(rest, " ", &save);
	const char *kind = strtok_r(NULL, " ", &save);
	const char *where = strtok_r(NULL, " ", &save);
	const char *bus = strtok_r(NULL, " ", &save);
	char why[256];
	int slot = 0;

	while (devices[slot].id[0] != '\0') {
		slot++;
	}
	struct hal_device *spec = &devices[slot].spec;

	memset(spec, 0, sizeof(*spec));
	spec->kind = (enum bus_kind)WORD_OF(kinds, kind);
	spec->simulated = strcmp(where, "lab") == 0;
	snprintf(spec->bus, sizeof(spec->bus), "%s", bus);
	for (char *pair; (pair = strtok_r(NULL, " ", &save));) {
		char *equals = strchr(pair, '=');

		*equals = '\0';
		set_key(spec, pair, equals + 1);
	}
	int handle = port_device_open(spec, why, sizeof(why));

	if (handle < 0) {
		printf("refused %s %s device %s: %s\n", id, code_of(handle), spec->name, why);
		return;
	}
	snprintf(devices[slot].id, sizeof(devices[slot].id), "%s", id);
	devices[slot].handle = handle;
	printf("opened %s\n", id);
}

static int slot_of(const char *id)
{
	for (int slot = 0; slot < DEVICES; slot++) {
		if (strcmp(devices[slot].id, id) == 0) {
			return slot;
		}
	}
	fprintf(stderr, "drive: no device %s\n", id);
	exit(1);
}

/* Runs */

static void take_hex(struct job *job, size_t index, const char *hex)
{
	struct bus_segment *segment = &job->segments[index];

	segment->length = (uint32_t)strlen(hex) / 2;
	job->bytes[index] = malloc(segment->length + 1);
	for (uint32_t at = 0; at < segment->length; at++) {
		char digits[3] = {hex[2 * at], hex[2 * at + 1], '\0'};

		job->bytes[index][at] = (uint8_t)strtoul(digits, NULL, 16);
	}
	segment->out = job->bytes[index];
	segment->in = job->bytes[index];
}

static void take_segment(struct job *job, const char *word)
{
	size_t index = job->operation.segments_count++;
	struct bus_segment *segment = &job->segments[index];

	if (*word == 'w' || *word == 'x') {
		segment->kind = *word == 'w' ? BUS_SEGMENT_WRITE : BUS_SEGMENT_TRANSFER;
		take_hex(job, index, word + 1);
		return;
	}
	segment->kind = *word == 'r' ? BUS_SEGMENT_READ : BUS_SEGMENT_DELAY;
	segment->length = (uint32_t)strtoul(word + 1, NULL, 10);
	if (*word == 'r') {
		job->bytes[index] = calloc(segment->length + 1, 1);
		segment->in = job->bytes[index];
	}
}

static void print_data(const struct job *job)
{
	const char *between = "";

	for (size_t index = 0; index < job->operation.segments_count; index++) {
		const struct bus_segment *segment = &job->segments[index];

		if (segment->kind != BUS_SEGMENT_READ && segment->kind != BUS_SEGMENT_TRANSFER) {
			continue;
		}
		printf("%s", between);
		for (uint32_t at = 0; at < segment->length; at++) {
			printf("%02x", segment->in[at]);
		}
		between = ",";
	}
}

static void answer(const struct job *job)
{
	const struct bus_operation *operation = &job->operation;
	bool has_level =
		!operation->error && (operation->op == BUS_GET || operation->op == BUS_WAIT);

	pthread_mutex_lock(&printing);
	printf("ran %s %s %s ", job->id, errors[operation->error],
	       !has_level	  ? "-"
	       : operation->level ? "1"
				  : "0");
	if (!operation->error) {
		print_data(job);
	}
	printf(" %s\n", operation->detail);
	pthread_mutex_unlock(&printing);
}

static void *work(void *arg)
{
	struct job *job = arg;

	job->tid = (pid_t)syscall(SYS_gettid);
	port_device_run(job->handle, &job->operation);
	answer(job);
	for (size_t index = 0; index < SEGMENTS; index++) {
		free(job->bytes[index]);
	}
	job->done = true;
	return NULL;
}

static bool sleeps(pid_t tid)
{
	char path[64];
	char text[128] = "";

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
	FILE *file = fopen(path, "re");

	if (!file) {
		return true;
	}
	size_t len = fread(text, 1, sizeof(text) - 1, file);

	fclose(file);
	text[len] = '\0';
	const char *state = strrchr(text, ')');

	return state && state[2] == 'S';
}

static void run_one(char *rest)
{
	/* Kept to the end of the program: there are few. */
	struct job *job = calloc(1, sizeof(*job));
	char *save;
	const char *id = strtok_r(rest, " ", &save);
	const char *device = strtok_r(NULL, " ", &save);
	pthread_t thread;

	snprintf(job->id, sizeof(job->id), "%s", id);
	job->handle = devices[slot_of(device)].handle;
	job->operation.op = (enum bus_op)WORD_OF(ops, strtok_r(NULL, " ", &save));
	job->operation.segments = job->segments;
	for (char *word; (word = strtok_r(NULL, " ", &save));) {
		if (strncmp(word, "target=", 7) == 0) {
			job->operation.target = (uint32_t)strtoul(word + 7, NULL, 10);
		} else if (strncmp(word, "level=", 6) == 0) {
			job->operation.level = word[6] == '1';
		} else if (strncmp(word, "timeoutMs=", 10) == 0) {
			job->operation.timeout_ms = (uint32_t)strtoul(word + 10, NULL, 10);
		} else {
			take_segment(job, word);
		}
	}
	pthread_create(&thread, NULL, work, job);
	pthread_detach(thread);
	while (job->operation.op == BUS_WAIT && !job->done &&
	       (job->tid == 0 || !sleeps(job->tid))) {
		sched_yield();
	}
}

static void close_one(const char *id)
{
	int slot = slot_of(id);

	port_device_close(devices[slot].handle);
	devices[slot].id[0] = '\0';
	pthread_mutex_lock(&printing);
	printf("closed %s\n", id);
	pthread_mutex_unlock(&printing);
}

static void guard_outputs(const char *id)
{
	static struct hal_device specs[DEVICES];
	size_t count = 0;

	for (int slot = 0; slot < DEVICES; slot++) {
		if (devices[slot].id[0] != '\0') {
			specs[count++] = devices[slot].spec;
		}
	}
	if (guard_start(specs, count)) {
		exit(1);
	}
	printf("guarded %s\n", id);
}

static void take_line(char *line)
{
	char *rest = strchr(line, ' ');

	line[strcspn(line, "\n")] = '\0';
	if (!rest) {
		return;
	}
	*rest++ = '\0';
	if (strcmp(line, "lab") == 0) {
		(void)lab_connection_set(rest);
	} else if (strcmp(line, "open") == 0) {
		open_one(rest);
	} else if (strcmp(line, "run") == 0) {
		run_one(rest);
	} else if (strcmp(line, "cancel") == 0) {
		port_device_cancel(devices[slot_of(rest)].handle);
	} else if (strcmp(line, "guard") == 0) {
		guard_outputs(rest);
	} else if (strcmp(line, "dismiss") == 0) {
		guard_dismiss();
		printf("dismissed %s\n", rest);
	} else if (strcmp(line, "close") == 0) {
		close_one(rest);
	}
}

int main(void)
{
	static char line[LINE];

	if (posix_base_init()) {
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	posix_log_level(0);
	while (fgets(line, sizeof(line), stdin)) {
		take_line(line);
	}
	return 0;
}
