import { percentDecode } from '../../lib/percent.ts';

export interface QueryPair {
  readonly name: string;
  readonly value: string;
  /** Whether the raw text had a `=`: `?acl` and `?acl=` mean the same, but some clients sign them differently. */
  readonly hasEquals: boolean;
}

/** A decoded query string. Names are case-sensitive, the first of several equal names wins ([Route-6]). */
export class Query {
  readonly pairs: readonly QueryPair[];
  readonly #first: ReadonlyMap<string, string>;

  /** @param raw the query as received, without its question mark. @throws {URIError} on a malformed escape */
  constructor(raw: string) {
    const pairs: QueryPair[] = [];
    const first = new Map<string, string>();
    if (raw !== '') {
      for (const item of raw.split('&')) {
        if (item === '') continue;
        const at = item.indexOf('=');
        const name = percentDecode(at < 0 ? item : item.slice(0, at), true);
        const value = at < 0 ? '' : percentDecode(item.slice(at + 1), true);
        pairs.push({ name, value, hasEquals: at >= 0 });
        if (!first.has(name)) first.set(name, value);
      }
    }
    this.pairs = pairs;
    this.#first = first;
  }

  has(name: string): boolean {
    return this.#first.has(name);
  }

  get(name: string): string | undefined {
    return this.#first.get(name);
  }

  names(): IterableIterator<string> {
    return this.#first.keys();
  }
}
