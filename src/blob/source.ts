import type { Pace } from '../lib/pace.ts';
import { BodyFailure } from './failure.ts';

/** Most bytes that a read waits for: fewer, larger reads cost less CPU, and more than this saves nothing. */
const EAGER_BYTES = 128 * 1024;
/** A read that takes longer marks the sender as slow, whose bytes are taken as they come. */
const SLOW_READ_MS = 1000;
/** What a timer can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Reader =
  | { kind: 'bytes'; reader: ReadableStreamBYOBReader }
  | { kind: 'chunks'; reader: ReadableStreamDefaultReader<Uint8Array>; rest: Uint8Array };

function readerOf(stream: ReadableStream<Uint8Array>): Reader {
  try {
    return { kind: 'bytes', reader: stream.getReader({ mode: 'byob' }) };
  } catch (error) {
    if (stream.locked) throw error;
    return { kind: 'chunks', reader: stream.getReader(), rest: new Uint8Array() };
  }
}

/**
 * Reads a body into buffers of ours, and gives up on a sender that pauses too long. Bodies from the network and other
 * byte streams fill the buffer themselves; other streams are copied into it.
 */
export class BodySource {
  readonly #from: Reader;
  readonly #idleTimeoutMs: number;
  readonly #now: () => number;
  readonly #pace: Pace | undefined;
  readonly #slowMs: number;
  /** Bytes that the next read waits for. It doubles while reads are quick, so no pause is mistaken for a long one. */
  #least = 1;
  #waitingSince: number | null = null;
  #watchdog: ReturnType<typeof setTimeout> | null = null;
  #failure: { error: unknown } | null = null;
  #rejectWaiting: (error: unknown) => void = () => {};

  /**
   * @param idleTimeoutMs longest wait for the next bytes
   * @param pace how fast to read at most
   * @throws {TypeError} on a stream that somebody else reads
   */
  constructor(stream: ReadableStream<Uint8Array>, idleTimeoutMs: number, now: () => number, pace?: Pace) {
    this.#from = readerOf(stream);
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#slowMs = Math.min(SLOW_READ_MS, idleTimeoutMs / 4);
    this.#now = now;
    this.#pace = pace;
  }

  /**
   * The next bytes, at most as many as `into` holds; none at the end. `into`'s buffer is taken: the result's buffer
   * stands for it from then on.
   * @throws {BodyFailure} `timeout`, or `incomplete-body` where the stream broke
   */
  read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    return this.#pace === undefined ? this.#next(into) : this.#nextAt(this.#pace, into);
  }

  /** The pause is ours: none of the sender's, whose time for the next bytes begins behind it. */
  async #nextAt(pace: Pace, into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#next(into.subarray(0, pace.stepBytes));
    const heldMs = pace.take(bytes.length, this.#now());
    if (heldMs > 0) await scheduler.wait(heldMs);
    return bytes;
  }

  async #next(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    this.#throwIfFailed();
    const began = this.#now();
    this.#waitingSince = began;
    this.#watch(this.#idleTimeoutMs);
    try {
      const bytes = await this.#orFailure(this.#from.kind === 'bytes' ? this.#readInto(into) : this.#copyInto(into));
      const slow = this.#now() - began > this.#slowMs;
      this.#least = slow ? 1 : Math.min(EAGER_BYTES, 2 * Math.max(this.#least, bytes.length));
      return bytes;
    } catch (error) {
      this.#throwIfFailed();
      throw error instanceof BodyFailure ? error : new BodyFailure('incomplete-body', 'the body broke off', error);
    } finally {
      this.#waitingSince = null;
    }
  }

  /**
   * Reads on from `have` bytes until `into` is full or the body ends: fewer bytes than it holds mean the end. Takes
   * the buffer as `read` does; `into` must begin with it.
   */
  async fill(into: Uint8Array<ArrayBuffer>, have = 0): Promise<Uint8Array<ArrayBuffer>> {
    const size = into.length;
    let buffer = into.buffer;
    let filled = have;
    while (filled < size) {
      const bytes = await this.read(new Uint8Array(buffer, filled, size - filled));
      buffer = bytes.buffer;
      if (bytes.length === 0) break;
      filled += bytes.length;
    }
    return new Uint8Array(buffer, 0, filled);
  }

  /** Makes the pending read, and each later one, fail with this error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#rejectWaiting(error);
  }

  /** Ends reading. The rest of the body is not wanted. */
  close(reason?: unknown): void {
    if (this.#watchdog !== null) clearTimeout(this.#watchdog);
    this.#watchdog = null;
    // Nobody waits for the outcome: a body that cannot be cancelled has already ended.
    this.#from.reader.cancel(reason).catch(() => {});
  }

  #throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** A promise per read rather than one race against a common one, which would keep every read's result alive. */
  #orFailure<T>(read: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#rejectWaiting = reject;
      read.then(resolve, reject);
    });
  }

  /** One timer for the whole body: re-armed when it fires, not at each read. */
  #watch(delayMs: number): void {
    this.#watchdog ??= setTimeout(
      () => {
        this.#watchdog = null;
        if (this.#waitingSince === null) return;
        const left = this.#waitingSince + this.#idleTimeoutMs - this.#now();
        if (left > 0) this.#watch(left);
        else this.fail(new BodyFailure('timeout', `no bytes came for ${this.#idleTimeoutMs} ms`));
      },
      Math.min(delayMs, LONGEST_TIMER_MS),
    );
  }

  async #readInto(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const reader = this.#from.reader as ReadableStreamBYOBReader;
    const { value, done } = await reader.readAtLeast(Math.min(this.#least, into.length), into);
    if (!done) return value as Uint8Array<ArrayBuffer>;
    if (value === undefined) throw new TypeError('the body was cancelled');
    return (value as Uint8Array<ArrayBuffer>).subarray(0, 0);
  }

  async #copyInto(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const from = this.#from as Extract<Reader, { kind: 'chunks' }>;
    while (from.rest.length === 0) {
      const { value, done } = await from.reader.read();
      if (done) return into.subarray(0, 0);
      from.rest = value;
    }
    const taken = from.rest.subarray(0, into.length);
    into.set(taken);
    from.rest = from.rest.subarray(taken.length);
    return into.subarray(0, taken.length);
  }
}
