import { describe, expect, it } from 'vitest';
import { DAY, stopClock } from '../support/clock.ts';
import { send } from '../support/wire.ts';
import { inTheWay, makeDirectory, names, newTree, policy, put, removeTree, rename, result } from './support.ts';

const noSuchKey = [404, 'NoSuchKey'];

/** Headers of GET that a change of name must not change. */
async function shown(bucket: string, key: string): Promise<unknown> {
  const { text, headers } = await send('GET', `/${bucket}/${key}`);
  const kept = [...headers].filter(([name]) => !['date', 'x-oss-request-id', 'x-oss-server-time'].includes(name));
  return { text, kept, acl: (await send('GET', `/${bucket}/${key}?acl`)).one('Grant') };
}

describe('Rename', () => {
  it('[Rename-4] [Rename-7] moves an object with all that belongs to it', async () => {
    const moveOn = stopClock();
    const bucket = await newTree();
    await makeDirectory(bucket, 'desktop/osstest');
    const headers = { 'x-oss-meta-a': 'b', 'x-oss-object-acl': 'public-read', 'content-type': 'text/x' };
    await put(bucket, 'desktop/osstest/a', { headers, body: 'x'.repeat(20_000) });
    const before = await shown(bucket, 'desktop/osstest/a');
    moveOn(DAY);
    const answer = await rename(bucket, 'desktop/osstest/a', 'desktop/osstest/b');
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(await shown(bucket, 'desktop/osstest/b')).toEqual(before);
    expect(await names(bucket)).toEqual(['desktop/', 'desktop/osstest/', 'desktop/osstest/b']);
  });

  it('[Rename-4] moves a directory with all that is in it', async () => {
    const moveOn = stopClock();
    const bucket = await newTree();
    const inside = ['1', 'b/2', 'b/c/3', '%00nul', '%F0%9F%98%80/%C3%A9', '%EF%BF%BD', '%F4%8F%BF%BF'];
    for (const key of inside) await put(bucket, `a/${key}`, { headers: { 'x-oss-object-acl': 'private' } });
    for (const key of ['a', 'a-', 'a.', 'a0', 'a0/x', 'b/b']) if (key !== 'a') await put(bucket, key);
    const before = await Promise.all(inside.map((key) => shown(bucket, `a/${key}`)));
    const all = await names(bucket);
    moveOn(DAY);
    expect(result(await rename(bucket, 'a', 'b/moved'))).toEqual([200]);
    expect(await Promise.all(inside.map((key) => shown(bucket, `b/moved/${key}`)))).toEqual(before);
    const moved = all.map((name) => name.replace(/^a\//, 'b/moved/'));
    expect((await names(bucket)).sort()).toEqual(moved.sort());
    expect(result(await send('GET', `/${bucket}/a/1`))).toEqual(noSuchKey);
    expect(result(await send('HEAD', `/${bucket}/a`))[0]).toBe(404);
    expect((await send('HEAD', `/${bucket}/b/moved`)).header('content-type')).toBe('application/x-directory');
  });

  it('[Rename-2] [Rename-E2] needs the source and both parents', async () => {
    const bucket = await newTree();
    await put(bucket, 'a/1');
    for (const [source, target] of [
      ['none', 'b'],
      ['none/1', 'b'],
      ['a/1/deeper', 'b'],
      ['a/1', 'none/b'],
      ['a', 'none/b'],
      ['a', 'a2/b/c'],
    ] as const) {
      expect(result(await rename(bucket, source, target)), `${source} to ${target}`).toEqual(noSuchKey);
    }
    await put(bucket, 'file');
    expect(result(await rename(bucket, 'a/1', 'file/b'))).toEqual(noSuchKey);
    expect(await names(bucket)).toEqual(['a/', 'a/1', 'file']);
  });

  it('[Rename-3] [Rename-E3] replaces nothing', async () => {
    const bucket = await newTree();
    for (const key of ['a/1', 'b/1', 'x', 'y']) await put(bucket, key);
    const all = await names(bucket);
    for (const [source, target] of [
      ['x', 'y'],
      ['x', 'a'],
      ['x', 'a/'],
      ['a', 'b'],
      ['a', 'x'],
      ['a/', 'b/'],
      ['a/1', 'b/1'],
    ] as const) {
      expect(result(await rename(bucket, source, target)), `${source} to ${target}`).toEqual(inTheWay);
    }
    expect(await names(bucket)).toEqual(all);
    expect((await send('GET', `/${bucket}/y`)).text).toBe('y');
  });

  it('[Rename-5] refuses the same name, and a place below itself', async () => {
    const bucket = await newTree();
    await put(bucket, 'a/b/1');
    expect(result(await rename(bucket, 'a', 'a'))).toEqual(inTheWay);
    expect(result(await rename(bucket, 'a/b/1', 'a/b/1'))).toEqual(inTheWay);
    for (const target of ['a/c', 'a/b/c']) {
      expect(result(await rename(bucket, 'a', target))).toEqual([400, 'InvalidArgument']);
    }
    expect(await names(bucket)).toEqual(['a/', 'a/b/', 'a/b/1']);
  });

  it('[Rename-6] decodes the source, with or without a slash before it', async () => {
    const bucket = await newTree();
    await put(bucket, 'a%20b%2B%C3%A9');
    expect(result(await rename(bucket, 'a%20b%2B%C3%A9', 'c'))).toEqual([200]);
    expect(result(await rename(bucket, '/c', 'd'))).toEqual([200]);
    expect(await names(bucket)).toEqual(['d']);
    for (const [source, code] of [
      ['%', 'InvalidArgument'],
      ['%FF', 'InvalidArgument'],
      ['', 'MissingArgument'],
      ['/', 'InvalidObjectName'],
      ['//d', 'InvalidObjectName'],
      ['d//', 'InvalidObjectName'],
      ['x'.repeat(2_000), 'InvalidObjectName'],
    ] as const) {
      expect(result(await rename(bucket, source, 'e')), source).toEqual([400, code]);
    }
    expect(result(await send('POST', `/${bucket}/e?x-oss-rename`))).toEqual([400, 'MissingArgument']);
  });

  it('[Rename-1] [Rename-E1] needs to delete the source and to put the target', async () => {
    const bucket = await newTree();
    for (const key of ['src/1', 'dst/1', 'src/d/2', 'other/3']) await put(bucket, key);
    const allow = (actions: string[], resources: string[]) => ({
      Effect: 'Allow',
      Principal: ['user'],
      Action: actions,
      Resource: resources.map((name) => `acs:oss:*:*:${bucket}/${name}`),
    });
    await policy(bucket, [
      allow(['oss:DeleteObject', 'oss:PutObject'], ['*']),
      { ...allow(['oss:PutObject'], ['other/*']), Effect: 'Deny' },
      { ...allow(['oss:DeleteObject'], ['dst/*']), Effect: 'Deny' },
    ]);
    const as = 'user' as const;
    const denied = [403, 'AccessDenied'];
    expect(result(await rename(bucket, 'src/1', 'other/1', { as }))).toEqual(denied);
    expect(result(await rename(bucket, 'dst/1', 'src/3', { as }))).toEqual(denied);
    // What may not be deleted in a directory may not go elsewhere with it.
    expect(result(await rename(bucket, 'dst', 'src/3', { as }))).toEqual(denied);
    expect(result(await rename(bucket, 'src/1', 'dst/2', { as }))).toEqual([200]);
    expect(result(await rename(bucket, 'src/d', 'dst/d', { as }))).toEqual([200]);
    for (const stranger of ['anonymous', 'other', 'reader'] as const) {
      expect(result(await rename(bucket, 'src', 'x', { as: stranger })), stranger).toEqual(denied);
      expect(result(await rename(bucket, 'none', 'x', { as: stranger })), stranger).toEqual(denied);
    }
  });

  it('[Rename-1] is kept by the ACL of any object in a directory', async () => {
    const bucket = await newTree({ acl: 'public-read-write' });
    await put(bucket, 'a/b/1');
    await put(bucket, 'a/b/2', { headers: { 'x-oss-object-acl': 'public-read' } });
    const as = 'other' as const;
    expect(result(await rename(bucket, 'a', 'c', { as }))).toEqual([403, 'AccessDenied']);
    expect(result(await rename(bucket, 'a/b/2', 'c', { as }))).toEqual([403, 'AccessDenied']);
    expect(result(await rename(bucket, 'a/b/1', 'c', { as }))).toEqual([200]);
    await send('PUT', `/${bucket}/a/b/2?acl`, { headers: { 'x-oss-object-acl': 'public-read-write' } });
    expect(result(await rename(bucket, 'a', 'd', { as }))).toEqual([200]);
    expect(await names(bucket)).toEqual(['c', 'd/', 'd/b/', 'd/b/2']);
  });

  it('[Rename-4] gives no object a name that is too long', async () => {
    const bucket = await newTree();
    const deep = `a/${'é'.repeat(500)}`;
    await put(bucket, encodeURIComponent(deep).replaceAll('%2F', '/'));
    expect(result(await rename(bucket, 'a', 'b'.repeat(23)))).toEqual([400, 'InvalidObjectName']);
    expect(result(await rename(bucket, 'a', 'b'.repeat(22)))).toEqual([200]);
    expect(await names(bucket)).toEqual([`${'b'.repeat(22)}/`, `${'b'.repeat(22)}/${'é'.repeat(500)}`]);
  });

  it('[Rename-8] loses nothing that is written at the same time', async () => {
    const bucket = await newTree();
    await makeDirectory(bucket, 'a');
    const writes = Array.from({ length: 12 }, (_, i) => put(bucket, `a/${i}`));
    const moves = ['b', 'c', 'd'].map((target) => rename(bucket, 'a', target));
    const moved = await Promise.all(moves);
    expect((await Promise.all(writes)).map(({ status }) => status)).toEqual(Array(12).fill(200));
    expect(moved.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    const files = (await names(bucket)).filter((name) => !name.endsWith('/'));
    expect(files.map((name) => name.split('/')[1]).sort()).toEqual(Array.from({ length: 12 }, (_, i) => `${i}`).sort());
    for (const name of files) expect((await send('GET', `/${bucket}/${name}`)).text).toBe(`a/${name.split('/')[1]}`);
  });

  it('[Rename-4] moves only rows: what was read before can be read and deleted after', async () => {
    const bucket = await newTree();
    const body = 'x'.repeat(300_000);
    await put(bucket, 'a/large', { body });
    await rename(bucket, 'a', 'b');
    expect((await send('GET', `/${bucket}/b/large`)).text).toBe(body);
    expect((await removeTree(bucket, 'b')).one('DeleteNumber')).toBe('2');
    expect(await names(bucket)).toEqual([]);
  });
});
