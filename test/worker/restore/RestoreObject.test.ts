import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { configCopies } from '../../../src/bucket/config-cache.ts';
import { DAY, HOUR, stopClock } from '../support/clock.ts';
import { newBucket, send } from '../support/wire.ts';
import { type Class, days, put, restore, result, state, tier, until } from './support.ts';

const MINUTE = 60_000;
const running = 'ongoing-request="true"';
const inProgress = [409, 'RestoreAlreadyInProgress'];

let bucket: string;
let moveOn: (ms: number) => void;

beforeEach(async () => {
  moveOn = stopClock();
  bucket = await newBucket();
});

/** An object that was just restored, for this many days. */
async function restored(key: string, storageClass: Class, count: number): Promise<void> {
  await put(bucket, key, storageClass);
  await restore(bucket, key, days(count));
  moveOn({ Standard: 0, IA: 0, Archive: MINUTE, ColdArchive: 2 * HOUR, DeepColdArchive: 48 * HOUR }[storageClass]);
}

describe('a frozen object', () => {
  it.each(['Archive', 'ColdArchive', 'DeepColdArchive'] as const)(
    '[GetObject-23] [GetObject-E4] [HeadObject-4] of the class %s can be looked at and not be read',
    async (storageClass) => {
      await put(bucket, 'a', storageClass);
      const answer = await send('GET', `/${bucket}/a`);
      expect(result(answer)).toEqual([403, 'InvalidObjectState']);
      expect(answer.one('Message')).toBe("The operation is not valid for the object's state");
      expect(result(await send('GET', `/${bucket}/a`, { headers: { range: 'bytes=0-0' } }))).toEqual([
        403,
        'InvalidObjectState',
      ]);
      const head = await send('HEAD', `/${bucket}/a`);
      expect([head.status, head.header('x-oss-storage-class'), head.header('x-oss-restore')]).toEqual([
        200,
        storageClass,
        null,
      ]);
      expect((await send('HEAD', `/${bucket}/a?objectMeta`)).status).toBe(200);
    },
  );

  it('[DeleteObject-12] can be deleted and overwritten', async () => {
    await put(bucket, 'a', 'ColdArchive');
    expect(result(await put(bucket, 'a', 'Standard', 'again'))).toEqual([200]);
    expect((await send('GET', `/${bucket}/a`)).text).toBe('again');
    await put(bucket, 'b', 'Archive');
    expect(result(await send('DELETE', `/${bucket}/b`))).toEqual([204]);
  });

  it.each(['Standard', 'IA'] as const)('[GetObject-23] is none of the class %s', async (storageClass) => {
    await put(bucket, 'a', storageClass);
    expect((await send('GET', `/${bucket}/a`)).text).toBe('a');
  });
});

