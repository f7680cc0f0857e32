;; Asks for a table of ten million entries, the most V8 gives, before it runs.
(module
  (table (export "table") 10000000 funcref)
  (func (export "run") (result i32)
    (i32.const 0)))
