import { afterEach, beforeEach, vi } from 'vitest';

/** A callback as it left the gateway. */
export interface Called {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string;
}

export interface Receiver {
  readonly calls: Called[];
  /** What answers; `{"Status":"OK"}` unless a test says otherwise. */
  answer: (call: Called) => Response | Promise<Response>;
}

export function jsonAnswer(text: string, headers: Record<string, string> = {}, status = 200): Response {
  const bytes = new TextEncoder().encode(text);
  return new Response(bytes, { status, headers: { 'content-length': String(bytes.length), ...headers } });
}

/** Stands in for the whole Internet: every request of the gateway's own ends here. */
export function useReceiver(): Receiver {
  const receiver: Receiver = { calls: [], answer: () => jsonAnswer('{"Status":"OK"}') };
  beforeEach(() => {
    receiver.calls.length = 0;
    receiver.answer = () => jsonAnswer('{"Status":"OK"}');
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const request = new Request(input as string, init as RequestInit);
      const body = new TextDecoder().decode(await request.arrayBuffer());
      const call = { url: request.url, method: request.method, headers: request.headers, body };
      receiver.calls.push(call);
      return receiver.answer(call);
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  return receiver;
}

/** A callback parameter as it is sent. */
export function callbackParameter(change: Record<string, unknown> = {}): string {
  return encoded({ callbackUrl: 'http://app.example.com/cb', callbackBody: 'o=${object}', ...change });
}

export function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64');
}
