import { createExecutionContext } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { expect } from 'vitest';
import type { BucketConfig, ConfigPatch } from '../../../src/bucket/config.ts';
import { handle } from '../../../src/gateway.ts';
import { sign, type ToSign } from '../../support/sign.ts';

/** Keys of the worker tests: see the bindings in vitest.config.ts. */
export const keys = {
  /** The root key of the account that owns the buckets of the tests. */
  owner: { accessKeyId: 'OWNERKEY', accessKeySecret: 'owner-secret' },
  /** The root key of another account. */
  other: { accessKeyId: 'OTHERKEY', accessKeySecret: 'other-secret' },
  /** A RAM user of the owner's account without any permission. */
  user: { accessKeyId: 'USERKEY', accessKeySecret: 'user-secret' },
  /** A RAM user of the owner's account that may read (`oss:Get*`, `oss:List*`). */
  reader: { accessKeyId: 'READERKEY', accessKeySecret: 'reader-secret' },
} as const;

export const accounts = { owner: '1000000000000001', other: '2000000000000002' } as const;

const encoder = new TextEncoder();

export interface Wish {
  /** Which key signs; `anonymous` sends no signature. */
  readonly as?: keyof typeof keys | 'anonymous';
  /** A key that is none of those. */
  readonly key?: { readonly accessKeyId: string; readonly accessKeySecret: string };
  readonly headers?: Record<string, string>;
  readonly body?: BodyInit | null;
  readonly scheme?: 'V1' | 'V2' | 'V4';
  readonly place?: 'header' | 'query';
  /** Headers and query keys that are added after signing. */
  readonly unsigned?: { readonly headers?: Record<string, string>; readonly query?: string };
  /** A service domain; `localhost` unless told otherwise. */
  readonly host?: string;
  /** Takes the request in place of the Worker. */
  readonly via?: (request: Request) => Promise<Response>;
  /** Names the bucket by the host, `<bucket>.<host>`, instead of by the path. */
  readonly virtual?: boolean;
  /** Variables that this request finds set otherwise (undefined: not set). */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** What else the signature is made of: clock, life, additional headers, region. */
  readonly signing?: Partial<Pick<ToSign, 'now' | 'expires' | 'additionalHeaders' | 'region' | 'securityToken'>>;
}

/**
 * Sends one request through the whole gateway and returns its answer, read to the end.
 * @param path percent-encoded path-style path with query, such as `/bucket/key?acl`
 */
export async function send(method: string, path: string, wish: Wish = {}): Promise<Answer> {
  const { bucket, key, url } = locate(path, wish);
  let target = { url, headers: wish.headers ?? {} };
  if (wish.as !== 'anonymous') {
    target = sign({
      method,
      url,
      headers: wish.headers ?? {},
      ...(bucket === '' ? {} : { bucket }),
      ...(key === '' ? {} : { key }),
      ...(wish.key ?? keys[wish.as ?? 'owner']),
      region: /^oss-(.+?)(?:-internal)?\./.exec(wish.host ?? '')?.[1] ?? 'cn-hangzhou',
      scheme: wish.scheme ?? 'V4',
      place: wish.place ?? 'header',
      ...wish.signing,
    });
  }
  const query = wish.unsigned?.query;
  const fullUrl = query === undefined ? target.url : `${target.url}${target.url.includes('?') ? '&' : '?'}${query}`;
  const request = new Request(fullUrl, {
    method,
    headers: { ...target.headers, ...wish.unsigned?.headers },
    redirect: 'manual',
    // As bytes: `fetch` would give a string a content type of its own, behind the signature's back.
    ...(wish.body === undefined ? {} : { body: typeof wish.body === 'string' ? encoder.encode(wish.body) : wish.body }),
  });
  const others = wish.variables && ({ ...env, ...wish.variables } as Env);
  const response = await (wish.via?.(request) ??
    (others && handle(request, others, createExecutionContext())) ??
    exports.default.fetch(request));
  return new Answer(response, new Uint8Array(await response.arrayBuffer()));
}

function locate(path: string, { host = 'localhost', virtual }: Wish): { bucket: string; key: string; url: string } {
  const [place = '', query] = path.split(/\?(.*)/s);
  const [, bucket = '', ...rest] = place.split('/');
  const rawKey = rest.join('/');
  const where = virtual ? `${bucket}.${host}/${rawKey}` : `${host}${place}`;
  return {
    bucket,
    key: decodedKey(rawKey),
    url: `http://${where}${query === undefined ? '' : `?${query}`}`,
  };
}

