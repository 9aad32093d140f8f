/** Bytes that differ from place to place, so that a mixed-up order shows. */
export function patternBytes(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0, x = seed; i < length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
}

export interface BodyShape {
  /** Bytes per chunk. */
  chunk: number;
  /** Ends, without a failure, after so many bytes. */
  endAfter?: number;
  /** Fails after so many bytes. */
  failAfter?: number;
  /** Sends nothing more after so many bytes. */
  stallAfter?: number;
  /** Pause before each chunk. */
  everyMs?: number;
  /** A byte stream, as bodies from the network are. */
  bytes?: boolean;
}

/** A body that its sender may break off, and a record of how much of it was taken and whether it was let go. */
export function bodyOf(
  content: Uint8Array<ArrayBuffer>,
  shape: BodyShape,
): { stream: ReadableStream<Uint8Array>; taken: () => number; cancelled: () => boolean } {
  const { chunk, endAfter = content.length, failAfter, stallAfter, everyMs, bytes = false } = shape;
  let at = 0;
  let cancelled = false;
  const source = {
    async pull(controller: ReadableStreamDefaultController<Uint8Array> | ReadableByteStreamController) {
      if (everyMs !== undefined) await new Promise((resolve) => setTimeout(resolve, everyMs));
      if (failAfter !== undefined && at >= failAfter) return controller.error(new Error('connection lost'));
      if (stallAfter !== undefined && at >= stallAfter) return new Promise<void>(() => {});
      const next = Math.min(at + chunk, endAfter, failAfter ?? Infinity, stallAfter ?? Infinity);
      if (next === at) {
        controller.close();
        if ('byobRequest' in controller) controller.byobRequest?.respond(0);
        return;
      }
      controller.enqueue(content.slice(at, next));
      at = next;
    },
    cancel() {
      cancelled = true;
    },
  };
  const stream = bytes
    ? new ReadableStream({ type: 'bytes', ...source } as UnderlyingByteSource)
    : new ReadableStream<Uint8Array>(source as UnderlyingSource<Uint8Array>, { highWaterMark: 0 });
  return { stream: stream as ReadableStream<Uint8Array>, taken: () => at, cancelled: () => cancelled };
}

/** Everything that a stream yields. */
export async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
