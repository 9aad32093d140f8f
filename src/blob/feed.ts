/**
 * Hands bytes to a consumer that wants a stream of known length. Where either side fails the other is stopped, and what
 * the consumer failed with is what is thrown.
 * @param produce writes exactly `length` bytes, and need not close
 * @param stop is told the consumer's failure, for a producer that waits for something else than room in the stream
 */
export async function feed<T>(
  length: number,
  consume: (readable: ReadableStream<Uint8Array>) => Promise<T>,
  produce: (writer: WritableStreamDefaultWriter<Uint8Array>) => Promise<void>,
  stop: (error: unknown) => void = () => {},
): Promise<T> {
  const { readable, writable } = new FixedLengthStream(length);
  const writer = writable.getWriter();
  let refused: { error: unknown } | undefined;
  const consumed = consume(readable);
  consumed.catch((error) => {
    refused = { error };
    stop(error);
    writer.abort(error).catch(() => {});
  });
  try {
    await produce(writer);
    await writer.close();
  } catch (error) {
    const cause = refused === undefined ? error : refused.error;
    await writer.abort(cause).catch(() => {});
    await consumed.catch(() => {});
    throw cause;
  }
  return consumed;
}
