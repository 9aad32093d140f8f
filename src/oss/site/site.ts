import { percentDecode } from '../../lib/percent.ts';
import type { Website } from '../../website/config.ts';
import { afterFailure, candidates, type SiteRequest, type Step, unconditional } from '../../website/rules.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import { answerWhole } from '../object/answer.ts';
import { objectHeaders } from '../object/headers.ts';
import { readObject } from '../object/read.ts';
import type { Operation } from '../operation.ts';
import { GetObject } from '../operations/object/GetObject.ts';
import { HeadObject } from '../operations/object/HeadObject.ts';
import type { Address } from '../request/address.ts';
import { GateRefusal } from '../request/gates.ts';
import { isSignatureKey } from '../request/match.ts';
import { answerFromOrigin } from './mirror.ts';

/** Tells a CDN in front to follow a redirect itself; the reference names no header ([WebsiteServing-34]). */
const CDN_HEADER = 'x-oss-cdn-redirect';
/** Longest address that a client is sent to, in characters. */
const LOCATION_MAX = 8_192;

/**
 * Answers a read of an object or of a bucket's root as the bucket's website says, if it is one (reference 7.11.1). The
 * configuration grants nothing: whatever object it leads to is judged and read as if the client had asked for it.
 */
export async function answerSite(exchange: Exchange): Promise<Response> {
  const { address, operation } = exchange;
  return exchange.relyingOnWebsite(async (website) => {
    const applies = website !== undefined && exchange.query('versionId') === undefined && !isListing(exchange);
    if (!applies) return plain(exchange);
    try {
      return await new Visit(exchange, website, address, operation).answer();
    } finally {
      // Whatever was answered, this is what was asked.
      exchange.address = address;
      exchange.operation = operation;
    }
  });
}

/** A signed request for the root wants the list of objects ([WebsiteServing-2]). */
function isListing({ identity, operation }: Exchange): boolean {
  return operation.site === 'root' && identity.kind !== 'anonymous';
}

async function plain(exchange: Exchange): Promise<Response> {
  await exchange.judgement.settle();
  return exchange.operation.run!(exchange);
}

/** One request to a website. */
class Visit {
  readonly #exchange: Exchange;
  readonly #website: Website;
  readonly #address: Address;
  readonly #operation: Operation;
  readonly #request: SiteRequest;

  constructor(exchange: Exchange, website: Website, address: Address, operation: Operation) {
    this.#exchange = exchange;
    this.#website = website;
    this.#address = address;
    this.#operation = operation;
    this.#request = siteRequest(exchange);
  }

