import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { handle } from '../../../src/gateway.ts';
import { sign } from '../../support/sign.ts';
import { cname, newDomain } from '../cname/support.ts';
import { post } from '../support/form.ts';
import { callbackParameter, encoded, useReceiver } from '../support/receiver.ts';
import { configure, expectRefusal, keys, newBucket, send, shardedBucket } from '../support/wire.ts';

const receiver = useReceiver();

describe('[Sec-42] a callback to the gateway itself', () => {
  it('is refused by the custom domains of its buckets too, before anything is stored', async () => {
    const bucket = await newBucket();
    const other = await newBucket();
    const domain = newDomain('net');
    await cname('add', other, domain, { variables: { CNAME_VERIFY: 'off' } });
    for (const callbackUrl of [`http://${domain}/a`, `app.example.com;${domain.toUpperCase()}.:8080/a`]) {
      const value = callbackParameter({ callbackUrl });
      const answers = [
        await send('PUT', `/${bucket}/a`, { headers: { 'x-oss-callback': value }, body: 'hello' }),
        await post(bucket, { fields: { key: 'a', callback: value } }),
      ];
      for (const answer of answers) {
        expectRefusal(answer, 400, 'InvalidArgument');
        expect(answer.text).toContain('The gateway itself is forbidden to callback.');
      }
      expect((await send('HEAD', `/${bucket}/a`)).status).toBe(404);
    }
    expect(receiver.calls).toEqual([]);
    // The control: it is called once no bucket has it.
    await cname('delete', other, domain);
    const headers = { 'x-oss-callback': callbackParameter({ callbackUrl: `http://${domain}/a` }) };
    expect((await send('PUT', `/${bucket}/a`, { headers, body: 'hello' })).text).toBe('{"Status":"OK"}');
  });

  it('is refused where it comes back by another way', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    await send('PUT', `/${bucket}/a`, { headers: { 'x-oss-callback': callbackParameter() }, body: 'hello' });
    const [call] = receiver.calls;
    const loop = { 'cdn-loop': call!.headers.get('cdn-loop')! };
    const back = await post(bucket, { as: 'anonymous', headers: loop, fields: { key: 'b' } });
    expectRefusal(back, 403, 'AccessDenied');
    expect((await send('HEAD', `/${bucket}/b`)).status).toBe(404);
    expect((await post(bucket, { as: 'anonymous', fields: { key: 'b' } })).status).toBe(204);
  });
});

