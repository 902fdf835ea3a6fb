;; A component that exports `assess` only. It answers the call made at loading (12 August 2021,
;; 08:00 local) with a plain "clear" and every other call with the attack that the test puts in
;; the place of the marker: a function $attack that gets the context's address and gives back the
;; address of a verdict.
;;
;; A verdict in memory: level u8 at 0; then pointer and length of clauses at 4, reasons at 12,
;; tasks at 20, trail at 28. A reason is 12 bytes: code u16 at 0, values at 4. A value is 16
;; bytes: its case u8 at 0, from 8 on a number or a text's pointer and length.
(component
  (type $types-type
    (instance
      (type $code0 u16)
      (export "code" (type $code (eq $code0)))
      (type $question0 u16)
      (export "question" (type $question (eq $question0)))
      (type $day0 s32)
      (export "day" (type $day (eq $day0)))
      (type $minute0 s64)
      (export "minute" (type $minute (eq $minute0)))
      (type $place0 (record (field "epoch" u16) (field "province" u16) (field "commune" u32)))
      (export "place" (type $place (eq $place0)))
      (type $risk0 (record (field "place" $place) (field "level" u8)))
      (export "risk" (type $risk (eq $risk0)))
      (type $value0 (record (field "key" u16) (field "value" s64)))
      (export "value" (type $value (eq $value0)))
      (type $context0 (record
        (field "now" $minute) (field "home" $place) (field "checkpoint" (option s64))
        (field "risks" (list $risk)) (field "settings" (list $value)) (field "facts" (list $value))))
      (export "context" (type $context (eq $context0)))
      (type $answer0 (variant
        (case "yes") (case "no") (case "number" s64) (case "choice" u16)
        (case "choices" (list u16)) (case "on" $day)))
      (export "answer" (type $answer (eq $answer0)))
      (type $reply0 (record (field "to" $question) (field "answer" $answer)))
      (export "reply" (type $reply (eq $reply0)))
      (type $gender0 (enum "female" "male" "other" "unknown"))
      (export "gender" (type $gender (eq $gender0)))
      (type $transport0 (enum "road" "freight" "rail" "air" "water" "foot"))
      (export "transport" (type $transport (eq $transport0)))
      (type $declaration0 (record
        (field "sent" $minute) (field "birth-year" u16) (field "gender" $gender)
        (field "vietnamese" bool) (field "origin" $place) (field "destination" $place)
        (field "transport" $transport) (field "travels" $day) (field "returns" (option $day))
        (field "replies" (list $reply))))
      (export "declaration" (type $declaration (eq $declaration0)))
      (type $arg0 (variant
        (case "number" s64) (case "on" $day) (case "place" $place) (case "asked" $question)
        (case "text" string)))
      (export "arg" (type $arg (eq $arg0)))
      (type $reason0 (record (field "code" $code) (field "args" (list $arg))))
      (export "reason" (type $reason (eq $reason0)))
      (type $level0 (enum "clear" "caution" "unsure" "hold" "refuse"))
      (export "level" (type $level (eq $level0)))
      (type $task0 (enum "call-back" "lab-test" "home-visit" "trace" "officer"))
      (export "task" (type $task (eq $task0)))
      (type $hours-after0 (record (field "start" $minute) (field "hours" u16)))
      (export "hours-after" (type $hours-after (eq $hours-after0)))
      (type $clause0 (variant
        (case "hours-after-issue" u16) (case "local-days" u16) (case "hours-after" $hours-after)
        (case "until" $minute)))
      (export "clause" (type $clause (eq $clause0)))))
  (import "khaibao:province/types@1.0.0" (instance $types (type $types-type)))
  (alias export $types "context" (type $context))
  (alias export $types "declaration" (type $declaration))
  (alias export $types "level" (type $level))
  (alias export $types "clause" (type $clause))
  (alias export $types "reason" (type $reason))
  (alias export $types "task" (type $task))
  (type $verdict (record
    (field "level" $level) (field "clauses" (list $clause)) (field "reasons" (list $reason))
    (field "tasks" (list $task)) (field "trail" (list u16))))

  (core module $rules
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 8192))
    (func (export "cabi_realloc") (param $old i32) (param i32) (param $align i32) (param $size i32)
      (result i32)
      (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $next (i32.add (local.get $at) (local.get $size)))
      (local.get $at))
    (func (export "assess") (param $context i32) (result i32)
      (if (i64.eq (i64.load (local.get $context)) (i64.const 27145920))
        (then (return (i32.const 1024))))
      (call $attack (local.get $context)))
    ;;ATTACK
  )
  (core instance $rules (instantiate $rules))
  (func $assess (param "c" $context) (param "d" $declaration) (result $verdict)
    (canon lift (core func $rules "assess") (memory (core memory $rules "memory"))
      (realloc (core func $rules "cabi_realloc"))))

  ;; An exported function may name only exported types, so the record gets its name here.
  (component $face
    (import "types" (instance $types (type $types-type)))
    (alias export $types "context" (type $context))
    (alias export $types "declaration" (type $declaration))
    (alias export $types "level" (type $level))
    (alias export $types "clause" (type $clause))
    (alias export $types "reason" (type $reason))
    (alias export $types "task" (type $task))
    (type $verdict0 (record
      (field "level" $level) (field "clauses" (list $clause)) (field "reasons" (list $reason))
      (field "tasks" (list $task)) (field "trail" (list u16))))
    (import "verdict" (type $verdict (eq $verdict0)))
    (import "assess" (func $assess
      (param "c" $context) (param "d" $declaration) (result $verdict)))
    (export $said "verdict" (type $verdict))
    (export "assess" (func $assess)
      (func (param "c" $context) (param "d" $declaration) (result $said))))
  (instance $faced (instantiate $face
    (with "types" (instance $types))
    (with "verdict" (type $verdict))
    (with "assess" (func $assess))))
  (export "khaibao:province/assess@1.0.0" (instance $faced)))
