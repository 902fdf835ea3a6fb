;; A reason without words.
(func $attack (param i32) (result i32)
  (i32.store16 (i32.const 2100) (i32.const 4999))
  (i32.store (i32.const 2060) (i32.const 2100))
  (i32.store (i32.const 2064) (i32.const 1))
  (i32.const 2048))
