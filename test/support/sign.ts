import { createHash, createHmac } from 'node:crypto';

/**
 * Signs requests as a client does. Written from protocol/oss.md apart from `src/oss/auth`, so that the two check each
 * other. Runs in Node and in workerd.
 */

export interface ToSign {
  method: string;
  /** Absolute, percent-encoded as it will be sent. */
  url: string;
  headers?: Record<string, string>;
  bucket?: string;
  /** Decoded. */
  key?: string;
  accessKeyId: string;
  accessKeySecret: string;
  /** Without the `oss-` prefix. */
  region?: string;
  scheme: 'V1' | 'V2' | 'V4';
  place: 'header' | 'query';
  /** Life of a signed URL from `now` on, in seconds. */
  expires?: number;
  additionalHeaders?: string[];
  securityToken?: string;
  /** Milliseconds since the epoch. */
  now?: number;
}

export interface Signed {
  url: string;
  /** Lower-case names. Send no others beginning `x-oss-`, and no other `content-type` (`fetch` adds one to a string). */
  headers: Record<string, string>;
}

/** The query parameters that V1 never signs (1.3); a client signs whatever else it sends. */
const neverSignedV1 = new Set(
  `prefix marker max-keys delimiter encoding-type list-type start-after fetch-owner key-marker version-id-marker
  upload-id-marker max-uploads max-parts part-number-marker rule-id accessmonitor regions mode category tag-key tag-value
  action OSSAccessKeyId Expires Signature`.split(/\s+/),
);

export function sign(request: ToSign): Signed {
  const job = new Job(request);
  const { scheme, place } = request;
  if (place === 'header') return scheme === 'V4' ? job.headerV4() : job.headerV1or2();
  return scheme === 'V1' ? job.queryV1() : scheme === 'V2' ? job.queryV2() : job.queryV4();
}

type Pair = [name: string, value: string];

class Job {
  readonly #request: ToSign;
  readonly #headers = new Map<string, string>();
  readonly #pairs: Pair[] = [];
  readonly #now: Date;
  #url: string;

  constructor(request: ToSign) {
    this.#request = request;
    this.#now = new Date(request.now ?? Date.now());
    this.#url = request.url;
    for (const [name, value] of Object.entries(request.headers ?? {})) this.#headers.set(name.toLowerCase(), value);
    const query = request.url.split('?')[1] ?? '';
    for (const item of query.split('&')) {
      if (item === '') continue;
      const [name = '', value = ''] = item.split(/=(.*)/s);
      this.#pairs.push([decode(name), decode(value)]);
    }
  }

