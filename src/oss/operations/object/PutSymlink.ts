import { createHash } from 'node:crypto';
import { percentDecode } from '../../../lib/percent.ts';
import { invalidArgument, OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import { objectRefusal } from '../../object/headers.ts';
import { requestFlag, requestMeta, requestObjectAcl } from '../../object/meta.ts';
import { taggingHeader } from '../../object/tagging.ts';
import { announceObjectAcl, mayOverwrite, refuseConditions, warmStorageClass } from '../../object/writes.ts';
import { operation } from '../../operation.ts';
import { isObjectName } from '../../request/address.ts';

/** Makes a link to another object of the bucket. Nothing about the target is checked before it is read (reference 8.5.1). */
export const PutSymlink = operation({
  name: 'PutSymlink',
  method: 'PUT',
  target: 'object',
  select: ['symlink'],
  action: 'PutObject',
  access: 'write',
  taggingHeader: true,
  hierarchical: false,
  async run(exchange) {
    const { key } = exchange;
    const { headers } = exchange.request;
    refuseConditions(headers);
    const link = targetHeader(headers);
    const meta = requestMeta(headers);
    const acl = requestObjectAcl(headers);
    const tags = taggingHeader(headers);
    // Asked again at the commit, where the bucket may have turned out to be another one of the same name.
    const storageClass = () => warmStorageClass(headers, exchange.bucket.storageClass);
    storageClass();
    const forbidOverwrite = requestFlag(headers, 'x-oss-forbid-overwrite');
    await mayOverwrite(exchange, key);
    await announceObjectAcl(exchange, acl);
    // The link's own, and the same for the same target ([PutSymlink-5]).
    const etag = createHash('md5').update(link).digest('hex').toUpperCase();
    const answer = await exchange.index.put(key, () => ({
      key,
      content: {
        kind: 'Symlink',
        size: 0,
        etag,
        crc64: null,
        storageClass: storageClass(),
        acl,
        meta,
        tags,
        link,
        cipher: null,
        inline: null,
        segments: [],
      },
      versioning: exchange.bucket.versioning ?? null,
      forbidOverwrite,
      guard: exchange.guard,
    }));
    if ('refused' in answer) throw objectRefusal(answer.refused, key);
    const { versionId } = answer.ok;
    return emptyReply(200, { etag: `"${etag}"`, ...(versionId === null ? {} : { 'x-oss-version-id': versionId }) });
  },
});

/**
 * The target's key. It comes percent-encoded; one SDK (Go) writes a blank as `+`, and all encode a plus ([PutSymlink-3]).
 * @throws {OssError} InvalidArgument, InvalidObjectName
 */
function targetHeader(headers: Headers): string {
  const name = 'x-oss-symlink-target';
  const text = headers.get(name);
  if (text === null || text === '') throw invalidArgument(name, '', 'The target of the symbolic link is missing.');
  let key: string;
  try {
    key = percentDecode(text, true);
  } catch {
    throw invalidArgument(name, text.slice(0, 256));
  }
  if (!isObjectName(key)) throw new OssError('InvalidObjectName', { extra: { ObjectName: key.slice(0, 2_048) } });
  return key;
}
