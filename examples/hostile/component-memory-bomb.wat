;; A component that takes memory 1 MiB at a time, writes to it, and traps when refused.
(component
  (core module $inner
    (memory 1)
    (func (export "run") (result i32)
      (local $grown i32)
      (loop $again
        (local.set $grown (memory.grow (i32.const 16)))
        (if (i32.eq (local.get $grown) (i32.const -1))
          (then (unreachable)))
        (memory.fill
          (i32.mul (local.get $grown) (i32.const 65536))
          (i32.const 170)
          (i32.const 1048576))
        (br $again))
      (unreachable)))
  (core instance $instance (instantiate $inner))
  (func (export "run") (result u32)
    (canon lift (core func $instance "run"))))
