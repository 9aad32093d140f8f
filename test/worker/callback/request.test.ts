import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { post } from '../support/form.ts';
import { callbackParameter, encoded, useReceiver } from '../support/receiver.ts';
import { accounts, configure, newBucket, send } from '../support/wire.ts';

const receiver = useReceiver();

/** Uploads with a callback, and gives what it said. */
async function called(
  callback: Record<string, unknown>,
  upload: {
    key?: string;
    body?: string | Uint8Array<ArrayBuffer>;
    headers?: Record<string, string>;
    bucket?: string;
  } = {},
) {
  const bucket = upload.bucket ?? (await newBucket());
  const headers = { 'x-oss-callback': callbackParameter(callback), ...upload.headers };
  const answer = await send('PUT', `/${bucket}/${upload.key ?? 'a.txt'}`, { headers, body: upload.body ?? 'hello' });
  expect(answer.status, answer.text).toBe(200);
  const call = receiver.calls.at(-1)!;
  return { answer, bucket, call, form: new URLSearchParams(call.body) };
}

describe('what a callback says', () => {
  const all = [
    'bucket',
    'object',
    'etag',
    'size',
    'mimeType',
    'contentType',
    'crc64',
    'contentMd5',
    'vpcId',
    'operation',
  ];
  const template = (names: readonly string[]) => names.map((name) => `${name}=\${${name}}`).join('&');

  it('[Callback-13] [Callback-16] [PutObject-17] of an upload, as a form', async () => {
    const { call, form, answer, bucket } = await called(
      { callbackBody: `${template(all)}&constant=中&req=\${reqId}` },
      { key: 'dir/a%20b&c.txt', headers: { 'content-type': 'text/plain; charset=utf-8' } },
    );
    expect(Object.fromEntries(form)).toEqual({
      bucket,
      object: 'dir/a b&c.txt',
      etag: '5D41402ABC4B2A76B9719D911017C592',
      size: '5',
      mimeType: 'text/plain; charset=utf-8',
      contentType: 'text/plain; charset=utf-8',
      crc64: '11177612005948864433',
      contentMd5: 'XUFAKrxLKna5cZ2REBfFkg==',
      vpcId: '',
      operation: 'PutObject',
      constant: '中',
      req: answer.header('x-oss-request-id'),
    });
    expect(call.body).toContain('object=dir%2Fa%20b%26c.txt&');
    expect(call.headers.get('content-type')).toBe('application/x-www-form-urlencoded');
  });

  it('[Callback-12] of an upload, as JSON', async () => {
    const names = ['bucket', 'object', 'etag', 'size', 'mimeType', 'imageInfo.height', 'x:a', 'clientIp'];
    const { call, bucket } = await called(
      {
        callbackBody: `{${names.map((name) => `"${name}":\${${name}}`).join(',')}}`,
        callbackBodyType: 'application/json',
      },
      { key: encodeURIComponent('a"b\\测.txt'), headers: { 'x-oss-callback-var': encoded({ 'x:a': 'v"1' }) } },
    );
    expect(JSON.parse(call.body)).toEqual({
      bucket,
      object: 'a"b\\测.txt',
      etag: '5D41402ABC4B2A76B9719D911017C592',
      size: 5,
      mimeType: 'application/octet-stream',
      'imageInfo.height': '',
      'x:a': 'v"1',
      clientIp: '',
    });
    expect(call.headers.get('content-type')).toBe('application/json');
  });

  it('of a form, with its fields for variables', async () => {
    const bucket = await newBucket();
    const callback = callbackParameter({
      callbackBody: 'op=${operation}&o=${object}&a=${x:a}&b=${x:B}&c=${x:c}&t=${mimeType}&s=${size}',
    });
    const fields = { key: '${filename}', callback, 'x:a': 'v 1', 'x:B': 'capital', success_action_status: '201' };
    const answer = await post(bucket, { fields, file: { filename: 'f.png', type: 'image/png' } });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"Status":"OK"}');
    expect(receiver.calls[0]?.body).toBe('op=PostObject&o=f.png&a=v%201&b=&c=&t=image%2Fpng&s=5');
  });

  it('[Callback-8] [Callback-17] of variables: what has no value is empty', async () => {
    const variables = encoded({ 'x:one': '1', 'x:Two': '2' });
    const { call } = await called(
      { callbackBody: '${x:one}|${x:two}|${x:Two}|${x:three}|${unknown}' },
      { headers: { 'x-oss-callback-var': variables } },
    );
    expect(call.body).toBe('1||||');
  });

  it('[Callback-15] of a picture: what its first bytes tell', async () => {
    const names = ['imageInfo.format', 'imageInfo.width', 'imageInfo.height'];
    const callback = { callbackBody: template(names) };
    const png = new Uint8Array(400_000);
    png.set(Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0', 'latin1'));
    for (const body of [png.slice(0, 100), png]) {
      const { form } = await called(callback, { body });
      expect(names.map((name) => form.get(name))).toEqual(['png', '640', '480']);
    }
    const json = { callbackBody: '[${imageInfo.format},${imageInfo.width}]', callbackBodyType: 'application/json' };
    expect((await called(json, { body: png })).call.body).toBe('["png",640]');
    // No picture, whatever its type says.
    const none = await called(callback, { headers: { 'content-type': 'image/png' } });
    expect(none.call.body).toBe('imageInfo.format=&imageInfo.width=&imageInfo.height=');
  });

  it('[Callback-14] of the size: that of the whole object, however it is kept', async () => {
    for (const size of [0, 5, 200_000, 2_000_000]) {
      const { form } = await called({ callbackBody: 'size=${size}' }, { body: new Uint8Array(size) });
      expect(form.get('size')).toBe(String(size));
    }
  });

  it('of a version: the same as without', async () => {
    const bucket = await newBucket();
    await configure(bucket, { versioning: 'Enabled' });
    const { answer, form } = await called({ callbackBody: 'o=${object}' }, { bucket });
    expect(answer.header('x-oss-version-id')).toHaveLength(64);
    expect(form.get('o')).toBe('a.txt');
  });
});

