import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { R2BlobStore } from '../../../src/blob/store.ts';
import type { WrittenBody } from '../../../src/blob/write.ts';
import { type MirrorJob, mirrorBody } from '../../../src/website/mirror.ts';
import { type Fault, FaultyBlobStore } from '../../support/faulty-store.ts';

const LENGTH = 3 * 1024 * 1024;
const CHUNK = 64 * 1024;

/** A long body that counts what was taken of it. */
function body() {
  const taken = { bytes: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const length = Math.min(CHUNK, LENGTH - taken.bytes);
        controller.enqueue(new Uint8Array(length).fill(taken.bytes / CHUNK));
        taken.bytes += length;
        if (taken.bytes === LENGTH) controller.close();
      },
      cancel() {
        taken.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, taken };
}

function job(faults: Fault[] = [], more: Partial<MirrorJob> = {}) {
  const { stream, taken } = body();
  const store = new FaultyBlobStore(new R2BlobStore(env.BLOBS), ...faults);
  const commit = vi.fn(async (_written: WrittenBody) => true);
  const onFailure = vi.fn();
  const storage = { store, shardId: 'mirror', inlineLimit: 4096, infrequent: false, commit, onFailure };
  const task = { body: stream, length: LENGTH, md5: undefined, limit: 2 ** 30, idleTimeoutMs: 500, storage, ...more };
  return { task, taken, store, commit, onFailure };
}

async function streaming(task: MirrorJob) {
  const mirrored = await mirrorBody(task);
  if (mirrored.kind !== 'stream') throw new Error('not a stream');
  return mirrored;
}

const all = async (stream: ReadableStream<Uint8Array>) => (await new Response(stream).arrayBuffer()).byteLength;

describe('a long body on its way', () => {
  it.each([LENGTH, undefined])('reaches client and store, of announced length %s', async (length) => {
    const { task, commit, onFailure } = job([], { length });
    const { body, stored } = await streaming(task);
    expect(await all(body)).toBe(LENGTH);
    expect(await stored).toBe(true);
    expect(commit).toHaveBeenCalledOnce();
    expect(commit.mock.calls[0]![0].size).toBe(LENGTH);
    expect(onFailure).not.toHaveBeenCalled();
  });

  it('is read no faster than its client reads', async () => {
    const { task, taken } = job();
    const { body, stored } = await streaming(task);
    const reader = body.getReader();
    await reader.read();
    await scheduler.wait(100);
    expect(taken.bytes).toBeLessThan(LENGTH / 2);
    for (let chunk = await reader.read(); !chunk.done; ) chunk = await reader.read();
    expect(await stored).toBe(true);
  });

  it('ends for the client after it is stored, not before', async () => {
    const { task, commit } = job();
    let release = (_: boolean) => {};
    commit.mockImplementation(() => new Promise((resolve) => (release = resolve)));
    const { body, stored } = await streaming(task);
    let ended = false;
    const read = all(body).then((length) => {
      ended = true;
      return length;
    });
    await vi.waitFor(() => expect(commit).toHaveBeenCalled());
    await scheduler.wait(50);
    expect(ended).toBe(false);
    release(true);
    expect(await read).toBe(LENGTH);
    expect(await stored).toBe(true);
  });

  it('is stored though the client goes away', async () => {
    const { task, commit } = job();
    const { body, stored } = await streaming(task);
    const reader = body.getReader();
    await reader.read();
    await reader.cancel();
    expect(await stored).toBe(true);
    expect(commit.mock.calls[0]![0].size).toBe(LENGTH);
  });

  it('is stored though the client stops reading', async () => {
    const { task } = job([], { idleTimeoutMs: 100 });
    const { stored } = await streaming(task);
    expect(await stored).toBe(true);
  });

  it.each<Fault>([
    { call: 'put', nth: 1, how: 'before' },
    { call: 'put', nth: 1, how: 'after' },
  ])('reaches the client though the store fails %s', async (fault) => {
    const { task, commit, onFailure } = job([fault]);
    const { body, stored } = await streaming(task);
    expect(await all(body)).toBe(LENGTH);
    expect(await stored).toBe(false);
    expect(commit).not.toHaveBeenCalled();
    expect(onFailure).toHaveBeenCalledOnce();
  });

  it('reaches the client though the commit is refused, or fails', async () => {
    for (const outcome of [async () => false, () => Promise.reject(new Error('the index restarted'))]) {
      const { task, commit } = job();
      commit.mockImplementation(outcome);
      const { body, stored } = await streaming(task);
      expect(await all(body)).toBe(LENGTH);
      expect(await stored).toBe(false);
    }
  });

  it('is given up where nobody wants it any more', async () => {
    const { task, taken } = job([{ call: 'put', nth: 1, how: 'before' }]);
    const { body, stored } = await streaming(task);
    await body.cancel();
    expect(await stored).toBe(false);
    expect(taken.bytes).toBeLessThan(LENGTH);
    await vi.waitFor(() => expect(taken.cancelled).toBe(true));
  });

  it('is given up beyond the limit, and leaves nothing', async () => {
    const { task, store, commit } = job([], { length: undefined, limit: 2 * 1024 * 1024 });
    const { body, stored } = await streaming(task);
    await expect(all(body)).rejects.toThrow();
    expect(await stored).toBe(false);
    expect(commit).not.toHaveBeenCalled();
    expect(store.openUploads).toBe(0);
  });
});
