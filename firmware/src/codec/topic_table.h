/* SPDX-License-Identifier: Apache-2.0 */
/* Derived from shared by `npm run derive`. Do not edit. */

/** @file @brief Topics below `samara/1/{namespace}/p/{proplet}/`: name, level, QoS, retained, from the manager. */

#ifndef SAMARA_CODEC_TOPIC_TABLE_H_
#define SAMARA_CODEC_TOPIC_TABLE_H_

#define CODEC_PROTOCOL 1
#define CODEC_UNKNOWN_KEYS 8

#define CODEC_TOPICS(X) \
	X(HELLO, "hello", 1, 0, 0) \
	X(ALIVE, "alive", 0, 0, 0) \
	X(GONE, "gone", 1, 0, 0) \
	X(REPORTED, "reported", 1, 1, 0) \
	X(STARTED, "started", 1, 0, 0) \
	X(RENEW, "renew", 1, 0, 0) \
	X(RESULT, "result", 1, 0, 0) \
	X(LOG, "log", 0, 0, 0) \
	X(PULL, "pull", 1, 0, 0) \
	X(PUSHED, "pushed", 1, 0, 0) \
	X(DEPLOYMENT_STATE, "deployment", 1, 0, 0) \
	X(DEPLOYMENT_RESULT, "d", 1, 0, 0) \
	X(WELCOME, "welcome", 1, 0, 1) \
	X(DESIRED, "desired", 1, 1, 1) \
	X(START, "start", 1, 0, 1) \
	X(LEASE, "lease", 1, 0, 1) \
	X(CANCEL, "cancel", 1, 0, 1) \
	X(ACK, "ack", 1, 0, 1) \
	X(PUSH, "push", 1, 0, 1) \
	X(PULLED, "pulled", 1, 0, 1)

#endif /* SAMARA_CODEC_TOPIC_TABLE_H_ */
