import { createHash, createHmac } from 'node:crypto';
import { isoDate, parseBasicDate, parseHttpDate } from '../../lib/dates.ts';
import { percentEncode } from '../../lib/percent.ts';
import { OssError } from '../answer/errors.ts';
import type { QueryPair } from '../request/query.ts';
import {
  type AdditionalHeaderCodes,
  canonicalHeaders,
  canonicalPath,
  canonicalQuery,
  type EmptyForm,
  isOssHeader,
  parseAdditionalHeaders,
  refuseMissing,
} from './canonical.ts';
import { authorizationFields, badAuthorization, isAccessKeyId } from './fields.ts';
import { badArgument, badDate, clip, maxSkewMs, refuseExpired, refuseSkew } from './refusals.ts';
import type { AuthSettings, Claim, SignatureForm, SignedRequest, SignedText } from './request.ts';
import { type Scope, scopeTerminator, signingKey } from './signing-key.ts';

/** Signature V4 (protocol/oss.md 1.5, 1.6): hex HMAC-SHA256, with a key derived for one day, over a digest. */

export const algorithm = 'OSS4-HMAC-SHA256';

/** The only value there is: OSS never signs the body. */
const payload = 'UNSIGNED-PAYLOAD';
const product = 'oss';
/** The longest life of a signed URL: 7 days. */
const maxExpiresSeconds = 604_800;

/** @param headers the canonical header lines @param query the canonical query */
export function canonicalRequestV4(
  request: SignedRequest,
  query: string,
  headers: string,
  additional: readonly string[],
): string {
  const path = percentEncode(canonicalPath(request.bucket, request.key), true);
  return `${request.method}\n${path}\n${query}\n${headers}\n${additional.join(';')}\n${payload}`;
}

/** @param date `YYYYMMDDTHHMMSSZ` */
export function stringToSignV4(date: string, scope: Scope, canonicalRequest: string): string {
  const digest = createHash('sha256').update(canonicalRequest, 'utf8').digest('hex');
  return `${algorithm}\n${date}\n${scope.date}/${scope.region}/${scope.product}/${scopeTerminator}\n${digest}`;
}

/** A form upload signs its base64 policy this way too. */
export function signV4(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('hex');
}

/** Headers that V4 covers without being told to. */
export function isSignedByRuleV4(name: string): boolean {
  return name === 'content-type' || name === 'content-md5' || isOssHeader(name);
}

export interface CredentialV4 {
  readonly accessKeyId: string;
  readonly scope: Scope;
  readonly terminator: string;
}

/** Splits `<access key id>/<date>/<region>/<product>/aliyun_v4_request`. Checks nothing but the number of parts. */
export function splitCredentialV4(text: string): CredentialV4 | undefined {
  const parts = text.split('/', 6);
  if (parts.length !== 5) return undefined;
  const [accessKeyId, date, region, product, terminator] = parts as [string, string, string, string, string];
  return { accessKeyId, scope: { date, region, product }, terminator };
}

/** What is wrong with a credential, its date compared with the signature's, which begins `YYYYMMDD`. */
export function credentialFaultV4(
  credential: CredentialV4,
  date: string,
  regions: readonly string[],
): 'terminator' | 'id' | 'date' | 'region' | 'product' | undefined {
  if (credential.terminator !== scopeTerminator) return 'terminator';
  if (!isAccessKeyId(credential.accessKeyId)) return 'id';
  if (credential.scope.date !== date.slice(0, 8)) return 'date';
  if (!regions.includes(credential.scope.region)) return 'region';
  return credential.scope.product === product ? undefined : 'product';
}

/**
 * List filters for which empty and absent mean the same, so that leaving them out of a signature gives nothing away.
 * Never a name whose mere presence does something, such as `acl`.
 */
const emptyFilters: ReadonlySet<string> = new Set([
  'prefix',
  'delimiter',
  'marker',
  'max-keys',
  'encoding-type',
  'start-after',
  'continuation-token',
  'fetch-owner',
  'key-marker',
  'version-id-marker',
  'upload-id-marker',
  'max-uploads',
  'max-parts',
  'part-number-marker',
]);

/** How known clients sign empty parameters other than by their bare name (1.6, quirks of ali-oss). */
const emptyForms = {
  /** ali-oss signs sub-resources bare, but `prefix: ''` as `prefix=`. */
  filtersEqual: (pair: QueryPair): EmptyForm => (pair.hasEquals && emptyFilters.has(pair.name) ? 'equals' : 'bare'),
  allEqual: (pair: QueryPair): EmptyForm => (pair.hasEquals ? 'equals' : 'bare'),
  /** ali-oss sends `prefix: undefined` as `prefix=`, and does not sign it. */
  filtersDropped: (pair: QueryPair): EmptyForm => (emptyFilters.has(pair.name) ? 'dropped' : 'bare'),
};

