/* SPDX-License-Identifier: Apache-2.0 */
/* Derived from shared by `npm run derive`. Do not edit. */

#include "codec/table.h"

static const struct codec_row device_report_places = {
		.kind = CODEC_ROW_TEXT,
		.max = 96u,
};

static const struct codec_row device_report_addresses = {
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint16_t),
		.max = 65535u,
};

static const struct codec_row device_report_rows[] = {
	{
		.key = 1,
		.name = "name",
		.kind = CODEC_ROW_TEXT,
		.min = 1,
		.max = 48u,
		.offset = offsetof(struct codec_device_report, name),
	},
	{
		.key = 2,
		.name = "kind",
		.kind = CODEC_ROW_ENUM,
		.min = 1,
		.max = 4u,
		.offset = offsetof(struct codec_device_report, kind),
	},
	{
		.key = 3,
		.name = "places",
		.element = &device_report_places,
		.stride = sizeof(struct codec_span),
		.kind = CODEC_ROW_LIST,
		.max = CONFIG_SAMARA_ADDRESSES_MAX,
		.offset = offsetof(struct codec_device_report, places),
		.has = offsetof(struct codec_device_report, places_count),
	},
	{
		.key = 4,
		.name = "simulated",
		.kind = CODEC_ROW_BOOL,
		.max = 1u,
		.offset = offsetof(struct codec_device_report, simulated),
	},
	{
		.key = 5,
		.name = "direction",
		.optional = true,
		.kind = CODEC_ROW_ENUM,
		.min = 1,
		.max = 3u,
		.offset = offsetof(struct codec_device_report, direction),
		.has = offsetof(struct codec_device_report, has_direction),
	},
	{
		.key = 6,
		.name = "addresses",
		.optional = true,
		.element = &device_report_addresses,
		.stride = sizeof(uint16_t),
		.kind = CODEC_ROW_LIST,
		.max = CONFIG_SAMARA_ADDRESSES_MAX,
		.offset = offsetof(struct codec_device_report, addresses),
		.has = offsetof(struct codec_device_report, addresses_count),
	},
	{
		.key = 7,
		.name = "chip",
		.optional = true,
		.kind = CODEC_ROW_TEXT,
		.max = 24u,
		.offset = offsetof(struct codec_device_report, chip),
	},
};

static const struct codec_struct device_report_struct = {"device-report", device_report_rows, 7, sizeof(struct codec_device_report)};

static const struct codec_row hello_formats = {
		.kind = CODEC_ROW_ENUM,
		.min = 1,
		.max = 4u,
};

static const struct codec_row hello_cached = {
		.kind = CODEC_ROW_BYTES,
		.min = 8,
		.max = 8u,
};

static const struct codec_row hello_interfaces = {
		.kind = CODEC_ROW_TEXT,
		.max = 48u,
};

static const struct codec_row hello_devices = {
		.kind = CODEC_ROW_STRUCT,
		.inner = &device_report_struct,
};

static const struct codec_row hello_triggers = {
		.kind = CODEC_ROW_TEXT,
		.max = 16u,
};

