;; Imports what no proplet provides; the refusal must name env.secret.
(module
  (import "env" "secret" (func $secret (result i32)))
  (func (export "run") (result i32)
    (call $secret)))
