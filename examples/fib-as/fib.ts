/**
 * AssemblyScript with numeric exports and no imports, so it runs on every proplet.
 *
 *   fib(i32) -> i64    the n-th Fibonacci number by addition, exact up to n = 92
 *   slowFib(i32) -> i64    the same by recursion: a call tree to keep a processor busy
 *
 * Build: npm run build:examples fib-as
 * Run: submit fib-as.wasm as a core module and call `fib` with [50]; the result is 12586269025.
 */

export function fib(n: i32): i64 {
  let a: i64 = 0
  let b: i64 = 1
  for (let i: i32 = 0; i < n; i++) {
    const next = a + b
    a = b
    b = next
  }
  return a
}

export function slowFib(n: i32): i64 {
  return n < 2 ? n : slowFib(n - 1) + slowFib(n - 2)
}