static const struct codec_row hello_rows[] = {
	{
		.key = 1,
		.name = "protocolMin",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint8_t),
		.max = 255u,
		.offset = offsetof(struct codec_hello, protocol_min),
	},
	{
		.key = 2,
		.name = "protocolMax",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint8_t),
		.max = 255u,
		.offset = offsetof(struct codec_hello, protocol_max),
	},
	{
		.key = 3,
		.name = "boot",
		.kind = CODEC_ROW_BYTES,
		.min = 8,
		.max = 8u,
		.offset = offsetof(struct codec_hello, boot),
	},
	{
		.key = 4,
		.name = "epoch",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_hello, epoch),
	},
	{
		.key = 5,
		.name = "aliveMs",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_hello, alive_ms),
	},
	{
		.key = 6,
		.name = "software",
		.kind = CODEC_ROW_TEXT,
		.max = 32u,
		.offset = offsetof(struct codec_hello, software),
	},
	{
		.key = 7,
		.name = "arch",
		.kind = CODEC_ROW_TEXT,
		.max = 16u,
		.offset = offsetof(struct codec_hello, arch),
	},
	{
		.key = 8,
		.name = "formats",
		.element = &hello_formats,
		.stride = sizeof(enum codec_format),
		.kind = CODEC_ROW_LIST,
		.max = 4u,
		.offset = offsetof(struct codec_hello, formats),
		.has = offsetof(struct codec_hello, formats_count),
	},
	{
		.key = 9,
		.name = "slots",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint16_t),
		.max = 65535u,
		.offset = offsetof(struct codec_hello, slots),
	},
	{
		.key = 10,
		.name = "queue",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint16_t),
		.max = 65535u,
		.offset = offsetof(struct codec_hello, queue),
	},
	{
		.key = 11,
		.name = "maxPacket",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_hello, max_packet),
	},
	{
		.key = 12,
		.name = "maxImage",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_hello, max_image),
	},
	{
		.key = 13,
		.name = "memory",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint64_t),
		.offset = offsetof(struct codec_hello, memory),
	},
	{
		.key = 14,
		.name = "labels",
		.optional = true,
		.stride = sizeof(struct codec_label),
		.kind = CODEC_ROW_LABELS,
		.max = 8u,
		.offset = offsetof(struct codec_hello, labels),
		.has = offsetof(struct codec_hello, labels_count),
	},
	{
		.key = 15,
		.name = "cached",
		.optional = true,
		.element = &hello_cached,
		.stride = sizeof(struct codec_span),
		.kind = CODEC_ROW_LIST,
		.max = 16u,
		.offset = offsetof(struct codec_hello, cached),
		.has = offsetof(struct codec_hello, cached_count),
	},
	{
		.key = 16,
		.name = "interfaces",
		.optional = true,
		.element = &hello_interfaces,
		.stride = sizeof(struct codec_span),
		.kind = CODEC_ROW_LIST,
		.max = 32u,
		.offset = offsetof(struct codec_hello, interfaces),
		.has = offsetof(struct codec_hello, interfaces_count),
	},
	{
		.key = 17,
		.name = "devices",
		.optional = true,
		.element = &hello_devices,
		.stride = sizeof(struct codec_device_report),
		.kind = CODEC_ROW_LIST,
		.max = CONFIG_SAMARA_DEVICES,
		.offset = offsetof(struct codec_hello, devices),
		.has = offsetof(struct codec_hello, devices_count),
	},
	{
		.key = 18,
		.name = "triggers",
		.optional = true,
		.element = &hello_triggers,
		.stride = sizeof(struct codec_span),
		.kind = CODEC_ROW_LIST,
		.max = 8u,
		.offset = offsetof(struct codec_hello, triggers),
		.has = offsetof(struct codec_hello, triggers_count),
	},
};

static const struct codec_struct hello_struct = {"hello", hello_rows, 18, sizeof(struct codec_hello)};

static const struct codec_row alive_rows[] = {
	{
		.key = 1,
		.name = "epoch",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_alive, epoch),
	},
	{
		.key = 2,
		.name = "seq",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_alive, seq),
	},
	{
		.key = 3,
		.name = "running",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint16_t),
		.max = 65535u,
		.offset = offsetof(struct codec_alive, running),
	},
	{
		.key = 4,
		.name = "queued",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint16_t),
		.max = 65535u,
		.offset = offsetof(struct codec_alive, queued),
	},
	{
		.key = 5,
		.name = "freeMemory",
		.optional = true,
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint64_t),
		.offset = offsetof(struct codec_alive, free_memory),
		.has = offsetof(struct codec_alive, has_free_memory),
	},
};

static const struct codec_struct alive_struct = {"alive", alive_rows, 5, sizeof(struct codec_alive)};

static const struct codec_row gone_rows[] = {
	{
		.key = 1,
		.name = "boot",
		.kind = CODEC_ROW_BYTES,
		.min = 8,
		.max = 8u,
		.offset = offsetof(struct codec_gone, boot),
	},
	{
		.key = 2,
		.name = "epoch",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_gone, epoch),
	},
	{
		.key = 3,
		.name = "reason",
		.kind = CODEC_ROW_ENUM,
		.min = 1,
		.max = 2u,
		.offset = offsetof(struct codec_gone, reason),
	},
};

static const struct codec_struct gone_struct = {"gone", gone_rows, 3, sizeof(struct codec_gone)};

