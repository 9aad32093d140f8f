import { describe, expect, it } from 'vitest';
import { encodeToken } from '../../../src/oss/listing/continuation-token.ts';
import { send } from '../support/wire.ts';
import {
  inTheWay,
  makeDirectory,
  names,
  newTree,
  policy,
  put,
  removeDirectory,
  removeTree,
  result,
} from './support.ts';

const noSuchKey = [404, 'NoSuchKey'];

async function fill(bucket: string, path: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, i) => put(bucket, `${path}/${String(i).padStart(3, '0')}`)));
}

describe('DeleteDirectory', () => {
  it('[DeleteDirectory-5] [DeleteDirectory-11] deletes an empty directory', async () => {
    const bucket = await newTree();
    await makeDirectory(bucket, 'desktop/osstest/a');
    for (const [path, left] of [
      ['desktop/osstest/a/', ['desktop/', 'desktop/osstest/']],
      ['desktop/osstest', ['desktop/']],
    ] as const) {
      const answer = await removeDirectory(bucket, path);
      expect([answer.status, answer.text]).toEqual([
        200,
        `<?xml version="1.0" encoding="UTF-8"?>\n<DeleteDirectoryResult><DirectoryName>${path.replace(/\/$/, '')}</DirectoryName><DeleteNumber>1</DeleteNumber></DeleteDirectoryResult>`,
      ]);
      expect(await names(bucket)).toEqual(left);
    }
  });

  it('[DeleteDirectory-1] [DeleteDirectory-E3] leaves one that holds something', async () => {
    const bucket = await newTree();
    await put(bucket, 'a/b/1');
    for (const headers of [{}, { 'x-oss-delete-recursive': 'false' }, { 'x-oss-delete-token': 'whatever' }]) {
      expect(result(await removeDirectory(bucket, 'a', { headers }))).toEqual(inTheWay);
      expect(result(await removeDirectory(bucket, 'a/b', { headers }))).toEqual(inTheWay);
    }
    expect(await names(bucket)).toEqual(['a/', 'a/b/', 'a/b/1']);
  });

  it('[DeleteDirectory-2] [DeleteDirectory-4] [DeleteDirectory-6] deletes all of it a hundred at a time', async () => {
    const bucket = await newTree();
    await fill(bucket, 'a/b', 120);
    await fill(bucket, 'a0', 1);
    await put(bucket, 'a/z/1');
    const numbers: string[] = [];
    let token: string | undefined;
    do {
      const answer = await removeTree(bucket, 'a', token);
      expect([answer.status, answer.one('DirectoryName')]).toEqual([200, 'a']);
      numbers.push(answer.one('DeleteNumber')!);
      token = answer.one('NextDeleteToken');
      // Nothing is left without the directory that it is in.
      if (token !== undefined) expect(await names(bucket)).toEqual(expect.arrayContaining(['a/', 'a/b/', 'a/b/000']));
    } while (token !== undefined);
    expect(numbers).toEqual(['100', '24']);
    expect(await names(bucket)).toEqual(['a0/', 'a0/000']);
  });

  it('[DeleteDirectory-2] says at exactly a hundred that nothing is left', async () => {
    const bucket = await newTree();
    await fill(bucket, 'a', 99);
    const answer = await removeTree(bucket, 'a');
    expect([answer.one('DeleteNumber'), answer.has('NextDeleteToken')]).toEqual(['100', false]);
  });

  it('[DeleteDirectory-3] [DeleteDirectory-E4] knows its own tokens', async () => {
    const bucket = await newTree();
    await put(bucket, 'a/1');
    for (const token of ['CgJiYw--', 'x', '%', encodeToken('b/1'), encodeToken('a'), encodeToken('aa/1')]) {
      expect(result(await removeTree(bucket, 'a', token)), token).toEqual([400, 'InvalidArgument']);
    }
    expect(result(await removeTree(bucket, 'a', ''))).toEqual([200]);
    const wrong = { headers: { 'x-oss-delete-recursive': 'perhaps' } };
    expect(result(await removeDirectory(bucket, 'a', wrong))).toEqual([400, 'InvalidArgument']);
  });

  it('[DeleteDirectory-7] does not know the root', async () => {
    const bucket = await newTree();
    await put(bucket, 'a/1');
    expect((await send('POST', `/${bucket}?x-oss-delete`)).status).toBe(405);
    const recursive = { headers: { 'x-oss-delete-recursive': 'true' } };
    expect((await send('POST', `/${bucket}/?x-oss-delete`, recursive)).status).toBe(405);
    expect(result(await removeTree(bucket, '%2F'))).toEqual([400, 'InvalidObjectName']);
    expect(await names(bucket)).toEqual(['a/', 'a/1']);
  });

  it('[DeleteDirectory-8] [DeleteDirectory-E1] needs the permission for each, or deletes nothing', async () => {
    const bucket = await newTree();
    for (const key of ['a/1', 'a/b/2', 'a/b/3', 'a/c/4']) await put(bucket, key);
    const all = await names(bucket);
    const statement = (effect: string, name: string) => ({
      Effect: effect,
      Principal: ['user'],
      Action: ['oss:DeleteObject'],
      Resource: [`acs:oss:*:*:${bucket}/${name}`],
    });
    const as = 'user' as const;
    for (const name of ['a/b/2', 'a/b', 'a']) {
      await policy(bucket, [statement('Allow', '*'), statement('Deny', name)]);
      expect(result(await removeTree(bucket, 'a', undefined, { as })), name).toEqual([403, 'AccessDenied']);
    }
    await policy(bucket, [statement('Allow', 'a/*')]);
    expect(result(await removeTree(bucket, 'a', undefined, { as }))).toEqual([403, 'AccessDenied']);
    expect(await names(bucket)).toEqual(all);
    expect(result(await removeTree(bucket, 'a/b', undefined, { as }))).toEqual([200]);
    for (const stranger of ['anonymous', 'other', 'reader'] as const) {
      expect(result(await removeTree(bucket, 'a', undefined, { as: stranger })), stranger).toEqual([
        403,
        'AccessDenied',
      ]);
      expect(result(await removeDirectory(bucket, 'none', { as: stranger })), stranger).toEqual([403, 'AccessDenied']);
    }
  });

  it('[DeleteDirectory-8] heeds the ACL of each object', async () => {
    const bucket = await newTree({ acl: 'public-read-write' });
    await put(bucket, 'a/1', { headers: { 'x-oss-object-acl': 'private' } });
    await put(bucket, 'a/2');
    expect(result(await removeTree(bucket, 'a', undefined, { as: 'other' }))).toEqual([403, 'AccessDenied']);
    expect(await names(bucket)).toEqual(['a/', 'a/1', 'a/2']);
    expect(result(await removeTree(bucket, 'a'))).toEqual([200]);
  });

  it('[DeleteDirectory-9] finds out about writes in between', async () => {
    const bucket = await newTree();
    await fill(bucket, 'a', 110);
    const token = (await removeTree(bucket, 'a')).one('NextDeleteToken')!;
    await put(bucket, 'a/late');
    expect(result(await removeTree(bucket, 'a', token))).toEqual(inTheWay);
    const anew = await removeTree(bucket, 'a');
    expect([anew.status, anew.one('DeleteNumber'), anew.has('NextDeleteToken')]).toEqual([200, '12', false]);
  });

  it('[DeleteDirectory-9] neither loses a write nor leaves one without its directory', async () => {
    const bucket = await newTree();
    await fill(bucket, 'a', 10);
    const [removed, ...written] = await Promise.all([
      removeTree(bucket, 'a'),
      ...Array.from({ length: 6 }, (_, i) => put(bucket, `a/late-${i}`)),
    ]);
    expect([200, 409]).toContain(removed.status);
    expect(written.map(({ status }) => status)).toEqual(Array(6).fill(200));
    const left = await names(bucket);
    if (left.length > 0) expect(left[0]).toBe('a/');
    while ((await removeTree(bucket, 'a')).status === 200);
    expect(await names(bucket)).toEqual([]);
  });

  it('[DeleteDirectory-10] [DeleteDirectory-E2] knows no directory where there is none', async () => {
    const bucket = await newTree();
    await put(bucket, 'file');
    for (const path of ['none', 'file', 'none/deeper']) {
      expect(result(await removeDirectory(bucket, path)), path).toEqual(noSuchKey);
      expect(result(await removeTree(bucket, path)), path).toEqual(noSuchKey);
    }
    expect(result(await removeDirectory(bucket, 'a//b'))).toEqual([400, 'InvalidObjectName']);
    expect(await names(bucket)).toEqual(['file']);
  });
});
