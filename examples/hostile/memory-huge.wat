;; Asks for all 4 GiB of a 32-bit memory before it runs.
(module
  (memory (export "memory") 65536)
  (func (export "run") (result i32)
    (memory.size)))
