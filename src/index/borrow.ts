import { parseBlobName } from '../blob/names.ts';
import type { Lease, Segment } from './records.ts';
import type { IndexShard } from './shard.ts';
import { namedStub } from './stub.ts';

/** Homes that are asked at a time. */
const AT_ONCE = 6;

/**
 * Asks each other home of these blobs for leave to hold them in the shard named `holder`, which must commit within the
 * hour. Leave that is not made use of ends by itself.
 * @returns null where a home says that a blob is gone
 */
export async function borrowBlobs(
  namespace: DurableObjectNamespace<IndexShard>,
  holder: string,
  segments: readonly Segment[],
): Promise<readonly Lease[] | null> {
  const foreign = Map.groupBy(new Set(segments.map(({ blob }) => blob)), (blob) => parseBlobName(blob)?.shardId ?? '');
  foreign.delete(holder);
  const homes = [...foreign];
  const leases: Lease[] = [];
  for (let at = 0; at < homes.length; at += AT_ONCE) {
    const answers = await Promise.all(
      homes.slice(at, at + AT_ONCE).map(([home, blobs]) => namedStub(namespace, home).lend(blobs, holder)),
    );
    for (const lease of answers) {
      if (lease === null) return null;
      leases.push(lease);
    }
  }
  return leases;
}
