import { createHash, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Answer, Client } from './support/client.ts';
import { type Server, startServer } from './support/server.ts';

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  client = new Client(server);
});

let serial = 0;

async function newBucket(acl = 'private'): Promise<string> {
  const bucket = `promises-${serial++}`;
  expect((await client.send('PUT', `/${bucket}`, { headers: { 'x-oss-acl': acl } })).status).toBe(200);
  return bucket;
}

/** Random bytes that begin with a name, so that a mixture shows. */
function contentOf(name: string, size: number): Buffer {
  return Buffer.concat([Buffer.from(`${name}\n`), randomBytes(size)]);
}

function etagOf(content: Buffer): string {
  return `"${createHash('md5').update(content).digest('hex').toUpperCase()}"`;
}

const parallel = <T>(lanes: number, work: (lane: number) => Promise<T>) =>
  Promise.all(Array.from({ length: lanes }, (_, lane) => work(lane)));

describe('Promise 1: a killed gateway', () => {
  /** What a key may hold: what was acknowledged last, or what was being written. Null: nothing. */
  interface Key {
    acknowledged: Buffer | null;
    pending?: Buffer | null;
  }

  it('has everything that it acknowledged, whole, and nothing half', async () => {
    const server = await startServer();
    const client = new Client(server);
    await client.send('PUT', '/kill');
    const keys = new Map<string, Key>();
    for (let round = 0; round < 3; round++) {
      await loadAndKill(server, client, keys, round);
      await server.restart();
      const listed = new Set((await client.send('GET', '/kill?max-keys=1000')).all('Key'));
      for (const [key, state] of keys) {
        const { status, body, headers } = await client.send('GET', `/kill/${key}`);
        const found = status === 200 ? body : null;
        expect([200, 404]).toContain(status);
        expect(listed.has(key)).toBe(found !== null);
        const allowed = 'pending' in state ? [state.acknowledged, state.pending!] : [state.acknowledged];
        expect(allowed.some((content) => content === found || (found !== null && content?.equals(found)))).toBe(true);
        if (found !== null) expect(headers['content-md5']).toBe(createHash('md5').update(found).digest('base64'));
        keys.set(key, { acknowledged: found });
      }
    }
  }, 120_000);

  /** Writes, overwrites and deletes with several clients at once until the process is killed amid them. */
  async function loadAndKill(server: Server, client: Client, keys: Map<string, Key>, round: number): Promise<void> {
    let acknowledged = 0;
    let killed: Promise<void> | undefined;
    await parallel(8, async (lane) => {
      for (let i = 0; killed === undefined; i++) {
        const key = `${lane}-${i % 5}`;
        const state = keys.get(key) ?? { acknowledged: null };
        keys.set(key, state);
        const content = i % 7 === 6 ? null : contentOf(`${key} ${round} ${i}`, [10, 5_000, 60_000, 900_000][i % 4]!);
        state.pending = content;
        const done = await client
          .send(content === null ? 'DELETE' : 'PUT', `/kill/${key}`, content === null ? {} : { body: content })
          .then(
            ({ status }) => status < 300,
            () => false,
          );
        if (!done) return;
        keys.set(key, { acknowledged: content });
        if (++acknowledged === 80) killed = server.kill();
      }
    });
    expect(acknowledged).toBeGreaterThanOrEqual(80);
    await killed;
  }
});

