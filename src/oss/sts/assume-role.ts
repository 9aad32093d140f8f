import { parseRamPolicy } from '../../access/policy.ts';
import { mayAssume, type Role, SESSION_SECONDS_DEFAULT, SESSION_SECONDS_MIN } from '../../access/roles.ts';
import { issueSession } from '../../access/sessions.ts';
import type { Exchange } from '../exchange.ts';
import type { XmlContent } from '../xml/write.ts';
import { verifiedCaller } from './caller.ts';
import { StsError } from './errors.ts';
import type { Parameters } from './parameters.ts';

/** UTF-16 units of a session policy. */
const POLICY_MAX = 2_048;

/** Gives a trusted caller temporary credentials of a role. */
export async function assumeRole(exchange: Exchange, parameters: Parameters): Promise<Record<string, XmlContent>> {
  const caller = await verifiedCaller(exchange, parameters);
  const { accountId, roleName } = roleArn(parameters.need('RoleArn'));
  const sessionName = parameters.need('RoleSessionName');
  if (!/^[\w.@=-]{2,64}$/.test(sessionName)) throw new StsError('InvalidParameter.RoleSessionName');
  const policy = sessionPolicy(parameters.get('Policy'));
  const role = exchange.settings.roles.find(accountId, roleName);
  if (role === undefined)
    throw new StsError('EntityNotExist.Role', `The role not exists: acs:ram::${accountId}:role/${roleName}.`);
  if (!mayAssume(caller, role)) throw new StsError('NoPermission');
  const seconds = duration(parameters.get('DurationSeconds'), role);
  // Whole seconds, as the answer tells them: nobody counts on the rest.
  const expires = Math.floor(exchange.received / 1_000 + seconds) * 1_000;
  const credentials = issueSession(exchange.settings.sessions, {
    accountId,
    roleName: role.roleName,
    sessionName,
    ...(policy === undefined ? {} : { policy }),
    expires,
  });
  return {
    AssumedRoleUser: {
      Arn: `acs:ram::${accountId}:role/${role.roleName}/${sessionName}`,
      AssumedRoleId: `${role.roleName}:${sessionName}`,
    },
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      AccessKeySecret: credentials.accessKeySecret,
      SecurityToken: credentials.securityToken,
      Expiration: new Date(expires).toISOString().replace('.000Z', 'Z'),
    },
  };
}

function roleArn(arn: string): { accountId: string; roleName: string } {
  const match = /^acs:ram::([\w-]{1,64}):role\/([\w.-]{1,64})$/i.exec(arn);
  if (match === null) throw new StsError('InvalidParameter.RoleArn');
  return { accountId: match[1]!, roleName: match[2]! };
}

function sessionPolicy(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (text.length > POLICY_MAX) throw new StsError('InvalidParameter.PolicySize');
  try {
    parseRamPolicy(text);
  } catch {
    throw new StsError('InvalidParameter.PolicyGrammar');
  }
  return text;
}

function duration(text: string | undefined, { maxSeconds }: Role): number {
  if (text === undefined) return Math.min(SESSION_SECONDS_DEFAULT, maxSeconds);
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds >= SESSION_SECONDS_MIN && seconds <= maxSeconds) return seconds;
  const message = `The parameter DurationSeconds must be from ${SESSION_SECONDS_MIN} to ${maxSeconds}.`;
  throw new StsError('InvalidParameter.DurationSeconds', message);
}
