import { isSealed } from './names.ts';
import { type ByteRange, type Piece, type SegmentSource, type Slice, slicePieces } from './segments.ts';
import type { BlobStore } from './store.ts';

/**
 * Blobs asked for ahead of the one that is being sent: a reader of many small segments waits for R2 once in so many, and
 * not once each. With that one, and the one that compaction writes meanwhile, it is as many connections as an invocation
 * may have open.
 */
const AHEAD = 4;

/** A blob that a segment names does not exist. */
export class BlobMissing extends Error {
  override readonly name = 'BlobMissing';
}

type Body = ReadableStream<Uint8Array>;

/**
 * The bytes of a range over segments, as a stream of known length. A range within one segment is the store's own
 * stream; longer ones are piped together by the runtime. JavaScript touches no byte either way, unless it decrypts. The first blob is
 * opened before this returns, so that its absence can still be answered with an error; any later failure aborts the
 * stream, which never ends short. Cancelling the stream ends all reading.
 * @param source segments in order, or pages of them, fetched no earlier than the range needs them
 * @throws {RangeError | SegmentsTooShort} where the segments do not hold the range
 * @throws {BlobMissing | BlobStoreError} where the first blob cannot be read
 */
export async function readSegments(store: BlobStore, source: SegmentSource, range: ByteRange): Promise<Body> {
  const opened = new OpenedAhead(store, slicePieces(source, range));
  const first = await opened.next().catch(async (error) => {
    await opened.close();
    throw error;
  });
  if (first?.piece.length === range.length) {
    await opened.close();
    // What decrypts is JavaScript: its stream has no length of its own.
    return !isSealed(first.piece.blob) ? first.body : first.body.pipeThrough(new FixedLengthStream(range.length));
  }
  const { readable, writable } = new FixedLengthStream(range.length);
  // Its failures reach the reader through the stream.
  sendAll(first?.body, opened, writable).catch(() => {});
  return readable;
}

async function sendAll(
  first: Body | undefined,
  opened: OpenedAhead,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  try {
    let body = first;
    while (body !== undefined) {
      opened.fetchAhead();
      await body.pipeTo(writable, { preventClose: true });
      body = (await opened.next())?.body;
    }
    await writable.close();
  } catch (error) {
    await Promise.allSettled([writable.abort(error), opened.close()]);
  }
}

interface Opened {
  piece: Piece;
  body: Body;
}

/** Opens blobs in order, at most AHEAD of them before they are asked for. */
class OpenedAhead {
  readonly #store: BlobStore;
  readonly #pieces: AsyncGenerator<Slice>;
  readonly #queue: Promise<Opened | null>[] = [];

  constructor(store: BlobStore, pieces: AsyncGenerator<Slice>) {
    this.#store = store;
    this.#pieces = pieces;
  }

  /** The next one, or null after the last. */
  next(): Promise<Opened | null> {
    return this.#queue.shift() ?? this.#open();
  }

  fetchAhead(): void {
    while (this.#queue.length < AHEAD) {
      const opening = this.#open();
      // Met when its turn comes.
      opening.catch(() => {});
      this.#queue.push(opening);
    }
  }

  /** Gives back what was opened and is not wanted any more. */
  async close(): Promise<void> {
    const cancelled = this.#queue.splice(0).map(async (opening) => (await opening)?.body.cancel());
    await Promise.allSettled([...cancelled, this.#pieces.return(undefined)]);
  }

  async #open(): Promise<Opened | null> {
    const { value: piece, done } = await this.#pieces.next();
    if (done) return null;
    const body = await this.#store.get(piece.blob, piece);
    if (body === null) throw new BlobMissing(`no such blob: ${piece.blob}`);
    return { piece, body };
  }
}
