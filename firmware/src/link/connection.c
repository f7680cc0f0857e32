/* SPDX-License-Identifier: Apache-2.0 */

#include <stdint.h>

#include "link/connection.h"

/* Each row a state, each cell what an event leads to, plus one: cells that are left out are 0. */
#define NOTHING	 0
#define TO(name) (uint8_t)(LINK_##name + 1)

static const uint8_t transitions[LINK_STATE_COUNT][LINK_EVENT_COUNT] = {
	[LINK_OFFLINE] = {[LINK_EVENT_TRIED] = TO(CONNECTING)},
	[LINK_CONNECTING] =
		{
			[LINK_EVENT_CONNECTED] = TO(GREETING),
			[LINK_EVENT_CLOSED] = TO(OFFLINE),
		},
	[LINK_GREETING] =
		{
			[LINK_EVENT_WELCOMED] = TO(ONLINE),
			[LINK_EVENT_REFUSED] = TO(REFUSED),
			[LINK_EVENT_CLOSED] = TO(OFFLINE),
		},
	/* A welcome that comes twice means nothing; a refusal after it does. [P-3.6] */
	[LINK_ONLINE] =
		{
			[LINK_EVENT_REFUSED] = TO(REFUSED),
			[LINK_EVENT_CLOSED] = TO(OFFLINE),
			[LINK_EVENT_DRAIN] = TO(DRAINING),
		},
	[LINK_REFUSED] =
		{
			[LINK_EVENT_WELCOMED] = TO(ONLINE),
			[LINK_EVENT_CLOSED] = TO(OFFLINE),
		},
	[LINK_DRAINING] = {[LINK_EVENT_CLOSED] = TO(OFFLINE)},
};

#define ALL	UINT32_MAX
#define ONLY(t) (UINT32_C(1) << CODEC_TOPIC_##t)

static const uint32_t speech[LINK_STATE_COUNT] = {
	[LINK_GREETING] = ONLY(RESULT) | ONLY(HELLO),
	[LINK_ONLINE] = ALL,
	[LINK_REFUSED] = ONLY(HELLO),
	[LINK_DRAINING] = ALL,
};

bool link_state_next(enum link_state *state, enum link_event event)
{
	uint8_t next = transitions[*state][event];

	if (next == NOTHING) {
		return false;
	}
	*state = (enum link_state)(next - 1);
	return true;
}

bool link_state_may_say(enum link_state state, enum codec_topic topic)
{
	return (speech[state] & (UINT32_C(1) << topic)) != 0;
}

const char *link_state_name(enum link_state state)
{
#define NAME_(name, text) text,
	static const char *const names[] = {LINK_STATES(NAME_)};
#undef NAME_

	return names[state];
}
