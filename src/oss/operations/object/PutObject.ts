import { encryptionHeaders, mustStillSeal, requestSealing } from '../../encryption.ts';
import { OssError } from '../../errors.ts';
import { md5OfEtag, objectRefusal } from '../../object-headers.ts';
import { isInfrequent, requestFlag, requestMeta, requestObjectAcl, requestStorageClass } from '../../object-meta.ts';
import { announceObjectAcl, mayOverwrite } from '../../object-writes.ts';
import { operation } from '../../operation.ts';
import { emptyReply } from '../../reply.ts';
import { commitBody, uploadBody } from '../../upload.ts';

/** Uploads an object in one request (reference 8.1.1). The body is complete in R2 before the object exists. */
export const PutObject = operation({
  name: 'PutObject',
  method: 'PUT',
  target: 'object',
  action: 'PutObject',
  access: 'write',
  hierarchical: true,
  async run(exchange) {
    const { request, key } = exchange;
    const { headers } = request;
    refuseConditions(headers);
    const meta = requestMeta(headers);
    const acl = requestObjectAcl(headers);
    // Asked again at the commit, where the bucket may have turned out to be another one of the same name.
    const storageClass = () => requestStorageClass(headers, exchange.bucket.storageClass);
    const infrequent = isInfrequent(storageClass());
    const sealing = requestSealing(exchange, headers);
    const forbidOverwrite = requestFlag(headers, 'x-oss-forbid-overwrite');
    await mayOverwrite(exchange, key);
    await announceObjectAcl(exchange, acl);
    const body = await uploadBody(exchange, key, { infrequent, sealing });
    const content = {
      kind: 'Normal',
      size: body.size,
      etag: body.md5,
      crc64: body.crc64,
      acl,
      meta,
      tags: null,
      link: null,
      cipher: sealing?.cipher ?? null,
      inline: body.inline,
      segments: body.segments,
    } as const;
    const answer = await commitBody(exchange, body, () =>
      exchange.index.put(key, () => {
        mustStillSeal(exchange, headers, sealing);
        return {
          key,
          content: { ...content, storageClass: storageClass() },
          versioning: exchange.bucket.versioning ?? null,
          forbidOverwrite,
          guard: exchange.guard,
        };
      }),
    );
    if ('refused' in answer) throw objectRefusal(answer.refused, key);
    const { versionId } = answer.ok;
    return emptyReply(200, {
      etag: `"${body.md5}"`,
      'content-md5': md5OfEtag(body.md5),
      'x-oss-hash-crc64ecma': body.crc64,
      ...encryptionHeaders(content.cipher),
      ...(versionId === null ? {} : { 'x-oss-version-id': versionId }),
    });
  },
});

/** Conditions on a write are not part of the API ([ObjCommon-17]). */
function refuseConditions(headers: Headers): void {
  for (const name of ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since']) {
    if (headers.has(name)) throw new OssError('NotImplemented', { extra: { Header: name } });
  }
}
