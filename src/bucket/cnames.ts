import type { BucketConfig, ConfigPatch } from './config.ts';

/** A custom domain of a bucket. */
export interface CnameBinding {
  /** Lower case, ASCII, without a dot at the end. */
  readonly domain: string;
  /** When it was bound, ms since the epoch. */
  readonly bound: number;
}

/** Most domains of one bucket. */
export const CNAMES_MAX = 100;

/** Whether a request to this domain may be served from a bucket: what the bucket's configuration says, counts. */
export function hasCname(config: BucketConfig, domain: string): boolean {
  return config.documents.cnames?.some((binding) => binding.domain === domain) ?? false;
}

/**
 * Whether a bucket keeps a domain from others. While nobody can read which ones it has, it keeps all that it claimed.
 */
export function keepsCname(config: BucketConfig, domain: string): boolean {
  const { cnames = [] } = config.documents;
  return !Array.isArray(cnames) || hasCname(config, domain);
}

/** The change that takes a domain from a bucket, if it is there. */
export function withoutCname(config: BucketConfig, domain: string): ConfigPatch | undefined {
  if (!hasCname(config, domain)) return undefined;
  const rest = config.documents.cnames!.filter((binding) => binding.domain !== domain);
  return { documents: { cnames: rest.length === 0 ? null : rest } };
}
