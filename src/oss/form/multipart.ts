import { malformedForm } from './boundary.ts';
import { DelimiterFinder } from './delimiter.ts';

/** Where the bytes come from: `BodySource` of the blob layer, or a test. */
export interface ByteSource {
  /** The next bytes, none at the end. Takes the buffer of `into`; the result's buffer stands for it from then on. */
  read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/** Bytes asked for at a time: few where little comes, many where every read is filled. */
const READ_BYTES_MIN = 16 * 1024;
const READ_BYTES_MAX = 256 * 1024;
/** Longest header of a part. */
const HEADER_BYTES_MAX = 16 * 1024;
/** Blanks after a delimiter are legal, though nobody sends them. */
const PADDING_BYTES_MAX = 64;

const CR = 0x0d;
const LF = 0x0a;
const HYPHEN = 0x2d;

/** What a delimiter in the bytes turned out to be. `at`: where what follows it begins. */
type Line = { readonly kind: 'part' | 'close'; readonly at: number } | { readonly kind: 'text' | 'unknown' };

/**
 * Reads a multipart body (RFC 2046, 5.1) part by part. Holds one buffer of at most 256 KiB and a header; what it
 * returns does not depend on how the stream was cut into chunks, except for where contents are cut.
 */
export class MultipartReader {
  readonly #source: ByteSource;
  readonly #finder: DelimiterFinder;
  /** A delimiter may open the body without the line break that otherwise belongs to it: here it gets one. */
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array([CR, LF]);
  #at = 0;
  #end = 2;
  /** Whether somebody holds views of the buffer: it must not be written to any more. */
  #lent = false;
  #readBytes = READ_BYTES_MIN;
  #ended = false;
  /** The text before the first part counts as the content of a part that nobody asks for. */
  #state: 'content' | 'header' | 'closed' = 'content';
  #passed = -2;

  constructor(source: ByteSource, boundary: string) {
    this.#source = source;
    this.#finder = new DelimiterFinder(boundary);
  }

  /** Bytes of the body that lie behind what was returned last. */
  get passed(): number {
    return Math.max(0, this.#passed);
  }

  /**
   * The header of the next part, without the empty line; null at the end of the body. What is left of the current
   * part's content must have been read.
   * @throws {OssError} MalformedPOSTRequest
   */
  async nextHeader(): Promise<Uint8Array | null> {
    if (this.#state === 'content') throw new Error('the content of the part has not been read');
    if (this.#state === 'closed') return null;
    for (let searched = this.#at; ; ) {
      const end = this.#headerEnd(searched);
      if (end !== undefined && end - this.#at <= HEADER_BYTES_MAX) {
        const header = this.#lend(end);
        this.#pass(end + (header.length === 0 ? 2 : 4));
        this.#state = 'content';
        return header;
      }
      if (end !== undefined || this.#end - this.#at > HEADER_BYTES_MAX + 4) {
        throw malformedForm('the header of a part is too long');
      }
      const offset = Math.max(0, this.#end - 3 - this.#at);
      if (!(await this.#more())) throw malformedForm('it ends within the header of a part');
      searched = this.#at + offset;
    }
  }

  /**
   * The next bytes of the current part's content, never none; null at its end. They are the caller's to keep.
   * @throws {OssError} MalformedPOSTRequest where the body ends first
   */
  async content(): Promise<Uint8Array | null> {
    let from = this.#at;
    while (this.#state === 'content') {
      const found = this.#finder.find(this.#bytes, from, this.#end);
      const line = found < 0 ? undefined : this.#lineAfter(found + this.#finder.length);
      if (line?.kind === 'text') {
        from = found + this.#finder.length;
        continue;
      }
      if (line?.kind === 'part' || line?.kind === 'close') {
        const bytes = this.#lend(found);
        this.#pass(line.at);
        this.#state = line.kind === 'part' ? 'header' : 'closed';
        return bytes.length > 0 ? bytes : null;
      }
      // What may be the beginning of a delimiter waits for the bytes behind it.
      const certain = found >= 0 ? found : Math.max(from, this.#end - this.#finder.length + 1);
      if (certain > this.#at) return this.#lend(certain);
      if (!(await this.#more())) throw malformedForm('it ends before its closing boundary');
      from = this.#at;
    }
    return null;
  }

  /** Reads what follows the closing boundary, which means nothing. @throws {OssError} where it exceeds `maxBytes` */
  async drain(maxBytes: number): Promise<void> {
    for (let bytes = 0; ; ) {
      bytes += this.#end - this.#at;
      this.#pass(this.#end);
      if (bytes > maxBytes) throw malformedForm('there is too much behind its closing boundary');
      if (!(await this.#more())) return;
    }
  }

  /** A delimiter counts only where its line ends as it must: otherwise it is text that looks like one. */
  #lineAfter(from: number): Line {
    const bytes = this.#bytes;
    const end = this.#end;
    if (from < end && bytes[from] === HYPHEN) {
      if (from + 1 === end) return { kind: 'unknown' };
      return bytes[from + 1] === HYPHEN ? { kind: 'close', at: from + 2 } : { kind: 'text' };
    }
    let at = from;
    while (at < end && (bytes[at] === 0x20 || bytes[at] === 0x09)) {
      if (++at - from > PADDING_BYTES_MAX) return { kind: 'text' };
    }
    if (at < end && bytes[at] !== CR) return { kind: 'text' };
    if (at + 1 >= end) return { kind: 'unknown' };
    return bytes[at + 1] === LF ? { kind: 'part', at: at + 2 } : { kind: 'text' };
  }

  /** Where the header ends whose empty line begins at `from` or later. */
  #headerEnd(from: number): number | undefined {
    const bytes = this.#bytes;
    // A part without any header.
    if (this.#end - this.#at >= 2 && bytes[this.#at] === CR && bytes[this.#at + 1] === LF) return this.#at;
    for (let i = bytes.indexOf(CR, from); i >= 0 && i + 3 < this.#end; i = bytes.indexOf(CR, i + 1)) {
      if (bytes[i + 1] === LF && bytes[i + 2] === CR && bytes[i + 3] === LF) return i;
    }
    return undefined;
  }

  /** The bytes up to `end`, passed on. */
  #lend(end: number): Uint8Array {
    const view = this.#bytes.subarray(this.#at, end);
    if (view.length > 0) this.#lent = true;
    this.#pass(end);
    return view;
  }

  #pass(to: number): void {
    this.#passed += to - this.#at;
    this.#at = to;
  }

  /** Reads on. @returns false at the end of the body */
  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const kept = this.#end - this.#at;
    if (this.#lent || this.#bytes.length - this.#end < this.#readBytes / 4) {
      const larger = new Uint8Array(kept + this.#readBytes);
      larger.set(this.#bytes.subarray(this.#at, this.#end));
      this.#bytes = larger;
      this.#at = 0;
      this.#end = kept;
      this.#lent = false;
    }
    const room = this.#bytes.length - this.#end;
    const got = await this.#source.read(this.#bytes.subarray(this.#end));
    this.#bytes = new Uint8Array(got.buffer);
    this.#end += got.length;
    this.#ended = got.length === 0;
    if (got.length === room) this.#readBytes = Math.min(READ_BYTES_MAX, this.#readBytes * 4);
    else if (got.length < room / 8) this.#readBytes = Math.max(READ_BYTES_MIN, this.#readBytes / 4);
    return !this.#ended;
  }
}
