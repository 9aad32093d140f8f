import { sign } from '../test/support/sign.ts';
import type { Launch, Server } from './launch.ts';
import type { Body, Call } from './load.ts';

const credentials = { accessKeyId: 'bench', accessKeySecret: 'bench-secret' };

/** What both servers can do. */
export interface Target extends Server {
  readonly name: string;
  /** A call for an object. Signed already, so that signing costs the generator nothing while it measures. */
  object(method: 'GET' | 'HEAD' | 'PUT', key: string): Call;
  /** A call that lists up to 1,000 objects under a prefix. */
  list(prefix: string): Call;
}

/** What only the gateway can do. */
export interface Gateway extends Target {
  /** A call with a signed URL (V4). A key of '' means the bucket. */
  signed(method: string, key: string, wish?: Wish): Call;
  /** An unsigned request to a bucket's own host. */
  visit(bucket: string, path: string): Call;
  /** An object as the source of a copy. */
  sourceOf(key: string): string;
  /** Makes a call that must succeed. @returns the answer's body */
  must(call: Call): Promise<string>;
}

export interface Wish {
  /** The one that the objects of all other cases are in, unless another one is named. */
  readonly bucket?: string;
  /** With its question mark. */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
}

const mainBucket = 'bench-bucket';

/** The servers of a run, each started when a case first asks for it. */
export class Servers {
  readonly #launch: Launch;
  readonly #started = new Map<string, Promise<Server>>();

  constructor(launch: Launch) {
    this.#launch = launch;
  }

  bare(): Promise<Target> {
    return this.#once('bare', () => startBare(this.#launch));
  }

  gateway(): Promise<Gateway> {
    return this.#once('gateway', () => startGateway(this.#launch));
  }

  /** A gateway that leaves contents in as many segments as they came. */
  uncompacted(): Promise<Gateway> {
    return this.#once('uncompacted', () => startGateway(this.#launch, { COMPACTION: 'off' }));
  }

  async stop(): Promise<void> {
    const started = await Promise.allSettled(this.#started.values());
    await Promise.all(started.map(async (one) => one.status === 'fulfilled' && one.value.stop()));
  }

  #once<T extends Server>(name: string, start: () => Promise<T>): Promise<T> {
    const server = (this.#started.get(name) as Promise<T> | undefined) ?? start();
    this.#started.set(name, server);
    return server;
  }
}

/** The bare Worker: R2 and nothing else. */
async function startBare(launch: Launch): Promise<Target> {
  const server = await launch('bench/bare/serve.ts', (dir) => ({ args: [dir], env: {} }));
  return {
    name: 'bare',
    ...server,
    object: (method, key) => ({ method, path: `/${key}` }),
    list: (prefix) => ({ method: 'GET', path: `/?prefix=${encodeURIComponent(prefix)}` }),
  };
}

async function startGateway(launch: Launch, settings: Readonly<Record<string, string>> = {}): Promise<Gateway> {
  const server = await launch('scripts/start.ts', (dir) => ({
    args: [],
    env: {
      PORT: '0',
      DATA_DIR: dir,
      OSS_ACCESS_KEY_ID: credentials.accessKeyId,
      OSS_ACCESS_KEY_SECRET: credentials.accessKeySecret,
      OSS_ACCOUNT_ID: '1000000000000001',
      LOG: 'info', // To hear of compaction.
      ...settings,
    },
  }));
  const gateway = gatewayOn(server);
  await gateway.must(gateway.signed('PUT', '')).catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  return gateway;
}

function gatewayOn(server: Server): Gateway {
  const origin = `http://127.0.0.1:${server.port}`;
  const signed = (method: string, key: string, wish: Wish = {}): Call => {
    const { bucket = mainBucket, query = '', headers, body } = wish;
    const { url } = sign({
      method,
      url: `${origin}/${bucket}/${key}${query}`,
      bucket,
      ...(key === '' ? {} : { key }),
      ...(headers === undefined ? {} : { headers: { ...headers } }),
      ...credentials,
      region: 'cn-hangzhou',
      scheme: 'V4',
      place: 'query',
      expires: 86_400,
    });
    const path = url.slice(origin.length);
    return {
      method,
      path,
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body }),
    };
  };
  return {
    name: 'ossgate',
    ...server,
    object: (method, key) => signed(method, key),
    list: (prefix) => signed('GET', '', { query: `?list-type=2&max-keys=1000&prefix=${encodeURIComponent(prefix)}` }),
    signed,
    visit: (bucket, path) => ({ method: 'GET', path, headers: { host: `${bucket}.localhost:${server.port}` } }),
    sourceOf: (key) => `/${mainBucket}/${key}`,
    async must({ method, path, headers = {}, body }) {
      const sent = typeof body === 'number' ? Buffer.alloc(body, 'ossgate ') : body;
      const answer = await fetch(`${origin}${path}`, {
        method,
        headers,
        ...(sent === undefined ? {} : { body: new Uint8Array(sent) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`the gateway answers ${answer.status} to ${method} ${path}: ${text}`);
      return text;
    },
  };
}
