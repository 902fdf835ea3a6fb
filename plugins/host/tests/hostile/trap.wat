;; Panics.
(func $attack (param i32) (result i32) (unreachable))