static const struct codec_row error_body_rows[] = {
	{
		.key = 1,
		.name = "code",
		.kind = CODEC_ROW_ENUM,
		.min = 1,
		.max = 22u,
		.offset = offsetof(struct codec_error_body, code),
	},
	{
		.key = 2,
		.name = "message",
		.kind = CODEC_ROW_TEXT,
		.max = 240u,
		.offset = offsetof(struct codec_error_body, message),
	},
	{
		.key = 3,
		.name = "field",
		.optional = true,
		.kind = CODEC_ROW_TEXT,
		.max = 64u,
		.offset = offsetof(struct codec_error_body, field),
	},
};

static const struct codec_struct error_body_struct = {"error-body", error_body_rows, 3, sizeof(struct codec_error_body)};

static const struct codec_row reported_rows[] = {
	{
		.key = 1,
		.name = "boot",
		.kind = CODEC_ROW_BYTES,
		.min = 8,
		.max = 8u,
		.offset = offsetof(struct codec_reported, boot),
	},
	{
		.key = 2,
		.name = "incarnation",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint64_t),
		.offset = offsetof(struct codec_reported, incarnation),
	},
	{
		.key = 3,
		.name = "revision",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint64_t),
		.offset = offsetof(struct codec_reported, revision),
	},
	{
		.key = 4,
		.name = "deployments",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint16_t),
		.max = 65535u,
		.offset = offsetof(struct codec_reported, deployments),
	},
	{
		.key = 5,
		.name = "error",
		.optional = true,
		.kind = CODEC_ROW_STRUCT,
		.inner = &error_body_struct,
		.offset = offsetof(struct codec_reported, error),
		.has = offsetof(struct codec_reported, has_error),
	},
};

static const struct codec_struct reported_struct = {"reported", reported_rows, 5, sizeof(struct codec_reported)};

static const struct codec_row started_rows[] = {
	{
		.key = 1,
		.name = "task",
		.kind = CODEC_ROW_TEXT,
		.min = 21,
		.max = 21u,
		.offset = offsetof(struct codec_started, task),
	},
	{
		.key = 2,
		.name = "attempt",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint16_t),
		.max = 65535u,
		.offset = offsetof(struct codec_started, attempt),
	},
	{
		.key = 3,
		.name = "epoch",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_started, epoch),
	},
	{
		.key = 4,
		.name = "phase",
		.kind = CODEC_ROW_ENUM,
		.min = 1,
		.max = 3u,
		.offset = offsetof(struct codec_started, phase),
	},
};

static const struct codec_struct started_struct = {"started", started_rows, 4, sizeof(struct codec_started)};

static const struct codec_row attempt_ref_rows[] = {
	{
		.key = 1,
		.name = "task",
		.kind = CODEC_ROW_TEXT,
		.min = 21,
		.max = 21u,
		.offset = offsetof(struct codec_attempt_ref, task),
	},
	{
		.key = 2,
		.name = "attempt",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint16_t),
		.max = 65535u,
		.offset = offsetof(struct codec_attempt_ref, attempt),
	},
};

static const struct codec_struct attempt_ref_struct = {"attempt-ref", attempt_ref_rows, 2, sizeof(struct codec_attempt_ref)};

static const struct codec_row renew_attempts = {
		.kind = CODEC_ROW_STRUCT,
		.inner = &attempt_ref_struct,
};

static const struct codec_row renew_rows[] = {
	{
		.key = 1,
		.name = "epoch",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_renew, epoch),
	},
	{
		.key = 2,
		.name = "attempts",
		.element = &renew_attempts,
		.stride = sizeof(struct codec_attempt_ref),
		.kind = CODEC_ROW_LIST,
		.max = 10u,
		.offset = offsetof(struct codec_renew, attempts),
		.has = offsetof(struct codec_renew, attempts_count),
	},
};

static const struct codec_struct renew_struct = {"renew", renew_rows, 2, sizeof(struct codec_renew)};