  async answer(): Promise<Response> {
    const names = candidates(this.#website, this.#request);
    const whatever = unconditional(this.#website, this.#request, names);
    if (whatever !== undefined && !whatever.afterLookup) {
      await this.#exchange.reload();
      return (await this.#first(whatever.steps)) ?? this.#missing();
    }
    const found = await this.#found(names);
    if ('response' in found) {
      if (whatever === undefined) return found.response;
      await found.response.body?.cancel();
      return (await this.#first(whatever.steps)) ?? this.#missing();
    }
    const { failure, name } = found;
    const steps = afterFailure(this.#website, this.#request, failure.status, name);
    // What an origin has could not take the place of a link that leads nowhere.
    const useful = failure.code === 'NoSuchKey' ? steps : steps.filter(({ kind }) => kind !== 'mirror');
    const answer = await this.#first(useful);
    if (answer === undefined) throw failure;
    return answer;
  }

  /** The plain answer, or why there is none. */
  async #found(
    names: readonly string[],
  ): Promise<{ response: Response } | { failure: OssError; name: string | undefined }> {
    const tries = names.length === 0 ? [undefined] : names;
    for (const [i, name] of tries.entries()) {
      try {
        return { response: await (name === undefined ? plain(this.#exchange) : this.#object(name)) };
      } catch (failure) {
        if (!(failure instanceof OssError) || failure.status < 400 || failure instanceof GateRefusal) throw failure;
        if (failure.status !== 404 || i === tries.length - 1) return { failure, name };
      }
    }
    throw new Error('nothing was looked up');
  }

  /** The answer of the first step that has one. */
  async #first(steps: readonly Step[]): Promise<Response | undefined> {
    for (const step of steps) {
      const answer = await this.#take(step);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  async #take(step: Step): Promise<Response | undefined> {
    switch (step.kind) {
      case 'redirect':
        return redirect(step.status, step.location, step.cdn);
      case 'object':
        return ifThere(() => this.#object(step.key));
      case 'directory':
        return ifThere(async () => {
          await this.#admitTo(step.page);
          await readObject(this.#exchange, { content: false, conditional: false, follow: 'head' });
          return redirect(302, step.location, false);
        });
      case 'error-page':
        return this.#errorPage(step.key, step.status);
      case 'mirror': {
        await this.#admitTo(step.key);
        return answerFromOrigin(this.#exchange, step, this.#request.query, () => ifThere(() => this.#object(step.key)));
      }
    }
  }

  /** What the client would get if it asked for this object. */
  async #object(key: string): Promise<Response> {
    await this.#admitTo(key);
    return this.#exchange.operation.run!(this.#exchange);
  }

  /** Makes this object the one that the request is about, and judges. */
  async #admitTo(key: string): Promise<void> {
    const { key: _asked, ...rest } = this.#address;
    this.#exchange.address = { ...rest, target: 'object', key };
    this.#exchange.operation = this.#operation.method === 'HEAD' ? HeadObject : GetObject;
    await this.#exchange.judgement.settle();
  }

  /** The error page, if the client may read it; whole, whatever its conditions and ranges ([WebsiteServing-16]). */
  async #errorPage(key: string, status: 200 | 404): Promise<Response | undefined> {
    try {
      await this.#admitTo(key);
      const reply = await readObject(this.#exchange, { content: true, conditional: false, follow: 'get' });
      const headers = objectHeaders(reply.record, this.#exchange.bucket, reply.source);
      return await answerWhole(this.#exchange, reply, status, headers);
    } catch (error) {
      if (error instanceof OssError) return undefined;
      throw error;
    }
  }

  #missing(): never {
    throw new OssError('NoSuchKey', { extra: { Key: this.#request.key } });
  }
}

/** An answer, or undefined where the object is not there. */
async function ifThere(answer: () => Promise<Response>): Promise<Response | undefined> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof OssError && error.status === 404) return undefined;
    throw error;
  }
}

/** @throws {OssError} InvalidRequest where a rule has made the address too long */
function redirect(status: number, location: string, cdn: boolean): Response {
  if (location.length > LOCATION_MAX) {
    throw new OssError('InvalidRequest', { message: 'The address that this request is redirected to is too long.' });
  }
  const headers = { location, 'content-length': '0', ...(cdn ? { [CDN_HEADER]: 'true' } : {}) };
  return new Response(null, { status, headers });
}

function siteRequest({ request, address, identity }: Exchange): SiteRequest {
  const { key = '', host, bucket } = address;
  const [, path = '', query = ''] = /^[^?]*?:\/\/[^/?]*([^?]*)\??(.*)$/s.exec(request.url) ?? [];
  return {
    method: request.method === 'HEAD' ? 'HEAD' : 'GET',
    key,
    anonymous: identity.kind === 'anonymous',
    host,
    // On a host of the bucket's own the path is the name; elsewhere the bucket comes first.
    base: percentDecode(path.slice(1)) === key ? '' : `/${bucket}`,
    query: withoutSignature(query),
    header: (name) => (name.toLowerCase() === 'host' ? host : request.headers.get(name)),
  };
}

/** A query without what proves who asks ([WebsiteServing-26]): that is for nobody else's eyes. */
function withoutSignature(query: string): string {
  return query
    .split('&')
    .filter((pair) => !isSignatureKey(percentDecode(pair.split('=', 1)[0]!, true)))
    .join('&');
}
