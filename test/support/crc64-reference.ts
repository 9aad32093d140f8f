const MASK = 0xffffffffffffffffn;

/** CRC-64/XZ bit by bit, straight from its definition: slow, and nothing in common with the code under test. */
export function crc64Reference(bytes: Uint8Array): bigint {
  let crc = MASK;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xc96c5795d7870f42n : crc >> 1n;
  }
  return crc ^ MASK;
}

/** The published check values. [ObjCommon-23] */
export const CRC64_VECTORS: ReadonlyArray<readonly [text: string, crc: bigint]> = [
  ['', 0n],
  ['abc', 3231342946509354535n],
  ['123456789', 11051210869376104954n],
];