static const struct codec_row result_rows[] = {
	{
		.key = 1,
		.name = "task",
		.kind = CODEC_ROW_TEXT,
		.min = 21,
		.max = 21u,
		.offset = offsetof(struct codec_result, task),
	},
	{
		.key = 2,
		.name = "attempt",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint16_t),
		.max = 65535u,
		.offset = offsetof(struct codec_result, attempt),
	},
	{
		.key = 3,
		.name = "outcome",
		.kind = CODEC_ROW_ENUM,
		.min = 1,
		.max = 10u,
		.offset = offsetof(struct codec_result, outcome),
	},
	{
		.key = 4,
		.name = "exitCode",
		.optional = true,
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint8_t),
		.max = 255u,
		.offset = offsetof(struct codec_result, exit_code),
		.has = offsetof(struct codec_result, has_exit_code),
	},
	{
		.key = 5,
		.name = "error",
		.optional = true,
		.kind = CODEC_ROW_STRUCT,
		.inner = &error_body_struct,
		.offset = offsetof(struct codec_result, error),
		.has = offsetof(struct codec_result, has_error),
	},
	{
		.key = 6,
		.name = "body",
		.optional = true,
		.kind = CODEC_ROW_BYTES,
		.max = 512u,
		.offset = offsetof(struct codec_result, body),
	},
	{
		.key = 7,
		.name = "bodyDigest",
		.optional = true,
		.kind = CODEC_ROW_BYTES,
		.min = 32,
		.max = 32u,
		.offset = offsetof(struct codec_result, body_digest),
	},
	{
		.key = 8,
		.name = "bodyBytes",
		.optional = true,
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_result, body_bytes),
		.has = offsetof(struct codec_result, has_body_bytes),
	},
	{
		.key = 9,
		.name = "waitedUs",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_result, waited_us),
	},
	{
		.key = 10,
		.name = "ranUs",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_result, ran_us),
	},
	{
		.key = 11,
		.name = "memoryPages",
		.optional = true,
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_result, memory_pages),
		.has = offsetof(struct codec_result, has_memory_pages),
	},
	{
		.key = 12,
		.name = "transcript",
		.optional = true,
		.kind = CODEC_ROW_BYTES,
		.min = 32,
		.max = 32u,
		.offset = offsetof(struct codec_result, transcript),
	},
	{
		.key = 13,
		.name = "transcriptBytes",
		.optional = true,
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_result, transcript_bytes),
		.has = offsetof(struct codec_result, has_transcript_bytes),
	},
	{
		.key = 14,
		.name = "refusals",
		.optional = true,
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_result, refusals),
		.has = offsetof(struct codec_result, has_refusals),
	},
};

static const struct codec_struct result_struct = {"result", result_rows, 14, sizeof(struct codec_result)};

static const struct codec_row log_rows[] = {
	{
		.key = 1,
		.name = "task",
		.kind = CODEC_ROW_TEXT,
		.min = 21,
		.max = 21u,
		.offset = offsetof(struct codec_log, task),
	},
	{
		.key = 2,
		.name = "attempt",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint16_t),
		.max = 65535u,
		.offset = offsetof(struct codec_log, attempt),
	},
	{
		.key = 3,
		.name = "seq",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_log, seq),
	},
	{
		.key = 4,
		.name = "stream",
		.kind = CODEC_ROW_ENUM,
		.min = 1,
		.max = 3u,
		.offset = offsetof(struct codec_log, stream),
	},
	{
		.key = 5,
		.name = "text",
		.kind = CODEC_ROW_TEXT,
		.max = 512u,
		.offset = offsetof(struct codec_log, text),
	},
};

static const struct codec_struct log_struct = {"log", log_rows, 5, sizeof(struct codec_log)};

static const struct codec_row blob_get_rows[] = {
	{
		.key = 1,
		.name = "digest",
		.kind = CODEC_ROW_BYTES,
		.min = 32,
		.max = 32u,
		.offset = offsetof(struct codec_blob_get, digest),
	},
	{
		.key = 2,
		.name = "offset",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_blob_get, offset),
	},
	{
		.key = 3,
		.name = "length",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_blob_get, length),
	},
	{
		.key = 4,
		.name = "chunk",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_blob_get, chunk),
	},
};

static const struct codec_struct blob_get_struct = {"blob-get", blob_get_rows, 4, sizeof(struct codec_blob_get)};

static const struct codec_row blob_chunk_rows[] = {
	{
		.key = 1,
		.name = "digest",
		.kind = CODEC_ROW_BYTES,
		.min = 32,
		.max = 32u,
		.offset = offsetof(struct codec_blob_chunk, digest),
	},
	{
		.key = 2,
		.name = "offset",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_blob_chunk, offset),
	},
	{
		.key = 3,
		.name = "sizeBytes",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_blob_chunk, size_bytes),
	},
	{
		.key = 4,
		.name = "data",
		.optional = true,
		.kind = CODEC_ROW_BYTES,
		.max = 65536u,
		.offset = offsetof(struct codec_blob_chunk, data),
	},
	{
		.key = 5,
		.name = "error",
		.optional = true,
		.kind = CODEC_ROW_STRUCT,
		.inner = &error_body_struct,
		.offset = offsetof(struct codec_blob_chunk, error),
		.has = offsetof(struct codec_blob_chunk, has_error),
	},
};

