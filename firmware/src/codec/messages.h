/* SPDX-License-Identifier: Apache-2.0 */
/* Derived from shared by `npm run derive`. Do not edit. */

/**
 * @file
 * @brief What goes between manager and proplet, decoded. Spans are views into the bytes that were decoded.
 */

#ifndef SAMARA_CODEC_MESSAGES_H_
#define SAMARA_CODEC_MESSAGES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/error.h"
#include "codec/problem.h"
#include "codec/span.h"

enum codec_phase {
	CODEC_PHASE_QUEUED = 1,
	CODEC_PHASE_FETCHING,
	CODEC_PHASE_RUNNING,
};

enum codec_gone_reason {
	CODEC_GONE_LOST = 1,
	CODEC_GONE_LEAVING,
};

enum codec_log_stream {
	CODEC_STREAM_STDOUT = 1,
	CODEC_STREAM_STDERR,
	CODEC_STREAM_HOST,
};

enum codec_format {
	CODEC_FORMAT_CORE_MODULE = 1,
	CODEC_FORMAT_WASI_COMMAND,
	CODEC_FORMAT_COMPONENT,
	CODEC_FORMAT_LOWERED_CORE,
};

enum codec_device_kind {
	CODEC_DEVICE_I2C = 1,
	CODEC_DEVICE_SPI,
	CODEC_DEVICE_GPIO,
	CODEC_DEVICE_USB,
};

enum codec_access {
	CODEC_ACCESS_READ = 1,
	CODEC_ACCESS_WRITE,
	CODEC_ACCESS_READ_WRITE,
};

enum codec_pin_direction {
	CODEC_PIN_INPUT = 1,
	CODEC_PIN_OUTPUT,
	CODEC_PIN_BOTH,
};

enum codec_instance_state {
	CODEC_INSTANCE_PENDING = 1,
	CODEC_INSTANCE_FETCHING,
	CODEC_INSTANCE_READY,
	CODEC_INSTANCE_RUNNING,
	CODEC_INSTANCE_BACKOFF,
	CODEC_INSTANCE_REFUSED,
	CODEC_INSTANCE_STOPPED,
};

enum codec_trigger {
	CODEC_TRIGGER_BOOT = 1,
	CODEC_TRIGGER_EVERY,
	CODEC_TRIGGER_ON_REQUEST,
	CODEC_TRIGGER_EDGE,
};

enum codec_edge {
	CODEC_EDGE_RISING = 1,
	CODEC_EDGE_FALLING,
	CODEC_EDGE_BOTH,
};

struct codec_device_report {
	struct codec_span name;
	enum codec_device_kind kind;
	size_t places_count;
	struct codec_span places[CONFIG_SAMARA_ADDRESSES_MAX];
	bool simulated;
	bool has_direction;
	enum codec_pin_direction direction;
	size_t addresses_count;
	uint16_t addresses[CONFIG_SAMARA_ADDRESSES_MAX];
	struct codec_span chip;
};

struct codec_hello {
	uint8_t protocol_min;
	uint8_t protocol_max;
	struct codec_span boot;
	uint32_t epoch;
	uint32_t alive_ms;
	struct codec_span software;
	struct codec_span arch;
	size_t formats_count;
	enum codec_format formats[4];
	uint16_t slots;
	uint16_t queue;
	uint32_t max_packet;
	uint32_t max_image;
	uint64_t memory;
	size_t labels_count;
	struct codec_label labels[8];
	size_t cached_count;
	struct codec_span cached[16];
	size_t interfaces_count;
	struct codec_span interfaces[32];
	size_t devices_count;
	struct codec_device_report devices[CONFIG_SAMARA_DEVICES];
	size_t triggers_count;
	struct codec_span triggers[8];
};

struct codec_alive {
	uint32_t epoch;
	uint32_t seq;
	uint16_t running;
	uint16_t queued;
	bool has_free_memory;
	uint64_t free_memory;
};

struct codec_gone {
	struct codec_span boot;
	uint32_t epoch;
	enum codec_gone_reason reason;
};

struct codec_error_body {
	enum codec_error_code code;
	struct codec_span message;
	struct codec_span field;
};

struct codec_reported {
	struct codec_span boot;
	uint64_t incarnation;
	uint64_t revision;
	uint16_t deployments;
	bool has_error;
	struct codec_error_body error;
};

struct codec_started {
	struct codec_span task;
	uint16_t attempt;
	uint32_t epoch;
	enum codec_phase phase;
};

struct codec_attempt_ref {
	struct codec_span task;
	uint16_t attempt;
};

struct codec_renew {
	uint32_t epoch;
	size_t attempts_count;
	struct codec_attempt_ref attempts[10];
};

struct codec_result {
	struct codec_span task;
	uint16_t attempt;
	enum codec_outcome outcome;
	bool has_exit_code;
	uint8_t exit_code;
	bool has_error;
	struct codec_error_body error;
	struct codec_span body;
	struct codec_span body_digest;
	bool has_body_bytes;
	uint32_t body_bytes;
	uint32_t waited_us;
	uint32_t ran_us;
	bool has_memory_pages;
	uint32_t memory_pages;
	struct codec_span transcript;
	bool has_transcript_bytes;
	uint32_t transcript_bytes;
	bool has_refusals;
	uint32_t refusals;
};

struct codec_log {
	struct codec_span task;
	uint16_t attempt;
	uint32_t seq;
	enum codec_log_stream stream;
	struct codec_span text;
};

struct codec_blob_get {
	struct codec_span digest;
	uint32_t offset;
	uint32_t length;
	uint32_t chunk;
};

