;; A level that does not exist.
(func $attack (param i32) (result i32)
  (i32.store8 (i32.const 2048) (i32.const 9))
  (i32.const 2048))
