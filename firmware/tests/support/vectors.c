/* SPDX-License-Identifier: Apache-2.0 */

#include "support/vectors.h"

__asm__(".pushsection .rodata.vectors_messages, \"a\"\n"
	".global vectors_messages\n"
	"vectors_messages:\n"
	".incbin \"" SAMARA_REPOSITORY "/shared/vectors/messages.json\"\n"
	".byte 0\n"
	".popsection\n");
