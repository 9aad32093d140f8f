import type { OutboundRules } from '../../outbound/target.ts';
import { OssError } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import type { FormFields } from '../form/read.ts';
import { ownKeys } from '../match.ts';
import { callbackKey } from './key.ts';
import {
  addVariable,
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
export function requestedCallback(exchange: Exchange): Callback | undefined {
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
export function formCallback(exchange: Exchange, fields: FormFields): Callback | undefined {
  if (exchange.header('x-oss-callback') !== null || exchange.header('x-oss-callback-var') !== null) throw twoCarriers();
  const value = fields.get('callback');
  if (!value) return undefined;
  const variables = new Map<string, string>();
  for (const field of fields) if (field.name.startsWith('x:')) addVariable(variables, field.name, field.value);
  return usable(exchange, { name: 'callback', value }, variables);
}

/** Where callbacks of this deployment may go. */
export function callbackRules({ settings }: Exchange): OutboundRules {
  const { allowPrivateOrigins, ownHosts, localPort } = settings;
  return { allowPrivate: allowPrivateOrigins, ownHosts, ownPort: localPort, refuseIpv6: true };
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

function usable(exchange: Exchange, parameter: Encoded, variables: ReadonlyMap<string, string>): Callback | undefined {
  const callback = parseCallback(parameter, variables, callbackRules(exchange));
  if (callback === undefined) return undefined;
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
