;; Ten thousand reasons, all at the same place they were never written to.
(func $attack (param i32) (result i32)
  (drop (memory.grow (i32.const 4)))
  (i32.store (i32.const 2060) (i32.const 131072))
  (i32.store (i32.const 2064) (i32.const 10000))
  (i32.const 2048))
