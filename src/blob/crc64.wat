;; CRC-64/XZ (ECMA-182 reflected), sixteen bytes a step.
;;
;; Table k maps a byte to its CRC followed by k zero bytes, so the sixteen bytes of
;; a step are looked up independently of each other and only xored. The tables are
;; computed at instantiation: 32 KiB that the deployed bundle does not have to carry.
;;
;; Memory, one page: 16 tables of 256 x 8 bytes, then 32 KiB for input. Half a page
;; keeps tables and input in a core's first-level cache; larger steps measured no faster.
;;
;; Build with `npm run build:wasm`.
(module
  (memory (export "memory") 1)
  (global (export "input") i32 (i32.const 32768))
  (global (export "capacity") i32 (i32.const 32768))

  (func $makeTables
    (local $entry i32) (local $bit i32) (local $crc i64)
    (loop $entries
      (local.set $crc (i64.extend_i32_u (local.get $entry)))
      (local.set $bit (i32.const 8))
      (loop $bits
        (local.set $crc
          (i64.xor
            (i64.shr_u (local.get $crc) (i64.const 1))
            (i64.and
              (i64.const 0xC96C5795D7870F42)
              (i64.sub (i64.const 0) (i64.and (local.get $crc) (i64.const 1))))))
        (br_if $bits (local.tee $bit (i32.sub (local.get $bit) (i32.const 1)))))
      (i64.store (i32.shl (local.get $entry) (i32.const 3)) (local.get $crc))
      (br_if $entries
        (i32.lt_u (local.tee $entry (i32.add (local.get $entry) (i32.const 1))) (i32.const 256))))
    ;; Entry n of all tables taken as one list follows from entry n - 256.
    (local.set $entry (i32.const 0))
    (loop $entries
      (local.set $crc (i64.load (i32.shl (local.get $entry) (i32.const 3))))
      (i64.store offset=2048
        (i32.shl (local.get $entry) (i32.const 3))
        (i64.xor
          (i64.shr_u (local.get $crc) (i64.const 8))
          (i64.load (i32.shl (i32.and (i32.wrap_i64 (local.get $crc)) (i32.const 0xff)) (i32.const 3)))))
      (br_if $entries
        (i32.lt_u (local.tee $entry (i32.add (local.get $entry) (i32.const 1))) (i32.const 3840)))))
  (start $makeTables)

  ;; Takes the register (all ones at first, inverted at the end) over $length bytes at $at.
  (func (export "update") (param $crc i64) (param $at i32) (param $length i32) (result i64)
    (local $end i32)
    (local $low i32) (local $high i32) (local $nextLow i32) (local $nextHigh i32)
    (local.set $end (i32.add (local.get $at) (i32.and (local.get $length) (i32.const -16))))
    (block $stepped
      (loop $steps
        (br_if $stepped (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $crc (i64.xor (local.get $crc) (i64.load (local.get $at))))
        ;; 32-bit halves: shifting and masking them is cheaper than 64-bit words.
        (local.set $low (i32.wrap_i64 (local.get $crc)))
        (local.set $high (i32.wrap_i64 (i64.shr_u (local.get $crc) (i64.const 32))))
        (local.set $nextLow (i32.load offset=8 (local.get $at)))
        (local.set $nextHigh (i32.load offset=12 (local.get $at)))
        (local.set $crc
          (i64.xor
            (i64.xor
              (i64.xor
                (i64.xor
                  (i64.load offset=30720 (i32.shl (i32.and (local.get $low) (i32.const 0xff)) (i32.const 3)))
                  (i64.load offset=28672 (i32.and (i32.shr_u (local.get $low) (i32.const 5)) (i32.const 0x7f8))))
                (i64.xor
                  (i64.load offset=26624 (i32.and (i32.shr_u (local.get $low) (i32.const 13)) (i32.const 0x7f8)))
                  (i64.load offset=24576 (i32.shl (i32.shr_u (local.get $low) (i32.const 24)) (i32.const 3)))))
              (i64.xor
                (i64.xor
                  (i64.load offset=22528 (i32.shl (i32.and (local.get $high) (i32.const 0xff)) (i32.const 3)))
                  (i64.load offset=20480 (i32.and (i32.shr_u (local.get $high) (i32.const 5)) (i32.const 0x7f8))))
                (i64.xor
                  (i64.load offset=18432 (i32.and (i32.shr_u (local.get $high) (i32.const 13)) (i32.const 0x7f8)))
                  (i64.load offset=16384 (i32.shl (i32.shr_u (local.get $high) (i32.const 24)) (i32.const 3))))))
            (i64.xor
              (i64.xor
                (i64.xor
                  (i64.load offset=14336 (i32.shl (i32.and (local.get $nextLow) (i32.const 0xff)) (i32.const 3)))
                  (i64.load offset=12288 (i32.and (i32.shr_u (local.get $nextLow) (i32.const 5)) (i32.const 0x7f8))))
                (i64.xor
                  (i64.load offset=10240 (i32.and (i32.shr_u (local.get $nextLow) (i32.const 13)) (i32.const 0x7f8)))
                  (i64.load offset=8192 (i32.shl (i32.shr_u (local.get $nextLow) (i32.const 24)) (i32.const 3)))))
              (i64.xor
                (i64.xor
                  (i64.load offset=6144 (i32.shl (i32.and (local.get $nextHigh) (i32.const 0xff)) (i32.const 3)))
                  (i64.load offset=4096 (i32.and (i32.shr_u (local.get $nextHigh) (i32.const 5)) (i32.const 0x7f8))))
                (i64.xor
                  (i64.load offset=2048 (i32.and (i32.shr_u (local.get $nextHigh) (i32.const 13)) (i32.const 0x7f8)))
                  (i64.load (i32.shl (i32.shr_u (local.get $nextHigh) (i32.const 24)) (i32.const 3))))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $steps)))
    (local.set $end (i32.add (local.get $at) (i32.and (local.get $length) (i32.const 15))))
    (block $finished
      (loop $bytes
        (br_if $finished (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $crc
          (i64.xor
            (i64.shr_u (local.get $crc) (i64.const 8))
            (i64.load
              (i32.shl
                (i32.and
                  (i32.xor (i32.wrap_i64 (local.get $crc)) (i32.load8_u (local.get $at)))
                  (i32.const 0xff))
                (i32.const 3)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $bytes)))
    (local.get $crc)))
