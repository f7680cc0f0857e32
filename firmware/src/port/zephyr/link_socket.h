/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief One connection, as custom transport of Zephyr's MQTT client. It blocks nowhere but
 * where TLS is dialled. */

#ifndef SAMARA_ZEPHYR_LINK_SOCKET_H_
#define SAMARA_ZEPHYR_LINK_SOCKET_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** @brief After samara_settings_load(): whether to speak TLS, or to nobody. */
void link_socket_init(void);
/** @brief Begin to connect. @retval 0 @retval -errno Nobody can be tried. */
int link_socket_dial(const char *host, uint16_t port);
/** @brief What link_socket_dial() answered, in words. */
const char *link_socket_words(int error);
/** @brief What it came to, once the socket can be written. @retval 0 @retval -errno */
int link_socket_dialled(void);
/** @brief Close it. `polite`: what is queued leaves first, and the other end hangs up, both within
 * a moment. Nothing where it is closed. */
void link_socket_close(bool polite);
/** @brief For zsock_poll(). @retval -1 Closed. */
int link_socket_fd(void);

/** @brief Bytes that the queue takes. */
size_t link_socket_room(void);
/** @brief Something waits for the socket. */
bool link_socket_wants_write(void);
/** @brief Send what the socket takes. @retval 0 @retval -errno The connection broke. */
int link_socket_flush(void);

/** @brief The last read found less than was asked for: poll before the next one. */
bool link_socket_is_dry(void);

#endif /* SAMARA_ZEPHYR_LINK_SOCKET_H_ */
