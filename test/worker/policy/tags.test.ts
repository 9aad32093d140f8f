import { beforeAll, describe, expect, it } from 'vitest';
import { md5, put } from '../support/config.ts';
import { counted } from '../support/counted.ts';
import { type Answer, accounts, newBucket, send, shardedBucket, type Wish } from '../support/wire.ts';

interface Rule {
  readonly effect: 'Allow' | 'Deny';
  readonly action?: string | readonly string[];
  readonly condition?: object;
}

async function setPolicy(bucket: string, ...rules: readonly Rule[]): Promise<void> {
  const body = JSON.stringify({
    Version: '1',
    Statement: rules.map(({ effect, action = 'oss:*', condition }) => ({
      Effect: effect,
      Action: action,
      Principal: [accounts.other],
      Resource: [`acs:oss:*:*:${bucket}`, `acs:oss:*:*:${bucket}/*`],
      ...(condition === undefined ? {} : { Condition: condition }),
    })),
  });
  expect((await put(bucket, 'policy', body)).status).toBe(200);
}

const tagged = (key: string, value: string, kind = 'Existing') => ({
  StringEquals: { [`oss:${kind}ObjectTag/${key}`]: [value] },
});
const asOther = (method: string, path: string, wish: Wish = {}): Promise<Answer> =>
  send(method, path, { as: 'other', ...wish });
