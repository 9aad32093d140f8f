import { Agent, request } from 'node:http';
import { pipeline, Readable } from 'node:stream';

/** One request, without host and port. */
export interface Call {
  readonly method: string;
  readonly path: string;
}

/** A body that is sent without being made first: a chunk over and over, `bytes` in all. */
export interface Body {
  readonly bytes: number;
}

export interface Load {
  readonly port: number;
  readonly concurrency: number;
  readonly seconds: number;
  /** At least so many requests are made, also beyond the time. */
  readonly atLeast: number;
  /** The n-th call, from 0. */
  readonly call: (n: number) => Call;
  readonly body?: Body;
}

export interface Measured {
  /** Answers with a 2xx. */
  readonly good: number;
  /** Other answers, and connections that broke. */
  readonly bad: number;
  readonly seconds: number;
  /** Body bytes in both directions. */
  readonly bytes: number;
  /** Milliseconds of each good request, ascending. */
  readonly latencies: readonly number[];
}

const chunk = Buffer.alloc(256 * 1_024, 'ossgate ');

/** Sends requests over kept connections, `concurrency` at a time, each next one when one is answered. */
export async function run(load: Load): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.concurrency });
  const latencies: number[] = [];
  let sent = 0;
  let bad = 0;
  let bytes = 0;
  const began = performance.now();
  const due = () => sent < load.atLeast || performance.now() - began < load.seconds * 1_000;
  const lane = async () => {
    while (due()) {
      const start = performance.now();
      const answer = await exchange(agent, load, load.call(sent++));
      if (answer === undefined) bad += 1;
      else {
        latencies.push(performance.now() - start);
        bytes += answer + (load.body?.bytes ?? 0);
      }
    }
  };
  await Promise.all(Array.from({ length: load.concurrency }, lane));
  const seconds = (performance.now() - began) / 1_000;
  agent.destroy();
  latencies.sort((a, b) => a - b);
  return { good: latencies.length, bad, seconds, bytes, latencies };
}

/** The length of a good answer's body, undefined for any other end. */
function exchange(agent: Agent, { port, body }: Load, { method, path }: Call): Promise<number | undefined> {
  return new Promise((resolve) => {
    const headers = body === undefined ? {} : { 'content-length': String(body.bytes) };
    const outgoing = request({ agent, host: '127.0.0.1', port, method, path, headers }, (response) => {
      let length = 0;
      response.on('data', (data: Buffer) => {
        length += data.length;
      });
      response.once('error', () => resolve(undefined));
      response.once('end', () => resolve(Math.trunc((response.statusCode ?? 0) / 100) === 2 ? length : undefined));
    });
    outgoing.once('error', () => resolve(undefined));
    if (body === undefined) outgoing.end();
    else pipeline(Readable.from(parts(body.bytes)), outgoing, () => {});
  });
}

function* parts(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= chunk.length) yield left < chunk.length ? chunk.subarray(0, left) : chunk;
}

/** The value that a share of all lies below. */
export function percentile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;
}
