import type { Exchange } from '../exchange.ts';
import { readBody } from '../request/body.ts';
import { Query, type QueryPair } from '../request/query.ts';
import { MissingParameter, StsError } from './errors.ts';

/** Most bytes of a form. A session policy is its longest value. */
const FORM_BYTES_MAX = 32 * 1_024;
const PARAMETERS_MAX = 64;

/** The parameters of one call. */
export class Parameters {
  readonly pairs: readonly QueryPair[];
  readonly #values: ReadonlyMap<string, string>;

  /** @throws {StsError} where a name is given twice: a signature covers each name once */
  constructor(pairs: readonly QueryPair[]) {
    this.pairs = pairs;
    this.#values = new Map(pairs.map(({ name, value }) => [name, value]));
    if (this.#values.size < pairs.length || pairs.length > PARAMETERS_MAX) throw new StsError('InvalidParameter');
  }

  /** Undefined where it is missing or empty. */
  get(name: string): string | undefined {
    return this.#values.get(name) || undefined;
  }

  /** @throws {MissingParameter} */
  need(name: string): string {
    const value = this.get(name);
    if (value === undefined) throw new MissingParameter(name);
    return value;
  }
}

/** Whether a request to the service's own address is meant for the token service. */
export function isTokenRequest({ request, address }: Exchange): boolean {
  return address.query.has('Action') || (request.method === 'POST' && isForm(request));
}

function isForm(request: Request): boolean {
  return /^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers.get('content-type') ?? '');
}

/**
 * Those of the query and, with POST, of the form.
 * @throws {StsError}
 */
export async function readParameters({ request, address }: Exchange): Promise<Parameters> {
  const { pairs } = address.query;
  if (request.method === 'GET') return new Parameters(pairs);
  if (request.method !== 'POST') throw new StsError('UnsupportedHTTPMethod');
  return new Parameters([...pairs, ...(isForm(request) ? await readForm(request) : [])]);
}

async function readForm(request: Request): Promise<readonly QueryPair[]> {
  const bytes = await readBody(request, FORM_BYTES_MAX, () => new StsError('RequestEntityTooLarge'));
  try {
    return new Query(new TextDecoder().decode(bytes)).pairs;
  } catch {
    throw new StsError('InvalidParameter', 'The form is not well encoded.');
  }
}
