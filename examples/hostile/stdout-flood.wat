;; A WASI 0.1 command that writes 1 GiB to stdout in pieces of 32 KiB and cares about no error.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; One I/O vector at 0: the address and the length of the piece.
  (data (i32.const 0) "\00\40\00\00\00\80\00\00")
  (func (export "_start")
    (local $left i32)
    (memory.fill (i32.const 16384) (i32.const 65) (i32.const 32768))
    (local.set $left (i32.const 32768))
    (loop $again
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))))
