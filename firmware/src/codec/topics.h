/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Topics of a proplet, once. [P-2] */

#ifndef SAMARA_CODEC_TOPICS_H_
#define SAMARA_CODEC_TOPICS_H_

#include <stdbool.h>
#include <stddef.h>

#include "codec/topic_table.h"

#define CODEC_ENUM_(name, level, qos, retained, from_manager) CODEC_TOPIC_##name,
enum codec_topic { CODEC_TOPICS(CODEC_ENUM_) CODEC_TOPIC_COUNT };
#undef CODEC_ENUM_

/** @brief Longest topic with its end: four fixed levels, three names of 48. */
#define CODEC_TOPIC_MAX 192

/**
 * @brief A topic of this proplet's. `deployment` is for CODEC_TOPIC_DEPLOYMENT_RESULT alone.
 * @retval >=0 Length. @retval -ENOMEM `size` is too small.
 */
int codec_topic_format(char *text, size_t size, enum codec_topic topic, const char *ns,
		       const char *proplet, const char *deployment);
int codec_topic_qos(enum codec_topic topic);
bool codec_topic_retain(enum codec_topic topic);
bool codec_topic_from_manager(enum codec_topic topic);
/** @brief Which topic from the manager it is. @retval 0 @retval -ENOENT None of this proplet's. */
int codec_topic_parse(const char *text, const char *ns, const char *proplet,
		      enum codec_topic *topic);

#endif /* SAMARA_CODEC_TOPICS_H_ */
