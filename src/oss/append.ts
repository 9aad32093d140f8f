import { joined } from '../index/appends.ts';
import type { AppendCommand, AppendReply, Fragment, Segment } from '../index/records.ts';
import { OssError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { objectRefusal } from './object-headers.ts';
import { storeBytes } from './upload.ts';

/** A tail is flushed once; more attempts are for an object that others replace under the same name meanwhile. */
const ATTEMPTS_MAX = 4;

type Append = Pick<AppendCommand, 'key' | 'position' | 'fragment' | 'creation' | 'acl'>;

/**
 * Commits a fragment. Where it does not fit behind the bytes that the index keeps, those go into a blob first: together
 * with a small fragment, or before the blobs of a large one.
 * @throws {OssError} PositionNotEqualToLength, ObjectNotAppendable, AccessDenied, ServiceUnavailable
 */
export async function commitFragment(
  exchange: Exchange,
  append: Append,
): Promise<Extract<AppendReply, { outcome: 'appended' }>> {
  let flushed: AppendCommand['flushed'];
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const answer = await exchange.index.append(append.key, () => ({
      ...append,
      ...(flushed === undefined ? {} : { flushed }),
      versioning: exchange.bucket.versioning ?? null,
      guard: exchange.guard,
    }));
    if ('refused' in answer) throw objectRefusal(answer.refused, append.key);
    const reply = answer.ok;
    if (reply.outcome === 'appended') return reply;
    if (reply.outcome === 'misplaced') throw misplaced(reply.position);
    flushed = { etag: reply.etag, segments: await flush(exchange, append.key, reply.tail, append.fragment) };
  }
  throw new OssError('ServiceUnavailable', { headers: { 'retry-after': '1' } });
}

/** @param position where the next append belongs: the client learns it and can go on from there ([AppendObject-1]) */
export function misplaced(position: number): OssError {
  return new OssError('PositionNotEqualToLength', { headers: { 'x-oss-next-append-position': String(position) } });
}

async function flush(
  exchange: Exchange,
  key: string,
  tail: Uint8Array,
  { inline, segments }: Fragment,
): Promise<readonly Segment[]> {
  if (inline !== null) return storeBytes(exchange, key, joined(tail, inline));
  return [...(await storeBytes(exchange, key, joined(tail, new Uint8Array()))), ...segments];
}
