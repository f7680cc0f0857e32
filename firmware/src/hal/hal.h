/* SPDX-License-Identifier: Apache-2.0 */

/**
 * @file
 * @brief Devices in the hands of one task or deployment: grants, locks, safe states, recorder,
 * replay. [P-10]
 */

#ifndef SAMARA_HAL_H_
#define SAMARA_HAL_H_

#include "codec/messages.h"
#include "codec/stream.h"
#include "hal/bus.h"
#include "hal/profile.h"

/**
 * @brief Devices of one holder.
 *
 * Life: hal_session_open, then for each run hal_session_try_begin (agent's thread), the run
 * (runner), hal_session_end (runner), hal_session_unlock (agent's thread); hal_session_close.
 */
struct hal_session;

struct hal_session_options {
	const char *holder; /* `task t…` or `deployment d…`, for logs; copied */
	bool record;
	const struct codec_source
		*replay; /* a Transcript that answers in place of devices; NULL: none */
};

/** @brief Once; takes the safe states of all outputs. [P-10.4] Agent's thread. Not hal_init:
 * Espressif's radio has one. */
int hal_open(void);
/** @brief Takes the safe states of all outputs and closes everything. Agent's thread. */
void hal_close(void);

/**
 * @brief A session with the grants of a document (Grants of a task) or none. Agent's thread.
 *
 * All that its runs will need is taken here from the runtime's pool, room for transfers and for a
 * transcript too, so that no run fails for want of memory; hal_session_close() gives it back.
 *
 * @param grants   CBOR list of grant, NULL for none.
 * @param[out] error Where it cannot be had: code NOT_FOUND (no such device), PERMISSION_DENIED
 * (another kind, direction or address), INVALID_ARGUMENT (not a list of grants), TOO_LARGE (more
 * than fit), UNAVAILABLE (it cannot be opened now), with the name.
 * @retval 0 Open. @retval -EINVAL error is filled in. @retval -ENOMEM The pool is full.
 */
int hal_session_open(struct hal_session **session, const struct hal_session_options *options,
		     const struct codec_source *grants, struct codec_error *error);
/** @brief Whether its devices are free, inputs aside; then they are its own. Agent's thread.
 * @retval -EBUSY Not now. */
int hal_session_try_begin(struct hal_session *session);
/** @brief After the guest has ended: drops what it opened, and takes the safe states of its outputs
 * where `safe`. Runner. */
void hal_session_end(struct hal_session *session, bool safe);
/** @brief After hal_session_end: others may have the devices. Agent's thread. */
void hal_session_unlock(struct hal_session *session);
/** @brief Its run shall end: operations and waits that are under way end with BUS_CANCELLED. Any
 * thread. */
void hal_session_cancel(struct hal_session *session);
void hal_session_close(struct hal_session *session);

/** @brief Of the last run; valid until the session is closed or begins again. */
struct hal_report {
	uint32_t refusals;
	const char *difference;	   /* of a replay: what differed first; NULL: nothing */
	const uint8_t *transcript; /* encoded Transcript */
	size_t transcript_len;	   /* 0: none was asked for */
};
void hal_session_report(const struct hal_session *session, struct hal_report *report);

/**
 * @brief An input whose edges are told without a guest, for a trigger of a deployment. [P-7.3]
 *
 * Embedded in its owner, all zeros at first; what it needs while it is under way is of the
 * runtime's pool.
 */
struct hal_watch {
	struct hal_watching *watching; /* hal's own */
};

/**
 * @brief Tell edges of an input that the session was granted. Agent's thread.
 *
 * It takes no lock: a run of the session, or of another, may use the input meanwhile. The session
 * may be closed while the watch goes on.
 *
 * @param event   BUS_PIN_RISING, BUS_PIN_FALLING or BUS_PIN_ANY, of the logical level.
 * @param on_edge Agent's thread, never from inside this call; edges that come before the first is
 * told are one.
 * @param on_lost Agent's thread: it cannot be waited for any more. The watch is over, and its owner
 * may begin again, from inside this call too.
 * @param[out] error PERMISSION_DENIED (not granted, no input, or granted for writing), UNAVAILABLE
 * (it cannot be waited for now, or the pool is full), with the name.
 * @retval 0       Edges are told from now on.
 * @retval -EINVAL error is filled in.
 */
int hal_watch_begin(struct hal_watch *watch, struct hal_session *session, const char *device,
		    enum bus_pin_event event, void (*on_edge)(struct hal_watch *watch),
		    void (*on_lost)(struct hal_watch *watch, const struct codec_error *error),
		    struct codec_error *error);
/** @brief Nothing is told any more; no-op where it is not under way. What it had of the pool is
 * free a turn of the loop later. Agent's thread. */
void hal_watch_end(struct hal_watch *watch);

/** @brief WIT interfaces that functions find here, without version, as hello names them. */
const char *const *hal_interfaces(size_t *count);

struct hal_stats {
	uint32_t sessions;
	uint32_t operations;
	uint32_t refusals;
};
void hal_stats(struct hal_stats *stats);

#endif /* SAMARA_HAL_H_ */
