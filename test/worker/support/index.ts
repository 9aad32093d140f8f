import { env } from 'cloudflare:workers';
import { shardName } from '../../../src/index/names.ts';
import type { Call } from '../../../src/index/records.ts';
import { configOf } from './wire.ts';

/** A bucket's only shard, and what a call to it must say now. */
export async function shardOfBucket(bucket: string) {
  const config = await configOf(bucket);
  const call: Call = { bucket: config.id, shard: 0, epoch: config.epoch, config: config.version };
  return { shard: env.INDEX.get(env.INDEX.idFromName(shardName(config.id, 0))), call, home: shardName(config.id, 0) };
}
