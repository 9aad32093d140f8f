/**
 * A polynomial over GF(2) of degree below 64, in the bit order of CRC-64/XZ: the top bit of `high` is the coefficient
 * of x⁰, the lowest bit of `low` that of x⁶³. Two halves, because BigInt arithmetic is twenty times slower here.
 */
interface Polynomial {
  readonly high: number;
  readonly low: number;
}

const ONE: Polynomial = { high: 0x80000000, low: 0 };
const REDUCTION: Polynomial = { high: 0xc96c5795, low: 0xd7870f42 };

function multiply(a: Polynomial, b: Polynomial): Polynomial {
  let { high, low } = b;
  let productHigh = 0;
  let productLow = 0;
  for (let bit = 0; bit < 64; bit++) {
    const taken = bit < 32 ? (a.high >>> (31 - bit)) & 1 : (a.low >>> (63 - bit)) & 1;
    productHigh ^= high & -taken;
    productLow ^= low & -taken;
    const overflow = -(low & 1);
    low = (low >>> 1) | (high << 31);
    high = (high >>> 1) ^ (REDUCTION.high & overflow);
    low ^= REDUCTION.low & overflow;
  }
  return { high: productHigh >>> 0, low: productLow >>> 0 };
}

/** `zeroBytes[k]` moves a checksum over 2^k zero bytes: x^(8·2^k). Grown on demand, at most to 2^52. */
const zeroBytes: Polynomial[] = [{ high: 0x00800000, low: 0 }];

function zeroBytesPower(k: number): Polynomial {
  while (zeroBytes.length <= k) {
    const last = zeroBytes[zeroBytes.length - 1]!;
    zeroBytes.push(multiply(last, last));
  }
  return zeroBytes[k]!;
}

/** x^(8·length): what moving a checksum over `length` bytes multiplies it by. */
function shiftBy(length: number): Polynomial {
  let shift = ONE;
  for (let k = 0, rest = length; rest > 0; k++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) shift = multiply(shift, zeroBytesPower(k));
  }
  return shift;
}

/** Parts of an upload mostly have one length, so the last shift is worth keeping. */
let lastShift = { length: 0, by: ONE };

/**
 * The CRC-64/XZ of A followed by B, from the checksums of A and B. Microseconds at any length.
 * @param lengthB bytes in B, 0 to 2^53 - 1
 * @throws {RangeError} on a length out of range
 */
export function crc64Combine(crcA: bigint, crcB: bigint, lengthB: number): bigint {
  if (!Number.isSafeInteger(lengthB) || lengthB < 0) throw new RangeError(`not a length: ${lengthB}`);
  if (lengthB !== lastShift.length) lastShift = { length: lengthB, by: shiftBy(lengthB) };
  const a = { high: Number(BigInt.asUintN(32, crcA >> 32n)), low: Number(BigInt.asUintN(32, crcA)) };
  const moved = multiply(lastShift.by, a);
  return ((BigInt(moved.high) << 32n) | BigInt(moved.low)) ^ BigInt.asUintN(64, crcB);
}
