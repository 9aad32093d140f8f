import { hasCname } from './cnames.ts';
import type { ConfigReader } from './config-cache.ts';

/** KV key of the hint to a domain's bucket. */
function hintKey(domain: string): string {
  return `domain:${domain}`;
}

const HINTS_MAX = 2_000;

/** How long it is believed that a domain is nobody's, ms. */
const UNBOUND_MS = 60_000;

/** Until when domains are believed to be nobody's, ms since the epoch. */
const unbound = new Map<string, number>();

/** Names of the buckets that domains of late requests belonged to. */
const hints = new Map<string, string>();

/**
 * Finds the bucket of a custom domain: by a hint from this isolate's memory or KV, else by the domain's Durable Object.
 * A hint may be old. It counts only if the bucket's configuration confirms it, and that one is checked again with each
 * newer copy of it, so that a domain that was removed is served no more.
 */
export class DomainReader {
  readonly #env: Env;
  readonly #configs: ConfigReader;

  constructor(env: Env, configs: ConfigReader) {
    this.#env = env;
    this.#configs = configs;
  }

  /** Name of the bucket, undefined for a domain that none has. */
  async bucketOf(domain: string): Promise<string | undefined> {
    const hint = hints.get(domain) ?? (await this.#env.CONFIG.get(hintKey(domain), { cacheTtl: 60 }));
    if (hint !== null) {
      const { config } = await this.#configs.nearest(hint);
      if (config !== null && hasCname(config, domain)) return remember(domain, hint);
    }
    return this.source(domain);
  }

  /** The same, as it is now. */
  async source(domain: string): Promise<string | undefined> {
    hints.delete(domain);
    const holder = await this.#env.DOMAIN.get(this.#env.DOMAIN.idFromName(domain)).holder(domain);
    if (holder === null) return undefined;
    const { config } = await this.#configs.source(holder.bucket);
    if (config?.id !== holder.id || !hasCname(config, domain)) return undefined;
    return remember(domain, holder.bucket);
  }

  /** Whether some bucket has a domain. A no may be a minute old: it is asked about hosts that mostly are somebody else's. */
  async isBound(domain: string): Promise<boolean> {
    if ((unbound.get(domain) ?? 0) > Date.now()) return false;
    if ((await this.bucketOf(domain)) !== undefined) return true;
    if (unbound.size >= HINTS_MAX) unbound.clear();
    unbound.set(domain, Date.now() + UNBOUND_MS);
    return false;
  }

  /** Tells other isolates of a binding; a failure costs time later, never correctness. */
  async publish(domain: string, bucket: string): Promise<void> {
    remember(domain, bucket);
    unbound.delete(domain);
    await this.#quietly(() => this.#env.CONFIG.put(hintKey(domain), bucket));
  }

  async unpublish(domain: string): Promise<void> {
    hints.delete(domain);
    await this.#quietly(() => this.#env.CONFIG.delete(hintKey(domain)));
  }

  async #quietly(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      console.warn(JSON.stringify({ event: 'domain-hint-failed', error: String(error) }));
    }
  }
}

/** For tests: what this isolate believes. */
export const domainHints = {
  set: (domain: string, bucket: string) => hints.set(domain, bucket),
  clear: () => hints.clear(),
};

function remember(domain: string, bucket: string): string {
  hints.delete(domain);
  hints.set(domain, bucket);
  if (hints.size > HINTS_MAX) hints.delete(hints.keys().next().value!);
  return bucket;
}
