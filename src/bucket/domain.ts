import { DurableObject } from 'cloudflare:workers';
import { Mutex } from '../lib/mutex.ts';
import { keepsCname } from './cnames.ts';

/** Who has a domain. */
export interface DomainClaim {
  readonly bucket: string;
  /** Of the bucket: one that is deleted and made again is another. */
  readonly id: string;
  /** Account id. */
  readonly owner: string;
  /** ms since the epoch. */
  readonly claimed: number;
}

/** How long a claim holds that its bucket's configuration does not show yet. */
const UNCONFIRMED_MS = 60_000;

/**
 * One custom domain: the bucket that it belongs to, of all buckets of all accounts at most one ([PutCname-7]).
 *
 * A claim is made before the bucket's configuration shows the domain, so that one which the configuration does not
 * confirm is what an interruption left; and once more after it does, in case a removal came in between. It is given up
 * after the configuration no longer shows the domain, and only if that is still so.
 */
export class DomainObject extends DurableObject<Env> {
  readonly #mutex = new Mutex();

  /** Who has the domain now. */
  holder(domain: string): Promise<DomainClaim | null> {
    return this.#mutex.run(() => this.#holder(domain));
  }

  /** Takes the domain for a bucket. @returns who has it now */
  claim(domain: string, wish: Omit<DomainClaim, 'claimed'>): Promise<DomainClaim> {
    return this.#mutex.run(async () => {
      const holder = await this.#holder(domain);
      if (holder !== null && holder.id !== wish.id) return holder;
      const claim = { ...wish, claimed: Date.now() };
      this.ctx.storage.kv.put('claim', claim);
      return claim;
    });
  }

  /** Gives the domain up, if this bucket has it and its configuration does not show it. */
  release(domain: string, id: string): Promise<void> {
    return this.#mutex.run(async () => {
      const claim = this.#claim();
      if (claim?.id === id && (await this.#standing(claim, domain)) !== 'confirmed')
        this.ctx.storage.kv.delete('claim');
    });
  }

  async #holder(domain: string): Promise<DomainClaim | null> {
    const claim = this.#claim();
    if (claim === undefined) return null;
    const standing = await this.#standing(claim, domain);
    const recent = Date.now() - claim.claimed < UNCONFIRMED_MS;
    return standing === 'confirmed' || (standing === 'open' && recent) ? claim : null;
  }

  #claim(): DomainClaim | undefined {
    return this.ctx.storage.kv.get<DomainClaim>('claim');
  }

  /** What the configuration in force says of a claim. */
  async #standing({ bucket, id }: DomainClaim, domain: string): Promise<'confirmed' | 'open' | 'void'> {
    const config = await this.env.BUCKET.get(this.env.BUCKET.idFromName(bucket)).load();
    if (config?.id !== id) return 'void';
    return keepsCname(config, domain) ? 'confirmed' : 'open';
  }
}