static const struct codec_struct blob_chunk_struct = {"blob-chunk", blob_chunk_rows, 5, sizeof(struct codec_blob_chunk)};

static const struct codec_row deployment_state_rows[] = {
	{
		.key = 1,
		.name = "deployment",
		.kind = CODEC_ROW_TEXT,
		.min = 21,
		.max = 21u,
		.offset = offsetof(struct codec_deployment_state, deployment),
	},
	{
		.key = 2,
		.name = "boot",
		.kind = CODEC_ROW_BYTES,
		.min = 8,
		.max = 8u,
		.offset = offsetof(struct codec_deployment_state, boot),
	},
	{
		.key = 3,
		.name = "state",
		.kind = CODEC_ROW_ENUM,
		.min = 1,
		.max = 7u,
		.offset = offsetof(struct codec_deployment_state, state),
	},
	{
		.key = 4,
		.name = "manifest",
		.kind = CODEC_ROW_BYTES,
		.min = 32,
		.max = 32u,
		.offset = offsetof(struct codec_deployment_state, manifest),
	},
	{
		.key = 5,
		.name = "runs",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_deployment_state, runs),
	},
	{
		.key = 6,
		.name = "failures",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_deployment_state, failures),
	},
	{
		.key = 7,
		.name = "skipped",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_deployment_state, skipped),
	},
	{
		.key = 8,
		.name = "dropped",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_deployment_state, dropped),
	},
	{
		.key = 9,
		.name = "error",
		.optional = true,
		.kind = CODEC_ROW_STRUCT,
		.inner = &error_body_struct,
		.offset = offsetof(struct codec_deployment_state, error),
		.has = offsetof(struct codec_deployment_state, has_error),
	},
	{
		.key = 10,
		.name = "refusals",
		.optional = true,
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_deployment_state, refusals),
		.has = offsetof(struct codec_deployment_state, has_refusals),
	},
};

static const struct codec_struct deployment_state_struct = {"deployment-state", deployment_state_rows, 10, sizeof(struct codec_deployment_state)};

static const struct codec_row deployment_result_rows[] = {
	{
		.key = 1,
		.name = "deployment",
		.kind = CODEC_ROW_TEXT,
		.min = 21,
		.max = 21u,
		.offset = offsetof(struct codec_deployment_result, deployment),
	},
	{
		.key = 2,
		.name = "boot",
		.kind = CODEC_ROW_BYTES,
		.min = 8,
		.max = 8u,
		.offset = offsetof(struct codec_deployment_result, boot),
	},
	{
		.key = 3,
		.name = "seq",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_deployment_result, seq),
	},
	{
		.key = 4,
		.name = "agoMs",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_deployment_result, ago_ms),
	},
	{
		.key = 5,
		.name = "outcome",
		.kind = CODEC_ROW_ENUM,
		.min = 1,
		.max = 10u,
		.offset = offsetof(struct codec_deployment_result, outcome),
	},
	{
		.key = 6,
		.name = "exitCode",
		.optional = true,
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint8_t),
		.max = 255u,
		.offset = offsetof(struct codec_deployment_result, exit_code),
		.has = offsetof(struct codec_deployment_result, has_exit_code),
	},
	{
		.key = 7,
		.name = "error",
		.optional = true,
		.kind = CODEC_ROW_STRUCT,
		.inner = &error_body_struct,
		.offset = offsetof(struct codec_deployment_result, error),
		.has = offsetof(struct codec_deployment_result, has_error),
	},
	{
		.key = 8,
		.name = "body",
		.optional = true,
		.kind = CODEC_ROW_BYTES,
		.max = 512u,
		.offset = offsetof(struct codec_deployment_result, body),
	},
	{
		.key = 9,
		.name = "ranUs",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_deployment_result, ran_us),
	},
};

static const struct codec_struct deployment_result_struct = {"deployment-result", deployment_result_rows, 9, sizeof(struct codec_deployment_result)};

