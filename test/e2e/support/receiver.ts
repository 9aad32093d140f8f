import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from './cleanup.ts';

/** A callback as it arrived. */
export interface Received {
  readonly method: string;
  /** Path and query, as in the request line. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Whether the gateway went away before it was answered. */
  abandoned: boolean;
}

export interface Receiver {
  readonly port: number;
  /** `127.0.0.1:<port>` */
  readonly host: string;
  readonly received: Received[];
}

/** An application server that answers callbacks as their path says. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => void receive(request, response, received));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, host: `127.0.0.1:${port}`, received };
}

async function receive(request: IncomingMessage, response: ServerResponse, received: Received[]): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const entry: Received = {
    method: request.method!,
    target: request.url!,
    headers: request.headers,
    body: Buffer.concat(chunks),
    abandoned: false,
  };
  response.once('close', () => {
    entry.abandoned = !response.writableFinished;
  });
  received.push(entry);
  const [path] = request.url!.split('?');
  await (answers[path!] ?? answers['/ok']!)(response, request);
}

type Answerer = (response: ServerResponse, request: IncomingMessage) => unknown;

const json = (response: ServerResponse, text: string, headers: Record<string, string> = {}) =>
  response
    .writeHead(200, { 'content-type': 'text/html', 'content-length': String(Buffer.byteLength(text)), ...headers })
    .end(text);

const answers: Readonly<Record<string, Answerer>> = {
  '/ok': (response) => json(response, '{"Status":"OK","中":1}'),
  '/late': (response) => setTimeout(() => json(response, '{"late":true}'), 1_500),
  '/slow': (response) => setTimeout(() => json(response, '{}'), 20_000).unref(),
  '/drip': (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{');
  },
  '/500': (response) => response.writeHead(500).end('{}'),
  '/204': (response) => response.writeHead(204).end(),
  '/redirect': (response) => response.writeHead(301, { location: '/ok', 'content-length': '0' }).end(),
  '/close': (_, request) => request.socket.destroy(),
  '/short': (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{"a":1}');
    setTimeout(() => response.socket?.destroy(), 50);
  },
  '/chunked': (response) => {
    response.writeHead(200, { 'transfer-encoding': 'chunked' });
    response.end('{"a":1}');
  },
  '/text': (response) => json(response, 'OK'),
  '/bom': (response) => json(response, '\ufeff{"a":1}'),
  '/big': (response) => json(response, `"${'x'.repeat(1024 * 1024)}"`),
};
