import type { BucketConfig } from './config.ts';
import { isConfiguration, legible } from './legible.ts';

/** KV key of a bucket's edge copy. */
export function configKey(name: string): string {
  return `bucket:${name}`;
}

const COPIES_MAX = 2_000;

interface Copy {
  readonly config: BucketConfig | null;
  /** When the read of the authority began that this copy came from, in ms; 0 for a copy from KV. */
  readonly asOf: number;
}

/** Copies of this isolate. They may be old: index replies and refusals tell when to look again. */
const copies = new Map<string, Copy>();

/** Reads bucket configurations: this isolate's memory, then KV, then the bucket's Durable Object, which alone is right. */
export class ConfigReader {
  readonly #env: Env;

  constructor(env: Env) {
    this.#env = env;
  }

  /** Any copy, the nearest first. A missing bucket is only ever believed of its Durable Object. */
  async nearest(name: string): Promise<{ config: BucketConfig | null; asOf: number }> {
    const copy = copies.get(name);
    if (copy?.config) return copy;
    const edge = await this.#edgeCopy(name);
    if (edge !== undefined) return remember(name, { config: edge, asOf: 0 });
    return this.source(name);
  }

  /** The copy in KV, if there is one that can be used: another version may have written it. */
  async #edgeCopy(name: string): Promise<BucketConfig | undefined> {
    try {
      const edge = await this.#env.CONFIG.get<BucketConfig>(configKey(name), { type: 'json', cacheTtl: 60 });
      return isConfiguration(edge) ? edge : undefined;
    } catch (error) {
      console.warn(JSON.stringify({ event: 'config-copy-unreadable', bucket: name, error: String(error) }));
      return undefined;
    }
  }

  /** The configuration in force now, from the bucket's Durable Object. */
  async source(name: string): Promise<{ config: BucketConfig | null; asOf: number }> {
    const asOf = Date.now();
    const config = await this.#env.BUCKET.get(this.#env.BUCKET.idFromName(name)).load();
    return remember(name, { config, asOf });
  }
}

/**
 * Keeps a configuration that a change has just returned.
 * @returns it, as it can be acted on
 */
export function rememberConfig<T extends BucketConfig | null>(name: string, stored: T): T {
  const copy = legibleCopy({ config: stored, asOf: Date.now() });
  keep(name, copy);
  return copy.config as T;
}

/** For tests: what this isolate believes about a bucket, or everything forgotten. */
export const configCopies = {
  set: (name: string, config: BucketConfig) => remember(name, { config, asOf: 0 }),
  clear: () => copies.clear(),
};

function legibleCopy(read: Copy): Copy {
  return read.config === null ? read : { ...read, config: legible(read.config) };
}

function remember(name: string, read: Copy): Copy {
  return keep(name, legibleCopy(read));
}

/** @returns the copy, or a newer one that is known already */
function keep(name: string, copy: Copy): Copy {
  const known = copies.get(name);
  // Never step back within one bucket's life: two reads may come home in the wrong order.
  if (
    known?.config &&
    copy.config &&
    known.config.id === copy.config.id &&
    known.config.version > copy.config.version
  ) {
    return known;
  }
  copies.delete(name);
  if (copy.config === null) return copy;
  copies.set(name, copy);
  if (copies.size > COPIES_MAX) copies.delete(copies.keys().next().value!);
  return copy;
}
