;; Never comes back, in bulk instructions.
(func $attack (param i32) (result i32)
  (loop $on
    (memory.fill (i32.const 16384) (i32.const 1) (i32.const 100000))
    (br $on))
  (unreachable))
