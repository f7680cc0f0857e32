/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Life of a connection as data. [P-3] Twin of proplet/connection.ts. */

#ifndef SAMARA_LINK_CONNECTION_H_
#define SAMARA_LINK_CONNECTION_H_

#include <stdbool.h>

#include "codec/topics.h"

/**
 * Where the connection stands. `refused` is a broker that takes us and a manager that does not.
 * [P-3.2]
 */
#define LINK_STATES(X)                                                                             \
	X(OFFLINE, "offline")                                                                      \
	X(CONNECTING, "connecting")                                                                \
	X(GREETING, "greeting")                                                                    \
	X(ONLINE, "online")                                                                        \
	X(REFUSED, "refused")                                                                      \
	X(DRAINING, "draining")

#define LINK_ENUM_(name, text) LINK_##name,
enum link_state { LINK_STATES(LINK_ENUM_) LINK_STATE_COUNT };
#undef LINK_ENUM_

enum link_event {
	LINK_EVENT_TRIED,     /* a connection is being made */
	LINK_EVENT_CONNECTED, /* to the broker */
	LINK_EVENT_WELCOMED,
	LINK_EVENT_REFUSED,
	LINK_EVENT_CLOSED,
	LINK_EVENT_DRAIN,
	LINK_EVENT_COUNT,
};

/** @retval true `*state` is what the event leads to. @retval false It means nothing there. */
bool link_state_next(enum link_state *state, enum link_event event);
/**
 * @brief What may be said: results go before hello, everything else after welcome. [P-3.1] [P-3.2]
 */
bool link_state_may_say(enum link_state state, enum codec_topic topic);
const char *link_state_name(enum link_state state);

#endif /* SAMARA_LINK_CONNECTION_H_ */
