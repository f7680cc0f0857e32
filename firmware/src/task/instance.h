/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief One deployment on this proplet: fetches what it needs, runs when its trigger says so,
 * tells how it goes. [P-7.3] Task's own. Agent's thread. Twin of proplet/deployments/instance.ts.
 */

#ifndef SAMARA_TASK_INSTANCE_H_
#define SAMARA_TASK_INSTANCE_H_

#include "agent/loop.h"
#include "codec/messages.h"
#include "hal/hal.h"
#include "link/link.h"
#include "task/runners.h"

/** @brief Where a part of a document is that the store keeps as a value. */
struct document {
	uint32_t id;
	uint32_t begin;
	uint32_t len; /* 0: there is none */
};

/** @brief A deployment as it is wanted: read from its document. */
struct desired {
	char deployment[22];
	struct function_ref function;
	enum codec_trigger trigger;
	uint32_t every_ms;
	bool keep;
	uint32_t timeout_ms;
	uint32_t throttle_ms;
	uint16_t buffer_count;
	struct document call;
	struct document grants;
	char device[HAL_NAME_MAX + 1]; /* of the trigger `edge`, as `edge` is */
	enum codec_edge edge;
};

/* Of the pool, from its begin until nothing of it runs any more. */
struct instance {
	struct instance *next; /* its owner's */
	bool leaving;	       /* it goes when its run has come back */
	uint32_t crc;	       /* of its document */
	uint32_t keep;	       /* name of its kept instance */
	struct desired desired;
	enum codec_instance_state state;
	bool waiting;
	bool restart; /* another form is wanted: it begins when its run has come back */
	uint32_t seq;
	uint32_t runs;
	uint32_t failures;
	uint32_t skipped;
	uint32_t dropped;
	uint32_t refusals;
	struct codec_error error;
	unsigned int backoff;
	unsigned int watch_backoff;
	char holder[34]; /* `deployment d…`, for logs */
	struct codec_source call_source;
	struct hal_session *session;
	bool pinned; /* manifest and image, in the store */
	struct link_pull pull;
	struct hal_watch watch;
	struct loop_timer tick_timer; /* of the trigger `edge`: when its input is watched again */
	struct loop_timer backoff_timer;
	struct loop_timer report_timer;
	uint64_t reported_us;
	uint64_t sent_us; /* the last result */
	void (*ended)(struct instance *one);
	struct run run;
};

/** @brief `one` is all zeros, and its owner's again with ended(): never from inside this call. */
void instance_begin(struct instance *one, const struct desired *desired, uint32_t crc,
		    uint32_t keep, void (*ended)(struct instance *one));
/** @brief Another form of the same deployment: what runs of the old one is stopped. */
void instance_change(struct instance *one, const struct desired *desired, uint32_t crc);
/** @brief It is not wanted any more: ended() follows, from inside this call or later. */
void instance_remove(struct instance *one);
void instance_close(struct instance *one);
/** @brief Say how it stands, whether that has changed or not. */
void instance_report(struct instance *one);
/** @brief The same words again, at another place of the store. */
void instance_moved(struct instance *one, const struct desired *desired);

/** @brief Bytes of a document; at most what a source can be read in one go. */
struct codec_source document_source(const struct document *document);

#endif /* SAMARA_TASK_INSTANCE_H_ */
