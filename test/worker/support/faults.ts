import { createExecutionContext, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { handle } from '../../../src/gateway.ts';

/** A call from the gateway, or from a bucket's own object, to R2, KV or a Durable Object. */
export interface StorageCall {
  /** The binding's name. */
  readonly binding: string;
  readonly method: string;
  /** What is called: for a Durable Object its stub. */
  readonly target: object;
  readonly args: readonly unknown[];
  readonly run: () => Promise<unknown>;
}

/** Names of the methods that reach the platform, by the kind of binding. */
const reaches: Record<string, ReadonlySet<string>> = {
  BLOBS: new Set(['put', 'get', 'head', 'delete', 'list', 'createMultipartUpload', 'uploadPart', 'complete', 'abort']),
  CONFIG: new Set(['get', 'put', 'delete']),
};

/** A gateway whose calls to the storage all go through somebody's hands. */
export class WatchedGateway {
  readonly #watch: (call: StorageCall) => Promise<unknown>;
  readonly #env: Env;

  /** @param watch runs the call, or does something else in its place */
  constructor(watch: (call: StorageCall) => Promise<unknown>) {
    this.#watch = watch;
    this.#env = this.#wrapEnv(env);
  }

  /** For {@link Wish.via}. */
  readonly via = (request: Request): Promise<Response> => handle(request, this.#env, createExecutionContext());

  /** Watches the calls of a bucket's own object too. */
  async reachInto(bucket: string): Promise<void> {
    await runInDurableObject(env.BUCKET.get(env.BUCKET.idFromName(bucket)), (instance) => {
      const own = (instance as unknown as { env: Env }).env;
      Object.defineProperty(instance, 'env', { value: this.#wrapEnv(own), configurable: true });
    });
  }

  #wrapEnv(inner: Env): Env {
    const wrapped: Record<string, unknown> = { ...inner };
    for (const name of Object.keys(reaches)) wrapped[name] = this.#wrap(name, inner[name as 'BLOBS'], reaches[name]);
    for (const [name, binding] of Object.entries(inner)) {
      if (isNamespace(binding)) wrapped[name] = this.#wrapNamespace(name, binding);
    }
    return wrapped as unknown as Env;
  }

  #wrapNamespace(name: string, inner: DurableObjectNamespace): unknown {
    return new Proxy(inner, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property, target);
        if (property === 'get') return (id: DurableObjectId) => this.#wrap(name, target.get(id));
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** @param watched the methods that reach the platform; all of them where there are none */
  #wrap<T extends object>(binding: string, inner: T, watched?: ReadonlySet<string>): T {
    return new Proxy(inner, {
      get: (target, method) => {
        const value: unknown = Reflect.get(target, method, target);
        if (typeof value !== 'function' || typeof method !== 'string') return value;
        if (watched !== undefined && !watched.has(method)) return value.bind(target);
        return async (...args: unknown[]) => {
          const run = async (): Promise<unknown> => Reflect.apply(value, target, args);
          const result = await this.#watch({ binding, method, target, args, run });
          // An upload in parts is spoken to as well.
          return method === 'createMultipartUpload' ? this.#wrap(binding, result as object, watched) : result;
        };
      },
    });
  }
}

function isNamespace(binding: unknown): binding is DurableObjectNamespace {
  return typeof binding === 'object' && binding !== null && 'idFromName' in binding;
}

export interface Fault {
  /** Which call, from 1. */
  readonly nth: number;
  /** Whether the call had its effect: then only the answer is lost. */
  readonly when: 'before' | 'after';
  /** What the platform says of the failure: that the call may be repeated, as when an object was restarted. */
  readonly retryable: boolean;
}

class InjectedFault extends Error {
  readonly retryable: boolean;

  constructor(call: string, fault: Fault) {
    super(`injected: ${call} ${JSON.stringify(fault)}`);
    this.retryable = fault.retryable;
  }
}

/** A gateway one of whose calls to the storage fails. */
export class FaultyGateway extends WatchedGateway {
  /** What was called, in order. */
  readonly calls: string[] = [];
  readonly #fault: Fault | undefined;

  /** @param fault without one nothing fails, but calls are noted */
  constructor(fault?: Fault) {
    super(async ({ binding, method, run }) => {
      const call = `${binding}.${method}`;
      const nth = this.calls.push(call);
      const strikes = fault?.nth === nth ? fault : undefined;
      if (strikes?.when === 'before') throw new InjectedFault(call, strikes);
      const result = await run();
      if (strikes?.when === 'after') throw new InjectedFault(call, strikes);
      return result;
    });
    this.#fault = fault;
  }

  /** Whether the call that was to fail was made. */
  get struck(): boolean {
    return this.#fault !== undefined && this.calls.length >= this.#fault.nth;
  }
}
