/*
 * A WASI 0.1 command: greets on stdout, copies stdin to stdout in upper case, writes one line to
 * stderr and leaves with the exit code it was given.
 *
 *   greet [name] [exit code]     environment: GREETING, printed as a line of its own if set
 *
 * Build: npm run build:examples greet
 * Run: submit greet.wasm as a command with the arguments ["ada", "3"] and the stdin "quiet please".
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	const char *greeting = getenv("GREETING");
	int copied = 0;
	char digits[12];
	char *digit = digits + sizeof(digits) - 1;

	/* fputs throughout: printf would nearly double the module. */
	fputs("hello ", stdout);
	puts(argc > 1 ? argv[1] : "world");
	if (greeting) {
		puts(greeting);
	}

	for (int c = getchar(); c != EOF; c = getchar()) {
		putchar(toupper(c));
		copied++;
	}

	*digit = '\0';
	do {
		*--digit = (char)('0' + copied % 10);
		copied /= 10;
	} while (copied);
	fputs("greet: bytes copied: ", stderr);
	fputs(digit, stderr);
	fputs("\n", stderr);

	return argc > 2 ? atoi(argv[2]) : 0;
}
