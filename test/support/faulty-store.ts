import {
  type BlobPage,
  type BlobRange,
  type BlobStore,
  BlobStoreError,
  type BlobUpload,
  type PutOptions,
  type StoredBlob,
} from '../../src/blob/store.ts';

export type StoreCall = 'put' | 'startUpload' | 'putPart' | 'complete' | 'abort' | 'get' | 'delete' | 'list';

/** What goes wrong, at the `nth` call (from 1) of its kind. */
export interface Fault {
  call: StoreCall;
  nth: number;
  /**
   * - `before` the call fails and nothing happened; a body that was handed over is not read
   * - `after` it happened, but the caller sees a failure, as when the answer is lost
   * - `midway` (put of a stream) the call fails once it has taken some bytes
   * - `delay` it happens, later
   * - `cut` (get) the stream fails after some bytes
   * - `short` (get) the stream ends, without a failure, after some bytes
   */
  how: 'before' | 'after' | 'midway' | 'cut' | 'short' | { delayMs: number };
  /** Bytes before `midway`, `cut` or `short` strikes. */
  after?: number;
}

/** The failure that a fault injects. */
export class InjectedFault extends BlobStoreError {
  constructor(fault: Fault) {
    super('unavailable', `injected: ${fault.call} ${fault.nth} ${JSON.stringify(fault.how)}`);
  }
}

/** A store that passes everything on, fails where it is told to, and keeps count. */
export class FaultyBlobStore implements BlobStore {
  readonly calls: Record<StoreCall, number> = {
    put: 0,
    startUpload: 0,
    putPart: 0,
    complete: 0,
    abort: 0,
    get: 0,
    delete: 0,
    list: 0,
  };
  /** Uploads that were neither completed nor aborted. */
  openUploads = 0;
  /** Streams that `get` gave out and that neither ended nor were cancelled; and the most there ever were. */
  openReads = 0;
  mostOpenReads = 0;
  readonly #inner: BlobStore;
  readonly #faults: readonly Fault[];

  constructor(inner: BlobStore, ...faults: Fault[]) {
    this.#inner = inner;
    this.#faults = faults;
  }

  put(name: string, body: Uint8Array | ReadableStream<Uint8Array>, options: PutOptions): Promise<StoredBlob> {
    const fault = this.#faults.find((each) => each.call === 'put' && each.nth === this.calls.put + 1);
    return this.#do('put', async () => {
      if (fault?.how !== 'midway') return this.#inner.put(name, body, options);
      const reader = (body as ReadableStream<Uint8Array>).getReader();
      for (let taken = 0; taken < (fault.after ?? 0); ) taken += (await reader.read()).value?.length ?? 0;
      throw new InjectedFault(fault);
    });
  }

  async startUpload(name: string, options?: Pick<PutOptions, 'infrequent' | 'sealed'>): Promise<BlobUpload> {
    const upload = await this.#do('startUpload', () => this.#inner.startUpload(name, options));
    this.openUploads++;
    return {
      putPart: (part) => this.#do('putPart', () => upload.putPart(part)),
      complete: async () => {
        await this.#do('complete', () => upload.complete());
        this.openUploads--;
      },
      abort: async () => {
        await this.#do('abort', () => upload.abort());
        this.openUploads--;
      },
    };
  }

  async get(name: string, range: BlobRange): Promise<ReadableStream<Uint8Array> | null> {
    const nth = this.calls.get + 1;
    const body = await this.#do('get', () => this.#inner.get(name, range));
    if (body === null) return null;
    const fault = this.#faults.find((each) => each.call === 'get' && each.nth === nth);
    this.openReads++;
    this.mostOpenReads = Math.max(this.mostOpenReads, this.openReads);
    return this.#watched(body, fault);
  }

  delete(names: readonly string[]): Promise<void> {
    return this.#do('delete', () => this.#inner.delete(names));
  }

  list(options: Parameters<BlobStore['list']>[0]): Promise<BlobPage> {
    return this.#do('list', () => this.#inner.list(options));
  }

  async #do<T>(call: StoreCall, run: () => Promise<T>): Promise<T> {
    const nth = ++this.calls[call];
    const fault = this.#faults.find((each) => each.call === call && each.nth === nth);
    if (fault?.how === 'before') throw new InjectedFault(fault);
    if (typeof fault?.how === 'object') {
      const { delayMs } = fault.how;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
    const result = await run();
    if (fault?.how === 'after') throw new InjectedFault(fault);
    return result;
  }

  #watched(body: ReadableStream<Uint8Array>, fault: Fault | undefined): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    let left = fault?.after ?? Number.POSITIVE_INFINITY;
    const ended = (): void => {
      this.openReads--;
    };
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { value, done } = await reader.read();
          const bytes = value?.subarray(0, Math.min(left, value.length));
          if (bytes !== undefined && bytes.length > 0) controller.enqueue(bytes);
          left -= bytes?.length ?? 0;
          if (done || left === 0) ended();
          if (done || (left === 0 && fault?.how === 'short')) return controller.close();
          if (left === 0 && fault !== undefined) controller.error(new InjectedFault(fault));
        },
        cancel: async (reason) => {
          ended();
          await reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
  }
}