function repeatsName(pairs: readonly QueryPair[]): boolean {
  return new Set(pairs.map(({ name }) => name)).size < pairs.length;
}

interface GivenV4 {
  readonly credential: CredentialV4;
  readonly signature: string;
  readonly token: string;
  /** As it was sent, which is what the signature covers. */
  readonly date: string;
  readonly list: string | undefined;
  readonly codes: AdditionalHeaderCodes;
  /** The query parameter that holds the signature, if it is there. */
  readonly except?: string;
}

function claimV4(request: SignedRequest, settings: AuthSettings, given: GivenV4): Claim {
  const { credential, date, except } = given;
  const listed = given.list === undefined ? [] : parseAdditionalHeaders(given.list, given.codes);
  const additional = listed.filter((name) => !isSignedByRuleV4(name));
  const headers = canonicalHeaders(request, isSignedByRuleV4, additional);
  refuseMissing(headers.missing, given.codes);
  const textFor = (empty?: (pair: QueryPair) => EmptyForm): SignedText => {
    const query = canonicalQuery(request.query.pairs, except, empty);
    const canonicalRequest = canonicalRequestV4(request, query, headers.lines, additional);
    return { stringToSign: stringToSignV4(date, credential.scope, canonicalRequest), canonicalRequest };
  };
  return {
    accessKeyId: credential.accessKeyId,
    signature: given.signature,
    token: given.token,
    text: () => textFor(),
    *tolerated() {
      if (!request.query.pairs.some((pair) => pair.value === '')) return;
      yield textFor(emptyForms.filtersEqual);
      yield textFor(emptyForms.allEqual);
      // Of equal names the first counts: an empty one that is left out could stand before one that was signed.
      if (settings.tolerant.droppedEmpties && !repeatsName(request.query.pairs)) {
        yield textFor(emptyForms.filtersDropped);
      }
    },
    sign: (secret, text) => signV4(signingKey(credential.accessKeyId, secret, credential.scope), text),
  };
}

const headerFields: ReadonlySet<string> = new Set(['Credential', 'AdditionalHeaders', 'Signature']);
const headerListCodes: AdditionalHeaderCodes = {
  argument: 'Authorization',
  blank: '0002-00000209',
  emptyName: '0002-00000210',
  badName: '0002-00000211',
};

/** `Authorization: OSS4-HMAC-SHA256 Credential=<credential>,AdditionalHeaders=<list>,Signature=<signature>` */
export const headerV4: SignatureForm = {
  scheme: 'V4',
  place: 'header',
  mismatch: '0002-00000201',
  read(request, settings) {
    const { headers } = request;
    const rest = headers.get('authorization')!.slice(algorithm.length + 1);
    const fields = authorizationFields(rest, '=', headerFields);
    if (fields === undefined) throw badAuthorization(algorithm, '0002-00000202');
    const text = fields.get('Credential');
    const signature = fields.get('Signature');
    if (text === undefined) throw badAuthorization(algorithm, '0002-00000205');
    if (!signature) throw badAuthorization(algorithm, signature === undefined ? '0002-00000207' : '0002-00000208');
    const credential = splitCredentialV4(text);
    if (credential === undefined) throw badAuthorization(algorithm, '0002-00000213');
    refusePayload(headers.get('x-oss-content-sha256'));
    const { date, day, time } = headerDate(headers);
    refuseCredential(credential, day, settings.regions, headerFaults);
    refuseSkew(time, request.now);
    const token = headers.get('x-oss-security-token') ?? '';
    const list = fields.get('AdditionalHeaders');
    return claimV4(request, settings, { credential, signature, token, date, list, codes: headerListCodes });
  },
};

const queryListCodes: AdditionalHeaderCodes = {
  argument: 'x-oss-additional-headers',
  blank: '0002-00000076',
  emptyName: '0002-00000077',
  badName: '0002-00000077',
};

