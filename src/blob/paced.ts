import { Pace } from '../lib/pace.ts';
import { BodySource } from './source.ts';

/**
 * The same bytes, no faster than that. Of the body one step is read ahead of the reader at most; cancelling the stream
 * cancels the body, and where the body breaks off, so does the stream.
 */
export function pacedStream(body: ReadableStream<Uint8Array>, bytesPerSecond: number): ReadableStream<Uint8Array> {
  const pace = new Pace(bytesPerSecond);
  // Who reads the storage waits for it as long as it takes.
  const source = new BodySource(body, Number.POSITIVE_INFINITY, Date.now, pace);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const bytes = await source.read(new Uint8Array(pace.stepBytes));
          if (bytes.length > 0) return controller.enqueue(bytes);
          controller.close();
          source.close();
        } catch (error) {
          source.close(error);
          throw error;
        }
      },
      cancel: (reason) => source.close(reason),
    },
    { highWaterMark: 0 },
  );
}
