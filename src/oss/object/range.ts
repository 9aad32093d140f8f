/** A byte range of an object: `length` bytes from `offset` on. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * What a `Range` header asks for. OSS is not RFC 7233 here: without `x-oss-range-behavior: standard` a range that does
 * not lie wholly inside the object counts as absent, and the whole object is the answer ([GetObject-8]).
 * @returns the range, `whole` where the header is to be ignored, or `unsatisfiable` (416)
 */
export function rangeOf(header: string | null, size: number, standard: boolean): ByteRange | 'whole' | 'unsatisfiable' {
  if (header === null) return 'whole';
  const [first, ...others] = header
    .trim()
    .replace(/^bytes=/, '=')
    .split(',');
  const match = /^=\s*(\d*)-(\d*)\s*$/.exec(first ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return 'whole';
  if (others.length > 0 && standard) return 'unsatisfiable';
  const from = match[1] === '' ? undefined : Number(match[1]);
  const to = match[2] === '' ? undefined : Number(match[2]);
  if (from === undefined) return suffix(to!, size, standard);
  if (to !== undefined && from > to) return 'whole';
  if (from >= size) return standard ? 'unsatisfiable' : 'whole';
  if (to !== undefined && to >= size && !standard) return 'whole';
  const end = Math.min(to ?? size - 1, size - 1);
  return { offset: from, length: end - from + 1 };
}

function suffix(length: number, size: number, standard: boolean): ByteRange | 'whole' | 'unsatisfiable' {
  // Evidence for [GetObject-8]: the live service refuses `bytes=-0` in either mode.
  if (length === 0) return 'unsatisfiable';
  if (size === 0) return standard ? 'unsatisfiable' : 'whole';
  if (length > size) return standard ? { offset: 0, length: size } : 'whole';
  return { offset: size - length, length };
}