static const struct codec_row welcome_rows[] = {
	{
		.key = 1,
		.name = "epoch",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_welcome, epoch),
	},
	{
		.key = 2,
		.name = "protocol",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint8_t),
		.max = 255u,
		.offset = offsetof(struct codec_welcome, protocol),
	},
	{
		.key = 3,
		.name = "nowMs",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint64_t),
		.offset = offsetof(struct codec_welcome, now_ms),
	},
	{
		.key = 4,
		.name = "leaseMs",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_welcome, lease_ms),
	},
	{
		.key = 5,
		.name = "error",
		.optional = true,
		.kind = CODEC_ROW_STRUCT,
		.inner = &error_body_struct,
		.offset = offsetof(struct codec_welcome, error),
		.has = offsetof(struct codec_welcome, has_error),
	},
};

static const struct codec_struct welcome_struct = {"welcome", welcome_rows, 5, sizeof(struct codec_welcome)};

static const struct codec_row desired_rows[] = {
	{
		.key = 1,
		.name = "incarnation",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint64_t),
		.offset = offsetof(struct codec_desired, incarnation),
	},
	{
		.key = 2,
		.name = "revision",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint64_t),
		.offset = offsetof(struct codec_desired, revision),
	},
	{
		.key = 3,
		.name = "digest",
		.kind = CODEC_ROW_BYTES,
		.min = 32,
		.max = 32u,
		.offset = offsetof(struct codec_desired, digest),
	},
	{
		.key = 4,
		.name = "sizeBytes",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_desired, size_bytes),
	},
};

static const struct codec_struct desired_struct = {"desired", desired_rows, 4, sizeof(struct codec_desired)};

static const struct codec_row start_rows[] = {
	{
		.key = 1,
		.name = "task",
		.kind = CODEC_ROW_TEXT,
		.min = 21,
		.max = 21u,
		.offset = offsetof(struct codec_start, task),
	},
	{
		.key = 2,
		.name = "attempt",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint16_t),
		.max = 65535u,
		.offset = offsetof(struct codec_start, attempt),
	},
	{
		.key = 3,
		.name = "epoch",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_start, epoch),
	},
	{
		.key = 4,
		.name = "function",
		.kind = CODEC_ROW_TEXT,
		.min = 1,
		.max = 48u,
		.offset = offsetof(struct codec_start, function),
	},
	{
		.key = 5,
		.name = "manifest",
		.kind = CODEC_ROW_BYTES,
		.min = 32,
		.max = 32u,
		.offset = offsetof(struct codec_start, manifest),
	},
	{
		.key = 6,
		.name = "manifestBytes",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_start, manifest_bytes),
	},
	{
		.key = 7,
		.name = "image",
		.kind = CODEC_ROW_BYTES,
		.min = 32,
		.max = 32u,
		.offset = offsetof(struct codec_start, image),
	},
	{
		.key = 8,
		.name = "imageBytes",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_start, image_bytes),
	},
	{
		.key = 9,
		.name = "leaseMs",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_start, lease_ms),
	},
	{
		.key = 10,
		.name = "timeLeftMs",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_start, time_left_ms),
	},
	{
		.key = 11,
		.name = "timeoutMs",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_start, timeout_ms),
	},
	{
		.key = 12,
		.name = "call",
		.optional = true,
		.kind = CODEC_ROW_BYTES,
		.max = 512u,
		.offset = offsetof(struct codec_start, call),
	},
	{
		.key = 13,
		.name = "callDigest",
		.optional = true,
		.kind = CODEC_ROW_BYTES,
		.min = 32,
		.max = 32u,
		.offset = offsetof(struct codec_start, call_digest),
	},
	{
		.key = 14,
		.name = "callBytes",
		.optional = true,
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_start, call_bytes),
		.has = offsetof(struct codec_start, has_call_bytes),
	},
	{
		.key = 15,
		.name = "grants",
		.optional = true,
		.kind = CODEC_ROW_BYTES,
		.min = 32,
		.max = 32u,
		.offset = offsetof(struct codec_start, grants),
	},
	{
		.key = 16,
		.name = "grantsBytes",
		.optional = true,
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_start, grants_bytes),
		.has = offsetof(struct codec_start, has_grants_bytes),
	},
	{
		.key = 17,
		.name = "record",
		.optional = true,
		.kind = CODEC_ROW_BOOL,
		.max = 1u,
		.offset = offsetof(struct codec_start, record),
		.has = offsetof(struct codec_start, has_record),
	},
	{
		.key = 18,
		.name = "replay",
		.optional = true,
		.kind = CODEC_ROW_BYTES,
		.min = 32,
		.max = 32u,
		.offset = offsetof(struct codec_start, replay),
	},
	{
		.key = 19,
		.name = "replayBytes",
		.optional = true,
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_start, replay_bytes),
		.has = offsetof(struct codec_start, has_replay_bytes),
	},
};

