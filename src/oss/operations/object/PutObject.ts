import { md5OfEtag, objectRefusal } from '../../object-headers.ts';
import { requestFlag, requestMeta, requestObjectAcl, requestStorageClass } from '../../object-meta.ts';
import { announceObjectAcl, mayOverwrite, refuseConditions, refuseEncryption } from '../../object-writes.ts';
import { operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import { taggingHeader } from '../../tagging.ts';
import { uploadBody } from '../../upload.ts';

/** Uploads an object in one request (reference 8.1.1). The body is complete in R2 before the object exists. */
export const PutObject = operation({
  name: 'PutObject',
  method: 'PUT',
  target: 'object',
  action: 'PutObject',
  access: 'write',
  taggingHeader: true,
  hierarchical: true,
  async run(exchange) {
    const { request, key } = exchange;
    const { headers } = request;
    refuseConditions(headers);
    refuseEncryption(headers);
    const meta = requestMeta(headers);
    const acl = requestObjectAcl(headers);
    const tags = taggingHeader(headers);
    // Asked again at the commit, where the bucket may have turned out to be another one of the same name.
    const storageClass = () => requestStorageClass(headers, exchange.bucket.storageClass);
    storageClass();
    const forbidOverwrite = requestFlag(headers, 'x-oss-forbid-overwrite');
    await mayOverwrite(exchange, key);
    await announceObjectAcl(exchange, acl);
    const body = await uploadBody(exchange, key);
    const content = {
      kind: 'Normal',
      size: body.size,
      etag: body.md5,
      crc64: body.crc64,
      acl,
      meta,
      tags,
      link: null,
      inline: body.inline,
      segments: body.segments,
    } as const;
    const answer = await exchange.index.put(key, () => ({
      key,
      content: { ...content, storageClass: storageClass() },
      versioning: exchange.bucket.versioning ?? null,
      forbidOverwrite,
      guard: exchange.guard,
    }));
    if ('refused' in answer) throw objectRefusal(answer.refused, key);
    const { versionId } = answer.ok;
    return emptyReply(200, {
      etag: `"${body.md5}"`,
      'content-md5': md5OfEtag(body.md5),
      'x-oss-hash-crc64ecma': body.crc64,
      ...(versionId === null ? {} : { 'x-oss-version-id': versionId }),
    });
  },
});
