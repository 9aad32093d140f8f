import { type Preflight, type PreflightResult, preflight } from '../../../access/cors.ts';
import { type ErrorDetail, OssError } from '../../answer/errors.ts';
import { emptyReply } from '../../answer/reply.ts';
import type { Exchange } from '../../exchange.ts';
import { type Operation, operation } from '../../operation.ts';

/**
 * What a browser asks before a request from another origin (OptionObject, reference 7.16.4). It asks without
 * credentials and about a request of any kind, so that every query is taken and the object need not exist.
 */
export const Options: readonly Operation[] = (['service', 'bucket', 'object'] as const).map((target) =>
  operation({
    name: 'Options',
    method: 'OPTIONS',
    target,
    action: 'Options',
    access: 'none',
    anyQuery: true,
    hierarchical: false,
    fresh: true,
    run: answerPreflight,
  }),
);

async function answerPreflight(exchange: Exchange): Promise<Response> {
  const cors = exchange.hasBucket ? exchange.bucket.documents.cors : undefined;
  const result = preflight(cors, preflightOf(exchange));
  if (result.outcome === 'deny') throw refusals[result.reason]();
  return emptyReply(200, result.headers);
}

function preflightOf(exchange: Exchange): Preflight {
  return {
    origin: exchange.header('origin') ?? undefined,
    method: exchange.header('access-control-request-method') ?? undefined,
    requestHeaders: exchange.header('access-control-request-headers') ?? undefined,
  };
}

type Reason = Extract<PreflightResult, { outcome: 'deny' }>['reason'];

/** Chapter 4 of the protocol; the two 400s are today's service, where the ledger guesses ([OptionObject-13]). */
const refusals: Readonly<Record<Reason, () => OssError>> = {
  'origin-missing': () => insufficient('Origin request header'),
  'method-missing': () => insufficient('Request Access-Control-Request-Method header'),
  disabled: () => forbidden({ message: 'CORSResponse: CORS is not enabled for this bucket.', ec: '0034-00000001' }),
  'no-match': () =>
    forbidden({
      message:
        'CORSResponse: This CORS request is not allowed. No rule of the bucket matches its Origin, Access-Control-Request-Method and Access-Control-Request-Headers.',
    }),
};

function insufficient(what: string): OssError {
  return new OssError('BadRequest', { message: `Insufficient information. ${what} needed.` });
}

function forbidden(detail: ErrorDetail): OssError {
  return new OssError('AccessForbidden', detail);
}