static const struct codec_struct start_struct = {"start", start_rows, 19, sizeof(struct codec_start)};

static const struct codec_row lease_renewed = {
		.kind = CODEC_ROW_STRUCT,
		.inner = &attempt_ref_struct,
};

static const struct codec_row lease_fenced = {
		.kind = CODEC_ROW_STRUCT,
		.inner = &attempt_ref_struct,
};

static const struct codec_row lease_rows[] = {
	{
		.key = 1,
		.name = "epoch",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_lease, epoch),
	},
	{
		.key = 2,
		.name = "leaseMs",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_lease, lease_ms),
	},
	{
		.key = 3,
		.name = "renewed",
		.element = &lease_renewed,
		.stride = sizeof(struct codec_attempt_ref),
		.kind = CODEC_ROW_LIST,
		.max = 10u,
		.offset = offsetof(struct codec_lease, renewed),
		.has = offsetof(struct codec_lease, renewed_count),
	},
	{
		.key = 4,
		.name = "fenced",
		.element = &lease_fenced,
		.stride = sizeof(struct codec_attempt_ref),
		.kind = CODEC_ROW_LIST,
		.max = 10u,
		.offset = offsetof(struct codec_lease, fenced),
		.has = offsetof(struct codec_lease, fenced_count),
	},
};

static const struct codec_struct lease_struct = {"lease", lease_rows, 4, sizeof(struct codec_lease)};

static const struct codec_row cancel_rows[] = {
	{
		.key = 1,
		.name = "task",
		.kind = CODEC_ROW_TEXT,
		.min = 21,
		.max = 21u,
		.offset = offsetof(struct codec_cancel, task),
	},
	{
		.key = 2,
		.name = "attempt",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint16_t),
		.max = 65535u,
		.offset = offsetof(struct codec_cancel, attempt),
	},
	{
		.key = 3,
		.name = "epoch",
		.kind = CODEC_ROW_UINT,
		.size = sizeof(uint32_t),
		.max = 4294967295u,
		.offset = offsetof(struct codec_cancel, epoch),
	},
};

static const struct codec_struct cancel_struct = {"cancel", cancel_rows, 3, sizeof(struct codec_cancel)};

static const struct codec_row ack_attempts = {
		.kind = CODEC_ROW_STRUCT,
		.inner = &attempt_ref_struct,
};

static const struct codec_row ack_rows[] = {
	{
		.key = 1,
		.name = "attempts",
		.element = &ack_attempts,
		.stride = sizeof(struct codec_attempt_ref),
		.kind = CODEC_ROW_LIST,
		.max = 10u,
		.offset = offsetof(struct codec_ack, attempts),
		.has = offsetof(struct codec_ack, attempts_count),
	},
};

static const struct codec_struct ack_struct = {"ack", ack_rows, 1, sizeof(struct codec_ack)};

int codec_decode_hello(const uint8_t *data, size_t len, struct codec_hello *message)
{
	return codec_decode(&hello_struct, data, len, message);
}

int codec_encode_hello(uint8_t *data, size_t size, const struct codec_hello *message)
{
	return codec_encode(&hello_struct, data, size, message);
}

int codec_decode_alive(const uint8_t *data, size_t len, struct codec_alive *message)
{
	return codec_decode(&alive_struct, data, len, message);
}

int codec_encode_alive(uint8_t *data, size_t size, const struct codec_alive *message)
{
	return codec_encode(&alive_struct, data, size, message);
}

int codec_decode_gone(const uint8_t *data, size_t len, struct codec_gone *message)
{
	return codec_decode(&gone_struct, data, len, message);
}

int codec_encode_gone(uint8_t *data, size_t size, const struct codec_gone *message)
{
	return codec_encode(&gone_struct, data, size, message);
}

int codec_decode_reported(const uint8_t *data, size_t len, struct codec_reported *message)
{
	return codec_decode(&reported_struct, data, len, message);
}

int codec_encode_reported(uint8_t *data, size_t size, const struct codec_reported *message)
{
	return codec_encode(&reported_struct, data, size, message);
}

