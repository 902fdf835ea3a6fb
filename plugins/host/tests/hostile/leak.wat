;; Honest, but counts its calls in its memory and tells the count: a fresh instance tells 1.
(func $attack (param i32) (result i32)
  (i32.store16 (i32.const 3000)
    (i32.add (i32.load16_u (i32.const 3000)) (i32.const 1)))
  (i32.store (i32.const 2076) (i32.const 3000))
  (i32.store (i32.const 2080) (i32.const 1))
  (i32.const 2048))
