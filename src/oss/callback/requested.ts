import { type OutboundRules, targetFaultNow } from '../../outbound/target.ts';
import { OssError } from '../answer/errors.ts';
import type { Exchange } from '../exchange.ts';
import type { FormFields } from '../form/read.ts';
import { ownKeys } from '../request/match.ts';
import { outsideRules } from '../request/outside.ts';
import { callbackKey } from './key.ts';
import {
  addVariable,
  badTarget,
  CALLBACK_CHARACTERS_MAX,
  type Callback,
  type Encoded,
  parseCallback,
  parseVariables,
} from './parameters.ts';

/**
 * The callback that a request asks for in its headers or its query, checked before anything is stored ([Callback-1]).
 * Operations without callbacks have none, whatever the headers say ([Callback-30]).
 * @throws {OssError} InvalidArgument; OperationNotSupported in a bucket with a hierarchical namespace; NotImplemented
 *   where the deployment has no key to sign with
 */
export async function requestedCallback(exchange: Exchange): Promise<Callback | undefined> {
  if (!ownKeys(exchange.operation).has('callback')) return undefined;
  const inHeader = ['x-oss-callback', 'x-oss-callback-var'].map((name) => encoded(name, exchange.header(name)));
  const inQuery = ['callback', 'callback-var'].map((name) => encoded(name, exchange.query(name)));
  if (inHeader.some(isGiven) && inQuery.some(isGiven)) throw twoCarriers();
  const [parameter, variables] = inHeader.some(isGiven) ? inHeader : inQuery;
  const custom = variables === undefined ? new Map<string, string>() : parseVariables(variables);
  return parameter === undefined ? undefined : usable(exchange, parameter, custom);
}

/**
 * The callback that a form asks for, whose variables are fields of their own.
 * @throws {OssError} as above, and where it comes in a header as well
 */
export async function formCallback(exchange: Exchange, fields: FormFields): Promise<Callback | undefined> {
  if (exchange.header('x-oss-callback') !== null || exchange.header('x-oss-callback-var') !== null) throw twoCarriers();
  const value = fields.get('callback');
  if (!value) return undefined;
  const variables = new Map<string, string>();
  for (const field of fields) if (field.name.startsWith('x:')) addVariable(variables, field.name, field.value);
  return usable(exchange, { name: 'callback', value }, variables);
}

/** Where callbacks of this deployment may go. */
export function callbackRules(exchange: Exchange): OutboundRules {
  return { ...outsideRules(exchange), refuseIpv6: true };
}

function encoded(name: string, value: string | null | undefined): Encoded | undefined {
  return value === null || value === undefined ? undefined : { name, value, charactersMax: CALLBACK_CHARACTERS_MAX };
}

function isGiven(parameter: Encoded | undefined): boolean {
  return parameter !== undefined;
}

/** ([Callback-2]) */
function twoCarriers(): OssError {
  return new OssError('InvalidArgument', {
    message: 'The callback parameters are given in more than one way.',
    ec: '0007-00000027',
    extra: { ArgumentName: 'callback', ArgumentValue: '' },
  });
}

async function usable(
  exchange: Exchange,
  parameter: Encoded,
  variables: ReadonlyMap<string, string>,
): Promise<Callback | undefined> {
  const rules = callbackRules(exchange);
  const callback = parseCallback(parameter, variables, rules);
  if (callback === undefined) return undefined;
  for (const url of callback.urls) {
    const fault = await targetFaultNow(url, rules);
    if (fault !== undefined) throw badTarget(fault, parameter.name);
  }
  if (exchange.bucket.hierarchical) {
    throw new OssError('OperationNotSupported', {
      message: 'Callbacks are not supported for a bucket with a hierarchical namespace.',
    });
  }
  if (callbackKey(exchange.settings) === undefined) {
    throw new OssError('NotImplemented', {
      message:
        'Callbacks are not set up: this deployment has no key to sign them with. Give it the secret CALLBACK_PRIVATE_KEY, an RSA key in PEM (PKCS #8).',
      extra: { Header: parameter.name },
    });
  }
  return callback;
}
