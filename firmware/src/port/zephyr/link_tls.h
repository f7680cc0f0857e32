/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief What the settings `ca`, `cert` and `key` say, for Zephyr's TLS sockets. */

#ifndef SAMARA_ZEPHYR_LINK_TLS_H_
#define SAMARA_ZEPHYR_LINK_TLS_H_

/** @brief Give what is stored to Zephyr's store of credentials. Once.
 * @return In words, why no connection may be made. @retval NULL Nothing is wrong. */
const char *link_tls_init(void);

/** @brief Before a TLS socket connects: whom it trusts, and whom it expects. @retval 0 @retval
 * -errno */
int link_tls_set_up(int fd, const char *host);

/** @brief In words, why the handshake after the last link_tls_set_up() failed. */
const char *link_tls_words(void);

#endif /* SAMARA_ZEPHYR_LINK_TLS_H_ */
