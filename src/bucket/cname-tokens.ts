import { randomHex } from '../lib/random.ts';

/** What proves the ownership of a domain, once its DNS shows it. */
export interface CnameToken {
  /** 32 hex characters ([CreateCnameToken-7]). */
  readonly token: string;
  /** ms since the epoch. */
  readonly expires: number;
}

/** How long a token is good for ([CreateCnameToken-2]), and most tokens of a bucket ([CreateCnameToken-6]). */
export const TOKEN_LIFE_MS = 12 * 3_600_000;
export const TOKENS_MAX = 1_000;

const PREFIX = 'cname-token:';

/** The tokens of one bucket. They are no part of its configuration: no request needs them. */
export class CnameTokens {
  readonly #kv: SyncKvStorage;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  /** The token of a domain; one that expired is none ([GetCnameToken-2]). */
  find(domain: string, now: number): CnameToken | null {
    const token = this.#kv.get<CnameToken>(PREFIX + domain);
    return token !== undefined && token.expires > now ? token : null;
  }

  /** The same, or a new one where there is none ([CreateCnameToken-3], -4). Null where the bucket has too many. */
  create(domain: string, now: number): CnameToken | null {
    const known = this.find(domain, now);
    if (known !== null) return known;
    if (this.#countLiving(now) >= TOKENS_MAX) return null;
    const token = { token: randomHex(16), expires: now + TOKEN_LIFE_MS };
    this.#kv.put(PREFIX + domain, token);
    return token;
  }

  drop(domain: string): void {
    this.#kv.delete(PREFIX + domain);
  }

  clear(): void {
    for (const [key] of [...this.#kv.list({ prefix: PREFIX })]) this.#kv.delete(key);
  }

  /** Those that expired go on the way. */
  #countLiving(now: number): number {
    let living = 0;
    for (const [key, { expires }] of [...this.#kv.list<CnameToken>({ prefix: PREFIX })]) {
      if (expires > now) living++;
      else this.#kv.delete(key);
    }
    return living;
  }
}
