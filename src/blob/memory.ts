import type { BlobStore } from './store.ts';

/**
 * A store with one more blob, whose bytes are at hand: what reads segments then reads those as well.
 * @param name of no other blob
 */
export function withMemoryBlob(store: BlobStore, name: string, bytes: Uint8Array): BlobStore {
  return {
    get: async (asked, range) => {
      if (asked !== name) return store.get(asked, range);
      return new Response(bytes.subarray(range.offset, range.offset + range.length)).body;
    },
    put: (...wish) => store.put(...wish),
    startUpload: (...wish) => store.startUpload(...wish),
    delete: (names) => store.delete(names),
    list: (wish) => store.list(wish),
  };
}
