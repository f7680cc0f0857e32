/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Zephyr's sockets look at the broker's certificate. Here is what they look for, and what was wrong
 * with it in words: the callback only takes notes.
 */

#include <errno.h>
#include <string.h>

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <zephyr/net/socket.h>
#include <zephyr/net/tls_credentials.h>
#include <zephyr/random/random.h>

#include "link_tls.h"
#include "settings.h"

#define TAG 1

/* A name is asked for over both versions of IP; then come TCP and the handshake. As long again is
 * left to the processor, which no time limit stops while it calculates. */
#define DIAL_MS (2 * CONFIG_NET_SOCKETS_DNS_TIMEOUT + 2 * CONFIG_NET_SOCKETS_CONNECT_TIMEOUT)
BUILD_ASSERT(2 * DIAL_MS <= CONFIG_SAMARA_WATCHDOG_MS,
	     "CONFIG_NET_SOCKETS_CONNECT_TIMEOUT: the watchdog would bark while TLS waits");

/** Zephyr's store keeps no copy. */
static struct {
	char text[CONFIG_SAMARA_PEM_MAX];
	size_t size; /* with its end; 0: not stored */
} ca, cert, key;

/** Of the broker's certificates in the last handshake. */
static bool is_shown;
static uint32_t faults;

static const struct {
	uint32_t faults;
	const char *words;
} wrong[] = {
	{MBEDTLS_X509_BADCERT_NOT_TRUSTED,
	 "its certificate is not of the authority that the setting ca has"},
	{MBEDTLS_X509_BADCERT_CN_MISMATCH,
	 "its certificate is for another name than the setting host"},
	{MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY,
	 "its certificate has a key or a signature that this image does not accept"},
	{MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
		 MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
	 "its certificate is not one for a server"},
	{UINT32_MAX, "its certificate is refused"},
};

static int chance(void *unused, unsigned char *to, size_t len)
{
	if (IS_ENABLED(CONFIG_CSPRNG_ENABLED)) {
		return sys_csrand_get(to, len);
	}
	sys_rand_get(to, len);
	return 0;
}

static int read_setting(const char *name, char *text, size_t *size)
{
	const struct samara_setting *setting = samara_setting_find(name);
	int len = samara_setting_len(setting);

	if (len > 0) {
		len = samara_setting_read(setting, text, CONFIG_SAMARA_PEM_MAX);
	}
	*size = len > 0 ? (size_t)len + 1 : 0;
	return len < 0 && len != -ENOENT ? len : 0;
}

/** In words, as the next one; NULL: nothing is wrong. */
static const char *fault_of_own(mbedtls_x509_crt *certificate, mbedtls_pk_context *secret)
{
	if (cert.size == 0 && key.size == 0) {
		return NULL;
	}
	if (cert.size == 0 || key.size == 0) {
		return cert.size == 0 ? "the setting key is stored without cert"
				      : "the setting cert is stored without key";
	}
	if (mbedtls_x509_crt_parse(certificate, (const uint8_t *)cert.text, cert.size)) {
		return "the setting cert has no certificates that can be read";
	}
	if (mbedtls_pk_parse_key(secret, (const uint8_t *)key.text, key.size, NULL, 0, chance,
				 NULL)) {
		return "the setting key has no private key that can be read";
	}
	return mbedtls_pk_check_pair(&certificate->pk, secret, chance, NULL)
		       ? "the setting key is not that of cert"
		       : NULL;
}

static const char *fault_of_stored(void)
{
	mbedtls_x509_crt authorities;
	mbedtls_x509_crt certificate;
	mbedtls_pk_context secret;

	mbedtls_x509_crt_init(&authorities);
	mbedtls_x509_crt_init(&certificate);
	mbedtls_pk_init(&secret);
	const char *fault = mbedtls_x509_crt_parse(&authorities, (const uint8_t *)ca.text, ca.size)
				    ? "the setting ca has no certificates that can be read"
				    : fault_of_own(&certificate, &secret);

	mbedtls_pk_free(&secret);
	mbedtls_x509_crt_free(&certificate);
	mbedtls_x509_crt_free(&authorities);
	return fault;
}

static int add(enum tls_credential_type type, const char *text, size_t size)
{
	return size > 0 ? tls_credential_add(TAG, type, text, size) : 0;
}

const char *link_tls_init(void)
{
	if (read_setting("ca", ca.text, &ca.size) || read_setting("cert", cert.text, &cert.size) ||
	    read_setting("key", key.text, &key.size)) {
		return "the settings ca, cert and key cannot be read";
	}
	const char *fault = fault_of_stored();

	if (fault) {
		return fault;
	}
	return add(TLS_CREDENTIAL_CA_CERTIFICATE, ca.text, ca.size) ||
			       add(TLS_CREDENTIAL_PUBLIC_CERTIFICATE, cert.text, cert.size) ||
			       add(TLS_CREDENTIAL_PRIVATE_KEY, key.text, key.size)
		       ? "CONFIG_TLS_MAX_CREDENTIALS_NUMBER is too small for ca, cert and key"
		       : NULL;
}

/** What is wrong stays wrong: mbedtls ends the handshake for it. */
static int note(void *unused, mbedtls_x509_crt *certificate, int depth, uint32_t *found)
{
	is_shown = true;
	faults |= *found;
	return 0;
}

int link_tls_set_up(int fd, const char *host)
{
	const sec_tag_t tags[] = {TAG};
	const int verify = TLS_PEER_VERIFY_REQUIRED;
	const struct tls_cert_verify_cb callback = {.cb = note};

	is_shown = false;
	faults = 0;
	if (zsock_setsockopt(fd, SOL_TLS, TLS_SEC_TAG_LIST, tags, sizeof(tags)) ||
	    zsock_setsockopt(fd, SOL_TLS, TLS_HOSTNAME, host, strlen(host) + 1) ||
	    zsock_setsockopt(fd, SOL_TLS, TLS_PEER_VERIFY, &verify, sizeof(verify)) ||
	    zsock_setsockopt(fd, SOL_TLS, TLS_CERT_VERIFY_CALLBACK, &callback, sizeof(callback))) {
		return -errno;
	}
	return 0;
}

const char *link_tls_words(void)
{
	for (size_t index = 0; index < ARRAY_SIZE(wrong); index++) {
		if (faults & wrong[index].faults) {
			return wrong[index].words;
		}
	}
	if (!is_shown) {
		return "it shows no certificate: is this port one for TLS 1.2?";
	}
	return cert.size > 0 ? "it ends the TLS handshake: it may not accept the setting cert"
			     : "it ends the TLS handshake: it may want the settings cert and key";
}
