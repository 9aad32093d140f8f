import { within } from '../../lib/within.ts';

/**
 * Largest body that a refused request may still send. Where nothing stands in front of the runtime, a client that writes
 * faster than the refusal comes (Node's do) finds its connection closed and never reads why: so it is let finish. More
 * would cost everybody more than the answer is worth.
 */
export const DRAIN_BYTES_MAX = 16 * 1024 * 1024;
/** A client that waits for the answer before it sends has it after this long. */
const IDLE_MS_MAX = 500;
const TOTAL_MS_MAX = 5_000;

/** Reads what a refused request still sends, if it is not much and not slow, and forgets it. */
export async function drain(request: Request): Promise<void> {
  if (request.body === null || request.bodyUsed) return;
  if (Number(request.headers.get('content-length') ?? '0') > DRAIN_BYTES_MAX) return;
  const reader = request.body.getReader();
  const end = Date.now() + TOTAL_MS_MAX;
  try {
    for (let left = DRAIN_BYTES_MAX; left > 0 && Date.now() < end; ) {
      const next = await within(IDLE_MS_MAX, reader.read());
      if (next === undefined || next.done) return;
      left -= next.value.byteLength;
    }
  } catch {
    // The client is gone: nobody waits for the answer.
  }
}
