;; Takes all the memory it can get.
(func $attack (param i32) (result i32)
  (loop $on (drop (memory.grow (i32.const 16))) (br $on))
  (unreachable))