describe('[Callback-1] [Callback-E1] a callback that is wrong', () => {
  it.each<[string, Record<string, string>, string]>([
    ['[Callback-4] base64', { 'x-oss-callback': 'x123-*&' }, '0007-00000002'],
    ['[Callback-4] JSON', { 'x-oss-callback': 'aGVsbG8=' }, '0007-00000003'],
    [
      '[Callback-3] 5 KB',
      { 'x-oss-callback': callbackParameter({ callbackBody: 'x'.repeat(5_000) }) },
      '0007-00000001',
    ],
    ['[Callback-5] port', { 'x-oss-callback': callbackParameter({ callbackUrl: 'my.com:test' }) }, '0007-00000004'],
    ['[Callback-5] host', { 'x-oss-callback': callbackParameter({ callbackUrl: 'my' }) }, '0007-00000004'],
    ['[Callback-5] six', { 'x-oss-callback': callbackParameter({ callbackUrl: 'a.com;'.repeat(6) }) }, '0007-00000005'],
    ['[Sec-42] private', { 'x-oss-callback': callbackParameter({ callbackUrl: '127.1' }) }, '0007-00000008'],
    ['[Callback-6] body', { 'x-oss-callback': callbackParameter({ callbackBody: '' }) }, '0007-00000011'],
    ['[Callback-6] type', { 'x-oss-callback': callbackParameter({ callbackBodyType: 'text/xml' }) }, '0007-00000011'],
    ['[Callback-7] variable', { 'x-oss-callback': callbackParameter({ callbackBody: '$(object)' }) }, '0007-00000011'],
    [
      '[Callback-8] map',
      { 'x-oss-callback': callbackParameter(), 'x-oss-callback-var': encoded({ a: 'b' }) },
      '0007-00000102',
    ],
    ['[Callback-3] map', { 'x-oss-callback-var': encoded({ 'x:a': 'x'.repeat(5_000) }) }, '0007-00000101'],
  ])('%s: stores nothing and calls nobody', async (_, headers, ec) => {
    const bucket = await newBucket();
    const answer = await send('PUT', `/${bucket}/a`, { headers, body: 'hello' });
    expectRefusal(answer, 400, 'InvalidArgument');
    expect(answer.header('x-oss-ec')).toBe(ec);
    expect((await send('HEAD', `/${bucket}/a`)).status).toBe(404);
    const callback = headers['x-oss-callback'];
    if (callback !== undefined && !_.includes('5 KB') && !_.includes('map')) {
      expectRefusal(await post(bucket, { fields: { key: 'a', callback } }), 400, 'InvalidArgument');
      expect((await send('HEAD', `/${bucket}/a`)).status).toBe(404);
    }
    expect(receiver.calls).toEqual([]);
  });

  it('[Callback-9] is no mistake where it merely names no URL', async () => {
    const bucket = await newBucket();
    for (const value of [{ callbackUrl: '' }, {}]) {
      const headers = { 'x-oss-callback': encoded(value) };
      const answer = await send('PUT', `/${bucket}/a`, { headers, body: 'hello' });
      expect(answer.status).toBe(200);
      expect(answer.bytes).toHaveLength(0);
      expect((await post(bucket, { fields: { key: 'a', callback: encoded(value) } })).status).toBe(204);
    }
    expect((await post(bucket, { fields: { key: 'a', callback: '' } })).status).toBe(204);
    expect(receiver.calls).toEqual([]);
  });
});