describe('where a callback goes', () => {
  it('[Callback-11] [Callback-18] by POST, to a URL as it was given, http where it names no scheme', async () => {
    for (const [callbackUrl, url] of [
      ['app.example.com:8080/a%20b.php?x=%E4%B8%AD&y', 'http://app.example.com:8080/a%20b.php?x=%E4%B8%AD&y'],
      ['https://app.example.com', 'https://app.example.com/'],
      ['8.8.8.8/%2f', 'http://8.8.8.8/%2f'],
    ]) {
      const { call } = await called({ callbackUrl });
      expect(call).toMatchObject({ method: 'POST', url });
    }
  });

  it('[Callback-19] [Callback-21] with what a receiver needs to verify it', async () => {
    const { call, bucket, answer } = await called({ callbackHost: 'virtual.example.com' });
    const headers = Object.fromEntries(call.headers);
    expect(headers).toMatchObject({
      'user-agent': 'aliyun-oss-callback',
      'x-oss-bucket': bucket,
      'x-oss-request-id': answer.header('x-oss-request-id'),
      'x-oss-requester': accounts.owner,
      'x-oss-signature-version': '1.0',
      'x-oss-tag': 'CALLBACK',
      'x-forwarded-host': 'virtual.example.com',
    });
    expect(Buffer.from(headers['x-oss-pub-key-url']!, 'base64').toString()).toBe('http://localhost/-/callback-key.pem');
    for (const name of ['cookie', 'x-oss-callback', 'x-oss-date']) expect(headers).not.toHaveProperty(name);
  });

  it('[Callback-20] [Callback-21] with a signature that its public key verifies', async () => {
    const { call } = await called({
      callbackUrl: 'app.example.com/%E4%B8%AD/a%20b?x=%20&y=1',
      callbackBody: '中=${object}',
    });
    const page = await send('GET', '/-/callback-key.pem', { as: 'anonymous' });
    expect(page.status).toBe(200);
    expect(page.header('content-type')).toBe('application/x-pem-file');
    const key = createPublicKey(page.text);
    const signature = Buffer.from(call.headers.get('authorization')!, 'base64');
    const signs = (text: string) => verify('md5', Buffer.from(text), key, signature);
    expect(signs(`/中/a b?x=%20&y=1\n${call.body}`)).toBe(true);
    expect(signs(`/中/a b?x=%20&y=2\n${call.body}`)).toBe(false);
    expect(signs(`/%E4%B8%AD/a%20b?x=%20&y=1\n${call.body}`)).toBe(false);
  });

  it('[Callback-20] the page of the key hides no object', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/-/callback-key.pem`, { body: 'mine' });
    expect((await send('GET', `/${bucket}/-/callback-key.pem`, { virtual: true })).text).toBe('mine');
    expect((await send('GET', `/${bucket}/-/callback-key.pem`)).text).toBe('mine');
    expect((await send('POST', '/-/callback-key.pem', { as: 'anonymous' })).status).toBeGreaterThanOrEqual(400);
  });

  it('tells who uploaded, and nothing where nobody is known', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    const headers = { 'x-oss-callback': callbackParameter() };
    await send('PUT', `/${bucket}/a`, { as: 'user', headers, body: 'x' });
    expect(receiver.calls[0]?.headers.get('x-oss-requester')).toBe('user');
    await post(bucket, { as: 'anonymous', fields: { key: 'a', callback: callbackParameter() } });
    expect(receiver.calls[1]?.headers.get('x-oss-requester')).toBeNull();
  });
});
