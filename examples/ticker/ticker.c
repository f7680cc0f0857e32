/*
 * Counts its own calls, for deployments: a kept instance answers 1, 2, 3 ..., a fresh one always 1.
 *
 *   tick() -> i32
 *
 * Imports nothing, so it runs on every proplet. Build: npm run build:examples ticker
 * Run: deploy ticker.wasm with kept instances and call `tick` twice; the second result is 2.
 */
static int ticks;

__attribute__((export_name("tick"))) int tick(void)
{
	ticks += 1;
	return ticks;
}