/** `?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=&x-oss-date=&x-oss-expires=&x-oss-signature=` */
export const queryV4: SignatureForm = {
  scheme: 'V4',
  place: 'query',
  mismatch: '0002-00000201',
  read(request, settings) {
    const { query, headers, now } = request;
    const text = query.get('x-oss-credential');
    const signature = query.get('x-oss-signature');
    if (text === undefined) throw badQuery('x-oss-credential', '', '0002-00000221');
    if (!signature) throw badQuery('x-oss-signature', '', signature === undefined ? '0002-00000219' : '0002-00000220');
    const credential = splitCredentialV4(text);
    if (credential === undefined) throw badQuery('x-oss-credential', text, '0002-00000224');
    const sent = headers.get('x-oss-content-sha256');
    if (sent !== null) refusePayload(sent);
    const { date, time } = parsedDate(query.get('x-oss-date') ?? null);
    refuseCredential(credential, date, settings.regions, queryFaults);
    refuseOutside(time, query.get('x-oss-expires'), now);
    const token = query.get('x-oss-security-token') ?? '';
    const list = query.get('x-oss-additional-headers');
    const given = { credential, signature, token, date, list, codes: queryListCodes, except: 'x-oss-signature' };
    return claimV4(request, settings, given);
  },
};

type Fault = NonNullable<ReturnType<typeof credentialFaultV4>>;

interface FaultCodes {
  readonly argument: string;
  readonly ec: Readonly<Record<Fault, string>>;
}

const headerFaults: FaultCodes = {
  argument: 'Authorization',
  ec: {
    terminator: '0002-00000213',
    id: '0002-00000206',
    date: '0002-00000212',
    region: '0002-00000226',
    product: '0002-00000227',
  },
};
const queryFaults: FaultCodes = {
  argument: 'x-oss-credential',
  ec: { ...headerFaults.ec, terminator: '0002-00000224', id: '0002-00000222', date: '0002-00000223' },
};
const faultMessages: Readonly<Record<Fault, string>> = {
  terminator: 'Invalid signing suffix',
  id: 'Invalid access key ID',
  date: 'Invalid signing date',
  region: 'Invalid signing region',
  product: 'Invalid signing product',
};

function refuseCredential(credential: CredentialV4, date: string, regions: readonly string[], codes: FaultCodes): void {
  const fault = credentialFaultV4(credential, date, regions);
  if (fault === undefined) return;
  const { accessKeyId, scope, terminator } = credential;
  const text = `${accessKeyId}/${scope.date}/${scope.region}/${scope.product}/${terminator}`;
  const inHeader = codes.argument === 'Authorization';
  const place = inHeader ? 'Authorization header' : codes.argument;
  throw new OssError('InvalidArgument', {
    message: `${faultMessages[fault]} in ${place}.`,
    ec: codes.ec[fault],
    extra: {
      ArgumentName: codes.argument,
      ArgumentValue: clip(text),
      ...(inHeader ? { Authorization: clip(`${algorithm} Credential=${text}`) } : {}),
    },
  });
}

function refusePayload(sent: string | null): void {
  if (sent === payload) return;
  const message = `The x-oss-content-sha256 header must be ${payload}.`;
  throw badArgument('x-oss-content-sha256', sent ?? '', '0002-00000214', message);
}

/** `x-oss-date`, or else `Date`: Go's first SDK sends that alone, in the form of HTTP. @returns `day` is `YYYYMMDD` */
function headerDate(headers: Headers): { date: string; day: string; time: number } {
  const ossDate = headers.get('x-oss-date');
  const date = ossDate ?? headers.get('date');
  if (date === null) throw badDate('0002-00000503');
  const time = parseBasicDate(date) ?? (ossDate === null ? parseHttpDate(date) : undefined);
  if (time === undefined) throw badDate('0002-00000502');
  return { date, day: isoDate(time).slice(0, 10).replaceAll('-', ''), time };
}

function parsedDate(date: string | null): { date: string; time: number } {
  if (date === null) throw badDate('0002-00000503');
  const time = parseBasicDate(date);
  if (time === undefined) throw badDate('0002-00000502');
  return { date, time };
}

/** @param signed when the URL was signed, in ms @param expires its life from then on, in seconds, as sent */
function refuseOutside(signed: number, expires: string | undefined, now: number): void {
  if (expires === undefined) throw badQuery('x-oss-expires', '', '0002-00000215');
  const seconds = /^[0-9]{1,6}$/.test(expires) ? Number(expires) : 0;
  if (seconds < 1 || seconds > maxExpiresSeconds) throw badQuery('x-oss-expires', expires, '0002-00000232');
  if (now < signed - maxSkewMs) {
    throw new OssError('AccessDenied', { message: 'Request is not valid yet.', ec: '0002-00000235' });
  }
  refuseExpired(signed + seconds * 1000, now, '0002-00000236');
}

function badQuery(name: string, value: string, ec: string): OssError {
  return badArgument(name, value, ec, `The ${name} parameter of the signed URL is missing or invalid.`);
}