describe('the carriers of a callback', () => {
  const header = { 'x-oss-callback': callbackParameter() };
  const query = (value: string, name = 'callback') => `${name}=${encodeURIComponent(value)}`;

  it.each(['V1', 'V2', 'V4'] as const)('[Callback-24] are covered by a %s signature', async (scheme) => {
    const bucket = await newBucket();
    for (const place of ['header', 'query'] as const) {
      const path = `/${bucket}/a?${query(callbackParameter())}&${query(encoded({ 'x:a': 'b' }), 'callback-var')}`;
      const signed = await send('PUT', path, { scheme, place, body: 'x' });
      expect(signed.text).toBe('{"Status":"OK"}');
      // Added afterwards, in either way, it breaks the signature.
      for (const unsigned of [{ headers: header }, { query: query(callbackParameter()) }]) {
        const added = await send('PUT', `/${bucket}/a`, { scheme, place, body: 'x', unsigned });
        expectRefusal(added, 403, 'SignatureDoesNotMatch');
      }
    }
    expect(receiver.calls).toHaveLength(2);
  });

  it('[Callback-2] may be one only', async () => {
    const bucket = await newBucket();
    const variables = encoded({ 'x:a': 'b' });
    for (const [headers, text] of [
      [header, query(callbackParameter())],
      [header, query(variables, 'callback-var')],
      [{ 'x-oss-callback-var': variables }, query(callbackParameter())],
    ] as const) {
      const answer = await send('PUT', `/${bucket}/a?${text}`, { headers, body: 'x' });
      expectRefusal(answer, 400, 'InvalidArgument');
      expect(answer.header('x-oss-ec')).toBe('0007-00000027');
    }
    for (const headers of [header, { 'x-oss-callback-var': variables }]) {
      expectRefusal(await post(bucket, { headers }), 400, 'InvalidArgument');
    }
    expectRefusal(await post(bucket, { path: `/${bucket}?${query(callbackParameter())}` }), 400, 'InvalidArgument');
    expect((await send('HEAD', `/${bucket}/a`)).status).toBe(404);
    expect(receiver.calls).toEqual([]);
  });

  it('[Callback-30] count for nothing on other operations, and cannot be asked for there', async () => {
    const bucket = await newBucket();
    await send('PUT', `/${bucket}/a`, { body: 'x' });
    for (const [method, path] of [
      ['GET', `/${bucket}/a`],
      ['HEAD', `/${bucket}/a`],
      ['PUT', `/${bucket}/a?acl`],
      ['DELETE', `/${bucket}/a`],
      ['POST', `/${bucket}/appended?append&position=0`],
      ['PUT', `/${bucket}/link?symlink`],
    ] as const) {
      const headers = { 'x-oss-callback': 'nonsense', 'x-oss-object-acl': 'private', 'x-oss-symlink-target': 'a' };
      const body = method === 'PUT' || method === 'POST' ? { body: '' } : {};
      expect((await send(method, path, { headers, ...body })).status, path).toBeLessThan(300);
    }
    expectRefusal(await send('PUT', `/${bucket}/a?acl&${query(callbackParameter())}`), 400, 'InvalidArgument');
    expect(receiver.calls).toEqual([]);
  });

  it('[Callback-30] [ObjCommon-1] are refused in a bucket with a hierarchical namespace', async () => {
    const bucket = await shardedBucket(1, { hierarchical: true });
    const answer = await send('PUT', `/${bucket}/a`, { headers: header, body: 'x' });
    expectRefusal(answer, 400, 'OperationNotSupported');
    expectRefusal(
      await post(bucket, { fields: { key: 'a', callback: callbackParameter() } }),
      400,
      'OperationNotSupported',
    );
    expect((await send('HEAD', `/${bucket}/a`)).status).toBe(404);
    expect((await post(bucket, { fields: { key: 'a' } })).status).toBe(204);
  });

  it('is not looked at for somebody who may not upload', async () => {
    const bucket = await newBucket();
    const bad = { 'x-oss-callback': 'nonsense' };
    expectRefusal(await send('PUT', `/${bucket}/a`, { as: 'user', headers: bad, body: 'x' }), 403, 'AccessDenied');
    await configure(bucket, { acl: 'public-read-write' });
    expectRefusal(await send('PUT', `/${bucket}/a`, { as: 'user', headers: bad, body: 'x' }), 400, 'InvalidArgument');
  });
});

describe('a deployment without a key for callbacks', () => {
  const without = async (headers: Record<string, string>, key: string) => {
    const bucket = await newBucket();
    const url = `http://localhost/${bucket}/a`;
    const signed = sign({
      method: 'PUT',
      url,
      headers,
      bucket,
      key: 'a',
      ...keys.owner,
      scheme: 'V4',
      place: 'header',
    });
    const context = createExecutionContext();
    const request = new Request(url, { method: 'PUT', headers: signed.headers, body: Uint8Array.of(1) });
    const response = await handle(request, { ...env, CALLBACK_PRIVATE_KEY: key }, context);
    await waitOnExecutionContext(context);
    return { status: response.status, text: await response.text(), bucket };
  };

  it('refuses to upload with one, and says what is missing', async () => {
    const { status, text, bucket } = await without({ 'x-oss-callback': callbackParameter() }, '');
    expect(status).toBe(400);
    expect(text).toContain('<Code>NotImplemented</Code>');
    expect(text).toContain('CALLBACK_PRIVATE_KEY');
    expect((await send('HEAD', `/${bucket}/a`)).status).toBe(404);
    expect((await without({}, '')).status).toBe(200);
  });

  it('says so where the key is none', async () => {
    const { status, text } = await without({ 'x-oss-callback': callbackParameter() }, 'nonsense');
    expect(status).toBe(503);
    expect(text).toContain('CALLBACK_PRIVATE_KEY');
    expect((await without({}, 'nonsense')).status).toBe(200);
  });

  it('has no page for it', async () => {
    const context = createExecutionContext();
    const request = new Request('http://localhost/-/callback-key.pem');
    const response = await handle(request, { ...env, CALLBACK_PRIVATE_KEY: '' }, context);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('<Code>InvalidBucketName</Code>');
  });
});
