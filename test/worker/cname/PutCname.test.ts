import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { newBucket, send } from '../support/wire.ts';
import { claimOf, cname, fakeDns, newDomain } from './support.ts';

const list = (bucket: string) => send('GET', `/${bucket}?cname`);

describe('PutCname', () => {
  it('[PutCname-1] [PutCname-2] [PutCname-4] binds a domain whose DNS shows the token', async () => {
    const dns = fakeDns();
    const bucket = await newBucket();
    const domain = newDomain('org');
    const token = (await cname('token', bucket, domain)).one('Token')!;
    dns.records.set(`_dnsauth.${domain}`, ['"something else"', `"${token}"`]);
    const answer = await cname('add', bucket, domain.toUpperCase());
    expect([answer.status, answer.bytes.length, answer.header('content-length')]).toEqual([200, 0, '0']);
    expect(dns.asked).toEqual([`TXT _dnsauth.${domain}`]);
    expect((await list(bucket)).one('Domain')).toBe(domain);
    // Once more is no change and no question ([PutCname-6]).
    expect((await cname('add', bucket, domain)).status).toBe(200);
    expect(dns.asked).toHaveLength(1);
  });

  it('[PutCname-1] refuses without a token, without a record, with another one and with an expired token', async () => {
    const dns = fakeDns();
    const [bucket, other] = [await newBucket(), await newBucket()];
    const domain = newDomain('org');
    const refused = async () => {
      const answer = await cname('add', bucket, domain);
      expect([answer.status, answer.code, answer.header('x-oss-ec')]).toEqual([
        403,
        'NeedVerifyDomainOwnership',
        '0018-00000115',
      ]);
      expect([answer.one('Bucket'), answer.one('Cname')]).toEqual([bucket, domain]);
    };
    await refused();
    expect(dns.asked).toEqual([]);
    const token = (await cname('token', bucket, domain)).one('Token')!;
    const foreign = (await cname('token', other, domain)).one('Token')!;
    await refused();
    for (const shown of [foreign, token.slice(1), `${token}0`, token.toUpperCase(), `x${token}`, '']) {
      dns.records.set(`_dnsauth.${domain}`, [`"${shown}"`]);
      await refused();
    }
    dns.records.set(domain, [`"${token}"`]);
    await refused();
    dns.records.set(`_dnsauth.${domain}`, [`"${token}"`]);
    await runInDurableObject(env.BUCKET.get(env.BUCKET.idFromName(bucket)), (_, { storage }) => {
      storage.kv.put(`cname-token:${domain}`, { token, expires: Date.now() - 1 });
    });
    await refused();
    expect((await list(bucket)).has('Cname')).toBe(false);
    expect(await claimOf(domain)).toBeNull();
  });

  it('[PutCname-3] asks DNS anew each time, and takes no failure for proof', async () => {
    const dns = fakeDns();
    const bucket = await newBucket();
    const domain = newDomain('org');
    const token = (await cname('token', bucket, domain)).one('Token')!;
    for (const answer of [
      () => Response.json({ Status: 2, Answer: [{ type: 16, data: token }] }),
      () => new Response(token, { status: 500 }),
      () => new Response(token),
      () => Response.json({ Status: 0, Answer: [{ type: 5, data: token }] }),
      () => Response.json({ Status: 0, Answer: 'none' }),
      () => new Response('x'.repeat(70_000)),
      () => Promise.reject(new Error('unreachable')),
      () => Response.redirect('https://elsewhere.example/', 302),
    ]) {
      dns.answer = answer;
      expect((await cname('add', bucket, domain)).code).toBe('NeedVerifyDomainOwnership');
    }
    dns.answer = () =>
      Response.json({ Status: 0, Answer: [{ type: 16, data: `"${token.slice(0, 9)}" "${token.slice(9)}"` }] });
    expect((await cname('add', bucket, domain)).status).toBe(200);
  });

  it('[PutCname-8] keeps the service’s own domains, whatever DNS shows', async () => {
    const dns = fakeDns();
    const bucket = await newBucket();
    for (const domain of [
      'oss-cn-hangzhou.aliyuncs.com',
      'bucket.oss-cn-hangzhou.aliyuncs.com',
      'a.b.localhost',
      'www.aliyuncs.com',
    ]) {
      const answer = await cname('add', bucket, domain);
      expect([domain, answer.status, answer.code]).toEqual([domain, 403, 'CnameIsForbidden']);
    }
    expect(dns.asked).toEqual([]);
    expect((await cname('add', bucket, 'notaliyuncs.com')).code).toBe('NeedVerifyDomainOwnership');
  });

  it('[PutCname-5] [PutCname-7] [PutCname-9] leaves a domain to the bucket that has it', async () => {
    const [bucket, second] = [await newBucket(), await newBucket()];
    const foreign = await newBucket({ as: 'other' });
    const domain = newDomain();
    expect((await cname('add', bucket, domain)).status).toBe(200);
    const same = await cname('add', second, domain);
    expect([same.status, same.code, same.one('CnameType')]).toEqual([409, 'CnameAlreadyExists', 'CNAME_OSS']);
    const other = await cname('add', foreign, domain, { as: 'other' });
    expect([other.status, other.code]).toEqual([403, 'CnameDenied']);
    expect((await list(second)).has('Cname')).toBe(false);
    expect((await cname('delete', bucket, domain)).status).toBe(200);
    expect((await cname('add', foreign, domain, { as: 'other' })).status).toBe(200);
    expect((await cname('add', bucket, domain)).code).toBe('CnameDenied');
  });

  it('[PutCname-7] gives a domain to one bucket only, however many want it at once', async () => {
    const buckets = await Promise.all(Array.from({ length: 4 }, () => newBucket()));
    const domain = newDomain();
    const answers = await Promise.all(buckets.map((bucket) => cname('add', bucket, domain)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    const lists = await Promise.all(buckets.map((bucket) => list(bucket)));
    expect(lists.filter((answer) => answer.has('Cname'))).toHaveLength(1);
    const winner = buckets[answers.findIndex(({ status }) => status === 200)];
    expect((await claimOf(domain))?.bucket).toBe(winner);
  });

  it('takes over what an interrupted call or a deleted bucket left', async () => {
    const [bucket, second] = [await newBucket(), await newBucket()];
    const domain = newDomain();
    const place = env.DOMAIN.get(env.DOMAIN.idFromName(domain));
    const { id } = (await env.BUCKET.get(env.BUCKET.idFromName(bucket)).load())!;
    await place.claim(domain, { bucket, id, owner: '1000000000000001' });
    expect((await cname('add', second, domain)).code).toBe('CnameAlreadyExists');
    await runInDurableObject(place, (_, { storage }) => {
      storage.kv.put('claim', { ...storage.kv.get<object>('claim'), claimed: Date.now() - 61_000 });
    });
    expect((await cname('add', second, domain)).status).toBe(200);
    expect((await send('DELETE', `/${second}`)).status).toBe(204);
    expect(await claimOf(domain)).toBeNull();
    expect((await cname('add', bucket, domain)).status).toBe(200);
  });

  it('passes over a certificate, which is not its business', async () => {
    const bucket = await newBucket();
    const domain = newDomain();
    const body = `<BucketCnameConfiguration><Cname><Domain>${domain}</Domain><CertificateConfiguration>
      <Certificate>garbage</Certificate><PrivateKey>garbage</PrivateKey></CertificateConfiguration></Cname>
      </BucketCnameConfiguration>`;
    expect((await send('POST', `/${bucket}?cname&comp=add`, { body })).status).toBe(200);
    expect((await list(bucket)).text).not.toContain('Certificate');
  });

  it('binds 100 domains to a bucket and no more', async () => {
    const bucket = await newBucket();
    const { id, version } = (await env.BUCKET.get(env.BUCKET.idFromName(bucket)).load())!;
    const cnames = Array.from({ length: 99 }, (_, i) => ({ domain: `d${i}.example.test`, bound: 1 }));
    await env.BUCKET.get(env.BUCKET.idFromName(bucket)).update(id, version, { documents: { cnames } });
    const domain = newDomain();
    expect((await cname('add', bucket, domain)).status).toBe(200);
    const more = await cname('add', bucket, newDomain());
    expect([more.status, more.code]).toEqual([400, 'TooManyCname']);
    expect((await cname('add', bucket, domain)).status).toBe(200);
  });
});

describe('ListCname', () => {
  it('[ListCname-1] [ListCname-2] [ListCname-3] [ListCname-5] [ListCname-7] shows each domain, or none', async () => {
    const bucket = await newBucket();
    const empty = await list(bucket);
    expect([empty.status, empty.one('Bucket'), empty.one('Owner'), empty.has('Cname')]).toEqual([
      200,
      bucket,
      '1000000000000001',
      false,
    ]);
    const domains = [newDomain(), newDomain(), newDomain()];
    for (const domain of domains) await cname('add', bucket, domain);
    const answer = await list(bucket);
    expect(answer.all('Domain')).toEqual(domains);
    expect(answer.all('Status')).toEqual(['Enabled', 'Enabled', 'Enabled']);
    for (const date of answer.all('LastModified')) expect(date).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    expect(answer.text).toMatch(/<ListCnameResult><Bucket>[^<]*<\/Bucket><Owner>\d+<\/Owner><Cname><Domain>/);
    expect(answer.has('Certificate')).toBe(false);
  });
});

describe('DeleteCname', () => {
  it('[DeleteCname-1] [DeleteCname-2] takes a domain away, and is content where there is none', async () => {
    const [bucket, other] = [await newBucket(), await newBucket()];
    const [domain, kept] = [newDomain(), newDomain()];
    await cname('add', bucket, domain);
    await cname('add', bucket, kept);
    for (const [who, what] of [
      [bucket, newDomain()],
      [other, domain],
    ] as const) {
      const answer = await cname('delete', who, what);
      expect([answer.status, answer.bytes.length]).toEqual([200, 0]);
    }
    expect((await list(bucket)).all('Domain')).toEqual([domain, kept]);
    const answer = await cname('delete', bucket, domain.toUpperCase());
    expect([answer.status, answer.bytes.length]).toEqual([200, 0]);
    expect((await list(bucket)).all('Domain')).toEqual([kept]);
    expect(await claimOf(domain)).toBeNull();
    await cname('delete', bucket, kept);
    expect((await list(bucket)).has('Cname')).toBe(false);
  });

  it('[DeleteCname-3] ends the token too: to bind again is to prove again', async () => {
    const dns = fakeDns();
    const bucket = await newBucket();
    const domain = newDomain('org');
    const token = (await cname('token', bucket, domain)).one('Token')!;
    dns.records.set(`_dnsauth.${domain}`, [token]);
    expect((await cname('add', bucket, domain)).status).toBe(200);
    await cname('delete', bucket, domain);
    expect((await cname('add', bucket, domain)).code).toBe('NeedVerifyDomainOwnership');
    expect((await cname('token', bucket, domain)).one('Token')).not.toBe(token);
  });

  it('does not take away what was bound anew meanwhile', async () => {
    const bucket = await newBucket();
    const domain = newDomain();
    await cname('add', bucket, domain);
    const { id } = (await claimOf(domain))!;
    await env.DOMAIN.get(env.DOMAIN.idFromName(domain)).release(domain, id);
    expect((await claimOf(domain))?.bucket).toBe(bucket);
  });
});
