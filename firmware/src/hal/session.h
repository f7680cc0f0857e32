/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief What the parts of hal know of a session. Hal's own. */

#ifndef SAMARA_HAL_SESSION_H_
#define SAMARA_HAL_SESSION_H_

#include "hal/hal.h"
#include "runtime/runtime.h"

/** Where a row of a transcript belongs that is known later. */
struct hal_row_place {
	size_t at;
	uint32_t rows;	 /* before it */
	uint16_t number; /* of the waits of a session in their order; never 0 */
};

/** The wait of one input: its device does nothing else meanwhile. */
struct hal_wait {
	struct bus_operation operation; /* the port's while it is waited for */
	enum { WAIT_NONE, WAIT_UNDER_WAY, WAIT_OVER } state;
	int handle;	/* of the device while it is waited for */
	int watch;	/* -1: nobody waits */
	uint32_t owner; /* the handle that has begun it */
	bool is_told;	/* guarded by wait.c's mutex, as is what follows */
	uint64_t ended_us;
	uint64_t began_us;
	struct hal_row_place place;
};

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
	struct hal_wait *wait; /* NULL: it cannot be waited for */
	bool is_set;	       /* this run has set the level */
	bool level_set;
};

struct replay {
	struct codec_source source;
	struct codec_reader reader;
	uint32_t left;	     /* rows that were not asked for */
	uint32_t position;   /* of the next row, from 0 */
	uint8_t devices[16]; /* the record's devices as indexes of grants; 0xff: another */
	char difference[CODEC_MESSAGE_MAX + 1]; /* what differed first; empty: nothing */
};

/** In the runtime's pool, with its replay and transcript behind the grants. */
struct hal_session {
	volatile bool cancelled;
	volatile int running; /* handle of the device that works for it; -1: none */
	char holder[40];
	struct replay *replay;	/* NULL: devices answer */
	uint8_t *scratch;	/* what goes over a bus, CONFIG_SAMARA_TRANSFER_MAX bytes of the
				   pool; NULL where it has lines alone */
	struct hal_wait *waits; /* of the pool, one for each input; NULL: it has none */
	uint8_t *transcript;	/* CONFIG_SAMARA_TRANSCRIPT_MAX bytes; NULL: nothing is recorded */
	size_t prefix_len;
	size_t transcript_len;
	uint64_t began_us;
	uint32_t refusals;
	uint32_t rows;
	uint32_t dropped;
	uint16_t waits_begun;
	uint8_t grants_count;
	struct hal_grant grants[];
};

static inline bool hal_may_read(const struct hal_grant *grant)
{
	return grant->access != CODEC_ACCESS_WRITE;
}

static inline bool hal_may_write(const struct hal_grant *grant)
{
	return grant->access != CODEC_ACCESS_READ;
}

/* session.c */

/** @brief The grant of a name, which need not end in 0. NULL: there is none, or no session. */
struct hal_grant *hal_session_find(struct hal_session *session, const char *name, size_t len);

/* watch.c */

void hal_watch_init(void);

/* grants.c */

/** @brief A number up to `max`; 0 where it is none. */
uint32_t hal_read_number(struct codec_reader *reader, uint32_t max);
/** @brief Begin to read a list of grants. @retval 0 @retval -EINVAL error is filled in. */
int hal_grants_open(struct codec_reader *reader, const struct codec_source *source,
		    const char *holder, uint32_t *count, struct codec_error *error);
/** @brief Read `count` grants, and hold each to the profile; in a replay a device may be missing.
 */
int hal_grants_read(struct hal_session *session, struct codec_reader *reader, uint32_t count,
		    struct codec_error *error);
/** @brief What a grant allows. [P-10.3] @retval false operation->error and detail say why not. */
bool hal_grant_check(struct hal_grant *grant, struct bus_operation *operation, uint64_t now_us);

/* operate.c */

/**
 * @brief One operation of a run, as far as its grant allows it, from the device or from a record.
 * Runner.
 * @return operation->error.
 */
enum bus_error hal_operate(struct runtime_guest *guest, struct hal_grant *grant,
			   struct bus_operation *operation);
/** @brief What becomes of an operation before it reaches its device. */
enum hal_course {
	HAL_ENDED,    /* its error is there, and is no row of the record */
	HAL_REFUSED,  /* its error is there, and is one */
	HAL_ANSWERED, /* by the record of a replay */
	HAL_DEVICE,
};
enum hal_course hal_begin_operation(struct runtime_guest *guest, struct hal_grant *grant,
				    struct bus_operation *operation, uint64_t now_us);
/** @brief Refused before it was an operation: counted, with the words in the log. */
void hal_refuse(struct hal_session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** @brief Set the level of an output, outside of any run. */
void hal_set_level(const struct hal_device *device, bool level);

/* wait.c */

void hal_wait_init(void);
/** @brief Begin to wait, in place of hal_operate(). Runner. @return operation.error of the wait
 * where it cannot begin; what it comes to later is told when it is over. */
enum bus_error hal_wait_begin(struct runtime_guest *guest, struct hal_grant *grant, uint32_t owner,
			      enum bus_pin_event event);
/** @brief Whether the wait of that number has ended. Runner. */
bool hal_wait_is_over(struct hal_session *session, struct hal_grant *grant, uint16_t number);
/** @brief End what is under way. Runner. */
void hal_wait_cancel(struct hal_session *session, struct hal_grant *grant);
/** @brief A number that changes whenever a wait ends. Any thread. */
uint32_t hal_wait_ends(void);
/** @brief Sleep until it changes. Runner. @retval false The run is to end. */
bool hal_wait_sleep(struct runtime_guest *guest, uint32_t ends);
/** @brief Wake who sleeps. Any thread. */
void hal_wait_wake(void);

/* recorder.c */

void hal_record_begin(struct hal_session *session);
/** @brief A row, at the end or where `place` says; NULL: at the end. */
void hal_record_row(struct hal_session *session, const struct hal_grant *grant,
		    const struct bus_operation *operation, bool had_level, uint64_t at_us,
		    uint64_t took_us, const struct hal_row_place *place);
void hal_record_finish(struct hal_session *session);

/* replay.c */

void hal_replay_begin(struct hal_session *session);
/** @retval false It differs: replay->difference says how. */
bool hal_replay_answer(struct hal_session *session, const struct hal_grant *grant,
		       struct bus_operation *operation);
void hal_replay_finish(struct hal_session *session);

/* bus.c: words, by the numbers of hal/bus.h */

/** @brief End an operation with an error; words that do not fit are cut. @retval false Always. */
bool hal_fail(struct bus_operation *operation, enum bus_error error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

extern const char *const bus_kind_words[];
extern const char *const bus_segment_words[];
extern const char *const bus_error_words[];

/* handles.c */

int hal_host_init(void);

#endif /* SAMARA_HAL_SESSION_H_ */
