import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from './cleanup.ts';

/** An answer: HTML, or whatever a function does. */
export type Reply = string | ((response: ServerResponse, request: IncomingMessage) => unknown);

/** Web servers of other people than the gateway's: one port, whatever the host. */
export interface Web {
  readonly port: number;
  /** By path. */
  readonly pages: Map<string, Reply>;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  /** Address of a page at one of the hosts. */
  at(host: string, path?: string): string;
}

export async function startWeb(): Promise<Web> {
  const pages = new Map<string, Reply>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const [path = ''] = request.url!.split('?');
    asked.push(path);
    const reply = pages.get(path);
    if (typeof reply === 'function') return void reply(response, request);
    response.writeHead(reply === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(reply ?? 'no such page');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, pages, asked, at: (host, path = '/') => `http://${host}:${port}${path}` };
}
