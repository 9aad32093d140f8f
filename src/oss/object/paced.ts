import { pacedStream } from '../../blob/paced.ts';
import type { Exchange } from '../exchange.ts';

type Bytes = ReadableStream<Uint8Array> | Uint8Array;

/**
 * The body of an answer at the pace that its client wishes; the same body where it wishes none.
 * @param length of the body in bytes; left out where it is not known
 */
export function pacedBody({ bytesPerSecond }: Exchange, body: Bytes, length?: number): Bytes {
  if (bytesPerSecond === undefined) return body;
  const stream = body instanceof Uint8Array ? new Response(body as Uint8Array<ArrayBuffer>).body! : body;
  const paced = pacedStream(stream, bytesPerSecond);
  // What paces is JavaScript: its stream has no length of its own.
  return length === undefined ? paced : paced.pipeThrough(new FixedLengthStream(length));
}
