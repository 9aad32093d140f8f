import { createHash } from 'node:crypto';
import { BodySource } from '../../blob/source.ts';
import { OssError } from '../answer/errors.ts';
import { BODY_IDLE_MS } from '../limits.ts';
import type { ByteSource } from './multipart.ts';

/** What is taken of a form after it was refused, in bytes and ms. */
const DRAIN_BYTES_MAX = 1024 * 1024;
const DRAIN_MS_MAX = 2_000;
const DRAIN_BUFFER_BYTES = 64 * 1024;

/** The body of a form as it arrives. */
export class ReceivedBody implements ByteSource {
  readonly #source: BodySource;
  readonly #md5: Uint8Array | undefined;
  readonly #hash = createHash('md5');
  #bytes = 0;

  /** @param md5 what the whole body should have: the fields, the file, and what is around them. 16 bytes */
  constructor(stream: ReadableStream<Uint8Array>, md5: Uint8Array | undefined) {
    this.#source = new BodySource(stream, BODY_IDLE_MS, Date.now);
    this.#md5 = md5;
  }

  /** @throws {BodyFailure} as {@link BodySource.read} */
  async read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#source.read(into);
    this.#bytes += bytes.length;
    if (this.#md5 !== undefined) this.#hash.update(bytes);
    return bytes;
  }

  /** To be called once, at the end of the body. @throws {OssError} InvalidDigest */
  checkDigest(): void {
    if (this.#md5 !== undefined && !this.#hash.digest().equals(this.#md5)) throw new OssError('InvalidDigest');
  }

  /**
   * Takes the rest of a form that is refused, where it is short: a client that is still sending when the connection is
   * closed on it, such as a browser, reports that instead of the refusal.
   * @param length announced length of the body, NaN where there is none
   */
  async drain(length: number): Promise<void> {
    if (!(length - this.#bytes <= DRAIN_BYTES_MAX)) return;
    await Promise.race([this.#drain().catch(() => {}), scheduler.wait(DRAIN_MS_MAX)]);
  }

  async #drain(): Promise<void> {
    let buffer = new ArrayBuffer(DRAIN_BUFFER_BYTES);
    for (let left = DRAIN_BYTES_MAX; left > 0; ) {
      const bytes = await this.#source.read(new Uint8Array(buffer));
      if (bytes.length === 0) return;
      left -= bytes.length;
      buffer = bytes.buffer;
    }
  }

  /** Ends reading. */
  close(): void {
    this.#source.close();
  }
}
