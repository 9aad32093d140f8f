/**
 * Order of keys. OSS, R2 and SQLite order text by its UTF-8 bytes, which is the order of code points; JavaScript's own
 * `<` orders by UTF-16 units and puts U+1F600 before U+E000. Every merge of sorted pages must use this one.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates above the rest of the BMP, where the code points that they stand for belong. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

const LAST_CODE_POINT = 0x10ffff;

/**
 * The smallest text that is greater than every text starting with `prefix`, or undefined where there is none
 * (an empty prefix, or one of nothing but U+10FFFF).
 */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0)!;
    if (point === LAST_CODE_POINT) continue;
    // Surrogates are no characters of their own: U+D7FF is followed by U+E000.
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    return points.join('') + String.fromCodePoint(next);
  }
  return undefined;
}

const encoder = new TextEncoder();

/** Length in UTF-8 bytes. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}
