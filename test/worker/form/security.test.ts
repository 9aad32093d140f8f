import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { handle } from '../../../src/gateway.ts';
import { built } from '../../../src/oss/operations/index.ts';
import { planned } from '../../../src/oss/operations/planned.ts';
import { formBytes } from '../../support/form.ts';
import { type PostWish, parts, post } from '../support/form.ts';
import { type Answer, accounts, configure, expectRefusal, newBucket, send } from '../support/wire.ts';

const type = { 'content-type': 'multipart/form-data; boundary=b0undary' };

async function expectNothing(bucket: string): Promise<void> {
  const list = await send('GET', `/${bucket}`);
  expect(list.status).toBe(200);
  expect(list.all('Key')).toEqual([]);
}

/** A form that is refused while its file has not even begun to arrive, so that nothing of it can have been stored. */
async function refusedUnread(bucket: string, wish: PostWish, status: number, code: string): Promise<Answer> {
  const whole = Buffer.from(formBytes('b0undary', parts({ ...wish, file: 'FILE CONTENT' })));
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  writer.write(new Uint8Array(whole.subarray(0, whole.indexOf('FILE CONTENT')))).catch(() => {});
  const answer = await post(bucket, { ...wish, body: readable });
  expectRefusal(answer, status, code);
  await expectNothing(bucket);
  return answer;
}

describe('[Sec-4] whose signature counts', () => {
  const places = ['header', 'query'] as const;

  it.each(places)('a forged form is refused whatever the %s says', async (place) => {
    const bucket = await newBucket();
    const forged = parts({ sign: { accessKeySecret: 'wrong' } });
    const sent = await send('POST', `/${bucket}`, { place, headers: type, body: formBytes('b0undary', forged) });
    expectRefusal(sent, 403, 'SignatureDoesNotMatch');
    // So is one without a signature: a good one elsewhere is not looked at.
    const bare = formBytes('b0undary', parts({ as: 'anonymous' }));
    expectRefusal(await send('POST', `/${bucket}`, { place, headers: type, body: bare }), 403, 'AccessDenied');
    await expectNothing(bucket);
  });

  it('a good form is taken, whatever header and query say', async () => {
    const bucket = await newBucket();
    const authorization = 'OSS4-HMAC-SHA256 Credential=x/20250115/cn-hangzhou/oss/aliyun_v4_request,Signature=0';
    for (const [key, wish] of Object.entries({
      a: { headers: { authorization } },
      b: { headers: { authorization: 'Bearer secret' } },
      c: { path: `/${bucket}?OSSAccessKeyId=x&Expires=1&Signature=y` },
      d: { path: `/${bucket}?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-signature=0`, headers: { authorization } },
    })) {
      expect((await post(bucket, { ...wish, fields: { key } })).status, key).toBe(204);
      expect((await send('GET', `/${bucket}/${key}`)).text).toBe('hello');
    }
  });

  it('a parameter of its own does not ride along', async () => {
    const bucket = await newBucket();
    expect((await post(bucket, { path: `/${bucket}?x=1` })).status).toBe(400);
    await expectNothing(bucket);
  });
});

describe('[Sec-5] a form sent to anything but a bucket', () => {
  const rows = [...built, ...planned].filter(({ method, name }) => method === 'POST' && name !== 'PostObject');
  const query = (select: readonly string[] = []) =>
    select.map((key) => (key.includes('=') ? key : `${key}=1`)).join('&');

  it.each(rows.map((row) => [row.name, row] as const))('is authenticated as usual: %s', async (_, row) => {
    const bucket = await newBucket();
    const path = { service: '/', bucket: `/${bucket}`, object: `/${bucket}/key` }[row.target];
    const body = formBytes('b0undary', parts({}));
    const where = `${path}?${query(row.select)}`;
    const anonymous = await send('POST', where, { as: 'anonymous', headers: { ...type, 'content-md5': 'x' }, body });
    expect(anonymous.status, anonymous.text).toBeGreaterThanOrEqual(400);
    // What needs its body to know its objects says first what is wrong with that.
    if (row.perObject) expect(anonymous.status).toBe(400);
    else expectRefusal(anonymous, 403, 'AccessDenied');
    const forged = { authorization: 'OSS OWNERKEY:AAAAAAAAAAAAAAAAAAAAAAAAAAA=', date: new Date().toUTCString() };
    const refused = await send('POST', where, { as: 'anonymous', headers: { ...type, ...forged }, body });
    expectRefusal(refused, 403, 'SignatureDoesNotMatch');
    await expectNothing(bucket);
  });

  it('is no upload at all: an object, the service, a PUT', async () => {
    const bucket = await newBucket();
    const body = formBytes('b0undary', parts({}));
    expectRefusal(await send('POST', `/${bucket}/key`, { headers: type, body }), 405, 'MethodNotAllowed');
    expectRefusal(await send('POST', '/', { headers: type, body }), 405, 'MethodNotAllowed');
    await expectNothing(bucket);
    expectRefusal(await send('PUT', `/${bucket}/key`, { as: 'anonymous', headers: type, body }), 403, 'AccessDenied');
    await expectNothing(bucket);
  });
});

