import { describe, expect, it, vi } from 'vitest';
import { post } from '../support/form.ts';
import { callbackParameter, jsonAnswer, useReceiver } from '../support/receiver.ts';
import { type Answer, newBucket, send } from '../support/wire.ts';

const receiver = useReceiver();

async function upload(change: Record<string, unknown> = {}): Promise<{ answer: Answer; bucket: string }> {
  const bucket = await newBucket();
  const headers = { 'x-oss-callback': callbackParameter(change) };
  return { bucket, answer: await send('PUT', `/${bucket}/a`, { headers, body: 'hello' }) };
}

/** The object is there, though the callback failed. */
async function expectFailed(change: Record<string, unknown>, message: string, ec = '0007-00000203'): Promise<void> {
  const { answer, bucket } = await upload(change);
  expect(answer.status).toBe(203);
  expect(answer.code).toBe('CallbackFailed');
  expect(answer.one('Message')).toBe(message);
  expect(answer.header('x-oss-ec')).toBe(ec);
  expect(answer.header('content-type')).toBe('application/xml');
  expect(answer.header('etag')).toBe('"5D41402ABC4B2A76B9719D911017C592"');
  expect((await send('GET', `/${bucket}/a`)).text).toBe('hello');
}

describe('[Callback-25] a callback that is answered', () => {
  it('[PutObject-17] gives its answer to the uploader, beside what there is to say of the object', async () => {
    const text = '{"a":"b","中":[1,2.5,null]} \n';
    receiver.answer = () => jsonAnswer(text, { 'content-type': 'text/html', 'set-cookie': 'a=b', 'x-own': 'c' });
    const { answer } = await upload();
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(text);
    expect(answer.header('content-type')).toBe('application/json');
    expect(answer.header('content-length')).toBe(String(new TextEncoder().encode(text).length));
    expect(answer.header('etag')).toBe('"5D41402ABC4B2A76B9719D911017C592"');
    expect(answer.header('x-oss-hash-crc64ecma')).toBe('11177612005948864433');
    for (const name of ['set-cookie', 'x-own']) expect(answer.header(name)).toBeNull();
  });

  it('takes the place of what a form would be answered', async () => {
    const bucket = await newBucket();
    for (const more of [{ success_action_status: '201' }, { success_action_redirect: 'https://example.com/' }]) {
      const answer = await post(bucket, { fields: { key: 'a', callback: callbackParameter(), ...more } });
      expect(answer.status).toBe(200);
      expect(answer.text).toBe('{"Status":"OK"}');
      expect(answer.header('location')).toBeNull();
    }
  });

  it.each(['{}', '[]', '"text"', '1', 'null', ' {"a":1}'])('%s is JSON enough', async (text) => {
    receiver.answer = () => jsonAnswer(text);
    expect((await upload()).answer.text).toBe(text);
  });

  it('[Callback-26] may be a megabyte long', async () => {
    receiver.answer = () => jsonAnswer(`"${'x'.repeat(1024 * 1024 - 2)}"`);
    expect((await upload()).answer.bytes).toHaveLength(1024 * 1024);
  });

  it('[Callback-29] comes after the object: it can be read by then', async () => {
    const bucket = await newBucket();
    let seen = '';
    receiver.answer = async () => {
      seen = (await send('GET', `/${bucket}/a`)).text;
      return jsonAnswer('{}');
    };
    const headers = { 'x-oss-callback': callbackParameter() };
    await send('PUT', `/${bucket}/a`, { headers, body: 'hello' });
    expect(seen).toBe('hello');
  });
});

