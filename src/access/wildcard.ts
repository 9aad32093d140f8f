/** How a pattern is read. */
export interface WildcardOptions {
  /** Letters compare without case. */
  readonly ignoreCase?: boolean;
  /** The pattern need only match a beginning of the text. */
  readonly openEnd?: boolean;
  /** `?` stands for itself, as in CORS rules. */
  readonly literalQuestion?: boolean;
}

/** Whether a text matches a compiled pattern. */
export type Wildcard = (text: string) => boolean;

/** Stands in a segment for "any one code point". */
const ANY = -1;

/**
 * Compiles a pattern in which `*` stands for any run of code points and `?` for exactly one; there is no escape.
 * Texts and patterns are well-formed Unicode.
 *
 * Nothing backtracks. A run between two `*` may be taken at its leftmost place, so that matching is one pass over the
 * text; a run with `?` in it is searched bit-parallel, 32 code points of the run a step. No text makes a pattern
 * expensive, however both were chosen.
 */
export function compileWildcard(pattern: string, options: WildcardOptions = {}): Wildcard {
  const { ignoreCase = false, openEnd = false, literalQuestion = false } = options;
  const source = (ignoreCase ? pattern.toLowerCase() : pattern) + (openEnd ? '*' : '');
  const matches = !literalQuestion && source.includes('?') ? compileRuns(source) : compileLiterals(source);
  return ignoreCase ? (text) => matches(text.toLowerCase()) : matches;
}

function compileLiterals(source: string): Wildcard {
  const runs = source.split('*');
  if (runs.length === 1) return (text) => text === source;
  const first = runs[0]!;
  const last = runs.at(-1)!;
  const middle = runs.slice(1, -1).filter((run) => run !== '');
  return (text) => {
    const end = text.length - last.length;
    if (first.length > end || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const run of middle) {
      const found = text.indexOf(run, at);
      if (found < 0 || found + run.length > end) return false;
      at = found + run.length;
    }
    return true;
  };
}

function compileRuns(source: string): Wildcard {
  const runs = source.split('*').map((run) => codePoints(run).map((point) => (point === 0x3f ? ANY : point)));
  const first = runs[0]!;
  if (runs.length === 1) {
    return (text) => {
      const points = codePoints(text);
      return points.length === first.length && runAt(first, points, 0);
    };
  }
  const last = runs.at(-1)!;
  const middle = runs.slice(1, -1).filter((run) => run.length > 0);
  return (text) => {
    const points = codePoints(text);
    const end = points.length - last.length;
    if (first.length > end || !runAt(first, points, 0) || !runAt(last, points, end)) return false;
    let at = first.length;
    for (const run of middle) {
      at = endOfRun(run, points, at, end);
      if (at < 0) return false;
    }
    return true;
  };
}

function codePoints(text: string): number[] {
  return Array.from(text, (char) => char.codePointAt(0)!);
}

function runAt(run: readonly number[], points: readonly number[], at: number): boolean {
  return run.every((point, i) => point === ANY || point === points[at + i]);
}

/** Where the leftmost occurrence of `run` in `points[from, end)` ends, or -1 (the Shift-And algorithm). */
function endOfRun(run: readonly number[], points: readonly number[], from: number, end: number): number {
  if (run.length > end - from) return -1;
  const words = Math.ceil(run.length / 32);
  const { masks, any } = runMasks(run, words);
  const state = new Uint32Array(words);
  const lastWord = words - 1;
  const lastBit = 1 << ((run.length - 1) % 32);
  for (let i = from; i < end; i++) {
    const mask = masks.get(points[i]!) ?? any;
    let carry = 1;
    for (let word = 0; word < words; word++) {
      const before = state[word]!;
      state[word] = ((before << 1) | carry) & mask[word]!;
      carry = before >>> 31;
    }
    if ((state[lastWord]! & lastBit) !== 0) return i + 1;
  }
  return -1;
}

/** For each code point of the run the places that take it; `any` are those of every other code point. */
function runMasks(run: readonly number[], words: number): { masks: Map<number, Uint32Array>; any: Uint32Array } {
  const any = new Uint32Array(words);
  for (const [i, point] of run.entries()) if (point === ANY) any[i >> 5]! |= 1 << (i & 31);
  const masks = new Map<number, Uint32Array>();
  for (const [i, point] of run.entries()) {
    if (point === ANY) continue;
    let mask = masks.get(point);
    if (mask === undefined) {
      mask = any.slice();
      masks.set(point, mask);
    }
    mask[i >> 5]! |= 1 << (i & 31);
  }
  return { masks, any };
}
