;; Never ends while it is being instantiated, before anything is called: deadlines must cover that too.
(module
  (func $start
    (loop $again
      (br $again)))
  (func (export "run") (result i32)
    (i32.const 0))
  (start $start))