describe('[Sec-6] the spelling of the content type', () => {
  it.each(['multipart/form-datA', 'Multipart/Form-Data', 'MULTIPART/FORM-DATA'])('%s is a form', async (spelled) => {
    const bucket = await newBucket();
    const headers = { 'content-type': `${spelled}; Boundary=b0undary` };
    expectRefusal(await post(bucket, { headers, as: 'anonymous' }), 403, 'AccessDenied');
    expectRefusal(await post(bucket, { headers, sign: { accessKeySecret: 'x' } }), 403, 'SignatureDoesNotMatch');
    await expectNothing(bucket);
    expect((await post(bucket, { headers })).status).toBe(204);
    // Nor does it open anything else.
    const body = '<Delete><Object><Key>a.txt</Key></Object></Delete>';
    for (const path of [`/${bucket}?delete`, `/${bucket}?worm`]) {
      expect((await send('POST', path, { as: 'anonymous', headers, body })).status).toBeGreaterThanOrEqual(400);
    }
    expect((await send('GET', `/${bucket}/a.txt`)).text).toBe('hello');
  });

  it.each(['multipart/form-dataX', 'multipart/mixed', 'text/plain', 'application/x-www-form-urlencoded'])(
    '%s is none, whoever sends it',
    async (other) => {
      const bucket = await newBucket();
      const headers = { 'content-type': `${other}; boundary=b0undary` };
      expectRefusal(await post(bucket, { headers }), 400, 'RequestIsNotMultiPartContent');
      const signed = await send('POST', `/${bucket}`, { headers, body: formBytes('b0undary', parts({})) });
      expectRefusal(signed, 400, 'RequestIsNotMultiPartContent');
      await expectNothing(bucket);
    },
  );

  it('names that are reserved are no buckets, for a form either', async () => {
    for (const name of ['-', '.well-known', 'BUCKET', 'a%2eb', 'a']) {
      expect((await post('-', { path: `/${name}` })).status, name).toBe(400);
    }
    expect((await post('-', { path: '/-/health' })).status).toBe(400);
  });
});

describe('[Sec-7] the bucket of a form', () => {
  it('is that of the request: neither a field nor another policy leads elsewhere', async () => {
    const [bucket, other] = [await newBucket(), await newBucket()];
    await refusedUnread(bucket, { fields: { key: 'a', bucket: other } }, 400, 'InvalidArgument');
    await refusedUnread(bucket, { conditions: [{ bucket: other }] }, 403, 'AccessDenied');
    await expectNothing(other);
    const good = { fields: { key: 'a', bucket }, conditions: [{ bucket }] };
    expect((await post(bucket, good)).status).toBe(204);
  });
});

