import { Router } from 'itty-router';
import { anonymous } from './access/identity.ts';
import { OssError } from './oss/answer/errors.ts';
import { asOssError, renderError } from './oss/answer/render-error.ts';
import { type Authentication, authenticate } from './oss/auth/authenticate.ts';
import { isDomainName } from './oss/bucket/domain-name.ts';
import { requestedCallback } from './oss/callback/requested.ts';
import { bucketAlreadyExists, Exchange, noSuchBucket } from './oss/exchange.ts';
import { operations } from './oss/operations/index.ts';
import { addressIn, addressOf, hostName } from './oss/request/address.ts';
import { authSettingsOf } from './oss/request/auth-settings.ts';
import { addCorsHeaders } from './oss/request/cross-origin.ts';
import { drain } from './oss/request/drain.ts';
import { refuseLoop } from './oss/request/loop.ts';
import { isMethod } from './oss/request/match.ts';
import { ownPage } from './oss/request/own-page.ts';
import { requestedPace } from './oss/request/pace.ts';
import { answerSite } from './oss/site/site.ts';
import { isTokenRequest } from './oss/sts/parameters.ts';
import { answerTokenRequest } from './oss/sts/service.ts';
import { settingsOf } from './settings.ts';

/** The way of a request: each stage either learns something about it or refuses it, in this order. */
const pipeline = Router<Request, [Exchange], Response>({
  before: [loop, address, ownService, customDomain, match, authenticateCaller, configuration, admit, pace, callback],
  catch: (thrown: unknown, _request: Request, exchange: Exchange) =>
    renderError(asOssError(thrown, exchange), exchange),
  finally: [crossOrigin, hearOut, stamp],
}).all('*', (_request, exchange) => run(exchange));

/** Answers one request. */
export async function handle(request: Request, env: Env, execution: ExecutionContext): Promise<Response> {
  let exchange: Exchange;
  try {
    exchange = new Exchange(request, env, settingsOf(env), execution);
  } catch (error) {
    console.error(JSON.stringify({ event: 'not-configured', error: String(error) }));
    return new Response(`This gateway is not configured: ${(error as Error).message}.\n`, { status: 503 });
  }
  const response = await pipeline.fetch(request, exchange);
  if (!exchange.lostDomain || request.bodyUsed || !(await hasMoved(exchange))) return response;
  await response.body?.cancel();
  return pipeline.fetch(request, new Exchange(request, env, exchange.settings, execution));
}

/** Whether the custom domain has another bucket than this isolate believed, which it knows from now on. */
async function hasMoved({ address: { domain, bucket }, domains }: Exchange): Promise<boolean> {
  const now = domain === undefined ? undefined : await domains.source(domain);
  return now !== undefined && now !== bucket;
}

/** Nothing that the gateway sends comes back to it. */
function loop(_request: Request, exchange: Exchange): void {
  refuseLoop(exchange);
}

function address(request: Request, exchange: Exchange): void {
  exchange.address = addressOf(request.url, exchange.settings);
}

/**
 * The service's own host has pages of its own, and also issues temporary credentials: by its root, as the vendor's does,
 * and by a path of its own.
 */
function ownService(_request: Request, exchange: Exchange): Promise<Response> | Response | undefined {
  const { target, reserved } = exchange.address;
  if (target !== 'service') return undefined;
  if (reserved === undefined) return isTokenRequest(exchange) ? answerTokenRequest(exchange) : undefined;
  if (reserved === 'sts') return answerTokenRequest(exchange);
  const page = ownPage(exchange, reserved);
  if (page !== undefined) return page;
  throw new OssError('InvalidBucketName', { extra: { BucketName: '-' } });
}

/** A custom domain stands for the bucket that has it ([CnameRouting-1]). Where none does, the gateway may say how it is. */
async function customDomain(_request: Request, exchange: Exchange): Promise<Response | undefined> {
  const { address } = exchange;
  if (address.target !== 'foreign') return undefined;
  const domain = hostName(address.host);
  const bucket = isDomainName(domain) ? await exchange.domains.bucketOf(domain) : undefined;
  if (bucket !== undefined) {
    exchange.address = addressIn(bucket, domain, address);
    return undefined;
  }
  const page = address.key?.startsWith('-/') ? ownPage(exchange, address.key.slice(2)) : undefined;
  if (page !== undefined) return page;
  throw noSuchBucket(address.host);
}

function match(request: Request, exchange: Exchange): void {
  const { target, query } = exchange.address;
  if (target === 'foreign') throw noSuchBucket(exchange.address.host);
  if (!isMethod(request.method)) throw new OssError('MethodNotAllowed', { extra: { Method: request.method } });
  exchange.operation = operations.match({ method: request.method, target, query, headers: request.headers });
}

