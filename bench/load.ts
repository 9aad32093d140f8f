import { Agent, request } from 'node:http';
import { pipeline, Readable } from 'node:stream';

/** One request, without port. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
}

/** Bytes as they are, or so many bytes that are sent without being made first: a chunk over and over. */
export type Body = Buffer | number;

export interface Load {
  readonly port: number;
  readonly concurrency: number;
  readonly seconds: number;
  /** At least so many requests are made, also beyond the time. */
  readonly atLeast: number;
  /** And never more than these. */
  readonly atMost?: number;
  /** The n-th call, from 0, made by one of the lanes: calls of a lane follow each other. */
  readonly call: (n: number, lane: number) => Call;
  /** The status of a good answer; any 2xx where there is none. */
  readonly status?: number | undefined;
}

export interface Measured {
  /** Answers with the status that is good. */
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
  const { atMost = Number.POSITIVE_INFINITY } = load;
  const agent = new Agent({ keepAlive: true, maxSockets: load.concurrency });
  const latencies: number[] = [];
  let sent = 0;
  let bad = 0;
  let bytes = 0;
  const began = performance.now();
  const due = () => sent < atMost && (sent < load.atLeast || performance.now() - began < load.seconds * 1_000);
  const runLane = async (lane: number) => {
    while (due()) {
      const call = load.call(sent++, lane);
      const start = performance.now();
      const answer = await exchange(agent, load, call);
      if (answer === undefined) bad += 1;
      else {
        latencies.push(performance.now() - start);
        bytes += answer + lengthOf(call.body);
      }
    }
  };
  await Promise.all(Array.from({ length: load.concurrency }, (_, lane) => runLane(lane)));
  const seconds = (performance.now() - began) / 1_000;
  agent.destroy();
  latencies.sort((a, b) => a - b);
  return { good: latencies.length, bad, seconds, bytes, latencies };
}

/** The length of a good answer's body, undefined for any other end. */
function exchange(agent: Agent, { port, status }: Load, call: Call): Promise<number | undefined> {
  const { method, path, body } = call;
  const isGood = (given = 0) => (status === undefined ? Math.trunc(given / 100) === 2 : given === status);
  return new Promise((resolve) => {
    const headers = { ...call.headers, ...(body === undefined ? {} : { 'content-length': String(lengthOf(body)) }) };
    const outgoing = request({ agent, host: '127.0.0.1', port, method, path, headers }, (response) => {
      let length = 0;
      response.on('data', (data: Buffer) => {
        length += data.length;
      });
      response.once('error', () => resolve(undefined));
      response.once('end', () => resolve(isGood(response.statusCode) ? length : undefined));
    });
    outgoing.once('error', () => resolve(undefined));
    if (typeof body === 'number') pipeline(Readable.from(parts(body)), outgoing, () => {});
    else outgoing.end(body);
  });
}

function lengthOf(body: Body = 0): number {
  return typeof body === 'number' ? body : body.length;
}

function* parts(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= chunk.length) yield left < chunk.length ? chunk.subarray(0, left) : chunk;
}

/** The value that a share of all lies below. */
export function percentile(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN;
}
