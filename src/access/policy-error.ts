/** Why a policy document was refused. */
export type PolicyProblem = 'too-large' | 'element-too-long' | 'malformed';

/** A policy document that cannot be taken. The message is fit for the client. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly reason: PolicyProblem;

  constructor(reason: PolicyProblem, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The EC that goes with each reason (chapter 3.3; 0030-00000005 is the service's own "the policy is invalid"). */
export const policyProblemEc: Readonly<Record<PolicyProblem, string>> = {
  'too-large': '0030-00000001',
  'element-too-long': '0030-00000003',
  malformed: '0030-00000005',
};

export function malformed(message: string): PolicyError {
  return new PolicyError('malformed', message);
}

/** A client's text, shortened for a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}

/** One text or a non-empty list of them, as every element of a statement may be written; an empty list with `orNone`. */
export function textList(value: unknown, element: string, orNone = false): readonly string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0 && !orNone) throw malformed(`${element} is empty.`);
  for (const item of list) {
    if (typeof item !== 'string' || item === '') throw malformed(`${element} must be text or a list of texts.`);
  }
  return list as string[];
}
