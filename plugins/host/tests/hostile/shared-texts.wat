;; Eight texts in each of 32 reasons, all of them the same 64 KiB.
(func $attack (param i32) (result i32)
  (local $i i32)
  (loop $next
    (i32.store8 (i32.add (i32.const 6144) (i32.mul (local.get $i) (i32.const 16))) (i32.const 4))
    (i32.store (i32.add (i32.const 6152) (i32.mul (local.get $i) (i32.const 16))) (i32.const 65536))
    (i32.store (i32.add (i32.const 6156) (i32.mul (local.get $i) (i32.const 16))) (i32.const 65536))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $i) (i32.const 8))))
  (local.set $i (i32.const 0))
  (loop $next
    (i32.store16 (i32.add (i32.const 4096) (i32.mul (local.get $i) (i32.const 12))) (i32.const 3))
    (i32.store (i32.add (i32.const 4100) (i32.mul (local.get $i) (i32.const 12))) (i32.const 6144))
    (i32.store (i32.add (i32.const 4104) (i32.mul (local.get $i) (i32.const 12))) (i32.const 8))
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $i) (i32.const 32))))
  (i32.store (i32.const 2060) (i32.const 4096))
  (i32.store (i32.const 2064) (i32.const 32))
  (i32.const 2048))
