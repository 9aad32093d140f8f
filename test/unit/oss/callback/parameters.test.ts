import { describe, expect, it } from 'vitest';
import { OssError } from '../../../../src/oss/answer/errors.ts';
import { CALLBACK_CHARACTERS_MAX, parseCallback, parseVariables } from '../../../../src/oss/callback/parameters.ts';

const rules = { allowPrivate: false, ownHosts: ['oss.example.net'], refuseIpv6: true };
const url = 'http://app.example.com/cb';

function base64(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');
}

function parse(value: unknown, with_ = rules) {
  return parseCallback(
    { name: 'x-oss-callback', value: base64(value), charactersMax: CALLBACK_CHARACTERS_MAX },
    new Map(),
    with_,
  );
}

function refusal(run: () => unknown): OssError {
  try {
    run();
  } catch (error) {
    if (error instanceof OssError) return error;
    throw error;
  }
  throw new Error('not refused');
}

const callback = (change: Record<string, unknown>) => ({ callbackUrl: url, callbackBody: 'o=${object}', ...change });
const faultOf = (change: Record<string, unknown>) => refusal(() => parse(callback(change)));

describe('callback parameters', () => {
  it('[Callback-10] default to a form, and to the host of the URL', () => {
    expect(parse(callback({}))).toEqual({
      urls: [new URL(url)],
      template: 'o=${object}',
      bodyType: 'application/x-www-form-urlencoded',
      variables: new Map(),
    });
    expect(
      parse(callback({ callbackHost: 'virtual.example.com:8080', callbackBodyType: 'application/json' })),
    ).toMatchObject({ host: 'virtual.example.com:8080', bodyType: 'application/json' });
    expect(parse(callback({ callbackHost: '' }))).not.toHaveProperty('host');
  });

  it.each(['a b', 'a/b', 'a\r\nb: c', '-a.com', 'a.com:port', 'x'.repeat(300), '[::1]'])(
    '[Callback-10] refuse the host %j',
    (callbackHost) => {
      expect(faultOf({ callbackHost })).toMatchObject({ code: 'InvalidArgument', status: 400 });
    },
  );

  it('[Callback-9] [Callback-10] are none without a URL, whatever else they say', () => {
    for (const value of [{}, { callbackUrl: '' }, { callbackUrl: ' ', callbackHost: 'a b', callbackBody: '' }]) {
      expect(parse(value)).toBeUndefined();
    }
  });

  it('[Callback-11] take a URL without a scheme for http, and an https one as it is', () => {
    const { urls } = parse(
      callback({ callbackUrl: '8.8.8.8/test.php;app.example.com:23456/index.html?a=b;HTTPS://app.example.com' }),
    )!;
    expect(urls.map(({ href }) => href)).toEqual([
      'http://8.8.8.8/test.php',
      'http://app.example.com:23456/index.html?a=b',
      'https://app.example.com/',
    ]);
  });

  it('[Callback-18] keep what a URL has encoded', () => {
    const { urls } = parse(callback({ callbackUrl: `${url}/%E4%B8%AD%2f?%E4%B8%AD=%E5%80%BC#part` }))!;
    expect(urls[0]?.href).toBe(`${url}/%E4%B8%AD%2f?%E4%B8%AD=%E5%80%BC`);
  });

  it('[Callback-5] allow five URLs', () => {
    expect(parse(callback({ callbackUrl: `${url};`.repeat(5) }))?.urls).toHaveLength(5);
    expect(faultOf({ callbackUrl: `${url};`.repeat(6) })).toMatchObject({
      code: 'InvalidArgument',
      ec: '0007-00000005',
    });
  });

  it.each([
    'my',
    'my.com:test',
    'http://my.com:99999/',
    'http://',
    ';',
    'ftp://my.com/',
    'javascript://my.com/',
    'http://user@my.com/',
    'http://[2606:4700::1111]/',
    'http://a b.com/',
    'http://a..b/',
    5,
    { url },
  ])('[Callback-5] [Callback-E1] refuse the URL %j', (callbackUrl) => {
    const error = faultOf({ callbackUrl });
    expect(error).toMatchObject({ code: 'InvalidArgument', status: 400, ec: '0007-00000004' });
    if (callbackUrl !== ';') expect(faultOf({ callbackUrl: `${url};${callbackUrl}` }).code).toBe('InvalidArgument');
  });

  it.each([
    '127.0.0.1:8088/test.php',
    'http://10.0.0.1/',
    'http://0x7f.1/',
    'http://localhost/',
    'http://169.254.169.254/',
  ])('[Sec-42] [Callback-5] refuse the private address %s in the words of the service', (callbackUrl) => {
    expect(faultOf({ callbackUrl })).toMatchObject({
      code: 'InvalidArgument',
      ec: '0007-00000008',
      message: 'Private address is forbidden to callback.',
    });
    expect(faultOf({ callbackUrl: `${url};${callbackUrl}` }).ec).toBe('0007-00000008');
    expect(parse(callback({ callbackUrl }), { ...rules, allowPrivate: true })?.urls).toHaveLength(1);
  });

  it('[Sec-42] refuse the gateway itself, also where private addresses are allowed', () => {
    for (const allowPrivate of [false, true]) {
      const error = refusal(() =>
        parse(callback({ callbackUrl: 'http://bucket.oss.example.net/' }), { ...rules, allowPrivate }),
      );
      expect(error.message).toBe('The gateway itself is forbidden to callback.');
    }
  });

  it('[Callback-6] need a body, and one of two types', () => {
    for (const callbackBody of [undefined, '', 5, null]) {
      expect(faultOf({ callbackBody })).toMatchObject({ code: 'InvalidArgument', ec: '0007-00000011' });
    }
    for (const callbackBodyType of ['text/plain', 'application/JSON', 'application/json; charset=utf-8', '', 5, null]) {
      expect(faultOf({ callbackBodyType }).code, String(callbackBodyType)).toBe('InvalidArgument');
    }
  });

  it('[Callback-7] refuse variables of another form', () => {
    expect(faultOf({ callbackBody: 'o=$(object)' })).toMatchObject({ code: 'InvalidArgument', status: 400 });
  });

  it('[Callback-4] must be base64 of a JSON object', () => {
    const raw = (value: string) => refusal(() => parseCallback({ name: 'x-oss-callback', value }, new Map(), rules));
    for (const value of ['x123-*&', '{}', 'a b=', 'ab=c', 'a']) {
      expect(raw(value)).toMatchObject({
        code: 'InvalidArgument',
        status: 400,
        message: 'The callback configuration is not base64 encoded.',
      });
    }
    for (const value of ['hello', '', '[]', '"a"', 'null', '{"a":1,"a":2}', '{"a":', '[[[[[[[[[[[[]]]]]]]]]]]]']) {
      expect(raw(base64(value)), value).toMatchObject({
        code: 'InvalidArgument',
        message: 'The callback configuration is not json format.',
      });
    }
    expect(raw(Buffer.from([0x7b, 0xff, 0x7d]).toString('base64')).message).toMatch(/not json format/);
  });

  it('[Callback-3] are limited to 5 KB each, encoded, where they are no form fields', () => {
    const long = base64(callback({ callbackBody: 'x'.repeat(4_000) }));
    expect(long.length).toBeGreaterThan(CALLBACK_CHARACTERS_MAX);
    const limited = { name: 'callback', value: long, charactersMax: CALLBACK_CHARACTERS_MAX };
    expect(refusal(() => parseCallback(limited, new Map(), rules))).toMatchObject({ code: 'InvalidArgument' });
    expect(parseCallback({ name: 'callback', value: long }, new Map(), rules)?.template).toHaveLength(4_000);
    const value = base64({ 'x:a': 'x'.repeat(4_000) });
    expect(refusal(() => parseVariables({ ...limited, value }))).toMatchObject({ ec: '0007-00000101' });
  });
});

describe('callback variables', () => {
  const variables = (value: unknown) => parseVariables({ name: 'x-oss-callback-var', value: base64(value) });

  it('[Callback-8] are texts by names that begin with x:', () => {
    expect([...variables({ 'x:var1': 'value1', 'x:b': '' })]).toEqual([
      ['x:var1', 'value1'],
      ['x:b', ''],
    ]);
    for (const value of [
      { var1: 'a' },
      { 'X:a': 'b' },
      { 'x:a': 1 },
      { 'x:a': { b: 'c' } },
      { 'x:a': null },
      ['x:a'],
    ]) {
      expect(
        refusal(() => variables(value)),
        JSON.stringify(value),
      ).toMatchObject({ code: 'InvalidArgument' });
    }
  });

  it('[Callback-8] with capitals in their names are taken, but name nothing', () => {
    expect([...variables({ 'x:Var1': 'a', 'x:var2': 'b' })]).toEqual([['x:var2', 'b']]);
  });

  it('[Callback-4] must be base64 of JSON too', () => {
    expect(refusal(() => parseVariables({ name: 'callback-var', value: '*' })).code).toBe('InvalidArgument');
    expect(refusal(() => variables('x')).code).toBe('InvalidArgument');
  });
});
