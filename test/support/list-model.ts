/** What a listing must show, computed the slow and obvious way. */

export interface ListQuery {
  readonly prefix: string;
  readonly delimiter: string;
  /** Exclusive: a key, or a common prefix of which everything is skipped. */
  readonly marker: string;
  /** The marker is a name like any other, as `start-after` is: never a common prefix. */
  readonly plain?: boolean;
  readonly limit: number;
}

export interface ModelPage {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  readonly truncated: boolean;
  /** The last entry of a truncated page. */
  readonly next: string | undefined;
}

export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}

export function modelPage(keys: Iterable<string>, { prefix, delimiter, marker, plain, limit }: ListQuery): ModelPage {
  const group = (key: string): string | undefined => {
    if (delimiter === '' || !key.startsWith(prefix)) return undefined;
    const parts = key.slice(prefix.length).split(delimiter);
    return parts.length === 1 ? undefined : `${prefix}${parts[0]}${delimiter}`;
  };
  const skipsBelow = !plain && marker !== '' && group(marker) === marker;
  const names = new Map<string, 'key' | 'prefix'>();
  for (const key of [...keys].sort(byBytes)) {
    if (!key.startsWith(prefix) || byBytes(key, marker) <= 0) continue;
    if (skipsBelow && key.startsWith(marker)) continue;
    const common = group(key);
    names.set(common ?? key, common === undefined ? 'key' : 'prefix');
  }
  const all = [...names];
  const page = all.slice(0, limit);
  const truncated = all.length > limit;
  return {
    keys: page.filter(([, kind]) => kind === 'key').map(([name]) => name),
    prefixes: page.filter(([, kind]) => kind === 'prefix').map(([name]) => name),
    truncated,
    next: truncated ? page.at(-1)![0] : undefined,
  };
}