describe('Promise 2: what was acknowledged', () => {
  it('is there for the next request, while others write, and gone after a delete', async () => {
    const bucket = await newBucket();
    await parallel(8, async (lane) => {
      for (let i = 0; i < 12; i++) {
        const path = `/${bucket}/${lane}/${i % 3}`;
        const content = contentOf(`${lane} ${i}`, [50, 6_000, 200_000][i % 3]!);
        expect((await client.send('PUT', path, { body: content })).status).toBe(200);
        const [read, head, list] = await Promise.all([
          client.send('GET', path),
          client.send('HEAD', path),
          client.send('GET', `/${bucket}?prefix=${lane}/`),
        ]);
        expect(read.body.equals(content)).toBe(true);
        expect(head.headers.etag).toBe(etagOf(content));
        expect(list.all('ETag')[list.all('Key').indexOf(`${lane}/${i % 3}`)]).toBe(etagOf(content));
        if (i % 4 !== 3) continue;
        expect((await client.send('DELETE', path)).status).toBe(204);
        const [gone, after] = await Promise.all([
          client.send('GET', path),
          client.send('GET', `/${bucket}?prefix=${lane}/`),
        ]);
        expect(gone.code).toBe('NoSuchKey');
        expect(after.all('Key')).not.toContain(`${lane}/${i % 3}`);
      }
    });
  });

  it('holds for configuration too', async () => {
    const bucket = await newBucket();
    await parallel(4, async () => {
      for (let i = 0; i < 10; i++) await client.send('PUT', `/${bucket}/busy`, { body: 'x' });
    });
    for (const acl of ['public-read', 'private', 'public-read-write', 'private']) {
      expect((await client.send('PUT', `/${bucket}?acl`, { headers: { 'x-oss-acl': acl } })).status).toBe(200);
      expect((await client.send('GET', `/${bucket}?acl`)).all('Grant')).toEqual([acl]);
    }
    expect((await client.send('DELETE', `/${bucket}/busy`)).status).toBe(204);
    expect((await client.send('DELETE', `/${bucket}`)).status).toBe(204);
    expect((await client.send('GET', `/${bucket}`)).code).toBe('NoSuchBucket');
    expect((await client.send('PUT', `/${bucket}/new`, { body: 'x' })).code).toBe('NoSuchBucket');
    expect((await client.send('GET', `/?prefix=${bucket}`)).all('Name')).not.toContain(bucket);
    expect((await client.send('PUT', `/${bucket}`)).status).toBe(200);
    expect((await client.send('GET', `/${bucket}`)).all('Key')).toEqual([]);
  });

  it('is never older than what was acknowledged before a read began, where many write one key', async () => {
    const bucket = await newBucket();
    interface Event {
      readonly value: string;
      readonly begun: number;
      readonly ended: number;
    }
    const writes: Event[] = [];
    const reads: Event[] = [];
    let writing = 4;
    await parallel(8, async (lane) => {
      if (lane < 4) {
        for (let i = 0; i < 15; i++) {
          const content = contentOf(`${lane}-${i}`, i % 2 === 0 ? 100 : 20_000);
          const begun = performance.now();
          expect((await client.send('PUT', `/${bucket}/one`, { body: content })).status).toBe(200);
          writes.push({ value: etagOf(content), begun, ended: performance.now() });
        }
        writing--;
        return;
      }
      while (writing > 0) {
        const begun = performance.now();
        const { status, body } = await client.send('GET', `/${bucket}/one`);
        if (status === 200) reads.push({ value: etagOf(body), begun, ended: performance.now() });
      }
    });
    expect(reads.length).toBeGreaterThan(20);
    const byValue = new Map(writes.map((write) => [write.value, write]));
    for (const read of reads) {
      const source = byValue.get(read.value);
      expect(source, 'a read of something that nobody wrote').toBeDefined();
      expect(source!.begun).toBeLessThan(read.ended);
      const newer = writes.find((write) => write.begun > source!.ended && write.ended < read.begun);
      expect(newer, 'a read of what had been replaced before it began').toBeUndefined();
    }
  });

  it('[PutObject-7] lets one of many through where overwriting is forbidden', async () => {
    const bucket = await newBucket();
    for (const key of ['a', 'b', 'c']) {
      const answers = await parallel(8, (lane) =>
        client.send('PUT', `/${bucket}/${key}`, {
          body: contentOf(String(lane), lane % 2 === 0 ? 10 : 8_000),
          headers: { 'x-oss-forbid-overwrite': 'true' },
        }),
      );
      const winners = answers.filter(({ status }) => status === 200);
      expect(winners).toHaveLength(1);
      expect(answers.filter(({ code }) => code === 'FileAlreadyExists')).toHaveLength(7);
      expect((await client.send('HEAD', `/${bucket}/${key}`)).headers.etag).toBe(winners[0]!.headers.etag);
    }
  });
});

describe('Promise 3: somebody who reads slowly', () => {
  it('gets the version that was there when it asked, whole, whatever happens to the object', async () => {
    const bucket = await newBucket();
    const content = contentOf('old', 12_000_000);
    await client.send('PUT', `/${bucket}/a`, { body: content });
    const responses = await parallel(3, () => client.open('GET', `/${bucket}/a`));
    await client.send('PUT', `/${bucket}/a`, { body: contentOf('new', 12_000_000) });
    await client.send('DELETE', `/${bucket}/a`);
    await client.send('PUT', `/${bucket}/a`, { body: 'short' });
    for (const response of responses) {
      expect(response.headers['content-length']).toBe(String(content.length));
      const chunks: Buffer[] = [];
      for await (const chunk of response) {
        chunks.push(chunk as Buffer);
        if (chunks.length % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(Buffer.concat(chunks).equals(content)).toBe(true);
    }
    expect((await client.send('GET', `/${bucket}/a`)).body.toString()).toBe('short');
  });
});

describe('Promise 5: a configuration that was replaced', () => {
  it('[PutBucketAcl-9] judges no request that begins after the change was acknowledged', async () => {
    const bucket = await newBucket('public-read');
    await client.send('PUT', `/${bucket}/a`, { body: 'x' });
    /** What holds; undefined while a change is under way. */
    let acl: string | undefined = 'public-read';
    let changing = true;
    let judged = 0;
    const read = async (): Promise<void> => {
      while (changing) {
        const before = acl;
        const { status } = await client.send('GET', `/${bucket}/a`, { as: 'anonymous' });
        if (before === undefined || before !== acl) continue;
        judged++;
        expect(status).toBe(before === 'private' ? 403 : 200);
      }
    };
    const change = async (): Promise<void> => {
      for (let i = 0; i < 30 || (judged < 60 && i < 300); i++) {
        const next: string = i % 2 === 0 ? 'private' : 'public-read';
        acl = undefined;
        const answer: Answer = await client.send('PUT', `/${bucket}?acl`, { headers: { 'x-oss-acl': next } });
        expect(answer.status).toBe(200);
        acl = next;
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
      changing = false;
    };
    await Promise.all([change(), ...Array.from({ length: 6 }, read)]);
    expect(judged).toBeGreaterThanOrEqual(60);
  });
});
