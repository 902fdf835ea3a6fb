;; Never ends starting.
(func $attack (param i32) (result i32) (unreachable))
(func $begin (loop $on (br $on)))
(start $begin)
