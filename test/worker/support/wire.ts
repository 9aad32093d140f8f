import { exports } from 'cloudflare:workers';
import { sign } from '../../support/sign.ts';

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
  readonly headers?: Record<string, string>;
  readonly body?: BodyInit | null;
  readonly scheme?: 'V1' | 'V2' | 'V4';
  readonly place?: 'header' | 'query';
  /** Headers and query keys that are added after signing. */
  readonly unsigned?: { readonly headers?: Record<string, string>; readonly query?: string };
  readonly host?: string;
  /** Takes the request in place of the Worker. */
  readonly via?: (request: Request) => Promise<Response>;
}

/**
 * Sends one request through the whole gateway and returns its answer, read to the end.
 * @param path percent-encoded path-style path with query, such as `/bucket/key?acl`
 */
export async function send(method: string, path: string, wish: Wish = {}): Promise<Answer> {
  const host = wish.host ?? 'localhost';
  const url = `http://${host}${path}`;
  let target = { url, headers: wish.headers ?? {} };
  if (wish.as !== 'anonymous') {
    const [, bucket = '', ...rest] = path.split('?')[0]!.split('/');
    const key = decodeURIComponent(rest.join('/'));
    target = sign({
      method,
      url,
      headers: wish.headers ?? {},
      ...(bucket === '' ? {} : { bucket }),
      ...(key === '' ? {} : { key }),
      ...keys[wish.as ?? 'owner'],
      region: 'cn-hangzhou',
      scheme: wish.scheme ?? 'V4',
      place: wish.place ?? 'header',
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
  const response = await (wish.via?.(request) ?? exports.default.fetch(request));
  return new Answer(response, new Uint8Array(await response.arrayBuffer()));
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
      text!.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name]!),
    );
  }

  /** Text of the first element of this name. */
  one(element: string): string | undefined {
    return this.all(element)[0];
  }

  has(element: string): boolean {
    return this.text.includes(`<${element}>`) || this.text.includes(`<${element}/>`);
  }

  /** The error code, from the body or from `x-oss-err`. */
  get code(): string | undefined {
    const err = this.header('x-oss-err');
    return err === null ? this.one('Code') : /<Code>([^<]*)</.exec(atob(err))?.[1];
  }
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

let serial = 0;

/** A new bucket of the owner. Names are never used twice, so tests do not meet. */
export async function newBucket(wish: Wish & { readonly acl?: string } = {}): Promise<string> {
  const name = `t${Date.now().toString(36)}-${(serial++).toString(36)}`;
  const headers = { ...wish.headers, ...(wish.acl === undefined ? {} : { 'x-oss-acl': wish.acl }) };
  const answer = await send('PUT', `/${name}`, { ...wish, headers });
  if (answer.status !== 200) throw new Error(`no bucket: ${answer.status} ${answer.text}`);
  return name;
}
