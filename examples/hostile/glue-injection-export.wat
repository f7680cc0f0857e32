;; A component whose core module exports a name that is JavaScript. Glue which puts the name between
;; single quotes without escaping runs it: globalThis.PWN is then 1.
(component
  (core module $inner
    (func (export "x'+(globalThis.PWN=1)+'") (result i32)
      (i32.const 7)))
  (core instance $instance (instantiate $inner))
  (func (export "run") (result u32)
    (canon lift (core func $instance "x'+(globalThis.PWN=1)+'"))))
