;; Never comes back.
(func $attack (param i32) (result i32) (loop $on (br $on)) (unreachable))
