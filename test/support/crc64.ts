const polynomial = 0xc96c5795d7870f42n;
const ones = 0xffffffffffffffffn;

/** CRC-64 of ECMA-182, reflected ([ObjCommon-23]), bit by bit: slow, and written apart from `src/blob`. Decimal. */
export function crc64(bytes: Uint8Array): string {
  let crc = ones;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
  }
  return String(crc ^ ones);
}
