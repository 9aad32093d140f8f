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

/** The checksum of each single byte, in two halves. */
const table = Uint32Array.from({ length: 512 }, (_, i) => {
  let crc = BigInt(i >> 1);
  for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xc96c5795d7870f42n : crc >> 1n;
  return Number(i & 1 ? crc & 0xffffffffn : crc >> 32n);
});

/** The same, byte by byte, for tests that compute it of a lot of bytes. */
export function crc64Table(bytes: Uint8Array): bigint {
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (const byte of bytes) {
    const at = ((low ^ byte) & 0xff) << 1;
    low = ((low >>> 8) | (high << 24)) ^ table[at + 1]!;
    high = (high >>> 8) ^ table[at]!;
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
}
