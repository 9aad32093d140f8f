import { describe, expect, it } from 'vitest';
import { DAY, HOUR, stopClock } from '../support/clock.ts';
import { newBucket, send } from '../support/wire.ts';
import { extend, initiate, lock, locked, versioned, wormBody } from './support.ts';

describe('InitiateBucketWorm', () => {
  it('[InitiateBucketWorm-1] [InitiateBucketWorm-2] begins a policy and names it in a header alone', async () => {
    const bucket = await newBucket();
    const answer = await send('POST', `/${bucket}?worm`, { body: wormBody('Initiate', 365) });
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.header('x-oss-worm-id')).toMatch(/^[0-9A-F]{16,64}$/);
    const read = await send('GET', `/${bucket}?worm`);
    expect(read.one('WormId')).toBe(answer.header('x-oss-worm-id'));
    expect(read.one('State')).toBe('InProgress');
  });

  it.each(['Enabled', 'Suspended'] as const)(
    '[InitiateBucketWorm-3] [Worm-6] fails on a bucket with versioning %s',
    async (s) => {
      const bucket = await newBucket();
      await versioned(bucket, s);
      const answer = await send('POST', `/${bucket}?worm`, { body: wormBody('Initiate', 1) });
      expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument']);
      expect((await send('GET', `/${bucket}?worm`)).code).toBe('NoSuchWORMConfiguration');
    },
  );

  it('[Worm-6] does not mind mirror rules, which come first or second', async () => {
    const mirror = `<WebsiteConfiguration><RoutingRules><RoutingRule><RuleNumber>1</RuleNumber>
      <Condition><HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition>
      <Redirect><RedirectType>Mirror</RedirectType><MirrorURL>http://origin.example/</MirrorURL></Redirect>
      </RoutingRule></RoutingRules></WebsiteConfiguration>`;
    const [first, second] = [await newBucket(), await newBucket()];
    expect((await send('PUT', `/${first}?website`, { body: mirror })).status).toBe(200);
    await locked(first, 1);
    await locked(second, 1);
    expect((await send('PUT', `/${second}?website`, { body: mirror })).status).toBe(200);
  });

  it.each(['0', '-1', '25551', '1.5', 'ten', '', '99999999999999999999'])(
    '[InitiateBucketWorm-4] [Worm-5] refuses %j days',
    async (days) => {
      const answer = await send('POST', `/${await newBucket()}?worm`, { body: wormBody('Initiate', days) });
      expect([answer.status, answer.code]).toEqual([400, 'InvalidWORMConfiguration']);
    },
  );

  it.each([1, 25_550])('[Worm-5] accepts %d days', async (days) => {
    const bucket = await newBucket();
    await initiate(bucket, days);
    expect((await send('GET', `/${bucket}?worm`)).one('RetentionPeriodInDays')).toBe(String(days));
  });

  it.each([
    ['', 'an empty body'],
    ['<InitiateWormConfiguration/>', 'no days'],
    [wormBody('Extend', 1), 'another root'],
    [
      '<InitiateWormConfiguration><RetentionPeriodInDays>1</RetentionPeriodInDays><RetentionPeriodInDays>2</RetentionPeriodInDays></InitiateWormConfiguration>',
      'the days twice',
    ],
  ])('[InitiateBucketWorm-4] answers MalformedXML to %j (%s)', async (body) => {
    const answer = await send('POST', `/${await newBucket()}?worm`, { body });
    expect([answer.status, answer.code]).toEqual([400, 'MalformedXML']);
  });

  it('[InitiateBucketWorm-5] never replaces a policy', async () => {
    const bucket = await newBucket();
    const id = await initiate(bucket, 2);
    const open = await send('POST', `/${bucket}?worm`, { body: wormBody('Initiate', 3) });
    expect([open.status, open.code]).toEqual([400, 'InvalidWORMConfiguration']);
    await lock(bucket, id);
    const shut = await send('POST', `/${bucket}?worm`, { body: wormBody('Initiate', 3) });
    expect([shut.status, shut.code]).toEqual([403, 'WORMConfigurationLocked']);
    const read = await send('GET', `/${bucket}?worm`);
    expect([read.one('WormId'), read.one('RetentionPeriodInDays')]).toEqual([id, '2']);
  });

  it('[InitiateBucketWorm-6] may begin anew after an abort and after a lapse, with another id', async () => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    const ids = [await initiate(bucket, 1)];
    await send('DELETE', `/${bucket}?worm`);
    ids.push(await initiate(bucket, 1));
    moveOn(DAY);
    ids.push(await initiate(bucket, 1));
    expect(new Set(ids).size).toBe(3);
  });

  it('[InitiateBucketWorm-7] is for the owner and whom a policy allows', async () => {
    const bucket = await newBucket({ acl: 'public-read-write' });
    for (const as of ['other', 'user', 'anonymous'] as const) {
      const answer = await send('POST', `/${bucket}?worm`, { as, body: wormBody('Initiate', 1) });
      expect([answer.status, answer.code], as).toEqual([403, 'AccessDenied']);
    }
    expect((await send('GET', `/${bucket}?worm`, { as: 'reader' })).code).toBe('NoSuchWORMConfiguration');
  });
});

