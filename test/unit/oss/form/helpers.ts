import { OssError } from '../../../../src/oss/answer/errors.ts';
import type { ByteSource } from '../../../../src/oss/form/multipart.ts';
import { type FormField, readForm } from '../../../../src/oss/form/read.ts';

/** A body that arrives in pieces of these sizes, the last of them again and again. Buffers are taken as BYOB takes them. */
export function arriving(bytes: Uint8Array, sizes: readonly number[] = [Number.MAX_SAFE_INTEGER]): ByteSource {
  let at = 0;
  let turn = 0;
  return {
    async read(into) {
      const size = Math.max(1, sizes[Math.min(turn++, sizes.length - 1)] ?? 1);
      const piece = bytes.subarray(at, at + Math.min(size, into.length));
      at += piece.length;
      const { byteOffset } = into;
      const buffer = into.buffer.transfer();
      const view = new Uint8Array(buffer, byteOffset, piece.length);
      view.set(piece);
      return view;
    },
  };
}

export interface ReadOutcome {
  readonly fields: readonly FormField[];
  readonly filename: string;
  readonly contentType: string | undefined;
  readonly content: string;
  readonly size: number;
  readonly seen: number;
}

/** Reads a whole form; contents as hex. The outcome of a form that is refused is its error code and message. */
export async function outcomeOf(source: ByteSource, boundary: string): Promise<ReadOutcome | string> {
  let seen = 0;
  let size = -1;
  try {
    const counted: ByteSource = {
      async read(into) {
        const bytes = await source.read(into);
        seen += bytes.length;
        return bytes;
      },
    };
    const { fields, file } = await readForm(counted, boundary);
    const stream = file.open((bytes) => {
      size = bytes;
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const { filename, contentType } = file;
    return { fields: [...fields], filename, contentType, content: Buffer.concat(chunks).toString('hex'), size, seen };
  } catch (error) {
    if (error instanceof OssError) return `${error.code}: ${error.message}`;
    throw error;
  }
}
