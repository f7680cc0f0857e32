/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "codec/topics.h"

struct topic {
	const char *level;
	uint8_t qos;
	bool retained;
	bool from_manager;
};

#define ROW_(name, level, qos, retained, from_manager) {level, qos, retained, from_manager},
static const struct topic topics[] = {CODEC_TOPICS(ROW_)};

int codec_topic_format(char *text, size_t size, enum codec_topic topic, const char *ns,
		       const char *proplet, const char *deployment)
{
	int len =
		snprintf(text, size, "samara/%d/%s/p/%s/%s%s%s", CODEC_PROTOCOL, ns, proplet,
			 topics[topic].level, deployment ? "/" : "", deployment ? deployment : "");

	return len < 0 || (size_t)len >= size ? -ENOMEM : len;
}

int codec_topic_qos(enum codec_topic topic)
{
	return topics[topic].qos;
}

bool codec_topic_retain(enum codec_topic topic)
{
	return topics[topic].retained;
}

bool codec_topic_from_manager(enum codec_topic topic)
{
	return topics[topic].from_manager;
}

int codec_topic_parse(const char *text, const char *ns, const char *proplet,
		      enum codec_topic *topic)
{
	char prefix[CODEC_TOPIC_MAX];
	int len =
		snprintf(prefix, sizeof(prefix), "samara/%d/%s/p/%s/", CODEC_PROTOCOL, ns, proplet);

	if (len < 0 || (size_t)len >= sizeof(prefix) || strncmp(text, prefix, (size_t)len) != 0) {
		return -ENOENT;
	}
	for (unsigned int index = 0; index < CODEC_TOPIC_COUNT; index++) {
		if (topics[index].from_manager && strcmp(text + len, topics[index].level) == 0) {
			*topic = (enum codec_topic)index;
			return 0;
		}
	}
	return -ENOENT;
}
