;; As glue-injection-export, from a component inside a component.
(component
  (component $nested
    (core module $inner
      (func (export "x'+(globalThis.PWN=1)+'") (result i32)
        (i32.const 7)))
    (core instance $instance (instantiate $inner))
    (func (export "run") (result u32)
      (canon lift (core func $instance "x'+(globalThis.PWN=1)+'"))))
  (instance $outer (instantiate $nested))
  (export "run" (func $outer "run")))
