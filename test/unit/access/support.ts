import { type Conditions, conditions, type RequestFacts } from '../../../src/access/conditions.ts';
import { anonymous, type Identity } from '../../../src/access/identity.ts';
import { type PolicyRequest, parseBucketPolicy } from '../../../src/access/policy.ts';

export const owner = '1234567890';
export const foreigner = '9876543210';
export { anonymous };

export function root(accountId = owner): Identity {
  return { kind: 'root', accountId, accessKeyId: 'LTAIroot' };
}

export function user(policies: readonly unknown[] = [], userId = '2001', accountId = owner): Identity {
  return { kind: 'user', accountId, accessKeyId: 'LTAIuser', userId, userName: 'alice', policies };
}

export function role(policies: readonly unknown[] = [], sessionPolicy?: unknown, accountId = owner): Identity {
  const base = {
    kind: 'role',
    accountId,
    accessKeyId: 'STS.x',
    roleName: 'Reader',
    sessionName: 's1',
    policies,
  } as const;
  return sessionPolicy === undefined ? base : { ...base, sessionPolicy };
}

export const now = Date.UTC(2025, 0, 15, 8, 30);

export function context(facts: Partial<RequestFacts> = {}): Conditions {
  return conditions({ secure: true, now, sourceIp: '203.0.113.7', ...facts });
}

export interface StatementDocument {
  Effect: 'Allow' | 'Deny';
  Action: string | string[];
  Resource: string | string[];
  Principal?: string | string[];
  Condition?: Record<string, Record<string, unknown>>;
}

export function document(...statements: StatementDocument[]): { Version: '1'; Statement: StatementDocument[] } {
  return { Version: '1', Statement: statements };
}

export function statement(fields: Partial<StatementDocument> = {}): StatementDocument {
  return { Effect: 'Allow', Action: 'oss:*', Resource: 'acs:oss:*:*:*', ...fields };
}

export function bucketPolicy(...statements: Partial<StatementDocument>[]) {
  return parseBucketPolicy(JSON.stringify(document(...statements.map((s) => statement({ Principal: '*', ...s })))));
}

export function request(fields: Partial<PolicyRequest> = {}): PolicyRequest {
  return {
    action: 'oss:GetObject',
    owner,
    region: 'oss-cn-hangzhou',
    bucket: 'photos',
    key: 'dir/cat.jpg',
    identity: user(),
    context: context(),
    ...fields,
  };
}

/** The text of a bucket policy with these statements, right or wrong. */
export function bucketText(...statements: unknown[]): string {
  return JSON.stringify({ Version: '1', Statement: statements });
}