const tagging = (tags: Record<string, string>) =>
  `<Tagging><TagSet>${Object.entries(tags)
    .map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`)
    .join('')}</TagSet></Tagging>`;

async function putTagged(bucket: string, key: string, tags: string): Promise<void> {
  const headers = tags === '' ? {} : { 'x-oss-tagging': tags };
  expect((await send('PUT', `/${bucket}/${key}`, { body: key, headers })).status).toBe(200);
}

const verdict = ({ status, code }: Answer) => (status === 403 ? code : status);

describe('the tags that an object has', () => {
  let bucket: string;

  beforeAll(async () => {
    bucket = await newBucket();
    await putTagged(bucket, 'open', 'stage=public&team=a');
    await putTagged(bucket, 'shut', 'stage=secret');
    await putTagged(bucket, 'bare', '');
  });

  it('let in by a policy that asks for them', async () => {
    await setPolicy(bucket, { effect: 'Allow', condition: tagged('stage', 'public') });
    for (const [method, path, expected] of [
      ['GET', 'open', 200],
      ['HEAD', 'open', 200],
      ['GET', 'open?objectMeta', 200],
      ['GET', 'open?acl', 200],
      ['GET', 'open?tagging', 200],
      ['GET', 'shut', 'AccessDenied'],
      ['HEAD', 'shut', 'AccessDenied'],
      ['GET', 'bare', 'AccessDenied'],
      ['GET', 'none', 'AccessDenied'],
      ['DELETE', 'shut', 'AccessDenied'],
      ['PUT', 'shut', 'AccessDenied'],
      ['PUT', 'new', 'AccessDenied'],
    ] as const) {
      const answer = await asOther(method, `/${bucket}/${path}`, method === 'PUT' ? { body: 'a' } : {});
      expect([method, path, verdict(answer)]).toEqual([method, path, expected]);
    }
    expect((await asOther('GET', `/${bucket}`)).status).toBe(403);
  });

  it('keep out by a policy that denies them, also what has none of the kind', async () => {
    const deny = (condition: object): Rule => ({ effect: 'Deny', action: 'oss:*Object', condition });
    await setPolicy(bucket, { effect: 'Allow' }, deny(tagged('stage', 'secret')));
    for (const [key, expected] of [
      ['open', 200],
      ['bare', 200],
      ['shut', 'AccessDenied'],
      ['none', 404],
    ] as const) {
      expect([key, verdict(await asOther('GET', `/${bucket}/${key}`))]).toEqual([key, expected]);
    }
    // Nobody overwrites or deletes his way past it.
    expect(verdict(await asOther('PUT', `/${bucket}/shut`, { body: 'new' }))).toBe('AccessDenied');
    expect(verdict(await asOther('DELETE', `/${bucket}/shut`))).toBe('AccessDenied');
    expect((await send('GET', `/${bucket}/shut`)).text).toBe('shut');
    // [Sec-23] What is missing is not what is asked for.
    await setPolicy(
      bucket,
      { effect: 'Allow' },
      deny({ StringNotEquals: { 'oss:ExistingObjectTag/stage': ['public'] } }),
    );
    for (const [key, expected] of [
      ['open', 200],
      ['bare', 'AccessDenied'],
      ['shut', 'AccessDenied'],
      ['none', 'AccessDenied'],
    ] as const) {
      expect([key, verdict(await asOther('GET', `/${bucket}/${key}`))]).toEqual([key, expected]);
    }
  });

  it('count for each object of a batch, over all shards', async () => {
    const wide = await shardedBucket(4);
    const keys = Array.from({ length: 12 }, (_, i) => `k${i}`);
    for (const key of keys) await putTagged(wide, key, key === 'k7' ? 'stage=secret' : 'stage=public');
    await setPolicy(wide, { effect: 'Allow', condition: tagged('stage', 'public') });
    const remove = (...which: string[]) => {
      const body = `<Delete>${which.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`;
      return asOther('POST', `/${wide}?delete`, { body, headers: { 'content-md5': md5(body) } });
    };
    expect(verdict(await remove(...keys))).toBe('AccessDenied');
    expect((await send('GET', `/${wide}`)).all('Key')).toHaveLength(12);
    expect((await remove(...keys.filter((key) => key !== 'k7'))).all('Key')).toHaveLength(11);
    expect((await send('GET', `/${wide}`)).all('Key')).toEqual(['k7']);
  });

  it('are those of the version that is named', async () => {
    const versioned = await newBucket();
    const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
    expect((await put(versioned, 'versioning', body)).status).toBe(200);
    const write = async (tags: string) =>
      (await send('PUT', `/${versioned}/key`, { body: 'a', headers: { 'x-oss-tagging': tags } })).header(
        'x-oss-version-id',
      )!;
    const [shut, open] = [await write('stage=secret'), await write('stage=public')];
    await setPolicy(versioned, { effect: 'Allow', condition: tagged('stage', 'public') });
    expect((await asOther('GET', `/${versioned}/key`)).status).toBe(200);
    expect((await asOther('GET', `/${versioned}/key?versionId=${open}`)).status).toBe(200);
    expect(verdict(await asOther('GET', `/${versioned}/key?versionId=${shut}`))).toBe('AccessDenied');
  });

  it('count for the source of a copy and the target of a link', async () => {
    const mixed = await newBucket();
    await putTagged(mixed, 'open', 'stage=public');
    await putTagged(mixed, 'shut', 'stage=secret');
    for (const target of ['open', 'shut']) {
      const headers = { 'x-oss-symlink-target': target, 'x-oss-tagging': 'stage=public' };
      expect((await send('PUT', `/${mixed}/to-${target}?symlink`, { headers })).status).toBe(200);
    }
    await setPolicy(
      mixed,
      { effect: 'Allow', action: 'oss:PutObject' },
      { effect: 'Allow', action: 'oss:GetObject', condition: tagged('stage', 'public') },
    );
    const copy = (source: string) =>
      asOther('PUT', `/${mixed}/copied`, { headers: { 'x-oss-copy-source': `/${mixed}/${source}` } });
    expect(verdict(await copy('shut'))).toBe('AccessDenied');
    expect((await copy('open')).status).toBe(200);
    expect((await asOther('GET', `/${mixed}/to-open`)).text).toBe('open');
    expect(verdict(await asOther('GET', `/${mixed}/to-shut`))).toBe('AccessDenied');
  });

  it('are asked for only where a policy asks, and only once the rest lets the request in', async () => {
    await setPolicy(bucket, { effect: 'Allow' });
    const free = await counted('GET', `/${bucket}/open`, { as: 'other' });
    expect([free.answer.text, free.calls.index]).toEqual(['open', 1]);
    await setPolicy(bucket, { effect: 'Allow', condition: tagged('stage', 'public') });
    const asked = await counted('GET', `/${bucket}/open`, { as: 'other' });
    expect([asked.answer.text, asked.calls.index]).toEqual(['open', 2]);
    const referer =
      '<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer><RefererList><Referer>http://good.test</Referer></RefererList></RefererConfiguration>';
    await put(bucket, 'referer', referer);
    const gated = await counted('GET', `/${bucket}/open`, { as: 'other', place: 'query' });
    expect([gated.answer.status, gated.calls.index]).toEqual([403, 0]);
    await put(
      bucket,
      'referer',
      '<RefererConfiguration><AllowEmptyReferer>true</AllowEmptyReferer></RefererConfiguration>',
    );
  });

  it('follow the object: a change counts for the next request', async () => {
    await setPolicy(bucket, { effect: 'Allow', condition: tagged('stage', 'public') });
    expect((await asOther('GET', `/${bucket}/open`)).status).toBe(200);
    await send('PUT', `/${bucket}/open?tagging`, { body: tagging({ stage: 'secret' }) });
    expect(verdict(await asOther('GET', `/${bucket}/open`))).toBe('AccessDenied');
    await send('PUT', `/${bucket}/open?tagging`, { body: tagging({ stage: 'public' }) });
    expect((await asOther('GET', `/${bucket}/open`)).status).toBe(200);
  });
});

describe('the tags that a request gives', () => {
  it('count where they are in a header', async () => {
    const bucket = await newBucket();
    await setPolicy(
      bucket,
      { effect: 'Allow', condition: tagged('team', 'a', 'Request') },
      { effect: 'Deny', condition: tagged('stage', 'secret', 'Request') },
    );
    const write = (tags?: string) =>
      asOther('PUT', `/${bucket}/key`, { body: 'a', headers: tags === undefined ? {} : { 'x-oss-tagging': tags } });
    expect((await write('team=a')).status).toBe(200);
    expect((await write('team=a&stage=x')).status).toBe(200);
    for (const tags of [undefined, 'team=b', 'stage=secret&team=a', 'Team=a', 'team=a%']) {
      expect([tags, verdict(await write(tags))]).toEqual([tags, 'AccessDenied']);
    }
  });

  it('count where they are in the body', async () => {
    const bucket = await newBucket();
    await putTagged(bucket, 'key', 'old=1');
    const change = (tags: Record<string, string>) => asOther('PUT', `/${bucket}/key?tagging`, { body: tagging(tags) });
    await setPolicy(bucket, {
      effect: 'Allow',
      action: 'oss:PutObjectTagging',
      condition: tagged('team', 'a', 'Request'),
    });
    for (const tags of [{}, { team: 'b' }, { Team: 'a' }] as Record<string, string>[]) {
      expect([tags, verdict(await change(tags))]).toEqual([tags, 'AccessDenied']);
    }
    expect((await send('GET', `/${bucket}/key?tagging`)).all('Key')).toEqual(['old']);
    expect((await change({ team: 'a', more: '1' })).status).toBe(200);
    expect((await send('GET', `/${bucket}/key?tagging`)).all('Key')).toEqual(['team', 'more']);
    await setPolicy(
      bucket,
      { effect: 'Allow' },
      { effect: 'Deny', action: 'oss:PutObjectTagging', condition: tagged('stage', 'secret', 'Request') },
    );
    expect(verdict(await change({ stage: 'secret' }))).toBe('AccessDenied');
    expect((await change({ stage: 'x' })).status).toBe(200);
    // Where no policy asks for them, who may not is told so before the body is read.
    await send('DELETE', `/${bucket}?policy`);
    expect(verdict(await asOther('PUT', `/${bucket}/key?tagging`, { body: 'no xml' }))).toBe('AccessDenied');
  });
});