describe('RestoreObject', () => {
  it('[RestoreObject-1] [RestoreObject-3] [RestoreObject-4] [RestoreObject-7] [HeadObject-5] goes round with the clock', async () => {
    await put(bucket, 'a', 'Archive');
    const before = await send('HEAD', `/${bucket}/a`);
    const first = await restore(bucket, 'a');
    expect([first.status, first.text, first.header('x-oss-object-restore-priority')]).toEqual([202, '', null]);
    const ready = Date.now() + MINUTE;
    expect(await state(bucket, 'a')).toBe(running);
    expect(result(await restore(bucket, 'a'))).toEqual(inProgress);
    expect(result(await send('GET', `/${bucket}/a`))).toEqual([403, 'InvalidObjectState']);
    moveOn(MINUTE - 1_000);
    expect(result(await restore(bucket, 'a'))).toEqual(inProgress);
    moveOn(1_000);
    expect(await state(bucket, 'a')).toBe(until(ready + DAY));
    const read = await send('GET', `/${bucket}/a`);
    expect([read.text, read.header('x-oss-restore')]).toEqual(['a', until(ready + DAY)]);
    // [RestoreObject-9]
    const after = await send('HEAD', `/${bucket}/a`);
    for (const name of ['etag', 'last-modified', 'x-oss-storage-class']) {
      expect(after.header(name)).toBe(before.header(name));
    }
    moveOn(DAY - 1_000);
    expect((await send('GET', `/${bucket}/a`)).status).toBe(200);
    moveOn(1_000);
    expect(result(await send('GET', `/${bucket}/a`))).toEqual([403, 'InvalidObjectState']);
    expect(await state(bucket, 'a')).toBeNull();
    expect(result(await restore(bucket, 'a'))).toEqual([202]);
  });

  it('[RestoreObject-3] [RestoreObject-5] adds a day with each call, up to seven days', async () => {
    await put(bucket, 'a', 'Archive');
    await restore(bucket, 'a');
    moveOn(MINUTE);
    const ready = Date.now();
    for (const total of [2, 3, 4, 5, 6, 7, 7, 7]) {
      const answer = await restore(bucket, 'a');
      expect([answer.status, answer.text]).toEqual([200, '']);
      expect(await state(bucket, 'a')).toBe(until(ready + total * DAY));
    }
  });

  it('[RestoreObject-5] sets the days that are asked for, never back and never beyond the most', async () => {
    await restored('a', 'Archive', 3);
    const ready = Date.now();
    await restore(bucket, 'a', days(1));
    expect(await state(bucket, 'a')).toBe(until(ready + 3 * DAY));
    await restore(bucket, 'a', days(5));
    expect(await state(bucket, 'a')).toBe(until(ready + 5 * DAY));
    moveOn(4 * DAY);
    await restore(bucket, 'a', days(7));
    expect(await state(bucket, 'a')).toBe(until(ready + 7 * DAY));
  });

  it('[RestoreObject-5] prolongs colder objects up to a year', async () => {
    await put(bucket, 'a', 'ColdArchive');
    await restore(bucket, 'a', days(365) + tier('Expedited'));
    moveOn(HOUR);
    const ready = Date.now();
    moveOn(10 * DAY);
    const answer = await restore(bucket, 'a', days(365) + tier('Standard'));
    expect([answer.status, answer.header('x-oss-object-restore-priority')]).toEqual([200, 'Standard']);
    expect(await state(bucket, 'a')).toBe(until(ready + 365 * DAY));
  });

  it.each([
    ['Archive', 1],
    ['Archive', 7],
    ['ColdArchive', 1],
    ['ColdArchive', 365],
    ['DeepColdArchive', 365],
  ] as const)('[RestoreObject-2] restores the class %s for %d days', async (storageClass, count) => {
    await restored('a', storageClass, count);
    expect((await send('GET', `/${bucket}/a`)).text).toBe('a');
    const expiry = /expiry-date="(.*)"/.exec((await state(bucket, 'a'))!)![1]!;
    expect(Math.abs(Date.parse(expiry) - Date.now() - count * DAY)).toBeLessThanOrEqual(1_000);
  });

  it.each([
    ['Archive', days(0), 'InvalidArgument'],
    ['Archive', days(8), 'InvalidArgument'],
    ['ColdArchive', days(366), 'InvalidArgument'],
    ['ColdArchive', days(-1), 'InvalidArgument'],
    ['ColdArchive', days('9'.repeat(15)), 'InvalidArgument'],
    ['ColdArchive', days('many'), 'MalformedXML'],
    ['ColdArchive', days(1) + days(2), 'MalformedXML'],
    ['ColdArchive', '<Month>1</Month>', 'MalformedXML'],
    ['ColdArchive', '<Days>', 'MalformedXML'],
    ['ColdArchive', tier('wrong-tier'), 'InvalidArgument'],
    ['DeepColdArchive', tier('Bulk'), 'InvalidArgument'],
  ] as const)('[RestoreObject-2] refuses of the class %s: %s', async (storageClass, request, code) => {
    await put(bucket, 'a', storageClass);
    expect(result(await restore(bucket, 'a', request))).toEqual([400, code]);
    expect(await state(bucket, 'a')).toBeNull();
  });

  it.each([
    ['ColdArchive', tier('Expedited'), 'Expedited', 1],
    ['ColdArchive', tier('Standard'), 'Standard', 2],
    ['ColdArchive', tier('Bulk'), 'Bulk', 5],
    ['ColdArchive', '<JobParameters/>', 'Standard', 2],
    ['ColdArchive', '', 'Standard', 2],
    ['DeepColdArchive', tier('Expedited'), 'Expedited', 12],
    ['DeepColdArchive', days(2), 'Standard', 48],
  ] as const)(
    '[RestoreObject-6] [RestoreObject-7] [RestoreObject-8] %s with "%s" has the tier %s and takes %d h',
    async (storageClass, request, name, hours) => {
      await put(bucket, 'a', storageClass);
      const answer = await restore(bucket, 'a', request);
      expect([answer.status, answer.header('x-oss-object-restore-priority')]).toEqual([202, name]);
      moveOn(hours * HOUR - 1_000);
      expect(await state(bucket, 'a')).toBe(running);
      moveOn(1_000);
      expect((await send('GET', `/${bucket}/a`)).text).toBe('a');
    },
  );

  it.each([tier('Standard'), days(1) + tier('Expedited'), '<JobParameters/>'])(
    '[RestoreObject-6] knows no tiers for Archive: %s',
    async (request) => {
      await put(bucket, 'a', 'Archive');
      expect(result(await restore(bucket, 'a', request))).toEqual([400, 'MalformedXML']);
      expect(await state(bucket, 'a')).toBeNull();
    },
  );

  it.each(['Standard', 'IA'] as const)(
    '[RestoreObject-11] [RestoreObject-E1] has nothing to do with the class %s',
    async (storageClass) => {
      await put(bucket, 'a', storageClass);
      expect(result(await restore(bucket, 'a'))).toEqual([400, 'OperationNotSupported']);
      await restored('b', 'Archive', 1);
      await put(bucket, 'b', storageClass);
      expect(await state(bucket, 'b')).toBeNull();
      expect(result(await restore(bucket, 'b'))).toEqual([400, 'OperationNotSupported']);
    },
  );

  it('[RestoreObject-11] begins anew for an object that was overwritten', async () => {
    await restored('a', 'Archive', 7);
    await put(bucket, 'a', 'Archive');
    expect(result(await send('GET', `/${bucket}/a`))).toEqual([403, 'InvalidObjectState']);
  });

  it('[RestoreObject-12] lets one of several begin', async () => {
    await put(bucket, 'a', 'ColdArchive');
    const answers = await Promise.all(Array.from({ length: 6 }, () => restore(bucket, 'a')));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409, 409, 409]);
  });

  it('[RestoreObject-E2] [RestoreObject-E3] answers for missing objects and running restorations', async () => {
    expect(result(await restore(bucket, 'none'))).toEqual([404, 'NoSuchKey']);
    await put(bucket, 'a', 'Archive');
    await restore(bucket, 'a');
    const again = await restore(bucket, 'a');
    expect([again.code, again.one('Message')]).toEqual([
      'RestoreAlreadyInProgress',
      'The restore operation is in progress.',
    ]);
  });

  it('[RestoreObject-10] restores the version that is meant', async () => {
    const stub = env.BUCKET.get(env.BUCKET.idFromName(bucket));
    await stub.update((await stub.load())!.id, 1, { versioning: 'Enabled' });
    configCopies.clear();
    const old = (await put(bucket, 'a', 'Archive', 'old')).header('x-oss-version-id')!;
    const now = (await put(bucket, 'a', 'ColdArchive', 'new')).header('x-oss-version-id')!;
    const current = await restore(bucket, 'a');
    expect([current.status, current.header('x-oss-version-id')]).toEqual([202, now]);
    expect(result(await send('GET', `/${bucket}/a?versionId=${old}`))).toEqual([403, 'InvalidObjectState']);
    const named = await send('POST', `/${bucket}/a?restore&versionId=${old}`);
    expect([named.status, named.header('x-oss-version-id')]).toEqual([202, old]);
    moveOn(MINUTE);
    expect((await send('GET', `/${bucket}/a?versionId=${old}`)).text).toBe('old');
    expect(result(await send('GET', `/${bucket}/a`))).toEqual([403, 'InvalidObjectState']);
    const marker = (await send('DELETE', `/${bucket}/a`)).header('x-oss-version-id');
    const gone = await restore(bucket, 'a');
    expect([...result(gone), gone.header('x-oss-delete-marker')]).toEqual([404, 'NoSuchKey', 'true']);
    expect(result(await send('POST', `/${bucket}/a?restore&versionId=${marker}`))).toEqual([405, 'MethodNotAllowed']);
  });

  it('[RestoreObject-13] restores a link itself, never its target', async () => {
    await put(bucket, 'target', 'Archive');
    for (const storageClass of ['Standard', 'Archive']) {
      const headers = { 'x-oss-symlink-target': 'target', 'x-oss-storage-class': storageClass };
      await send('PUT', `/${bucket}/to-${storageClass}?symlink`, { headers });
    }
    expect(result(await restore(bucket, 'to-Standard'))).toEqual([400, 'OperationNotSupported']);
    expect(result(await restore(bucket, 'to-Archive'))).toEqual([202]);
    moveOn(MINUTE);
    expect(await state(bucket, 'target')).toBeNull();
    for (const key of ['to-Standard', 'to-Archive']) {
      expect(result(await send('GET', `/${bucket}/${key}`))).toEqual([403, 'InvalidObjectState']);
    }
    await restore(bucket, 'target');
    moveOn(MINUTE);
    for (const key of ['to-Standard', 'to-Archive'])
      expect((await send('GET', `/${bucket}/${key}`)).text).toBe('target');
  });

  it('[ObjCommon-27] is not opened by an ACL, which opens data alone', async () => {
    const open = await newBucket({ acl: 'public-read-write' });
    await put(open, 'a', 'Archive');
    for (const as of ['anonymous', 'other'] as const) {
      expect(result(await restore(open, 'a', undefined, { as }))).toEqual([403, 'AccessDenied']);
    }
    expect(result(await send('POST', `/${open}/a?cleanRestoredObject`, { as: 'other' }))).toEqual([
      403,
      'AccessDenied',
    ]);
  });

  it('[HeadObject-5] [GetBucket-25] shows restorations in listings', async () => {
    for (const key of ['a', 'b', 'c', 'd']) await put(bucket, key, key === 'd' ? 'Standard' : 'ColdArchive');
    await restore(bucket, 'c', tier('Expedited'));
    moveOn(HOUR);
    await restore(bucket, 'b', tier('Expedited'));
    for (const query of ['', '?list-type=2&fetch-owner=true']) {
      const { text } = await send('GET', `/${bucket}${query}`);
      const infos = text
        .split('<Contents>')
        .slice(1)
        .map((entry) => /<RestoreInfo>(.*?)<\/RestoreInfo>/.exec(entry)?.[1]);
      expect(infos).toEqual([undefined, running, until(Date.now() + DAY), undefined]);
      expect(text).toContain('</StorageClass><RestoreInfo>ongoing-request="true"</RestoreInfo><Owner>');
    }
  });
});

