const CR = 0x0d;
const LF = 0x0a;

/**
 * Finds the delimiter of a multipart body, `CR LF -- boundary`, in bytes.
 *
 * Boyer, Moore and Horspool's search: a delimiter is long, so that most bytes are jumped over. It is linear on hostile
 * bytes too: a candidate is compared in full only where it begins with CR, which a boundary cannot contain, so that no
 * byte is compared in full twice. `Buffer.indexOf` is as fast on ordinary bytes, but its calls cost more than the search
 * where bytes are full of what looks like a delimiter.
 */
export class DelimiterFinder {
  /** Bytes of the delimiter, 5 to 74. */
  readonly length: number;
  readonly #delimiter: Uint8Array;
  /** How far to go on from a byte that stands where the delimiter's last one should. */
  readonly #skip = new Uint8Array(256);

  /** @param boundary 1 to 70 ASCII characters, no control characters among them */
  constructor(boundary: string) {
    this.#delimiter = new TextEncoder().encode(`\r\n--${boundary}`);
    this.length = this.#delimiter.length;
    this.#skip.fill(this.length);
    for (let i = 0; i < this.length - 1; i++) this.#skip[this.#delimiter[i]!] = this.length - 1 - i;
  }

  /** Where the first delimiter begins that lies wholly between `from` and `to`; -1 where there is none. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const skip = this.#skip;
    const last = this.length - 1;
    const lastByte = this.#delimiter[last];
    for (let end = from + last; end < to; ) {
      const byte = bytes[end]!;
      if (byte === lastByte && bytes[end - last] === CR && this.#matches(bytes, end - last)) return end - last;
      end += skip[byte]!;
    }
    return -1;
  }

  #matches(bytes: Uint8Array, at: number): boolean {
    if (bytes[at + 1] !== LF) return false;
    for (let i = 2; i < this.length; i++) if (bytes[at + i] !== this.#delimiter[i]) return false;
    return true;
  }
}
