import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sign } from '../../support/sign.ts';
import { after } from './cleanup.ts';
import type { Server } from './server.ts';

export interface Wish {
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent in chunks, unless a `content-length` is given. */
  readonly body?: string | Uint8Array | Readable;
  readonly as?: 'owner' | 'anonymous';
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Texts of all elements of this name. */
  all(element: string): string[];
  readonly code: string | undefined;
}

/** Signs requests and sends them, path-style, over as many connections as are needed. */
export class Client {
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(server: Server) {
    this.#server = server;
    after(() => this.#agent.destroy());
  }

  async send(method: string, path: string, wish: Wish = {}): Promise<Answer> {
    const response = await this.open(method, path, wish);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return answerOf(response, Buffer.concat(chunks));
  }

  /**
   * Sends a request, and leaves the body of its answer to the caller.
   * @throws {Error} where the connection broke
   */
  open(method: string, path: string, wish: Wish = {}): Promise<IncomingMessage> {
    const { body } = wish;
    const { headers, target } = this.#signed(method, path, wish);
    const length = body instanceof Readable ? {} : { 'content-length': String(Buffer.byteLength(body ?? '')) };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: this.#server.port,
          method,
          path: target,
          agent: this.#agent,
          headers: { ...length, ...headers },
        },
        resolve,
      );
      outgoing.once('error', reject);
      if (body instanceof Readable) pipeline(body, outgoing).catch(reject);
      else outgoing.end(body);
    });
  }

  #signed(method: string, path: string, wish: Wish): { headers: Record<string, string>; target: string } {
    if (wish.as === 'anonymous') return { headers: { ...wish.headers }, target: path };
    const [, bucket = '', ...rest] = path.split('?')[0]!.split('/');
    const { accessKeyId, accessKeySecret, endpoint } = this.#server;
    const { url, headers } = sign({
      method,
      url: `${endpoint}${path}`,
      headers: { ...wish.headers },
      ...(bucket === '' ? {} : { bucket }),
      ...(rest.join('/') === '' ? {} : { key: decodeURIComponent(rest.join('/')) }),
      accessKeyId,
      accessKeySecret,
      scheme: 'V1',
      place: 'header',
    });
    return { headers, target: url.slice(endpoint.length) };
  }
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, body: Buffer): Answer {
  const all = (element: string) =>
    [...body.toString().matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].map(([, text]) => text!);
  return { status: statusCode, headers, body, all, code: all('Code')[0] };
}