describe('CleanRestoredObject', () => {
  const clean = (key: string) => send('POST', `/${bucket}/${key}?cleanRestoredObject`);

  it('freezes a restored object', async () => {
    await restored('a', 'ColdArchive', 30);
    const answer = await clean('a');
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(await state(bucket, 'a')).toBeNull();
    expect(result(await send('GET', `/${bucket}/a`))).toEqual([403, 'InvalidObjectState']);
    expect(result(await restore(bucket, 'a'))).toEqual([202]);
  });

  it('answers for every other state', async () => {
    await put(bucket, 'a', 'Archive');
    expect(result(await clean('a'))).toEqual([409, 'ArchiveRestoreFileStale']);
    await restore(bucket, 'a');
    const running = await clean('a');
    expect([...result(running), running.one('Message'), running.one('EC')]).toEqual([
      409,
      'ArchiveRestoreNotFinished',
      "The archive file's restore is not finished.",
      '0016-00000719',
    ]);
    moveOn(2 * DAY);
    expect(result(await clean('a'))).toEqual([409, 'ArchiveRestoreFileStale']);
    await put(bucket, 'b', 'Standard');
    expect(result(await clean('b'))).toEqual([400, 'OperationNotSupported']);
    expect(result(await clean('none'))).toEqual([404, 'NoSuchKey']);
  });
});
