import { Agent, createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { percentDecode } from '../../src/lib/percent.ts';
import type { SignedRequest } from '../../src/oss/auth/authenticate.ts';
import { Query } from '../../src/oss/request/query.ts';
import { accessKeyId, accessKeySecret, refusal, securityToken, settings } from './auth.ts';

/** The real ali-oss, its requests taken off the wire: every name resolves to a server on loopback. */

export type Client = Record<string, (...args: unknown[]) => Promise<unknown>>;
const OSS = createRequire(import.meta.url)('ali-oss') as new (options: object) => Client;

const bucket = 'examplebucket';

export interface Wire {
  client(options: object): Client;
  /** What one call sends. The client may choke on the answer, which is none of its business. */
  sent(call: () => Promise<unknown>): Promise<SignedRequest[]>;
  close(): void;
}

export async function openWire(): Promise<Wire> {
  let captured: SignedRequest[] = [];
  const server = createServer((request, response) => {
    captured.push(toSigned(request.method!, request.headers.host!, request.url!, request.rawHeaders));
    request.resume().on('end', () => {
      // Enough of an answer for the multi-step calls; what else a client misses in it does not matter here.
      response.setHeader('etag', '"E"');
      response.setHeader('content-type', 'application/xml');
      response.end('<R><UploadId>id</UploadId><ETag>"E"</ETag></R>');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({
    lookup: (_host, options, callback) => {
      if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
      else callback(null, '127.0.0.1', 4);
    },
  });
  return {
    client: (options) =>
      new OSS({
        accessKeyId,
        accessKeySecret,
        bucket,
        region: 'oss-cn-hangzhou',
        endpoint: `http://oss-cn-hangzhou.aliyuncs.com:${port}`,
        agent,
        ...options,
      }),
    async sent(call) {
      captured = [];
      await call().catch(() => undefined);
      return captured;
    },
    close() {
      agent.destroy();
      server.close();
    },
  };
}

/** Options of a client that holds `securityToken`. */
export const withToken = {
  stsToken: securityToken,
  refreshSTSTokenInterval: 1e9,
  refreshSTSToken: async () => ({ accessKeyId, accessKeySecret, stsToken: securityToken }),
};

/** The settings of the vectors at today's clock, as tolerant as ali-oss needs. */
export const tolerant = settings({
  tolerant: { unsignedProcess: false, droppedEmpties: true },
  token: (id, token, now) => {
    const result = settings().token!(id, token, now);
    return result.kind === 'temporary' ? { ...result, expires: now + 60_000 } : result;
  },
});

/** Headers as workerd gives them: values decoded as UTF-8. Node's own class holds bytes only. */
class DecodedHeaders {
  readonly #values = new Map<string, string>();

  set(name: string, value: string): void {
    this.#values.set(name.toLowerCase(), value);
  }

  get(name: string): string | null {
    return this.#values.get(name) ?? null;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  [Symbol.iterator](): Iterator<[string, string]> {
    return [...this.#values].sort((a, b) => (a[0] < b[0] ? -1 : 1)).values();
  }
}

function decodedHeaders(pairs: Iterable<[string, string]>): Headers {
  const headers = new DecodedHeaders();
  for (const [name, value] of pairs) headers.set(name, value);
  return headers as unknown as Headers;
}

/** @param rawHeaders names and values in turn, a character for each byte */
export function toSigned(method: string, host: string, target: string, rawHeaders: string[]): SignedRequest {
  const pairs: [string, string][] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    pairs.push([rawHeaders[i]!, Buffer.from(rawHeaders[i + 1]!, 'latin1').toString('utf8')]);
  }
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const key = percentDecode(path.slice(1));
  return {
    method,
    url: `http://${host}${target}`,
    headers: decodedHeaders(pairs),
    query: new Query(query),
    now: Date.now(),
    ...(host.startsWith(`${bucket}.`) ? { bucket, key } : {}),
  };
}

/** Whoever was given this URL uses it. */
export function fromUrl(method: string, url: string, headers: Record<string, string> = {}): SignedRequest {
  const { host } = new URL(url);
  const target = url.slice(url.indexOf(host) + host.length);
  return toSigned(method, host, target, Object.entries({ host, ...headers }).flat());
}

/** Fails where the request is let in with one byte of what its signature covers changed. */
export function refuseTampered(request: SignedRequest): void {
  const flip = (text: string) => (text.endsWith('x') ? `${text.slice(0, -1)}y` : `${text.slice(0, -1)}x`);
  const { method, headers, key } = request;
  const changed = (name: string, value: string) => ({
    ...request,
    headers: decodedHeaders([...headers, [name, value]]),
  });
  refusal({ ...request, method: method === 'GET' ? 'HEAD' : 'GET' }, tolerant);
  refusal(changed('x-oss-meta-added', 'x'), tolerant);
  if (request.bucket !== undefined) refusal({ ...request, bucket: flip(request.bucket) }, tolerant);
  if (key) refusal({ ...request, key: flip(key) }, tolerant);
  const authorization = headers.get('authorization');
  // The end of a base64 signature is its padding: the byte before it counts.
  if (authorization !== null) {
    refusal(changed('authorization', flip(authorization.slice(0, -1)) + authorization.at(-1)), tolerant);
  }
}

export const oddKeys = [
  'plain.txt',
  'dir/a b.txt',
  'a+b&c=d.txt',
  '测试/é😀.txt',
  '100%.txt',
  '%2F%41.txt',
  'a?b.txt',
  'a#b.txt',
  `quote'"().txt`,
  '!*~;:@$,[]{}|^`<>\\.txt',
  'trailing/',
  'double//slash',
];