describe('[Sec-8] conditions, broken one at a time', () => {
  const fields = {
    key: 'user/a',
    success_action_status: '201',
    'Content-Type': 'image/png',
    'x-oss-meta-a': 'b',
    'x-oss-object-acl': 'private',
  };
  const conditions = [
    ['starts-with', '$key', 'user/'],
    { success_action_status: '201' },
    ['in', '$content-type', ['image/png', 'image/jpeg']],
    ['not-in', '$cache-control', ['no-cache']],
    ['eq', '$x-oss-meta-a', 'b'],
    ['eq', '$X-Oss-Object-Acl', 'private'],
    ['content-length-range', 1, 100],
  ];

  it.each([
    { key: 'other/a' },
    { success_action_status: '200' },
    { 'Content-Type': 'text/html' },
    { 'Cache-Control': 'no-cache' },
    { 'x-oss-meta-a': 'c' },
    { 'x-oss-object-acl': 'public-read-write' },
  ])('%j is refused before the file is read', async (wrong) => {
    const bucket = await newBucket();
    const file = { type: fields['Content-Type'] };
    expect((await post(bucket, { fields, conditions, file })).status).toBe(201);
    await send('DELETE', `/${bucket}/user/a`);
    const answer = await refusedUnread(bucket, { fields: { ...fields, ...wrong }, conditions }, 403, 'AccessDenied');
    expect(answer.one('Message')).toMatch(/^Invalid according to Policy: Policy Condition failed: \["/);
    expect(answer.header('x-oss-ec')).toBe('0006-00000227');
  });
});

describe('[Sec-9] [Sec-13] who may', () => {
  it('nobody knows who sent a form without a signature: its bucket must be open', async () => {
    const closed = await newBucket();
    await refusedUnread(closed, { as: 'anonymous' }, 403, 'AccessDenied');
    const readable = await newBucket({ acl: 'public-read' });
    await refusedUnread(readable, { as: 'anonymous' }, 403, 'AccessDenied');
    const open = await newBucket({ acl: 'public-read-write' });
    expect((await post(open, { as: 'anonymous' })).status).toBe(204);
  });

  it('a policy without a signature proves nothing', async () => {
    const bucket = await newBucket();
    const { policy } = Object.fromEntries(parts({}).map(({ name, value }) => [name, value as string]));
    await refusedUnread(bucket, { as: 'anonymous', fields: { key: 'a', policy: policy! } }, 400, 'InvalidArgument');
  });

  it('a signature of somebody without the permission lets nothing in', async () => {
    const bucket = await newBucket();
    for (const as of ['user', 'reader', 'other'] as const) await refusedUnread(bucket, { as }, 403, 'AccessDenied');
    const statement = (Effect: string, Principal: string) => ({
      Effect,
      Action: 'oss:PutObject',
      Principal: [Principal],
      Resource: `acs:oss:*:*:${bucket}/a*`,
    });
    const policy = (...Statement: unknown[]) =>
      configure(bucket, { documents: { policy: JSON.stringify({ Version: '1', Statement }) } });
    await policy(statement('Allow', 'user'), statement('Allow', accounts.other));
    for (const as of ['user', 'other'] as const) expect((await post(bucket, { as })).status).toBe(204);
    expectRefusal(await post(bucket, { as: 'user', fields: { key: 'b' } }), 403, 'AccessDenied');
    // The key that counts is the one that is stored.
    const named = { fields: { key: '${filename}' }, file: { filename: 'b.txt' } };
    expectRefusal(await post(bucket, { as: 'user', ...named }), 403, 'AccessDenied');
    await policy(statement('Allow', 'user'), statement('Deny', 'user'));
    expectRefusal(await post(bucket, { as: 'user' }), 403, 'AccessDenied');
  });

  it('a policy on ACLs sees the field, not a header', async () => {
    const bucket = await newBucket();
    const Condition = { StringEquals: { 'oss:x-oss-object-acl': 'private' } };
    const Statement = [
      { Effect: 'Allow', Action: 'oss:PutObject', Principal: ['user'], Resource: `acs:oss:*:*:${bucket}/*`, Condition },
    ];
    await configure(bucket, { documents: { policy: JSON.stringify({ Version: '1', Statement }) } });
    const asks = (acl: string, header: string) =>
      post(bucket, {
        as: 'user',
        fields: { key: 'a', 'x-oss-object-acl': acl },
        headers: { 'x-oss-object-acl': header },
      });
    expectRefusal(await asks('public-read', 'private'), 403, 'AccessDenied');
    expect((await asks('private', 'public-read')).status).toBe(204);
  });

  it("an object's own ACL keeps strangers from replacing it", async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    await post(bucket, { fields: { key: 'a', 'x-oss-object-acl': 'private' } });
    expectRefusal(await post(bucket, { as: 'anonymous', fields: { key: 'a' }, file: 'x' }), 403, 'AccessDenied');
    expect((await send('GET', `/${bucket}/a`)).text).toBe('hello');
  });

  it('a refusal by an old copy of the configuration is not the last word, and neither is a permission', async () => {
    const bucket = await newBucket();
    await configure(bucket, { acl: 'public-read-write' });
    expect((await post(bucket, { as: 'anonymous' })).status).toBe(204);
    await configure(bucket, { acl: 'private' });
    expectRefusal(await post(bucket, { as: 'anonymous', fields: { key: 'b' } }), 403, 'AccessDenied');
    expect((await send('HEAD', `/${bucket}/b`)).status).toBe(404);
  });
});

describe('[Sec-10] fields that the policy does not name', () => {
  const wish = { fields: { key: 'a', 'x-oss-object-acl': 'public-read' } };

  it('are accepted, as the service does', async () => {
    const bucket = await newBucket();
    expect((await post(bucket, wish)).status).toBe(204);
  });

  it('are refused with STRICT_FORM_FIELDS=true', async () => {
    const bucket = await newBucket();
    const strict = async (fields: Record<string, string>, conditions?: unknown[]) => {
      const context = createExecutionContext();
      const body = formBytes('b0undary', parts({ fields, ...(conditions === undefined ? {} : { conditions }) }));
      const request = new Request(`http://localhost/${bucket}`, { method: 'POST', headers: type, body });
      const response = await handle(request, { ...env, STRICT_FORM_FIELDS: 'true' }, context);
      await waitOnExecutionContext(context);
      return response.status;
    };
    expect(await strict(wish.fields)).toBe(403);
    await expectNothing(bucket);
    const named = [
      ['starts-with', '$key', ''],
      ['starts-with', '$x-oss-object-acl', ''],
    ];
    expect(await strict(wish.fields, named)).toBe(204);
    expect(await strict({ key: 'a', submit: 'Upload' })).toBe(204);
  });
});

describe('policies that say two things, or that never end', () => {
  const document = (expiration: string, more = '') =>
    `{"expiration":${expiration},"conditions":[["starts-with","$key","user/"]]${more}}`;
  const soon = JSON.stringify(new Date(Date.now() + 60_000).toISOString());
  const past = JSON.stringify(new Date(Date.now() - 1_000).toISOString());

  it.each([
    [
      '[Sec-11] conditions twice',
      document(soon, ',"conditions":[["starts-with","$key",""]]'),
      400,
      'InvalidPolicyDocument',
    ],
    ['[Sec-11] expiration twice', document(soon, `,"expiration":${past}`), 400, 'InvalidPolicyDocument'],
    ['[Sec-12] no expiration', '{"conditions":[["starts-with","$key",""]]}', 400, 'InvalidPolicyDocument'],
    ['[Sec-12] an expiration that is no date', document('"never"'), 400, 'InvalidPolicyDocument'],
    ['[Sec-12] an expiration in the past', document(past), 403, 'AccessDenied'],
  ])('%s', async (_, policy, status, code) => {
    const bucket = await newBucket();
    const wish = { scheme: 'V1', fields: { key: 'user/a' }, sign: { document: policy } } as const;
    await refusedUnread(bucket, wish, status, code);
    expect((await post(bucket, { ...wish, sign: { document: document(soon) } })).status).toBe(204);
  });
});

describe('[Sec-14] file names', () => {
  it.each([
    ['../../etc/passwd', 'user/passwd'],
    ['C:\\dir\\a.txt', 'user/a.txt'],
    ['..', 'user/..'],
    ['a?b#c%2f.txt', 'user/a?b#c%2f.txt'],
    ['测😀.txt', 'user/测😀.txt'],
  ])('%s makes the key %s', async (filename, key) => {
    const bucket = await newBucket();
    const conditions = [['starts-with', '$key', 'user/']];
    const fields = { key: 'user/${filename}', success_action_status: '201' };
    const answer = await post(bucket, { fields, conditions, file: { filename } });
    expect(answer.one('Key')).toBe(key);
    expect((await send('GET', `/${bucket}`)).all('Key')).toEqual([key]);
  });

  it.each([
    ['a NUL', 'a\0b', 'MalformedPOSTRequest'],
    ['a carriage return', 'a\rb', 'MalformedPOSTRequest'],
    ['a line break', 'a\r\nx-injected: b', 'MalformedPOSTRequest'],
    ['1,024 bytes', 'x'.repeat(1_024), 'InvalidObjectName'],
    ['nothing', '', 'InvalidObjectName'],
    ['a slash at its end', 'dir/', 'InvalidObjectName'],
  ])('%s in one is refused', async (_, filename, code) => {
    const bucket = await newBucket();
    expectRefusal(await post(bucket, { fields: { key: '${filename}' }, file: { filename } }), 400, code);
    await expectNothing(bucket);
  });

  it('what it makes of the key is what counts', async () => {
    const bucket = await newBucket();
    const conditions = [['not-in', '$key', ['secret.txt']]];
    const fields = { key: '${filename}' };
    expectRefusal(await post(bucket, { fields, conditions, file: { filename: 'secret.txt' } }), 403, 'AccessDenied');
    await expectNothing(bucket);
    expect((await post(bucket, { fields, conditions, file: { filename: 'a.txt' } })).status).toBe(204);
  });
});

describe('[Sec-15] hostile forms', () => {
  const file = { name: 'file', filename: 'b', value: 'second' };
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, '']));

  it.each<[string, PostWish, string]>([
    ['fields behind the file', { fields: {}, behind: [{ name: 'key', value: 'a' }] }, 'InvalidArgument'],
    ['a second file', { behind: [file] }, 'IncorrectNumberOfFilesInPOSTRequest'],
    ['no file', { file: null }, 'IncorrectNumberOfFilesInPOSTRequest'],
    [
      'the policy behind the file',
      { forged: { policy: undefined }, behind: [{ name: 'policy', value: 'e30=' }] },
      'InvalidArgument',
    ],
    ['no key', { fields: {} }, 'InvalidArgument'],
    [
      'two keys',
      {
        fields: [
          ['key', 'a'],
          ['Key', 'b'],
        ],
      },
      'InvalidArgument',
    ],
    ['no boundary', { headers: { 'content-type': 'multipart/form-data' } }, 'MalformedPOSTRequest'],
    [
      'another boundary',
      { headers: { 'content-type': 'multipart/form-data; boundary=other' } },
      'MalformedPOSTRequest',
    ],
    ['no body', { body: '' }, 'MalformedPOSTRequest'],
    ['no end', { body: `--b0undary\r\nContent-Disposition: form-data; name="key"\r\n\r\na` }, 'MalformedPOSTRequest'],
    ['ten thousand fields', { fields: { key: 'a', ...many(10_000) } }, 'MaxPOSTPreDataLengthExceededError'],
    ['a huge field', { fields: { key: 'a', x: 'x'.repeat(2 * 1024 * 1024 + 1) } }, 'FieldItemTooLong'],
    ['a huge name', { fields: { key: 'a', ['x'.repeat(9 * 1024)]: '' } }, 'FieldItemTooLong'],
    ['a key that is too long', { fields: { key: 'x'.repeat(1_024) } }, 'InvalidObjectName'],
    ['a key with a slash in front', { fields: { key: '/a' } }, 'InvalidObjectName'],
  ])('with %s are refused', async (_, wish, code) => {
    const bucket = await newBucket();
    expectRefusal(await post(bucket, wish), 400, code);
    await expectNothing(bucket);
  });

  it.each(['--', '----WebKitFormBoundary', `--${'-'.repeat(68)}`, "a'()+_,-./:=?"])(
    'with the boundary %s are taken',
    async (boundary) => {
      const bucket = await newBucket();
      const headers = { 'content-type': `multipart/form-data; boundary="${boundary}"` };
      const value = `\r\n--${boundary}x\r\n-${boundary}`;
      expect((await post(bucket, { boundary, headers, file: value })).status).toBe(204);
      expect((await send('GET', `/${bucket}/a.txt`)).text).toBe(value);
    },
  );

  it('that break off leave what was there', async () => {
    const bucket = await newBucket();
    await post(bucket);
    const whole = formBytes('b0undary', parts({ file: new Uint8Array(300_000) }));
    for (const length of [whole.length - 2_000, whole.length - 6]) {
      expectRefusal(await post(bucket, { body: whole.slice(0, length) }), 400, 'MalformedPOSTRequest');
    }
    expect((await send('GET', `/${bucket}/a.txt`)).text).toBe('hello');
  });
});
