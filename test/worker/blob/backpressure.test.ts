import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readSegments } from '../../../src/blob/read.ts';
import type { BlobStore } from '../../../src/blob/store.ts';
import { UPLOAD_PART_BYTES } from '../../../src/blob/upload.ts';
import { writeBody } from '../../../src/blob/write.ts';

const MIB = 1024 * 1024;
const LENGTH = 64 * MIB;

/** How many bytes a sender has given that the store has not got yet, and the largest chunk that the store saw. */
class Meter {
  sent = 0;
  stored = 0;
  mostInBetween = 0;
  largestChunk = 0;

  send(bytes: number): void {
    this.sent += bytes;
    this.mostInBetween = Math.max(this.mostInBetween, this.sent - this.stored);
  }

  store(bytes: number): void {
    this.stored += bytes;
    this.largestChunk = Math.max(this.largestChunk, bytes);
  }
}

/** A body that exists only while it is read. */
function generated(length: number, meter: Meter, chunk = 64 * 1024): ReadableStream<Uint8Array> {
  let left = length;
  return new ReadableStream({
    type: 'bytes',
    autoAllocateChunkSize: chunk,
    pull(controller) {
      const view = controller.byobRequest!.view as Uint8Array;
      const bytes = Math.min(view.byteLength, left, chunk);
      if (bytes === 0) controller.close();
      left -= bytes;
      meter.send(bytes);
      controller.byobRequest!.respond(bytes);
    },
  } as UnderlyingByteSource) as ReadableStream<Uint8Array>;
}

/** A store that keeps nothing and takes its time: a sender that is not held back would be far ahead of it. */
function slowSink(meter: Meter): BlobStore {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 1));
  return {
    async put(_name, body) {
      const md5 = createHash('md5');
      if (body instanceof Uint8Array) throw new Error('buffered');
      let pauseAt = MIB;
      for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
        md5.update(chunk);
        meter.store(chunk.length);
        if (meter.stored < pauseAt) continue;
        pauseAt += MIB;
        await pause();
      }
      return { md5: md5.digest('hex').toUpperCase() };
    },
    async startUpload() {
      return {
        async putPart(part) {
          await pause();
          meter.store((part as Uint8Array).length);
        },
        async complete() {},
        async abort() {},
      };
    },
    async get(_name, { length }) {
      return generated(length, meter);
    },
    async delete() {},
    async list() {
      return { blobs: [], cursor: null };
    },
  };
}

const options = { shardId: 'meter', inlineLimit: 0, limit: 2 ** 40, idleTimeoutMs: 5000 };

describe('memory does not grow with the body', () => {
  it('holds half a MiB of a body of known length', async () => {
    const meter = new Meter();
    const body = generated(LENGTH, meter);
    const written = await writeBody(slowSink(meter), { ...options, body, length: LENGTH });
    expect(written.size).toBe(LENGTH);
    expect(meter.stored).toBe(LENGTH);
    expect(meter.mostInBetween).toBeLessThanOrEqual(640 * 1024);
  });

  it('holds two parts of a body of unknown length', async () => {
    const meter = new Meter();
    const body = generated(LENGTH, meter);
    const written = await writeBody(slowSink(meter), { ...options, body });
    expect(written.size).toBe(LENGTH);
    expect(meter.stored).toBe(LENGTH);
    expect(meter.largestChunk).toBe(UPLOAD_PART_BYTES);
    expect(meter.mostInBetween).toBeLessThanOrEqual(2 * UPLOAD_PART_BYTES);
  });

  it('holds next to nothing of what a reader does not take', async () => {
    const meter = new Meter();
    const segments = Array.from({ length: 64 }, (_, i) => ({ blob: `b${i}`, offset: 0, length: MIB }));
    const reader = (await readSegments(slowSink(meter), segments, { offset: 0, length: LENGTH })).getReader();
    for (let read = 0; read < 5 * MIB; ) {
      const { value } = await reader.read();
      read += value!.length;
      meter.store(value!.length);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(meter.mostInBetween).toBeLessThanOrEqual(640 * 1024);
    await reader.cancel();
  });
});
