import type { MarkerInfo, ReadReply } from '../../../index/records.ts';
import { isoDate } from '../../../lib/dates.ts';
import { invalidArgument, OssError } from '../../answer/errors.ts';
import { xmlReply } from '../../answer/reply.ts';
import type { Exchange } from '../../exchange.ts';
import { UPLOAD_BYTES_MAX } from '../../limits.ts';
import { CopySource, CopyUnsettled, copyUntilSettled } from '../../object/copy-source.ts';
import { encryptionHeaders, sealingOf } from '../../object/encryption.ts';
import { isInfrequent } from '../../object/meta.ts';
import {
  mustHaveUpload,
  partNumberOf,
  refusePartEncryption,
  uploadIdOf,
  uploadRefusal,
} from '../../object/multipart.ts';
import { copyPart, type Storing } from '../../object/part-copy.ts';
import { type ByteRange, rangeOf } from '../../object/range.ts';
import { isFrozen } from '../../object/restore-info.ts';
import { commitBody } from '../../object/upload.ts';
import { operation } from '../../operation.ts';
import { writeXml } from '../../xml/write.ts';

const RANGE = 'x-oss-copy-source-range';

/** Makes a part of an existing object, or of a range of it (reference 8.3.3). */
export const UploadPartCopy = operation({
  name: 'UploadPartCopy',
  method: 'PUT',
  target: 'object',
  select: ['uploadId', 'partNumber'],
  selectHeader: 'x-oss-copy-source',
  action: 'PutObject',
  access: 'write',
  paced: true,
  hierarchical: true,
  async run(exchange) {
    const number = partNumberOf(exchange);
    refusePartEncryption(exchange.request.headers);
    const uploadId = uploadIdOf(exchange);
    const source = await CopySource.open(exchange);
    const { cipher, storageClass } = await mustHaveUpload(exchange, uploadId);
    const storing = { sealing: sealingOf(exchange, cipher), infrequent: isInfrequent(storageClass) };
    const { etag, modified, headers } = await copyUntilSettled(() =>
      copy(exchange, source, { uploadId, number, storing }),
    );
    const result = { LastModified: isoDate(modified), ETag: `"${etag}"` };
    return xmlReply(writeXml('CopyPartResult', result), {
      etag: `"${etag}"`,
      ...headers,
      ...encryptionHeaders(cipher),
    });
  },
});

interface PartWish {
  readonly uploadId: string;
  readonly number: number;
  readonly storing: Storing;
}

interface Copied {
  readonly etag: string;
  readonly modified: number;
  readonly headers: Record<string, string>;
}

async function copy(exchange: Exchange, source: CopySource, { uploadId, number, storing }: PartWish): Promise<Copied> {
  const { key, index } = exchange;
  const read = await source.read(markerNamed);
  refuseKind(exchange, read);
  const { range, headers } = rangeFor(exchange, read.record.size);
  const copied = await copyPart(exchange, source, read, range, storing);
  const { part } = copied;
  const leases = 'leases' in copied ? { leases: copied.leases } : {};
  const commit = () =>
    index.uploads.putPart(key, () => ({ key, uploadId, number, part, ...leases, guard: exchange.guard }));
  const answer = await ('written' in copied ? commitBody(exchange, copied.written, commit) : commit());
  if ('ok' in answer) {
    const { modified } = answer.ok;
    return { etag: part.etag, modified, headers: { ...headers, ...source.versionHeader(read.record) } };
  }
  if (answer.refused === 'expired-blob' && 'leases' in copied) throw new CopyUnsettled(answer.refused);
  throw uploadRefusal(exchange, uploadId, answer);
}

/** Otherwise than with CopyObject, a version that is a delete marker is a bad request ([UploadPartCopy-4]). */
function markerNamed(_key: string, marker?: MarkerInfo): OssError {
  return invalidArgument('versionId', marker?.versionId ?? '', 'The version specified is a delete marker.');
}

/** What cannot be copied in parts ([UploadPartCopy-5], [UploadPartCopy-6], [UploadPartCopy-11]). */
function refuseKind({ received }: Exchange, { record }: ReadReply): void {
  const refuse = (what: string) =>
    new OssError('OperationNotSupported', { message: `Data of ${what} cannot be copied to a part.` });
  if (record.kind === 'Appendable') throw refuse('an appendable object');
  if (record.kind === 'Symlink') throw refuse('a symbolic link');
  if (isFrozen(record, received)) throw refuse('an archived object that is not restored');
}

/** The range that is asked for. One that is none, or does not lie within the source, is ignored ([UploadPartCopy-2]). */
function rangeFor(exchange: Exchange, size: number): { range: ByteRange; headers: Record<string, string> } {
  const asked = rangeOf(exchange.header(RANGE), size, false);
  const range = typeof asked === 'string' ? { offset: 0, length: size } : asked;
  if (range.length > UPLOAD_BYTES_MAX) {
    throw new OssError('EntityTooLarge', { extra: { MaxSizeAllowed: UPLOAD_BYTES_MAX } });
  }
  const last = range.offset + range.length - 1;
  return {
    range,
    headers: typeof asked === 'string' ? {} : { 'content-range': `bytes ${range.offset}-${last}/${size}` },
  };
}
