import { beforeAll, describe, expect, it } from 'vitest';
import { crc64Table } from '../../support/crc64-reference.ts';
import { bytesOf, initiate, md5, putPart } from '../support/multipart.ts';
import { expectRefusal, newBucket, send } from '../support/wire.ts';

const path = () => `/${bucket}/${encodeURIComponent('a b/ü')}`;

let bucket: string;
let id: string;

beforeAll(async () => {
  bucket = await newBucket();
  id = await initiate(path());
  for (const number of [5, 1, 10_000, 2]) await putPart(path(), id, number, bytesOf(number % 100, number));
});

const list = (query = '') => send('GET', `${path()}?uploadId=${id}${query}`);

describe('ListParts', () => {
  it('[ListParts-1] [ListParts-2] [ListParts-3] lists parts in order, in the documented shape', async () => {
    const answer = await list();
    expect(answer.status).toBe(200);
    expect(answer.header('content-type')).toBe('application/xml');
    const parts = [1, 2, 5, 10_000].map((number, i) => {
      const body = bytesOf(number % 100, number);
      return (
        `<Part><PartNumber>${number}</PartNumber><LastModified>${answer.all('LastModified')[i]}</LastModified>` +
        `<ETag>"${md5(body)}"</ETag><HashCrc64ecma>${crc64Table(body)}</HashCrc64ecma><Size>${body.length}</Size></Part>`
      );
    });
    expect(answer.text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<ListPartsResult>' +
        `<Bucket>${bucket}</Bucket><Key>a b/ü</Key><UploadId>${id}</UploadId><StorageClass>Standard</StorageClass>` +
        '<PartNumberMarker>0</PartNumberMarker>' +
        '<NextPartNumberMarker>10000</NextPartNumberMarker><MaxParts>1000</MaxParts><IsTruncated>false</IsTruncated>' +
        `${parts.join('')}</ListPartsResult>`,
    );
    for (const date of answer.all('LastModified')) expect(date).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
  });

  it('[ListParts-1] [ListParts-2] goes through pages, each behind its marker', async () => {
    const first = await list('&max-parts=2');
    expect(first.all('PartNumber')).toEqual(['1', '2']);
    expect(first.one('NextPartNumberMarker')).toBe('2');
    expect(first.one('IsTruncated')).toBe('true');
    expect(first.one('MaxParts')).toBe('2');
    const second = await list('&max-parts=2&part-number-marker=2');
    expect(second.all('PartNumber')).toEqual(['5', '10000']);
    expect(second.one('PartNumberMarker')).toBe('2');
    expect(second.one('IsTruncated')).toBe('false');
    const behind = await list('&part-number-marker=10000');
    expect(behind.all('PartNumber')).toEqual([]);
    expect(behind.text).toContain('<NextPartNumberMarker></NextPartNumberMarker>');
  });

  it('[ListParts-2] has no last part where there is none', async () => {
    const empty = await send('GET', `/${bucket}/empty?uploadId=${await initiate(`/${bucket}/empty`)}`);
    expect(empty.text).toContain('<PartNumberMarker>0</PartNumberMarker><NextPartNumberMarker></NextPartNumberMarker>');
    expect(empty.one('IsTruncated')).toBe('false');
  });

  it('[ListParts-3] shows of a replaced part the latest only', async () => {
    const other = `/${bucket}/replaced`;
    const upload = await initiate(other);
    await putPart(other, upload, 1, bytesOf(3));
    const etag = await putPart(other, upload, 1, bytesOf(4, 2));
    const answer = await send('GET', `${other}?uploadId=${upload}`);
    expect(answer.all('ETag')).toEqual([`"${etag}"`]);
    expect(answer.all('Size')).toEqual(['4']);
  });

  it('[ListParts-4] encodes the key on request', async () => {
    const answer = await list('&encoding-type=url');
    expect(answer.one('EncodingType')).toBe('url');
    expect(answer.one('Key')).toBe(encodeURIComponent('a b/ü'));
    expect(answer.all('ETag')[0]).toMatch(/^"[0-9A-F]{32}"$/);
    expectRefusal(await list('&encoding-type=x'), 400, 'InvalidArgument');
  });

  it('[ListParts-5] lists every part that was uploaded, also those that a client does not mean to use', async () => {
    const other = `/${bucket}/unused`;
    const upload = await initiate(other);
    for (const number of [1, 2, 3]) await putPart(other, upload, number, bytesOf(1, number));
    expect((await send('GET', `${other}?uploadId=${upload}`)).all('PartNumber')).toEqual(['1', '2', '3']);
  });

  it('[ListParts-6] [ListParts-E1] refuses unknown uploads and impossible pages', async () => {
    for (const wrong of ['B'.repeat(32), '', 'x']) {
      expectRefusal(await send('GET', `${path()}?uploadId=${wrong}`), 404, 'NoSuchUpload');
    }
    expectRefusal(await send('GET', `/${bucket}/other?uploadId=${id}`), 404, 'NoSuchUpload');
    for (const query of [
      'max-parts=0',
      'max-parts=1001',
      'max-parts=x',
      'part-number-marker=x',
      'part-number-marker=-1',
    ]) {
      expectRefusal(await list(`&${query}`), 400, 'InvalidArgument');
    }
  });

  it('is for those who may manage the object only', async () => {
    const open = await newBucket({ acl: 'public-read-write' });
    const upload = await initiate(`/${open}/k`);
    for (const as of ['other', 'user', 'anonymous'] as const) {
      expectRefusal(await send('GET', `/${open}/k?uploadId=${upload}`, { as }), 403, 'AccessDenied');
    }
    expect((await send('GET', `/${open}/k?uploadId=${upload}`, { as: 'reader' })).status).toBe(200);
  });
});
