import { masterIdOf } from '../../blob/master-keys.ts';
import { isSealedBy } from '../../blob/names.ts';
import { writeBody } from '../../blob/write.ts';
import {
  isSameCipher,
  type ObjectContent,
  type ObjectRecord,
  type ReadReply,
  type Segment,
} from '../../index/records.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import { BODY_IDLE_MS, INLINE_BYTES_MAX } from '../limits.ts';
import { objectContent } from './content.ts';
import type { CopySource } from './copy-source.ts';
import { requestSealing, type Sealing } from './encryption.ts';
import { isInfrequent } from './meta.ts';
import { plainInline } from './read.ts';
import { asUploaded } from './upload.ts';

/** How a copy is to be encrypted; `kept` where its bytes stay as they are. */
export type CopySealing = Sealing | null | 'kept';

/**
 * A source's encryption is never inherited ([CopyObject-18]): a copy is encrypted as any new object. One that is only
 * edited keeps its own, unless the request names one.
 * @throws {OssError} those of {@link requestSealing}; OperationNotSupported for another one of an appendable
 * ([AppendObject-21])
 */
export function copySealing(exchange: Exchange, { kind, cipher }: ObjectRecord, inPlace: boolean): CopySealing {
  const { headers } = exchange.request;
  const sealing = requestSealing(exchange, headers);
  const isNamed = headers.has('x-oss-server-side-encryption');
  if (kind === 'Symlink' || (inPlace && !isNamed)) return 'kept';
  if (kind !== 'Appendable' || !inPlace) return sealing;
  if (isSameCipher(sealing?.cipher ?? null, cipher)) return 'kept';
  throw new OssError('OperationNotSupported', { message: 'The encryption of an appendable object cannot be changed.' });
}

/** Whether bytes are stored as they should be: by the same algorithm and the key that is in use now. */
export function isSealedAs({ record, inline, segments }: ReadReply, sealing: CopySealing): boolean {
  if (sealing === 'kept') return true;
  if (!isSameCipher(record.cipher, sealing?.cipher ?? null)) return false;
  const key = sealing?.key ?? null;
  if (inline !== null && key !== null && masterIdOf(inline) !== key.id) return false;
  return segments.every(({ blob }) => isSealedBy(blob, key));
}

/** Content of which the bytes were written anew, and where. */
export interface Resealed {
  readonly content: ObjectContent;
  readonly made: readonly Segment[];
}

/**
 * Writes the bytes of a source anew, encrypted otherwise.
 * @param content what the copy is to be, but for its bytes
 */
export async function resealed(
  exchange: Exchange,
  source: CopySource,
  read: ReadReply,
  content: ObjectContent,
  sealing: Sealing | null,
): Promise<Resealed> {
  const cipher = sealing?.cipher ?? null;
  const { record } = read;
  const length = record.size;
  if (length === 0) return { content: { ...content, cipher }, made: [] };
  const plain = { ...read, inline: await plainInline(exchange, read.inline, record.cipher) };
  const written = await writeBody(exchange.blobs, {
    shardId: exchange.index.homeOf(exchange.key),
    body: await objectContent(source.index, exchange.blobs, plain, { offset: 0, length }),
    length,
    inlineLimit: INLINE_BYTES_MAX,
    limit: length,
    infrequent: isInfrequent(content.storageClass),
    key: sealing?.key,
    idleTimeoutMs: BODY_IDLE_MS,
  });
  const { inline, segments, crc64 } = asUploaded(written);
  if (content.crc64 !== null && content.crc64 !== crc64) {
    await exchange.blobs.delete(segments.map(({ blob }) => blob)).catch(() => {});
    throw new Error(`the bytes of ${record.versionId} are not what they were`);
  }
  return { content: { ...content, cipher, inline, segments }, made: segments };
}
