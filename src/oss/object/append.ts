import type { AppendCommand, AppendReply, Fragment } from '../../index/append-records.ts';
import { joined } from '../../index/appends.ts';
import type { ObjectCipher, Segment } from '../../index/records.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import { sealingOf } from './encryption.ts';
import { objectRefusal } from './headers.ts';
import { discardBlobs, storeBytes } from './upload.ts';

/** A tail is flushed once; more attempts are for an object that others replace under the same name meanwhile. */
const ATTEMPTS_MAX = 4;

interface Append extends Pick<AppendCommand, 'key' | 'position' | 'fragment' | 'acl'> {
  /** Asked at each attempt: the bucket may turn out to be another one of the same name. */
  readonly creation: () => AppendCommand['creation'];
}

/**
 * Commits a fragment. Where it does not fit behind the bytes that the index keeps, those go into a blob first: together
 * with a small fragment, or before the blobs of a large one. Blobs of what is refused for good are deleted.
 * @throws {OssError} PositionNotEqualToLength, ObjectNotAppendable, AccessDenied, FileImmutable, ServiceUnavailable
 */
export async function commitFragment(
  exchange: Exchange,
  append: Append,
): Promise<Extract<AppendReply, { outcome: 'appended' }>> {
  const made = [...append.fragment.segments];
  try {
    return await attempts(exchange, append, made);
  } catch (error) {
    if (error instanceof OssError) await discardBlobs(exchange, made);
    throw error;
  }
}

/** @param made gets the blobs that are written on the way */
async function attempts(exchange: Exchange, append: Append, made: Segment[]) {
  let flushed: AppendCommand['flushed'];
  let { fragment } = append;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const answer = await exchange.index.append(append.key, () => ({
      ...append,
      fragment,
      creation: append.creation(),
      ...(flushed === undefined ? {} : { flushed }),
      versioning: exchange.bucket.versioning ?? null,
      guard: exchange.guard,
    }));
    if ('refused' in answer) throw objectRefusal(answer.refused, append.key);
    const reply = answer.ok;
    if (reply.outcome === 'appended') return reply;
    if (reply.outcome === 'misplaced') throw misplaced(reply.position);
    if (reply.outcome === 'reseal') {
      fragment = await resealed(exchange, append.key, fragment, reply.cipher);
      made.push(...fragment.segments);
      continue;
    }
    const segments = await flush(exchange, append.key, reply.tail, fragment);
    made.push(...segments);
    flushed = { etag: reply.etag, segments };
  }
  throw new OssError('ServiceUnavailable', { headers: { 'retry-after': '1' } });
}

/** @param position where the next append belongs: the client learns it and can go on from there ([AppendObject-1]) */
export function misplaced(position: number): OssError {
  return new OssError('PositionNotEqualToLength', { headers: { 'x-oss-next-append-position': String(position) } });
}

/**
 * Small fragments are plain until it is known what they are appended to. One that was stored already was stored for an
 * object that is another one now.
 * @throws {OssError} ServiceUnavailable, and those of {@link sealingOf}
 */
async function resealed(
  exchange: Exchange,
  key: string,
  { size, crc64, inline }: Fragment,
  cipher: ObjectCipher | null,
): Promise<Fragment> {
  const sealing = sealingOf(exchange, cipher);
  if (inline === null || sealing === null)
    throw new OssError('ServiceUnavailable', { headers: { 'retry-after': '1' } });
  const segments = await storeBytes(exchange, key, joined(inline, new Uint8Array()), sealing);
  return { size, crc64, inline: null, segments, cipher };
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
