import type { Retention, ShardRules } from '../index/records.ts';
import { isInForce } from '../index/retention.ts';
import type { BucketConfig } from './config.ts';

/** A retention policy: write once, read many. */
export interface WormPolicy extends Retention {
  readonly id: string;
  /** The retention period as its owner gave it; `period` is the same in ms. */
  readonly days: number;
  /** ms since the epoch. Locking and extending do not change it ([CompleteBucketWorm-6]). */
  readonly created: number;
}

/** The bucket's retention policy, unless it has none or it lapsed before it was locked ([Worm-2]). */
export function wormInForce({ documents }: Pick<BucketConfig, 'documents'>, now: number): WormPolicy | undefined {
  return documents.worm !== undefined && isInForce(documents.worm, now) ? documents.worm : undefined;
}

/** Whether a retention policy keeps the bucket from being versioned ([Worm-6], [PutBucketVersioning-7]). */
export function wormConflict(config: Pick<BucketConfig, 'documents'>, now: number): boolean {
  return wormInForce(config, now) !== undefined;
}

/** What the shards of a bucket must hold every change to. */
export function rulesOf({ hierarchical, documents: { worm } }: BucketConfig): ShardRules {
  return { hierarchical, retention: worm === undefined ? null : { period: worm.period, lapses: worm.lapses } };
}
