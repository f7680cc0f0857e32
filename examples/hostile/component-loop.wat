;; A component with a call that never ends.
(component
  (core module $inner
    (func (export "run") (result i32)
      (loop $again
        (br $again))
      (unreachable)))
  (core instance $instance (instantiate $inner))
  (func (export "run") (result u32)
    (canon lift (core func $instance "run"))))
