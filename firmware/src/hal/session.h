/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief What the parts of hal know of a session. Hal's own. */

#ifndef SAMARA_HAL_SESSION_H_
#define SAMARA_HAL_SESSION_H_

#include "hal/hal.h"
#include "runtime/runtime.h"

/* One for each deployment and each attempt that can be held. */
#define HAL_SESSIONS (CONFIG_SAMARA_DEPLOYMENTS + CONFIG_SAMARA_SLOTS + CONFIG_SAMARA_QUEUE)

struct hal_grant {
	const struct hal_device *device; /* NULL in a replay where the profile lacks it */
	char name[HAL_NAME_MAX + 1];
	enum bus_kind kind;
	uint8_t access; /* enum codec_access */
	uint16_t addresses[CONFIG_SAMARA_ADDRESSES_MAX];
	uint8_t addresses_count; /* 0: all of the device's */
	uint32_t max_bytes;	 /* never above the device's */
	uint32_t per_second;	 /* 0: any number */
	uint32_t tokens;	 /* thousandths of an operation */
	uint64_t filled_us;
	bool is_set; /* this run has set the level */
	bool level_set;
};

struct replay {
	struct codec_source source;
	struct codec_reader reader;
	uint32_t left;	     /* rows that were not asked for */
	uint32_t position;   /* of the next row, from 0 */
	uint8_t devices[16]; /* the record's devices as indexes of grants; 0xff: another */
};

struct hal_session {
	bool used;
	bool record;
	bool has_replay;
	volatile bool cancelled;
	int scratch; /* of its run; -1: none */
	int running; /* handle of the device that works for it; -1: none */
	char holder[40];
	struct hal_grant grants[CONFIG_SAMARA_GRANTS];
	uint8_t grants_count;
	struct hal_report report;
	struct replay replay;
	uint64_t began_us;
	uint32_t operations;
	uint32_t rows;
	uint32_t dropped;
	uint8_t *transcript; /* NULL: none */
	size_t prefix_len;
	size_t transcript_len;
};

static inline bool hal_may_read(const struct hal_grant *grant)
{
	return grant->access != CODEC_ACCESS_WRITE;
}

static inline bool hal_may_write(const struct hal_grant *grant)
{
	return grant->access != CODEC_ACCESS_READ;
}

/* grants.c */

/** @brief Read a list of grants, and hold each to the profile; in a replay a device may be missing.
 */
int hal_grants_read(struct hal_session *session, const struct codec_source *source,
		    struct codec_error *error);
/** @brief What a grant allows. [P-10.3] @retval false operation->error and detail say why not. */
bool hal_grant_check(struct hal_grant *grant, struct bus_operation *operation, uint64_t now_us);

/* operate.c */

/**
 * @brief One operation of a run, as far as its grant allows it, from the device or from a record.
 * Runner.
 * @return operation->error.
 */
enum bus_error hal_operate(struct runtime_guest *guest, struct hal_session *session, uint8_t index,
			   struct bus_operation *operation);
/** @brief Refused before it was an operation: counted, with the first in words. */
void hal_refuse(struct hal_session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** @brief Room for what comes in, of CONFIG_SAMARA_TRANSFER_MAX bytes. */
uint8_t *hal_scratch(struct hal_session *session);
/** @brief Set the level of an output, outside of any run. */
void hal_set_level(const struct hal_device *device, bool level);

/* recorder.c */
void hal_record_begin(struct hal_session *session);
void hal_record_row(struct hal_session *session, uint8_t index,
		    const struct bus_operation *operation, bool had_level, uint64_t at_us,
		    uint64_t took_us);
void hal_record_finish(struct hal_session *session);

/* replay.c */
int hal_replay_begin(struct hal_session *session);
/** @retval false It differs: session->report.difference says how. */
bool hal_replay_answer(struct hal_session *session, uint8_t index, struct bus_operation *operation);
void hal_replay_finish(struct hal_session *session);

/* host.c */
void hal_handles_drop(void *data);
int hal_host_init(void);
/* host_open.c: devices that a caller names in an argument */
void hal_host_devices(void);

#endif /* SAMARA_HAL_SESSION_H_ */