int codec_decode_started(const uint8_t *data, size_t len, struct codec_started *message)
{
	return codec_decode(&started_struct, data, len, message);
}

int codec_encode_started(uint8_t *data, size_t size, const struct codec_started *message)
{
	return codec_encode(&started_struct, data, size, message);
}

int codec_decode_renew(const uint8_t *data, size_t len, struct codec_renew *message)
{
	return codec_decode(&renew_struct, data, len, message);
}

int codec_encode_renew(uint8_t *data, size_t size, const struct codec_renew *message)
{
	return codec_encode(&renew_struct, data, size, message);
}

int codec_decode_result(const uint8_t *data, size_t len, struct codec_result *message)
{
	return codec_decode(&result_struct, data, len, message);
}

int codec_encode_result(uint8_t *data, size_t size, const struct codec_result *message)
{
	return codec_encode(&result_struct, data, size, message);
}

int codec_decode_log(const uint8_t *data, size_t len, struct codec_log *message)
{
	return codec_decode(&log_struct, data, len, message);
}

int codec_encode_log(uint8_t *data, size_t size, const struct codec_log *message)
{
	return codec_encode(&log_struct, data, size, message);
}

int codec_decode_blob_get(const uint8_t *data, size_t len, struct codec_blob_get *message)
{
	return codec_decode(&blob_get_struct, data, len, message);
}

int codec_encode_blob_get(uint8_t *data, size_t size, const struct codec_blob_get *message)
{
	return codec_encode(&blob_get_struct, data, size, message);
}

int codec_decode_blob_chunk(const uint8_t *data, size_t len, struct codec_blob_chunk *message)
{
	return codec_decode(&blob_chunk_struct, data, len, message);
}

int codec_encode_blob_chunk(uint8_t *data, size_t size, const struct codec_blob_chunk *message)
{
	return codec_encode(&blob_chunk_struct, data, size, message);
}

int codec_decode_deployment_state(const uint8_t *data, size_t len, struct codec_deployment_state *message)
{
	return codec_decode(&deployment_state_struct, data, len, message);
}

int codec_encode_deployment_state(uint8_t *data, size_t size, const struct codec_deployment_state *message)
{
	return codec_encode(&deployment_state_struct, data, size, message);
}

int codec_decode_deployment_result(const uint8_t *data, size_t len, struct codec_deployment_result *message)
{
	return codec_decode(&deployment_result_struct, data, len, message);
}

int codec_encode_deployment_result(uint8_t *data, size_t size, const struct codec_deployment_result *message)
{
	return codec_encode(&deployment_result_struct, data, size, message);
}

int codec_decode_welcome(const uint8_t *data, size_t len, struct codec_welcome *message)
{
	return codec_decode(&welcome_struct, data, len, message);
}

int codec_encode_welcome(uint8_t *data, size_t size, const struct codec_welcome *message)
{
	return codec_encode(&welcome_struct, data, size, message);
}

int codec_decode_desired(const uint8_t *data, size_t len, struct codec_desired *message)
{
	return codec_decode(&desired_struct, data, len, message);
}

int codec_encode_desired(uint8_t *data, size_t size, const struct codec_desired *message)
{
	return codec_encode(&desired_struct, data, size, message);
}

int codec_decode_start(const uint8_t *data, size_t len, struct codec_start *message)
{
	return codec_decode(&start_struct, data, len, message);
}

int codec_encode_start(uint8_t *data, size_t size, const struct codec_start *message)
{
	return codec_encode(&start_struct, data, size, message);
}

int codec_decode_lease(const uint8_t *data, size_t len, struct codec_lease *message)
{
	return codec_decode(&lease_struct, data, len, message);
}

int codec_encode_lease(uint8_t *data, size_t size, const struct codec_lease *message)
{
	return codec_encode(&lease_struct, data, size, message);
}

int codec_decode_cancel(const uint8_t *data, size_t len, struct codec_cancel *message)
{
	return codec_decode(&cancel_struct, data, len, message);
}

int codec_encode_cancel(uint8_t *data, size_t size, const struct codec_cancel *message)
{
	return codec_encode(&cancel_struct, data, size, message);
}

int codec_decode_ack(const uint8_t *data, size_t len, struct codec_ack *message)
{
	return codec_decode(&ack_struct, data, len, message);
}

int codec_encode_ack(uint8_t *data, size_t size, const struct codec_ack *message)
{
	return codec_encode(&ack_struct, data, size, message);
}

