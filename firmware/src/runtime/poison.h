/* SPDX-License-Identifier: Apache-2.0 */

/** @file @brief Tells AddressSanitizer which bytes of the pool are nobody's. Nothing without it. */

#ifndef SAMARA_RUNTIME_POISON_H_
#define SAMARA_RUNTIME_POISON_H_

#include <stddef.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define POISON_IS_ON
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define POISON_IS_ON
#endif

#ifdef POISON_IS_ON
void __asan_poison_memory_region(const volatile void *data, size_t len);
void __asan_unpoison_memory_region(const volatile void *data, size_t len);
#endif

static inline void poison_forbid(const void *data, size_t len)
{
#ifdef POISON_IS_ON
	__asan_poison_memory_region(data, len);
#else
	(void)data;
	(void)len;
#endif
}

static inline void poison_allow(const void *data, size_t len)
{
#ifdef POISON_IS_ON
	__asan_unpoison_memory_region(data, len);
#else
	(void)data;
	(void)len;
#endif
}

#endif /* SAMARA_RUNTIME_POISON_H_ */
