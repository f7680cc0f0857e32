/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How long calls take, each in one instance that is kept:
 *   calls <module> <export> <signature> <arguments, CBOR in hex> <times> [<socket of a lab>]
 * Prints a line of JSON with the microseconds of each.
 */

#include <stdio.h>
#include <stdlib.h>

#include "bench/board.h"

int main(int argc, char **argv)
{
	struct runtime_result result;
	struct runtime_call call;

	if (argc < 2 + BOARD_WORDS ||
	    board_start(argc > 2 + BOARD_WORDS ? argv[2 + BOARD_WORDS] : NULL) ||
	    board_call(&argv[1], &call)) {
		return 2;
	}
	call.keep = 1;
	printf("[");
	for (int left = atoi(argv[1 + BOARD_WORDS]); left > 0; left--) {
		if (board_run(&call, &result)) {
			fprintf(stderr, "%s\n", result.message);
			return 1;
		}
		printf("%u%s", (unsigned int)result.ran_us, left > 1 ? "," : "]\n");
	}
	return 0;
}
