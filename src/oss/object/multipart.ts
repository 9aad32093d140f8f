import type { Outcome } from '../../index/shard-calls.ts';
import type { UploadHead } from '../../index/upload-records.ts';
import { invalidArgument, OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import { objectRefusal } from './headers.ts';

/** Parts of one upload ([UploadPart-1]). */
export const PARTS_MAX = 10_000;
/** Every part but the last must have so many bytes ([CompleteMultipartUpload-3]). */
export const PART_BYTES_MIN = 100 * 1_024;

/** Codes of a missing upload, by operation (evidence for [ObjCommon-5]). */
const missingEc: Readonly<Record<string, string>> = {
  UploadPart: '0042-00000104',
  UploadPartCopy: '0042-00000311',
};

/**
 * The upload that a request names.
 * @throws {OssError} NoSuchUpload where it cannot be one of ours
 */
export function uploadIdOf(exchange: Exchange): string {
  const id = exchange.query('uploadId') ?? '';
  if (!/^[0-9A-F]{32}$/.test(id)) throw noSuchUpload(exchange, id);
  return id;
}

/** @throws {OssError} InvalidArgument outside 1 to 10,000 ([UploadPart-1]) */
export function partNumberOf(exchange: Exchange): number {
  const text = exchange.query('partNumber') ?? '';
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= PARTS_MAX) return number;
  throw invalidArgument('PartNumber', text.slice(0, 256), `Part number must be an integer between 1 and ${PARTS_MAX}.`);
}

/** A part is encrypted as its upload is: it cannot say otherwise ([UploadPart-5]). */
export function refusePartEncryption(headers: Headers): void {
  for (const name of [
    'x-oss-server-side-encryption',
    'x-oss-server-side-encryption-key-id',
    'x-oss-server-side-data-encryption',
  ]) {
    const value = headers.get(name);
    if (value !== null) throw invalidArgument(name, value.slice(0, 256));
  }
}

/**
 * Refuses, before a body is read, an upload that is not there or that the caller may not go on with. The commit checks
 * again, in its transaction.
 * @returns what was said when it began
 * @throws {OssError} NoSuchUpload, AccessDenied
 */
export async function mustHaveUpload(exchange: Exchange, uploadId: string): Promise<UploadHead> {
  const { key, index } = exchange;
  const answer = await index.uploads.check(key, () => ({ key, uploadId, guard: exchange.guard }));
  if ('refused' in answer) throw uploadRefusal(exchange, uploadId, answer);
  return answer.ok;
}

/** Answers what the index refused about an upload. */
export function uploadRefusal(
  exchange: Exchange,
  uploadId: string,
  { refused, part }: Extract<Outcome<unknown>, { refused: unknown }>,
): OssError {
  if (refused === 'no-such-upload') return noSuchUpload(exchange, uploadId);
  const named = { ...(part === undefined ? {} : { PartNumber: part.number, ETag: part.etag }) };
  if (refused === 'invalid-part') return new OssError('InvalidPart', { extra: { UploadId: uploadId, ...named } });
  if (refused === 'part-too-small') {
    return new OssError('EntityTooSmall', {
      extra: { ProposedSize: part?.size ?? 0, MinSizeAllowed: PART_BYTES_MIN, ...named },
    });
  }
  return objectRefusal(refused, exchange.key);
}

function noSuchUpload({ operation }: Exchange, id: string): OssError {
  const ec = missingEc[operation.name];
  return new OssError('NoSuchUpload', { ...(ec === undefined ? {} : { ec }), extra: { UploadId: id.slice(0, 256) } });
}
