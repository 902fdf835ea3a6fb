;; Points behind the end of its memory.
(func $attack (param i32) (result i32) (i32.const -64))
