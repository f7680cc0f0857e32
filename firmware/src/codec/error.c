/* SPDX-License-Identifier: Apache-2.0 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "codec/error.h"
#include "codec/span.h"

struct codec_span codec_span_of(const char *text)
{
	return (struct codec_span){(const uint8_t *)text, strlen(text)};
}

void codec_cut(char *text, size_t size)
{
	size_t len = strnlen(text, size);

	if (len < size) {
		/* What vsnprintf() has cut may end within a character. */
		size_t at = len;

		while (at > 0 && ((unsigned char)text[at - 1] & 0xc0) == 0x80) {
			at--;
		}
		if (at > 0 && (unsigned char)text[at - 1] >= 0xc0) {
			unsigned char lead = (unsigned char)text[at - 1];
			size_t whole = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

			if (len - (at - 1) < whole) {
				text[at - 1] = '\0';
			}
		}
		return;
	}
	size_t at = size - 1;

	while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80) {
		at--;
	}
	text[at] = '\0';
}

void codec_error_set(struct codec_error *error, enum codec_error_code code, const char *format, ...)
{
	va_list args;

	error->code = code;
	error->field[0] = '\0';
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	codec_cut(error->message, sizeof(error->message));
}

#define NAME_(name, text) text,

const char *codec_error_name(enum codec_error_code code)
{
	static const char *const names[] = {CODEC_ERROR_CODES(NAME_)};
	size_t index = (size_t)code - 1;

	return index < sizeof(names) / sizeof(names[0]) ? names[index] : "?";
}

const char *codec_outcome_name(enum codec_outcome outcome)
{
	static const char *const names[] = {CODEC_OUTCOMES(NAME_)};
	size_t index = (size_t)outcome - 1;

	return index < sizeof(names) / sizeof(names[0]) ? names[index] : "?";
}
