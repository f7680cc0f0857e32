;; A call that never ends. Only a deadline stops it.
(module
  (func (export "run") (result i32)
    (loop $again
      (br $again))
    (unreachable)))
