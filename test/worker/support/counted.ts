import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { handle } from '../../../src/gateway.ts';
import { type Answer, send, type Wish } from './wire.ts';

/** Calls to each binding of the Worker that one request made. `index` and `blobs` are what objects are stored in. */
export interface Calls {
  index: number;
  blobs: number;
  bucket: number;
  directory: number;
  edgeCopy: number;
  domain: number;
}

const names: Readonly<Record<string, keyof Calls>> = {
  INDEX: 'index',
  BLOBS: 'blobs',
  BUCKET: 'bucket',
  DIRECTORY: 'directory',
  CONFIG: 'edgeCopy',
  DOMAIN: 'domain',
};

/** Sends a request to a gateway of its own whose bindings count what is asked of them. */
export async function counted(
  method: string,
  path: string,
  wish: Wish = {},
): Promise<{ answer: Answer; calls: Calls }> {
  const calls: Calls = { index: 0, blobs: 0, bucket: 0, directory: 0, edgeCopy: 0, domain: 0 };
  const counting = new Proxy(env, {
    get(target, name: string) {
      const binding = target[name as keyof typeof target] as unknown;
      const counter = names[name];
      return counter === undefined ? binding : countCalls(binding as object, () => calls[counter]++);
    },
  });
  const via = (request: Request) => handle(request, counting as unknown as Env, createExecutionContext());
  return { answer: await send(method, path, { ...wish, via }), calls };
}

/** Of a namespace of Durable Objects each way to an object counts, as it is one for each call. */
function countCalls<T extends object>(binding: T, count: () => void): T {
  return new Proxy(binding, {
    get(target, name) {
      const member = (target as Record<string | symbol, unknown>)[name];
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (name !== 'idFromName') count();
        return member.apply(target, args);
      };
    },
  });
}
