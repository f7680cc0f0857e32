/*
 * Numeric exports over the four types of core WebAssembly, and a loop to keep a processor busy.
 *
 *   add(i32, i32) -> i32   add64(i64, i64) -> i64   mul(f64, f64) -> f64   half(f32) -> f32
 *   spin(i32) -> i32       that many steps of a hash, returns the hash
 *
 * Imports nothing, so it runs on every proplet. Build: npm run build:examples add
 * Run: submit add.wasm as a core module and call `add` with [2, 3]; the result is 5.
 */
#define EXPORT(name) __attribute__((export_name(#name))) name

int EXPORT(add)(int a, int b)
{
	/* Unsigned, because signed overflow has no meaning in C and the module shall wrap like i32.add. */
	return (int)((unsigned int)a + (unsigned int)b);
}

long long EXPORT(add64)(long long a, long long b)
{
	return (long long)((unsigned long long)a + (unsigned long long)b);
}

double EXPORT(mul)(double a, double b)
{
	return a * b;
}

float EXPORT(half)(float value)
{
	return value / 2.0f;
}

int EXPORT(spin)(int steps)
{
	/* FNV-1a over the step number: each step needs the one before, so no compiler can shorten the loop. */
	unsigned int hash = 2166136261u;

	for (int step = 0; step < steps; step++) {
		hash = (hash ^ (unsigned int)step) * 16777619u;
	}
	return (int)hash;
}