describe('AbortBucketWorm', () => {
  it('[AbortBucketWorm-1] [AbortBucketWorm-3] ends a policy that is not locked, whatever the bucket holds', async () => {
    const bucket = await newBucket();
    const id = await initiate(bucket, 1);
    await send('PUT', `/${bucket}/a`, { body: 'a' });
    expect((await send('DELETE', `/${bucket}/a`)).code).toBe('FileImmutable');
    expect((await send('DELETE', `/${bucket}?worm`)).status).toBe(204);
    expect((await send('DELETE', `/${bucket}/a`)).status).toBe(204);
    expect((await send('POST', `/${bucket}?wormId=${id}`)).code).toBe('NoSuchWORMConfiguration');
  });

  it('[AbortBucketWorm-1] [AbortBucketWorm-2] [Worm-7] refuses once it is locked, in an empty bucket too', async () => {
    const bucket = await newBucket();
    await locked(bucket, 1);
    const answer = await send('DELETE', `/${bucket}?worm`);
    expect([answer.status, answer.code]).toEqual([403, 'WORMConfigurationLocked']);
  });

  it('[AbortBucketWorm-4] answers 404 without a policy and after it lapsed', async () => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    expect((await send('DELETE', `/${bucket}?worm`)).code).toBe('NoSuchWORMConfiguration');
    await initiate(bucket, 1);
    moveOn(DAY);
    const answer = await send('DELETE', `/${bucket}?worm`);
    expect([answer.status, answer.code]).toEqual([404, 'NoSuchWORMConfiguration']);
  });
});

describe('CompleteBucketWorm', () => {
  it('[CompleteBucketWorm-1] [CompleteBucketWorm-5] [CompleteBucketWorm-6] locks and changes nothing else', async () => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    const id = await initiate(bucket, 7);
    const before = await send('GET', `/${bucket}?worm`);
    moveOn(5 * HOUR);
    const answer = await send('POST', `/${bucket}?wormId=${id}`);
    expect([answer.status, answer.text]).toEqual([200, '']);
    const after = await send('GET', `/${bucket}?worm`);
    expect(after.text).toBe(before.text.replace('InProgress', 'Locked'));
    moveOn(100 * DAY);
    expect((await send('GET', `/${bucket}?worm`)).one('State')).toBe('Locked');
  });

  it('[CompleteBucketWorm-2] [Worm-2] is possible for 24 hours', async () => {
    const moveOn = stopClock();
    const [late, inTime] = [await newBucket(), await newBucket()];
    const [lateId, inTimeId] = [await initiate(late, 1), await initiate(inTime, 1)];
    moveOn(DAY - 1_000);
    expect((await send('POST', `/${inTime}?wormId=${inTimeId}`)).status).toBe(200);
    moveOn(1_000);
    const answer = await send('POST', `/${late}?wormId=${lateId}`);
    expect([answer.status, answer.code]).toEqual([404, 'NoSuchWORMConfiguration']);
  });

  it.each(['', '1666E2CFB2B34180'])('[CompleteBucketWorm-3] knows no policy %j', async (id) => {
    const bucket = await newBucket();
    expect((await send('POST', `/${bucket}?wormId=${id}`)).code).toBe('NoSuchWORMConfiguration');
    await initiate(bucket, 1);
    const answer = await send('POST', `/${bucket}?wormId=${id}`);
    expect([answer.status, answer.code]).toEqual([404, 'NoSuchWORMConfiguration']);
  });

  it('[CompleteBucketWorm-4] refuses a second time', async () => {
    const bucket = await newBucket();
    const id = await locked(bucket, 1);
    const answer = await send('POST', `/${bucket}?wormId=${id}`);
    expect([answer.status, answer.code]).toEqual([403, 'WORMConfigurationLocked']);
  });
});

