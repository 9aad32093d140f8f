import { createExecutionContext, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { handle } from '../../../src/gateway.ts';

/** A gateway one of whose calls to R2, KV or a Durable Object fails, whoever makes it: a request or a bucket's object. */

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

/** Names of the methods that reach the platform, by the kind of binding. */
const reaches: Record<string, ReadonlySet<string>> = {
  BLOBS: new Set(['put', 'get', 'head', 'delete', 'list', 'createMultipartUpload', 'uploadPart', 'complete', 'abort']),
  CONFIG: new Set(['get', 'put', 'delete']),
};

const namespaces: ReadonlySet<string> = new Set(['BUCKET', 'DIRECTORY', 'INDEX']);

export class FaultyGateway {
  /** What was called, in order. */
  readonly calls: string[] = [];
  readonly #fault: Fault | undefined;
  readonly #env: Env;

  /** @param fault without one nothing fails, but calls are counted */
  constructor(fault?: Fault) {
    this.#fault = fault;
    this.#env = this.#wrapEnv(env);
  }

  /** For {@link Wish.through}. */
  readonly through = (url: string, init: RequestInit): Promise<Response> =>
    handle(new Request(url, init), this.#env, createExecutionContext());

  /** Whether the call that was to fail was made. */
  get struck(): boolean {
    return this.#fault !== undefined && this.calls.length >= this.#fault.nth;
  }

  /** Has the calls of a bucket's own object fail too. */
  async reachInto(bucket: string): Promise<void> {
    await runInDurableObject(env.BUCKET.get(env.BUCKET.idFromName(bucket)), (instance) => {
      const own = (instance as unknown as { env: Env }).env;
      Object.defineProperty(instance, 'env', { value: this.#wrapEnv(own), configurable: true });
    });
  }

  #wrapEnv(inner: Env): Env {
    const wrapped: Record<string, unknown> = { ...inner };
    for (const name of Object.keys(reaches)) wrapped[name] = this.#wrap(name, inner[name as 'BLOBS'], reaches[name]!);
    for (const name of namespaces) wrapped[name] = this.#wrapNamespace(name, inner[name as 'INDEX']);
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

  /** @param counted the methods that count; all of them where there are none */
  #wrap<T extends object>(name: string, inner: T, counted?: ReadonlySet<string>): T {
    return new Proxy(inner, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function' || typeof property !== 'string') return value;
        if (counted !== undefined && !counted.has(property)) return value.bind(target);
        return async (...args: unknown[]) => {
          const result = await this.#call(`${name}.${property}`, () => Reflect.apply(value, target, args));
          // An upload in parts is spoken to as well.
          return property === 'createMultipartUpload' ? this.#wrap(name, result as object, counted) : result;
        };
      },
    });
  }

  async #call(call: string, run: () => unknown): Promise<unknown> {
    const nth = this.calls.push(call);
    const fault = this.#fault?.nth === nth ? this.#fault : undefined;
    if (fault?.when === 'before') throw new InjectedFault(call, fault);
    const result = await run();
    if (fault?.when === 'after') throw new InjectedFault(call, fault);
    return result;
  }
}