struct codec_blob_chunk {
	struct codec_span digest;
	uint32_t offset;
	uint32_t size_bytes;
	struct codec_span data;
	bool has_error;
	struct codec_error_body error;
};

struct codec_deployment_state {
	struct codec_span deployment;
	struct codec_span boot;
	enum codec_instance_state state;
	struct codec_span manifest;
	uint32_t runs;
	uint32_t failures;
	uint32_t skipped;
	uint32_t dropped;
	bool has_error;
	struct codec_error_body error;
	bool has_refusals;
	uint32_t refusals;
};

struct codec_deployment_result {
	struct codec_span deployment;
	struct codec_span boot;
	uint32_t seq;
	uint32_t ago_ms;
	enum codec_outcome outcome;
	bool has_exit_code;
	uint8_t exit_code;
	bool has_error;
	struct codec_error_body error;
	struct codec_span body;
	uint32_t ran_us;
};

struct codec_welcome {
	uint32_t epoch;
	uint8_t protocol;
	uint64_t now_ms;
	uint32_t lease_ms;
	bool has_error;
	struct codec_error_body error;
};

struct codec_desired {
	uint64_t incarnation;
	uint64_t revision;
	struct codec_span digest;
	uint32_t size_bytes;
};

struct codec_start {
	struct codec_span task;
	uint16_t attempt;
	uint32_t epoch;
	struct codec_span function;
	struct codec_span manifest;
	uint32_t manifest_bytes;
	struct codec_span image;
	uint32_t image_bytes;
	uint32_t lease_ms;
	uint32_t time_left_ms;
	uint32_t timeout_ms;
	struct codec_span call;
	struct codec_span call_digest;
	bool has_call_bytes;
	uint32_t call_bytes;
	struct codec_span grants;
	bool has_grants_bytes;
	uint32_t grants_bytes;
	bool has_record;
	bool record;
	struct codec_span replay;
	bool has_replay_bytes;
	uint32_t replay_bytes;
};

struct codec_lease {
	uint32_t epoch;
	uint32_t lease_ms;
	size_t renewed_count;
	struct codec_attempt_ref renewed[10];
	size_t fenced_count;
	struct codec_attempt_ref fenced[10];
};

struct codec_cancel {
	struct codec_span task;
	uint16_t attempt;
	uint32_t epoch;
};

struct codec_ack {
	size_t attempts_count;
	struct codec_attempt_ref attempts[10];
};

int codec_decode_hello(const uint8_t *data, size_t len, struct codec_hello *message);
int codec_encode_hello(uint8_t *data, size_t size, const struct codec_hello *message);

int codec_decode_alive(const uint8_t *data, size_t len, struct codec_alive *message);
int codec_encode_alive(uint8_t *data, size_t size, const struct codec_alive *message);

int codec_decode_gone(const uint8_t *data, size_t len, struct codec_gone *message);
int codec_encode_gone(uint8_t *data, size_t size, const struct codec_gone *message);

int codec_decode_reported(const uint8_t *data, size_t len, struct codec_reported *message);
int codec_encode_reported(uint8_t *data, size_t size, const struct codec_reported *message);

int codec_decode_started(const uint8_t *data, size_t len, struct codec_started *message);
int codec_encode_started(uint8_t *data, size_t size, const struct codec_started *message);

int codec_decode_renew(const uint8_t *data, size_t len, struct codec_renew *message);
int codec_encode_renew(uint8_t *data, size_t size, const struct codec_renew *message);

int codec_decode_result(const uint8_t *data, size_t len, struct codec_result *message);
int codec_encode_result(uint8_t *data, size_t size, const struct codec_result *message);

int codec_decode_log(const uint8_t *data, size_t len, struct codec_log *message);
int codec_encode_log(uint8_t *data, size_t size, const struct codec_log *message);

int codec_decode_blob_get(const uint8_t *data, size_t len, struct codec_blob_get *message);
int codec_encode_blob_get(uint8_t *data, size_t size, const struct codec_blob_get *message);

int codec_decode_blob_chunk(const uint8_t *data, size_t len, struct codec_blob_chunk *message);
int codec_encode_blob_chunk(uint8_t *data, size_t size, const struct codec_blob_chunk *message);

int codec_decode_deployment_state(const uint8_t *data, size_t len, struct codec_deployment_state *message);
int codec_encode_deployment_state(uint8_t *data, size_t size, const struct codec_deployment_state *message);

int codec_decode_deployment_result(const uint8_t *data, size_t len, struct codec_deployment_result *message);
int codec_encode_deployment_result(uint8_t *data, size_t size, const struct codec_deployment_result *message);

int codec_decode_welcome(const uint8_t *data, size_t len, struct codec_welcome *message);
int codec_encode_welcome(uint8_t *data, size_t size, const struct codec_welcome *message);

int codec_decode_desired(const uint8_t *data, size_t len, struct codec_desired *message);
int codec_encode_desired(uint8_t *data, size_t size, const struct codec_desired *message);

int codec_decode_start(const uint8_t *data, size_t len, struct codec_start *message);
int codec_encode_start(uint8_t *data, size_t size, const struct codec_start *message);

int codec_decode_lease(const uint8_t *data, size_t len, struct codec_lease *message);
int codec_encode_lease(uint8_t *data, size_t size, const struct codec_lease *message);

int codec_decode_cancel(const uint8_t *data, size_t len, struct codec_cancel *message);
int codec_encode_cancel(uint8_t *data, size_t size, const struct codec_cancel *message);

int codec_decode_ack(const uint8_t *data, size_t len, struct codec_ack *message);
int codec_encode_ack(uint8_t *data, size_t size, const struct codec_ack *message);

#endif /* SAMARA_CODEC_MESSAGES_H_ */