describe('ExtendBucketWorm', () => {
  it('[ExtendBucketWorm-1] answers 404 to an unknown policy', async () => {
    const bucket = await newBucket();
    await locked(bucket, 1);
    const answer = await extend(bucket, 'F00', 2);
    expect([answer.status, answer.code]).toEqual([404, 'NoSuchWORMConfiguration']);
  });

  it('[ExtendBucketWorm-2] [ExtendBucketWorm-6] needs a locked policy, and does not lock it', async () => {
    const bucket = await newBucket();
    const id = await initiate(bucket, 1);
    const answer = await extend(bucket, id, 2);
    expect([answer.status, answer.code]).toEqual([400, 'InvalidWORMConfiguration']);
    const read = await send('GET', `/${bucket}?worm`);
    expect([read.one('State'), read.one('RetentionPeriodInDays')]).toEqual(['InProgress', '1']);
  });

  it.each([365, 364, 1, 0, 25_551])('[ExtendBucketWorm-3] [Worm-7] does not change 365 days to %d', async (days) => {
    const bucket = await newBucket();
    const id = await locked(bucket, 365);
    const answer = await extend(bucket, id, days);
    expect([answer.status, answer.code]).toEqual([400, 'InvalidWORMConfiguration']);
    expect((await send('GET', `/${bucket}?worm`)).one('RetentionPeriodInDays')).toBe('365');
  });

  it('[ExtendBucketWorm-4] takes the new total, up to 70 years', async () => {
    const bucket = await newBucket();
    const id = await locked(bucket, 365);
    const answer = await extend(bucket, id, 366);
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect((await send('GET', `/${bucket}?worm`)).one('RetentionPeriodInDays')).toBe('366');
    expect((await extend(bucket, id, 25_550)).status).toBe(200);
  });

  it('[ExtendBucketWorm-5] moves the end for what is stored already', async () => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    const id = await locked(bucket, 1);
    await send('PUT', `/${bucket}/a`, { body: 'a' });
    await extend(bucket, id, 3);
    moveOn(2 * DAY);
    expect((await send('DELETE', `/${bucket}/a`)).code).toBe('FileImmutable');
    moveOn(DAY);
    expect((await send('DELETE', `/${bucket}/a`)).status).toBe(204);
  });

  it('[ExtendBucketWorm-3] needs a document', async () => {
    const bucket = await newBucket();
    const id = await locked(bucket, 1);
    expect((await send('POST', `/${bucket}?wormId=${id}&wormExtend`)).code).toBe('MalformedXML');
  });
});

describe('GetBucketWorm', () => {
  it('[GetBucketWorm-1] [GetBucketWorm-2] answers 404 without a policy, and after it lapsed', async () => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    const none = await send('GET', `/${bucket}?worm`);
    expect([none.status, none.code]).toEqual([404, 'NoSuchWORMConfiguration']);
    await initiate(bucket, 10);
    moveOn(DAY - 1_000);
    expect((await send('GET', `/${bucket}?worm`)).status).toBe(200);
    moveOn(1_000);
    const lapsed = await send('GET', `/${bucket}?worm`);
    expect([lapsed.status, lapsed.code]).toEqual([404, 'NoSuchWORMConfiguration']);
  });

  it('[GetBucketWorm-3] writes the four elements in their order', async () => {
    const bucket = await newBucket();
    const id = await initiate(bucket, 1);
    const { text } = await send('GET', `/${bucket}?worm`);
    expect(text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z/, 'DATE')).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>\n<WormConfiguration><WormId>${id}</WormId><State>InProgress</State><RetentionPeriodInDays>1</RetentionPeriodInDays><CreationDate>DATE</CreationDate></WormConfiguration>`,
    );
  });

  it('[GetBucketWorm-4] says Locked for ever', async () => {
    const moveOn = stopClock();
    const bucket = await newBucket();
    await locked(bucket, 1);
    moveOn(400 * DAY);
    expect((await send('GET', `/${bucket}?worm`)).one('State')).toBe('Locked');
  });
});
