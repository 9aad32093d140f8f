import { beforeAll, describe, expect, it } from 'vitest';
import { OssError } from '../../../src/oss/answer/errors.ts';
import { requestMeta } from '../../../src/oss/object/meta.ts';
import { type Answer, expectRefusal, newBucket, send } from '../support/wire.ts';

let bucket: string;

beforeAll(async () => {
  bucket = await newBucket();
});

async function stored(headers: Record<string, string>): Promise<Answer> {
  const answer = await send('PUT', `/${bucket}/a`, { headers, body: 'x' });
  expect(answer.status, answer.error).toBe(200);
  return send('HEAD', `/${bucket}/a`);
}

async function refused(headers: Record<string, string>, argument?: string): Promise<void> {
  await send('DELETE', `/${bucket}/refused`);
  const answer = await send('PUT', `/${bucket}/refused`, { headers, body: 'x' });
  expectRefusal(answer, 400, 'InvalidArgument');
  if (argument !== undefined) expect(answer.one('ArgumentName')).toBe(argument);
  expectRefusal(await send('GET', `/${bucket}/refused`), 404, 'NoSuchKey');
}

function userMeta(answer: Answer): Record<string, string> {
  return Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith('x-oss-meta-')));
}

describe('metadata', () => {
  it('[ObjCommon-19] [PutObject-18] keeps user metadata under lower-case names', async () => {
    const answer = await stored({ 'X-Oss-Meta-Author': 'Alice', 'x-oss-meta-a-1': '', 'x-oss-meta-0': '0' });
    expect(userMeta(answer)).toEqual({ 'x-oss-meta-author': 'Alice', 'x-oss-meta-a-1': '', 'x-oss-meta-0': '0' });
    expect(userMeta(await send('GET', `/${bucket}/a`))).toEqual(userMeta(answer));
  });

  it('[ObjCommon-19] refuses names of other characters than letters, digits and hyphen', async () => {
    for (const name of ['x-oss-meta-a_b', 'x-oss-meta-a.b', 'x-oss-meta-', "x-oss-meta-a'b"])
      await refused({ [name]: '1' }, name);
  });

  it('[ObjCommon-19] [Sec-38] keeps up to 8 KB, names and values together', async () => {
    const large = (bytes: number) => ({ 'x-oss-meta-a': 'v'.repeat(bytes - 3), 'x-oss-meta-b': 'v' });
    expect(userMeta(await stored(large(8_192)))['x-oss-meta-a']).toHaveLength(8_189);
    await refused(large(8_193));
    // Bytes, not characters. Not through the wire: the runtime would log such a value in full.
    const meta = (value: string) => () => requestMeta(new Headers({ 'x-oss-meta-a': value }));
    expect(meta(`${'v'.repeat(8_188)}中`)()).toBeTruthy();
    expect(meta(`${'v'.repeat(8_189)}中`)).toThrow(OssError);
  });

  it('[ObjCommon-19] replays values byte for byte', async () => {
    for (const value of ['中文', 'é', 'a, b', '"quoted"', 'a=b;c', '%E4%B8%AD', '\u{1f600}', 'tab\tinside', '<&>']) {
      expect(userMeta(await stored({ 'x-oss-meta-a': value }))).toEqual({ 'x-oss-meta-a': value });
    }
  });

  it('[Sec-38] joins metadata that is sent twice, and signs it so', async () => {
    const headers = new Headers([
      ['x-oss-meta-a', '1'],
      ['x-oss-meta-a', '2'],
    ]);
    expect(userMeta(await stored(Object.fromEntries(headers)))).toEqual({ 'x-oss-meta-a': '1, 2' });
  });

  it('[ObjCommon-20] keeps five standard headers as they are, and no other', async () => {
    const headers = {
      'cache-control': 'no-cache, max-age=0',
      expires: '2015-10-01 00:00:00',
      'content-encoding': 'x-own',
      'content-disposition': 'attachment; filename="中.txt"',
      'content-type': 'text/x-own; charset=x',
    };
    const answer = await stored({ ...headers, 'content-language': 'zh', 'x-own': '1', 'x-oss-own': '1', pragma: 'x' });
    for (const [name, value] of Object.entries(headers)) expect(answer.header(name)).toBe(value);
    for (const name of ['content-language', 'x-own', 'x-oss-own', 'pragma']) expect(answer.header(name)).toBe(null);
  });

  it('[ObjCommon-20] says application/octet-stream where no type was given', async () => {
    expect((await stored({})).header('content-type')).toBe('application/octet-stream');
    expect(requestMeta(new Headers({ 'content-type': '', expires: '' })).headers).toEqual({});
  });

  it('[ObjCommon-21] [PutObject-18] [HeadObject-11] keeps further headers that x-oss-persistent-headers names', async () => {
    const encode = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
    const answer = await stored({
      'x-oss-persistent-headers': `X-Own:${encode('1')}, content-language:${encode('中')},empty:`,
    });
    expect([answer.header('x-own'), answer.header('content-language'), answer.header('empty')]).toEqual([
      '1',
      '中',
      '',
    ]);
    expect((await send('GET', `/${bucket}/a`)).header('x-own')).toBe('1');
  });

  it('[ObjCommon-21] [Sec-20] [Sec-28] stores no header of the gateway’s own, and none that breaks out', async () => {
    const persistent = (item: string) => refused({ 'x-oss-persistent-headers': item }, 'x-oss-persistent-headers');
    for (const name of [
      'x-oss-meta-a',
      'x-oss-object-acl',
      'x-oss-version-id',
      'X-OSS-Request-Id',
      'etag',
      'content-length',
      'content-md5',
      'content-range',
      'set-cookie',
      'clear-site-data',
      'service-worker-allowed',
      'location',
      'transfer-encoding',
      'access-control-allow-origin',
      'server',
      'date',
      'last-modified',
      'vary',
    ]) {
      await persistent(`${name}:${btoa('x')}`);
    }
    for (const item of [
      'x-own',
      'x-own:eA==:x',
      'x-own:***',
      ':eA==',
      'x own:eA==',
      `x-own:${btoa('a\r\nx-evil: 1')}`,
      `x-own:${btoa('\0')}`,
      `x-own:${btoa('a\x01')}`,
      `x-own:${btoa('\x7f')}`,
      `x-own:${btoa('\xff')}`,
      `${'n'.repeat(129)}:eA==`,
    ]) {
      await persistent(item);
    }
    await persistent(`x-own:${btoa('v'.repeat(9_000))}`);
  });

  it('[Sec-20] an unknown x-oss- header changes nothing and is not kept', async () => {
    const headers = {
      'x-oss-owner': '2000000000000002',
      'x-oss-account-id': '2000000000000002',
      'x-oss-principal': 'root',
      'x-oss-version-id': 'CAEQ00',
      'x-oss-object-type': 'Appendable',
      'x-oss-hash-crc64ecma': '1',
      'x-oss-request-id': 'mine',
      'x-oss-restore': 'ongoing-request="true"',
    };
    const answer = await stored(headers);
    expect(answer.header('x-oss-object-type')).toBe('Normal');
    expect(answer.header('x-oss-hash-crc64ecma')).not.toBe('1');
    expect(answer.header('x-oss-request-id')).not.toBe('mine');
    for (const name of ['x-oss-owner', 'x-oss-account-id', 'x-oss-principal', 'x-oss-version-id', 'x-oss-restore']) {
      expect(answer.header(name)).toBe(null);
    }
    for (const as of ['other', 'user', 'anonymous'] as const) {
      const spoofed = await send('GET', `/${bucket}/a`, {
        as,
        headers: { ...headers, 'x-oss-owner': '1000000000000001' },
      });
      expectRefusal(spoofed, 403, 'AccessDenied');
    }
  });
});