describe('[Callback-27] [Callback-E2] a callback that fails', () => {
  it.each([201, 204, 301, 302, 400, 404, 500, 503])('[Callback-28] by the status %d', async (status) => {
    receiver.answer = () =>
      new Response(status === 204 ? null : '{}', { status, headers: { location: 'http://app.example.com/ok' } });
    await expectFailed({}, `Error status : ${status}.`);
    expect(receiver.calls).toHaveLength(1);
  });

  it.each(['', 'OK', '{', '{"a":1}}', "{'a':1}", '\ufeff{"a":1}'])('by the answer %j', async (text) => {
    receiver.answer = () => jsonAnswer(text);
    await expectFailed({}, 'Response body is not valid json format.', '0007-00000205');
  });

  it('by an answer that is no UTF-8', async () => {
    receiver.answer = () => new Response(Uint8Array.of(0x22, 0xff, 0x22), { headers: { 'content-length': '3' } });
    await expectFailed({}, 'Response body is not valid json format.', '0007-00000205');
  });

  it('[Callback-26] by an answer that is too long, or does not say how long it is', async () => {
    receiver.answer = () => jsonAnswer(`"${'x'.repeat(1024 * 1024)}"`);
    await expectFailed({}, 'User server return too long content-length value.');
    receiver.answer = () => new Response(new Blob(['{"a":1}']).stream());
    await expectFailed({}, 'The Content-Length of the response is missing or invalid.');
    receiver.answer = () => jsonAnswer('{"a":1}', { 'content-length': '5' });
    await expectFailed({}, 'The Content-Length of the response is missing or invalid.');
  });

  it('[Callback-28] by nobody there', async () => {
    receiver.answer = () => Promise.reject(new TypeError('connection refused'));
    await expectFailed({}, 'Error status : -1.OSS can not connect to your callbackUrl, please check it.');
  });

  it('[Callback-15] by a picture without a size', async () => {
    const bucket = await newBucket();
    const headers = { 'x-oss-callback': callbackParameter({ callbackBody: 'w=${imageInfo.width}' }) };
    const body = new Uint8Array(Buffer.from('\x89PNG\r\n\x1a\n cut', 'latin1'));
    const answer = await send('PUT', `/${bucket}/a`, { headers, body });
    expect(`${answer.status} ${answer.one('Message')}`).toBe('203 Get image info failed.');
    expect((await send('HEAD', `/${bucket}/a`)).status).toBe(200);
    expect(receiver.calls).toEqual([]);
  });

  it('by variables that multiply', async () => {
    const bucket = await newBucket();
    const callback = callbackParameter({ callbackBody: '${x:a}'.repeat(100) });
    const answer = await post(bucket, { fields: { key: 'a', callback, 'x:a': 'x'.repeat(100_000) } });
    expect(`${answer.status} ${answer.one('Message')}`).toBe('203 The callback body is too long.');
    expect(receiver.calls).toEqual([]);
  });

  it('[Callback-27] after a form as after a PUT', async () => {
    const bucket = await newBucket();
    receiver.answer = () => new Response('{}', { status: 500 });
    const fields = { key: 'a', callback: callbackParameter(), success_action_redirect: 'https://example.com/' };
    const answer = await post(bucket, { fields });
    expect(`${answer.status} ${answer.code}`).toBe('203 CallbackFailed');
    expect((await send('GET', `/${bucket}/a`)).text).toBe('hello');
  });
});

describe('[Callback-23] several URLs', () => {
  const five = { callbackUrl: [1, 2, 3, 4, 5].map((n) => `http://h${n}.example.com/p${n}`).join(';') };

  it('[Callback-22] are tried in turn until one succeeds, each with its own signature', async () => {
    receiver.answer = ({ url }) => {
      if (url.includes('h1')) return new Response('{}', { status: 500 });
      if (url.includes('h2')) throw new TypeError('refused');
      return url.includes('h3') ? jsonAnswer('no JSON') : jsonAnswer('{"from":4}');
    };
    const { answer } = await upload(five);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('{"from":4}');
    expect(receiver.calls.map(({ url }) => new URL(url).hostname[1])).toEqual(['1', '2', '3', '4']);
    const signatures = receiver.calls.map(({ headers }) => headers.get('authorization'));
    expect(new Set(signatures).size).toBe(4);
  });

  it('fail together, with the reason of the last', async () => {
    receiver.answer = ({ url }) => new Response('{}', { status: url.includes('h5') ? 404 : 500 });
    await expectFailed(five, 'Error status : 404.');
    expect(receiver.calls).toHaveLength(5);
  });
});

it('a mishap of our own is a failed callback too, and leaves a line in the log', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
  receiver.answer = () =>
    ({
      status: 200,
      headers: {
        get: () => {
          throw new RangeError('mishap');
        },
      },
      body: null,
    }) as unknown as Response;
  await expectFailed({}, 'Error status : -1.OSS can not connect to your callbackUrl, please check it.');
  expect(logged.mock.calls.flat().join()).toContain('mishap');
});
