;; As glue-injection-export, by the module and field names of a core import.
(component
  (core module $giver
    (func (export "give") (result i32)
      (i32.const 7)))
  (core module $taker
    (import "m':(globalThis.PWN=1,{}),'n" "f':(globalThis.PWN=2),'g" (func $give (result i32)))
    (func (export "run") (result i32)
      (call $give)))
  (core instance $given (instantiate $giver))
  (core instance $instance
    (instantiate $taker
      (with "m':(globalThis.PWN=1,{}),'n"
        (instance (export "f':(globalThis.PWN=2),'g" (func $given "give"))))))
  (func (export "run") (result u32)
    (canon lift (core func $instance "run"))))