async function authenticateCaller(request: Request, exchange: Exchange): Promise<void> {
  const { operation } = exchange;
  if (operation.access === 'none' || operation.signedForm) {
    exchange.authentication = { identity: anonymous, scheme: 'none', place: 'none' };
    return trustDomain(request, exchange);
  }
  try {
    exchange.authentication = authentication(request, exchange);
  } catch (error) {
    if (!(await belongsElsewhere(error, exchange))) throw error;
    exchange.authentication = authentication(request, exchange);
  }
  if (exchange.identity.kind === 'anonymous') await trustDomain(request, exchange);
}

/**
 * Makes sure of the bucket of a custom domain before a body is read that no signature binds to one: it could not be read
 * a second time, for the bucket that has the domain now.
 */
async function trustDomain(request: Request, exchange: Exchange): Promise<void> {
  const { domain, bucket } = exchange.address;
  if (domain === undefined || request.body === null) return;
  const now = await exchange.domains.source(domain);
  if (now === undefined) throw noSuchBucket(exchange.address.host);
  if (now !== bucket) exchange.address = { ...exchange.address, bucket: now };
}

function authentication(request: Request, exchange: Exchange): Authentication {
  const { bucket, key, query } = exchange.address;
  return authenticate(
    {
      method: request.method,
      headers: request.headers,
      query,
      ...(bucket === undefined ? {} : { bucket }),
      ...(key === undefined ? {} : { key }),
      now: exchange.received,
      url: request.url,
    },
    authSettingsOf(exchange),
  );
}

/** A signature covers the bucket ([CnameRouting-2]), and what this isolate knows of a custom domain may be old. */
async function belongsElsewhere(error: unknown, exchange: Exchange): Promise<boolean> {
  const { domain, bucket } = exchange.address;
  if (domain === undefined || !(error instanceof OssError) || error.code !== 'SignatureDoesNotMatch') return false;
  const now = await exchange.domains.source(domain);
  if (now === undefined || now === bucket) return false;
  exchange.address = { ...exchange.address, bucket: now };
  return true;
}

async function configuration(_request: Request, exchange: Exchange): Promise<void> {
  const { bucket } = exchange.address;
  if (bucket === undefined) return;
  exchange.wasLookedUp = true;
  const { fresh, createsBucket } = exchange.operation;
  const { config } = await (fresh || createsBucket
    ? exchange.configs.source(bucket)
    : exchange.configs.nearest(bucket));
  if (config !== null) exchange.bucket = config;
  else if (!createsBucket) throw noSuchBucket(bucket);
}

/** Judges the request, by the configuration in force where a copy of it refuses. */
async function admit(_request: Request, exchange: Exchange): Promise<void> {
  // Which object is meant, and so what must be allowed, is for the website to say.
  if (exchange.operation.site !== undefined) return exchange.enter();
  try {
    await exchange.judgement.settle();
  } catch (error) {
    if (exchange.operation.createsBucket && isTaken(exchange)) throw bucketAlreadyExists(exchange.bucket.name);
    throw error;
  }
}

/** A pace that is none is refused before anything is read or stored. */
function pace(_request: Request, exchange: Exchange): void {
  exchange.bytesPerSecond = requestedPace(exchange);
}

/** Whatever is wrong with a callback is said before anything is stored ([Callback-1]). */
async function callback(_request: Request, exchange: Exchange): Promise<void> {
  exchange.callback = await requestedCallback(exchange);
}

/** Whether somebody wants to create what another account has (evidence for [PutBucketAcl-8]). */
function isTaken(exchange: Exchange): boolean {
  const { identity } = exchange;
  return exchange.hasBucket && identity.kind !== 'anonymous' && identity.accountId !== exchange.bucket.owner;
}

function run(exchange: Exchange): Promise<Response> {
  const { run, name, site } = exchange.operation;
  if (run === undefined) {
    throw new OssError('OperationNotImplemented', { message: `${name} is not implemented.`, extra: { Header: name } });
  }
  return site === undefined ? run(exchange) : answerSite(exchange);
}

async function crossOrigin(response: Response, _request: Request, exchange: Exchange): Promise<Response> {
  await addCorsHeaders(response, exchange);
  return response;
}

/** A refusal reaches whoever is still sending. */
async function hearOut(response: Response, request: Request, { settings }: Exchange): Promise<Response> {
  if (settings.linger && response.status >= 400) await drain(request);
  return response;
}

/** What every answer carries ([Common-1], [Common-2], [Common-3]). */
function stamp(response: Response, _request: Request, exchange: Exchange): Response {
  const { headers } = response;
  headers.set('server', 'AliyunOSS');
  headers.set('date', new Date().toUTCString());
  headers.set('x-oss-request-id', exchange.requestId);
  headers.set('x-oss-server-time', String(Date.now() - exchange.received));
  if (exchange.chargedBy.size > 0) headers.set('x-oss-request-charged', 'requester');
  return response;
}
