import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FlightEnd, FlightReply } from '../../../src/index/flights.ts';
import { shardOf } from '../../../src/index/names.ts';
import { shardStub } from '../../../src/index/stub.ts';
import { stopClock } from '../support/clock.ts';
import { configOf, send } from '../support/wire.ts';
import { mirror, newSite, on404, putPage, rule, rules, visit } from './support.ts';

let asked: string[];
let answer: () => Response;

beforeEach(() => {
  asked = [];
  answer = () => new Response('from the origin', { headers: { 'content-length': '15' } });
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input) => {
    asked.push(String(input));
    return answer();
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const one = (more = '') => newSite(rules(rule(1, on404, mirror(more))));

/** Another isolate that fetches an object of a bucket. */
async function otherIsolate(bucket: string, key: string) {
  const { id, shards, epoch, version } = await configOf(bucket);
  const shard = shardOf(id, key, shards);
  const stub = shardStub(env.INDEX, id, shard);
  const call = { bucket: id, shard, epoch, config: version };
  const join = async (seen?: number) => ((await stub.joinFlight(call, key, seen)) as { ok: FlightReply }).ok;
  return { join, land: (flight: number, end: FlightEnd) => stub.landFlight(call, key, flight, end) };
}

async function taken(bucket: string, key = 'k') {
  const other = await otherIsolate(bucket, key);
  const reply = await other.join();
  if (!('lead' in reply)) throw new Error(`no lead: ${JSON.stringify(reply)}`);
  return { other, flight: reply.lead };
}

describe('[WebsiteServing-38] a fetch that another isolate has begun', () => {
  it('is waited for, and what it stored is the answer', async () => {
    const bucket = await one();
    const { other, flight } = await taken(bucket);
    const crowd = Promise.all(Array.from({ length: 5 }, () => visit(bucket, '/k')));
    await scheduler.wait(150);
    await putPage(bucket, 'k', 'stored');
    await other.land(flight, 'stored');
    expect((await crowd).map(({ text }) => text)).toEqual(Array(5).fill('stored'));
    expect(asked).toEqual([]);
  });

  it('is waited for, and a failure or a missing object is everybody’s', async () => {
    for (const [end, status, code] of [
      ['missing', 404, 'NoSuchKey'],
      ['failed', 424, 'MirrorFailed'],
    ] as const) {
      const bucket = await one();
      const { other, flight } = await taken(bucket);
      const waiting = visit(bucket, '/k');
      await scheduler.wait(150);
      await other.land(flight, end);
      const shared = await waiting;
      expect([shared.status, shared.code, asked.length]).toEqual([status, code, 0]);
      // The next one asks again.
      expect((await visit(bucket, '/k')).text).toBe('from the origin');
      expect(asked.splice(0)).toHaveLength(1);
    }
  });

  it('is not waited for where what came was one client’s own', async () => {
    const bucket = await one();
    const { other, flight } = await taken(bucket);
    const waiting = visit(bucket, '/k');
    await scheduler.wait(150);
    await other.land(flight, 'alone');
    expect((await waiting).text).toBe('from the origin');
    expect((await send('GET', `/${bucket}/k`)).header('content-length')).toBe('15');
    expect(asked).toHaveLength(1);
  });

  it('is not waited for longer than a while: then the origin answers, and nothing is stored', async () => {
    const bucket = await one();
    const { other, flight } = await taken(bucket);
    expect((await visit(bucket, '/k')).text).toBe('from the origin');
    expect(asked).toHaveLength(1);
    expect((await send('GET', `/${bucket}?prefix=`)).all('Key')).toEqual([]);
    await putPage(bucket, 'k', 'stored');
    await other.land(flight, 'stored');
    expect((await visit(bucket, '/k')).text).toBe('stored');
  });

  it('keeps nobody from storing once nothing more is heard of it', async () => {
    const move = stopClock();
    const bucket = await one();
    await taken(bucket);
    move(21_000);
    expect((await visit(bucket, '/k')).text).toBe('from the origin');
    expect((await send('GET', `/${bucket}?prefix=`)).all('Key')).toEqual(['k']);
    expect((await visit(bucket, '/k')).text).toBe('from the origin');
    expect(asked).toHaveLength(1);
  });

  it('is nobody’s business where nothing is stored, or another object is meant', async () => {
    const passing = await one('<MirrorProxyPass>true</MirrorProxyPass>');
    await taken(passing);
    expect((await visit(passing, '/k')).text).toBe('from the origin');
    const bucket = await one();
    await taken(bucket, 'other');
    expect((await visit(bucket, '/k')).text).toBe('from the origin');
    expect((await send('GET', `/${bucket}?prefix=`)).all('Key')).toEqual(['k']);
  });

  it('holds others back while one of this isolate is under way', async () => {
    const bucket = await one();
    let during: FlightReply | undefined;
    vi.mocked(globalThis.fetch).mockImplementation(async () => {
      during = await (await otherIsolate(bucket, 'k')).join();
      return answer();
    });
    await visit(bucket, '/k');
    expect(during).toHaveProperty('busy');
    const seen = (during as { busy: number }).busy;
    const other = await otherIsolate(bucket, 'k');
    await vi.waitFor(async () => expect(await other.join(seen)).toEqual({ ended: 'stored' }));
  });
});