/** A malformed path is sent as it is: no signature fits it. */
function decodedKey(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

export class Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;

  constructor(response: Response, bytes: Uint8Array) {
    this.status = response.status;
    this.headers = response.headers;
    this.bytes = bytes;
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  header(name: string): string | null {
    return this.headers.get(name);
  }

  /** Texts of all elements of this name, in order, with references decoded. */
  all(element: string): string[] {
    return [...this.text.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].map(([, text]) =>
      text!.replace(/&(?:#(\d+)|(\w+));/g, (_, code?: string, name?: string) =>
        code === undefined ? ENTITIES[name!]! : String.fromCodePoint(Number(code)),
      ),
    );
  }

  /** Text of the first element of this name. */
  one(element: string): string | undefined {
    return this.all(element)[0];
  }

  has(element: string): boolean {
    return this.text.includes(`<${element}>`) || this.text.includes(`<${element}/>`);
  }

  /** The error document, from the body or from `x-oss-err`; empty where there is none. */
  get error(): string {
    const inHeader = this.header('x-oss-err');
    if (inHeader !== null) return new TextDecoder().decode(Uint8Array.from(atob(inHeader), (c) => c.charCodeAt(0)));
    return this.text.includes('<Error>') ? this.text : '';
  }

  get code(): string | undefined {
    return /<Code>([^<]*)</.exec(this.error)?.[1];
  }
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

let serial = 0;

/** A bucket name that was never used before, so that tests do not meet. */
export function newName(): string {
  return `t${Date.now().toString(36)}-${(serial++).toString(36)}`;
}

/** A new bucket of the owner. */
export async function newBucket(wish: Wish & { readonly acl?: string } = {}): Promise<string> {
  const name = newName();
  const headers = { ...wish.headers, ...(wish.acl === undefined ? {} : { 'x-oss-acl': wish.acl }) };
  const answer = await send('PUT', `/${name}`, { ...wish, headers });
  if (answer.status !== 200) throw new Error(`no bucket: ${answer.status} ${answer.text}`);
  return name;
}

/** A new bucket of the owner with so many index shards, which no request can ask for. */
export async function shardedBucket(shards: number, change: Partial<BucketConfig> = {}): Promise<string> {
  const name = change.name ?? newName();
  const seed = {
    name,
    owner: accounts.owner,
    region: 'oss-cn-hangzhou',
    storageClass: 'Standard',
    redundancy: 'LRS',
    hierarchical: false,
    resourceGroup: 'rg-default-id',
    acl: 'private',
    ...change,
    shards,
  } as const;
  const reply = await env.BUCKET.get(env.BUCKET.idFromName(name)).create(seed);
  if (!('created' in reply)) throw new Error(`no bucket: ${JSON.stringify(reply)}`);
  return name;
}

/** The configuration of a bucket that is in force. */
export async function configOf(bucket: string): Promise<BucketConfig> {
  const config = await env.BUCKET.get(env.BUCKET.idFromName(bucket)).load();
  if (config === null) throw new Error(`no bucket ${bucket}`);
  return config;
}

/** Changes a configuration past the gateway, as another isolate would: this one's copy stays as old as it is. */
export async function configure(bucket: string, patch: ConfigPatch): Promise<void> {
  const { id, version } = await configOf(bucket);
  const reply = await env.BUCKET.get(env.BUCKET.idFromName(bucket)).update(id, version, patch);
  if (!('config' in reply)) throw new Error('the configuration changed meanwhile');
}

/** Asserts a refusal, and what every refusal must have ([ObjCommon-5], [Common-6], [Common-10]). */
export function expectRefusal(answer: Answer, status: number, code: string): void {
  expect(`${answer.status} ${answer.code}`, answer.error).toBe(`${status} ${code}`);
  const element = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(answer.error)?.[1];
  expect(element('RequestId')).toBe(answer.header('x-oss-request-id'));
  expect(element('EC')).toBe(answer.header('x-oss-ec'));
  expect(element('Message')).not.toBe('');
  if (answer.header('x-oss-err') === null) expect(answer.header('content-type')).toBe('application/xml');
  else expect(answer.bytes.length).toBe(0);
}
