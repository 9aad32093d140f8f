import { beforeAll, describe, expect, it } from 'vitest';
import { maintainThrough, shardOfKey, storedBlobs } from '../support/index.ts';
import {
  bytesOf,
  complete,
  initiate,
  joined,
  md5,
  multipartEtag,
  PART,
  partsXml,
  putPart,
} from '../support/multipart.ts';
import { accounts, configure, expectRefusal, newBucket, send } from '../support/wire.ts';

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
});

const base64Md5 = (text: string) => Buffer.from(md5(text), 'hex').toString('base64');

/** An upload with parts of these sizes, numbered from 1. */
async function begun(path: string, sizes: readonly number[], wish = {}) {
  const id = await initiate(path, wish);
  const parts = [];
  for (const [i, size] of sizes.entries()) {
    parts.push({ number: i + 1, etag: await putPart(path, id, i + 1, bytesOf(size, i + 1)) });
  }
  return { id, parts };
}

describe('CompleteMultipartUpload', () => {
  it('answers the object in the documented shape', async () => {
    const path = `/${bucket}/dir/shape%20of%20it`;
    const { id, parts } = await begun(path, [PART, 5]);
    const answer = await complete(path, id, parts);
    const etag = multipartEtag(parts.map(({ etag }) => etag));
    expect(answer.status).toBe(200);
    expect(answer.header('content-type')).toBe('application/xml');
    expect(answer.header('etag')).toBe(`"${etag}"`);
    expect(answer.header('x-oss-version-id')).toBeNull();
    expect(answer.text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<CompleteMultipartUploadResult>' +
        `<Location>http://localhost${path}</Location><Bucket>${bucket}</Bucket><Key>dir/shape of it</Key>` +
        `<ETag>"${etag}"</ETag></CompleteMultipartUploadResult>`,
    );
  });

  it('[CompleteMultipartUpload-1] [CompleteMultipartUpload-E4] [CompleteMultipartUpload-14] takes part numbers in ascending order, with gaps', async () => {
    const path = `/${bucket}/order`;
    const id = await initiate(path);
    const parts = [];
    for (const number of [8, 1, 5]) {
      parts.push({ number, etag: await putPart(path, id, number, bytesOf(PART, number)) });
    }
    const [eight, one, five] = parts as [(typeof parts)[0], (typeof parts)[0], (typeof parts)[0]];
    expectRefusal(await complete(path, id, [eight, one, five]), 400, 'InvalidPartOrder');
    expectRefusal(await complete(path, id, [one, five, five]), 400, 'InvalidPartOrder');
    expectRefusal(await complete(path, id, [one, { number: 10_001, etag: five.etag }]), 400, 'InvalidArgument');
    expectRefusal(await complete(path, id, [{ number: 0, etag: one.etag }]), 400, 'InvalidArgument');
    expect((await complete(path, id, [one, five, eight])).status).toBe(200);
    expect((await send('GET', path)).bytes).toEqual(joined(...[1, 5, 8].map((seed) => bytesOf(PART, seed))));
  });

  it('[CompleteMultipartUpload-2] [CompleteMultipartUpload-E3] wants exactly the parts that there are', async () => {
    const path = `/${bucket}/exact`;
    const { id, parts } = await begun(path, [PART, 5]);
    const [first, second] = parts as [(typeof parts)[0], (typeof parts)[0]];
    for (const wrong of [
      [first, { number: 2, etag: first.etag }],
      [first, { number: 2, etag: 'no hash' }],
      [first, { number: 2, etag: '' }],
      [first, second, { number: 3, etag: second.etag }],
    ]) {
      const answer = await complete(path, id, wrong);
      expectRefusal(answer, 400, 'InvalidPart');
      expect(answer.one('PartNumber')).toBe(String(wrong.at(-1)!.number));
    }
    expect((await send('HEAD', path)).status).toBe(404);
    // Quotes and case do not matter.
    const body = partsXml([first, second]).replaceAll('"', '&quot;').replace(first.etag, first.etag.toLowerCase());
    expect((await send('POST', `${path}?uploadId=${id}`, { body })).status).toBe(200);
  });

  it('[CompleteMultipartUpload-3] [CompleteMultipartUpload-E5] wants 100 KB of every listed part but the last', async () => {
    const path = `/${bucket}/small`;
    const { id, parts } = await begun(path, [PART - 1, PART, 1]);
    const answer = await complete(path, id, parts);
    expectRefusal(answer, 400, 'EntityTooSmall');
    expect(answer.one('PartNumber')).toBe('1');
    expect(answer.one('ProposedSize')).toBe(String(PART - 1));
    expect(answer.one('MinSizeAllowed')).toBe(String(PART));
    // The last one that is listed counts, not the last one that there is.
    expectRefusal(await complete(path, id, parts.slice(0, 2)), 400, 'EntityTooSmall');
    expect((await complete(path, id, parts.slice(0, 1))).status).toBe(200);
    expect((await send('GET', path)).bytes).toEqual(bytesOf(PART - 1, 1));
  });

  it('[CompleteMultipartUpload-4] drops parts that are not listed, and frees them', async () => {
    const other = await newBucket();
    const path = `/${other}/k`;
    const { id, parts } = await begun(path, [PART, PART, PART, PART]);
    expect((await complete(path, id, [parts[1]!, parts[3]!])).status).toBe(200);
    const shard = await shardOfKey(other, 'k');
    expect(await storedBlobs(shard)).toHaveLength(4);
    await maintainThrough(3, shard);
    expect(await storedBlobs(shard)).toHaveLength(2);
    expect((await send('GET', path)).bytes).toEqual(joined(bytesOf(PART, 2), bytesOf(PART, 4)));
  });

  it('[CompleteMultipartUpload-5] makes the object of all parts on request, and then takes no list', async () => {
    const path = `/${bucket}/all`;
    const id = await initiate(path);
    const etags = [];
    for (const number of [3, 7, 1]) etags[number] = await putPart(path, id, number, bytesOf(PART, number));
    const all = { headers: { 'x-oss-complete-all': 'yes' } };
    const both = await send('POST', `${path}?uploadId=${id}`, {
      ...all,
      body: partsXml([{ number: 1, etag: etags[1]! }]),
    });
    expectRefusal(both, 400, 'InvalidArgument');
    expect(both.one('Message')).toBe('Should not speficy both complete all header and http body.');
    expect(both.one('EC')).toBe('0042-00000216');
    for (const value of ['no', 'true', 'YES', '']) {
      const other = await send('POST', `${path}?uploadId=${id}`, { headers: { 'x-oss-complete-all': value } });
      expectRefusal(other, 400, 'InvalidArgument');
    }
    const answer = await send('POST', `${path}?uploadId=${id}`, all);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.one('ETag')).toBe(`"${multipartEtag([etags[1]!, etags[3]!, etags[7]!])}"`);
    expect((await send('GET', path)).bytes).toEqual(joined(...[1, 3, 7].map((seed) => bytesOf(PART, seed))));
  });

  it('[CompleteMultipartUpload-5] checks sizes also when it takes all parts', async () => {
    const path = `/${bucket}/all-small`;
    const { id } = await begun(path, [5, PART]);
    const answer = await send('POST', `${path}?uploadId=${id}`, { headers: { 'x-oss-complete-all': 'yes' } });
    expectRefusal(answer, 400, 'EntityTooSmall');
  });

  it('[CompleteMultipartUpload-6] goes on when its client is gone', async () => {
    const path = `/${bucket}/left`;
    const { id, parts } = await begun(path, [PART, 5]);
    // Nobody waits for the answer.
    const unread = complete(path, id, parts);
    await expect.poll(async () => (await send('HEAD', path)).status).toBe(200);
    await unread;
  });

  it('[CompleteMultipartUpload-7] [CompleteMultipartUpload-E6] ends its upload, and no other of the key', async () => {
    const path = `/${bucket}/ended`;
    const other = await initiate(path);
    const { id, parts } = await begun(path, [5]);
    expect((await complete(path, id, parts)).status).toBe(200);
    for (const answer of [
      await complete(path, id, parts),
      await send('GET', `${path}?uploadId=${id}`),
      await send('DELETE', `${path}?uploadId=${id}`),
      await complete(path, 'F'.repeat(32), parts),
      await complete(`/${bucket}/another`, other, parts),
    ]) {
      expectRefusal(answer, 404, 'NoSuchUpload');
    }
    expect((await send('GET', `${path}?uploadId=${other}`)).status).toBe(200);
  });

  it('[CompleteMultipartUpload-7] lets exactly one of many completions at once win', async () => {
    const path = `/${bucket}/once`;
    const { id, parts } = await begun(path, [PART, PART, 5]);
    const lists = [parts, parts.slice(0, 2), parts.slice(1), parts, parts.slice(2), parts];
    const answers = await Promise.all(lists.map((list) => complete(path, id, list)));
    const winners = answers.flatMap((answer, i) => (answer.status === 200 ? [i] : []));
    expect(winners).toHaveLength(1);
    for (const [i, answer] of answers.entries()) if (i !== winners[0]) expectRefusal(answer, 404, 'NoSuchUpload');
    const sizes = [PART, PART, 5];
    const won = lists[winners[0]!]!.map(({ number }) => bytesOf(sizes[number - 1]!, number));
    expect((await send('GET', path)).bytes).toEqual(joined(...won));
  });

  it('takes either the part before or the part after a replacement that races with it', async () => {
    const path = `/${bucket}/part-race`;
    const { id, parts } = await begun(path, [PART, 5]);
    const [answer, late] = await Promise.all([
      complete(path, id, parts),
      send('PUT', `${path}?partNumber=1&uploadId=${id}`, { body: bytesOf(PART, 9) }),
    ]);
    if (answer.status === 200) {
      // The late part came before the completion and was not listed, which refuses; or after it, to no upload.
      expectRefusal(late, 404, 'NoSuchUpload');
      expect((await send('GET', path)).bytes).toEqual(joined(bytesOf(PART, 1), bytesOf(5, 2)));
    } else {
      expectRefusal(answer, 400, 'InvalidPart');
      expect(late.status).toBe(200);
    }
  });

  it('[CompleteMultipartUpload-8] [ObjCommon-22] [ObjCommon-24] [ObjCommon-25] makes a Multipart object with the right sums', async () => {
    const path = `/${bucket}/sums`;
    const { id, parts } = await begun(path, [PART, 2 * PART + 1, 77]);
    const answer = await complete(path, id, parts);
    const whole = joined(bytesOf(PART, 1), bytesOf(2 * PART + 1, 2), bytesOf(77, 3));
    const plain = await send('PUT', `/${bucket}/sums-plain`, { body: whole });
    const etag = `"${md5(parts.map((part) => part.etag).join(''))}-3"`;
    for (const one of [answer, await send('HEAD', path), await send('GET', path)]) {
      expect(one.header('etag')).toBe(etag);
      expect(one.header('x-oss-hash-crc64ecma')).toBe(plain.header('x-oss-hash-crc64ecma'));
    }
    const head = await send('HEAD', path);
    expect(head.header('x-oss-object-type')).toBe('Multipart');
    expect(head.header('content-md5')).toBeNull();
    expect(head.header('content-length')).toBe(String(whole.length));
    expect((await send('GET', `/${bucket}?prefix=sums`)).all('Type')).toEqual(['Multipart', 'Normal']);
    const middle = await send('GET', path, { headers: { range: `bytes=${PART - 10}-${3 * PART + 9}` } });
    expect(middle.status).toBe(206);
    expect(middle.bytes).toEqual(whole.subarray(PART - 10, 3 * PART + 10));
  });

  it('[CompleteMultipartUpload-9] makes a new version, or the null version', async () => {
    const other = await newBucket();
    const path = `/${other}/k`;
    await send('PUT', path, { body: 'before' });
    await configure(other, { versioning: 'Enabled' });
    const first = await begun(path, [5]);
    const enabled = await complete(path, first.id, first.parts);
    const versionId = enabled.header('x-oss-version-id')!;
    expect(versionId).toHaveLength(64);
    await configure(other, { versioning: 'Suspended' });
    const second = await begun(path, [6]);
    expect((await complete(path, second.id, second.parts)).header('x-oss-version-id')).toBe('null');
    expect((await send('GET', path)).bytes).toEqual(bytesOf(6));
    expect((await send('GET', `${path}?versionId=${versionId}`)).bytes).toEqual(bytesOf(5));
    // The version from before versioning has been replaced: it was the null version too.
    expect((await send('GET', `${path}?versionId=null`)).bytes).toEqual(bytesOf(6));
  });

  it('[CompleteMultipartUpload-10] [CompleteMultipartUpload-E2] checks x-oss-forbid-overwrite at the commit', async () => {
    const other = await newBucket();
    const path = `/${other}/k`;
    const { id, parts } = await begun(path, [5], { headers: { 'x-oss-forbid-overwrite': 'true' } });
    await send('PUT', path, { body: 'quicker' });
    const forbid = { headers: { 'x-oss-forbid-overwrite': 'true' } };
    expectRefusal(await complete(path, id, parts, forbid), 409, 'FileAlreadyExists');
    expect((await send('GET', path)).text).toBe('quicker');
    await configure(other, { versioning: 'Enabled' });
    expect((await complete(path, id, parts, forbid)).status).toBe(200);
  });

  it('[CompleteMultipartUpload-10] lets one of several uploads create the object', async () => {
    const path = `/${bucket}/created-once`;
    const uploads = await Promise.all(Array.from({ length: 5 }, (_, i) => begun(path, [10 + i])));
    const forbid = { headers: { 'x-oss-forbid-overwrite': 'true' } };
    const answers = await Promise.all(uploads.map(({ id, parts }) => complete(path, id, parts, forbid)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
  });

  it('[CompleteMultipartUpload-11] [CompleteMultipartUpload-E1] checks the MD5 of the list', async () => {
    const path = `/${bucket}/list-digest`;
    const { id, parts } = await begun(path, [5]);
    const wrong = await complete(path, id, parts, { headers: { 'content-md5': base64Md5('something else') } });
    expectRefusal(wrong, 400, 'InvalidDigest');
    const right = await complete(path, id, parts, { headers: { 'content-md5': base64Md5(partsXml(parts)) } });
    expect(right.status).toBe(200);
  });

  it('[CompleteMultipartUpload-13] encodes the key on request, and the location not', async () => {
    const path = `/${bucket}/${encodeURIComponent('ä b')}`;
    const { id, parts } = await begun(path, [5]);
    const body = partsXml(parts);
    expectRefusal(await send('POST', `${path}?uploadId=${id}&encoding-type=hex`, { body }), 400, 'InvalidArgument');
    const answer = await send('POST', `${path}?uploadId=${id}&encoding-type=url`, { body });
    expect(answer.one('EncodingType')).toBe('url');
    expect(answer.one('Key')).toBe(encodeURIComponent('ä b'));
    expect(answer.one('Location')).toBe(`http://localhost${path}`);
  });

  it('[CompleteMultipartUpload-16] makes an empty object of no parts, and looks for the upload first', async () => {
    const path = `/${bucket}/empty`;
    const id = await initiate(path);
    const unknown = 'A'.repeat(32);
    for (const body of ['', 'no xml', '<CompleteMultipartUpload/>']) {
      expectRefusal(await send('POST', `${path}?uploadId=${unknown}`, { body }), 404, 'NoSuchUpload');
    }
    const answer = await send('POST', `${path}?uploadId=${id}`, {
      body: '<CompleteMultipartUpload></CompleteMultipartUpload>',
    });
    expect(answer.status).toBe(200);
    expect(answer.one('ETag')).toBe('"D41D8CD98F00B204E9800998ECF8427E-0"');
    const got = await send('GET', path);
    expect(got.bytes.length).toBe(0);
    expect(got.header('x-oss-hash-crc64ecma')).toBe('0');
  });

  it('refuses a body that is no list of parts', async () => {
    const path = `/${bucket}/malformed`;
    const { id, parts } = await begun(path, [5]);
    const part = `<Part><PartNumber>1</PartNumber><ETag>${parts[0]!.etag}</ETag></Part>`;
    for (const body of [
      '',
      'text',
      `<Complete>${part}</Complete>`,
      `<CompleteMultipartUpload>${part}`,
      `<CompleteMultipartUpload>${part}<Extra/></CompleteMultipartUpload>`,
      '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>',
      `<!DOCTYPE x [<!ENTITY a "b">]><CompleteMultipartUpload>${part}</CompleteMultipartUpload>`,
      `<CompleteMultipartUpload>${part.replace(parts[0]!.etag, 'x'.repeat(129))}</CompleteMultipartUpload>`,
      ' '.repeat(4 * 1_024 * 1_024 + 1),
    ]) {
      expectRefusal(await send('POST', `${path}?uploadId=${id}`, { body }), 400, 'MalformedXML');
    }
    const word = part.replace('>1<', '>one<');
    const answer = await send('POST', `${path}?uploadId=${id}`, {
      body: `<CompleteMultipartUpload>${word}</CompleteMultipartUpload>`,
    });
    expectRefusal(answer, 400, 'InvalidArgument');
    expect((await complete(path, id, parts)).status).toBe(200);
  });

  it('[CompleteMultipartUpload-18] is a write: an ACL decides, and may be given', async () => {
    const open = await newBucket({ acl: 'public-read-write' });
    const path = `/${open}/k`;
    const { id, parts } = await begun(path, [5], { headers: { 'x-oss-object-acl': 'public-read' } });
    await send('PUT', path, { body: 'x', headers: { 'x-oss-object-acl': 'private' } });
    for (const as of ['other', 'anonymous'] as const) {
      expectRefusal(await complete(path, id, parts, { as }), 403, 'AccessDenied');
    }
    expect((await send('GET', path)).text).toBe('x');
    expectRefusal(await complete(path, id, parts, { headers: { 'x-oss-object-acl': 'all' } }), 400, 'InvalidArgument');
    expect((await complete(path, id, parts, { headers: { 'x-oss-object-acl': 'private' } })).status).toBe(200);
    expect((await send('GET', `${path}?acl`)).one('Grant')).toBe('private');
    const next = await begun(`/${open}/l`, [5]);
    expect((await complete(`/${open}/l`, next.id, next.parts, { as: 'anonymous' })).status).toBe(200);
    expect((await send('GET', `/${open}/l?acl`)).one('Grant')).toBe('default');
    expect((await send('GET', `/${open}/l?acl`)).one('ID')).toBe(accounts.owner);
  });
});