  headerV1or2(): Signed {
    const { accessKeyId, accessKeySecret, securityToken, scheme } = this.#request;
    const given = this.#headers.get('x-oss-date') ?? this.#headers.get('date');
    if (given === undefined) this.#headers.set('x-oss-date', this.#now.toUTCString());
    const date = given ?? this.#now.toUTCString();
    if (securityToken !== undefined) this.#headers.set('x-oss-security-token', securityToken);
    if (scheme === 'V1') {
      const signature = base64(accessKeySecret, this.#textV1(date), 'sha1');
      this.#headers.set('authorization', `OSS ${accessKeyId}:${signature}`);
    } else {
      const list = this.#additional().join(';');
      const signature = base64(accessKeySecret, this.#textV2(date), 'sha256');
      const field = list === '' ? '' : `AdditionalHeaders:${list},`;
      this.#headers.set('authorization', `OSS2 AccessKeyId:${accessKeyId},${field}Signature:${signature}`);
    }
    return this.#signed();
  }

  queryV1(): Signed {
    const { accessKeyId, accessKeySecret, securityToken } = this.#request;
    const expires = this.#absoluteExpires();
    if (securityToken !== undefined) this.#add('security-token', securityToken);
    const signature = base64(accessKeySecret, this.#textV1(expires), 'sha1');
    this.#add('OSSAccessKeyId', accessKeyId);
    this.#add('Expires', expires);
    this.#add('Signature', signature);
    return this.#signed();
  }

  queryV2(): Signed {
    const { accessKeyId, accessKeySecret, securityToken } = this.#request;
    const expires = this.#absoluteExpires();
    this.#add('x-oss-signature-version', 'OSS2');
    this.#add('x-oss-access-key-id', accessKeyId);
    this.#add('x-oss-expires', expires);
    if (securityToken !== undefined) this.#add('security-token', securityToken);
    const list = this.#additional().join(';');
    if (list !== '') this.#add('x-oss-additional-headers', list);
    this.#add('x-oss-signature', base64(accessKeySecret, this.#textV2(expires), 'sha256'));
    return this.#signed();
  }

  headerV4(): Signed {
    const { accessKeyId, securityToken } = this.#request;
    const date = this.#headers.get('x-oss-date') ?? basic(this.#now);
    this.#headers.set('x-oss-date', date);
    this.#headers.set('x-oss-content-sha256', 'UNSIGNED-PAYLOAD');
    if (securityToken !== undefined) this.#headers.set('x-oss-security-token', securityToken);
    const list = this.#additional().join(';');
    const field = list === '' ? '' : `AdditionalHeaders=${list},`;
    const credential = `${accessKeyId}/${this.#scope(date)}`;
    const value = `OSS4-HMAC-SHA256 Credential=${credential},${field}Signature=${this.#signatureV4(date)}`;
    this.#headers.set('authorization', value);
    return this.#signed();
  }

  queryV4(): Signed {
    const { accessKeyId, securityToken, expires = 600 } = this.#request;
    const date = basic(this.#now);
    this.#add('x-oss-signature-version', 'OSS4-HMAC-SHA256');
    this.#add('x-oss-credential', `${accessKeyId}/${this.#scope(date)}`);
    this.#add('x-oss-date', date);
    this.#add('x-oss-expires', String(expires));
    if (securityToken !== undefined) this.#add('x-oss-security-token', securityToken);
    const list = this.#additional().join(';');
    if (list !== '') this.#add('x-oss-additional-headers', list);
    this.#add('x-oss-signature', this.#signatureV4(date));
    return this.#signed();
  }

  #signed(): Signed {
    return { url: this.#url, headers: Object.fromEntries(this.#headers) };
  }

  #add(name: string, value: string): void {
    this.#pairs.push([name, value]);
    this.#url += `${this.#url.includes('?') ? '&' : '?'}${encode(name)}=${encode(value)}`;
  }

  #absoluteExpires(): string {
    return String(Math.floor(this.#now.getTime() / 1000) + (this.#request.expires ?? 600));
  }

  #path(): string {
    const { bucket, key = '' } = this.#request;
    return bucket === undefined ? '/' : `/${bucket}/${key}`;
  }

  #additional(): string[] {
    const byRule = (name: string) => /^(x-oss-.*|content-type|content-md5)$/.test(name);
    const names = (this.#request.additionalHeaders ?? []).map((name) => name.toLowerCase());
    return names.filter((name) => !byRule(name)).sort();
  }

  #headerLines(covers: (name: string) => boolean): string {
    const all = new Map(this.#headers);
    if (!all.has('host')) all.set('host', this.#request.url.split('/')[2] ?? '');
    const names = [...all.keys()].filter(covers).sort();
    return names.map((name) => `${name}:${all.get(name)?.trim()}\n`).join('');
  }

  #textV1(date: string): string {
    const signed = this.#pairs.filter(([name]) => !neverSignedV1.has(name));
    const items = signed.sort(byName).map(([name, value]) => (value === '' ? name : `${name}=${value}`));
    const resource = items.length === 0 ? this.#path() : `${this.#path()}?${items.join('&')}`;
    return [...this.#head(date), this.#headerLines((name) => name.startsWith('x-oss-')) + resource].join('\n');
  }

  #textV2(date: string): string {
    const additional = this.#additional();
    const lines = this.#headerLines((name) => name.startsWith('x-oss-') || additional.includes(name));
    const query = this.#encodedQuery();
    const resource = query === '' ? encode(this.#path()) : `${encode(this.#path())}?${query}`;
    return [...this.#head(date), `${lines}${additional.join(';')}`, resource].join('\n');
  }

  #head(date: string): string[] {
    const { method } = this.#request;
    return [method, this.#headers.get('content-md5') ?? '', this.#headers.get('content-type') ?? '', date];
  }

  #encodedQuery(): string {
    const pairs = this.#pairs.map(([name, value]): Pair => [encode(name), encode(value)]).sort(byName);
    return pairs.map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join('&');
  }

  #scope(date: string): string {
    return `${date.slice(0, 8)}/${this.#request.region ?? 'cn-hangzhou'}/oss/aliyun_v4_request`;
  }

  #signatureV4(date: string): string {
    const additional = this.#additional();
    const covers = (name: string) => /^(x-oss-.*|content-type|content-md5)$/.test(name) || additional.includes(name);
    const canonicalRequest = [
      this.#request.method,
      encode(this.#path()).replaceAll('%2F', '/'),
      this.#encodedQuery(),
      this.#headerLines(covers),
      additional.join(';'),
      'UNSIGNED-PAYLOAD',
    ].join('\n');
    const scope = this.#scope(date);
    const digest = createHash('sha256').update(canonicalRequest).digest('hex');
    const text = `OSS4-HMAC-SHA256\n${date}\n${scope}\n${digest}`;
    let key: string | Buffer = `aliyun_v4${this.#request.accessKeySecret}`;
    for (const step of scope.split('/')) key = createHmac('sha256', key).update(step).digest();
    return createHmac('sha256', key).update(text).digest('hex');
  }
}

function byName(a: Pair, b: Pair): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

function base64(secret: string, text: string, hash: string): string {
  return createHmac(hash, secret).update(text).digest('base64');
}

function basic(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
