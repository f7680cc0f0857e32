/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Log lines of the core: levels above CONFIG_SAMARA_LOG_LEVEL cost nothing. */

#ifndef SAMARA_PORT_LOG_H_
#define SAMARA_PORT_LOG_H_

#include "port/port.h"

#define LOG_AT(level, subsystem, ...)                                                              \
	do {                                                                                       \
		if ((level) <= CONFIG_SAMARA_LOG_LEVEL) {                                          \
			port_log((level), (subsystem), __VA_ARGS__);                               \
		}                                                                                  \
	} while (0)

/* Each .c defines LOG_SUBSYSTEM before it uses one. */
#define LOG_ERR(...) LOG_AT(PORT_LOG_ERR, LOG_SUBSYSTEM, __VA_ARGS__)
#define LOG_WRN(...) LOG_AT(PORT_LOG_WRN, LOG_SUBSYSTEM, __VA_ARGS__)
#define LOG_INF(...) LOG_AT(PORT_LOG_INF, LOG_SUBSYSTEM, __VA_ARGS__)
#define LOG_DBG(...) LOG_AT(PORT_LOG_DBG, LOG_SUBSYSTEM, __VA_ARGS__)

#endif /* SAMARA_PORT_LOG_H_ */
