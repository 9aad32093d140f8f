import { type Condition, parseCondition } from './condition.ts';
import type { Conditions } from './conditions.ts';
import type { Identity } from './identity.ts';
import { malformed, PolicyError, quoted, textList } from './policy-error.ts';
import { type Principals, parsePrincipals } from './principal.ts';
import { parseResource, type Resource, type Target } from './resource.ts';
import { compileWildcard, type Wildcard } from './wildcard.ts';

/** One request as a policy judges it. */
export interface PolicyRequest extends Target {
  /** One action, such as `oss:GetObject`. */
  readonly action: string;
  readonly identity: Identity;
  readonly context: Conditions;
}

/** One statement of a policy, ready to be applied. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  applies(request: PolicyRequest): boolean;
  /** Whether it lets in somebody who is not pinned down (chapter 7.3, Block Public Access). */
  readonly isPublic: boolean;
  /** The keys that its Condition asks for. */
  readonly conditionKeys: readonly string[];
}

/** A RAM policy belongs to its user and names no principal; a bucket policy belongs to its bucket. */
export type PolicyKind = 'ram' | 'bucket';

/** Bytes of one element, written as compact JSON in UTF-8. */
const ELEMENT_BYTES_MAX = 4095;

const membersOf: Readonly<Record<PolicyKind, ReadonlySet<string>>> = {
  ram: new Set(['Effect', 'Action', 'Resource', 'Condition']),
  bucket: new Set(['Effect', 'Action', 'Principal', 'Resource', 'Condition']),
};

/**
 * Reads one statement (chapter 7.1). A member that is not known is refused: passing over a `NotAction`, say, would turn
 * the statement's meaning round.
 * @throws {PolicyError}
 */
export function parseStatement(value: unknown, kind: PolicyKind): Statement {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw malformed('Each Statement must be an object.');
  }
  const members = new Map<string, unknown>(Object.entries(value));
  for (const [name, element] of members) {
    if (!membersOf[kind].has(name)) throw malformed(`Statement member ${quoted(name)} is not known.`);
    if (new TextEncoder().encode(JSON.stringify(element)).length > ELEMENT_BYTES_MAX) {
      throw new PolicyError('element-too-long', `${name} is longer than ${ELEMENT_BYTES_MAX} bytes.`);
    }
  }
  const effect = members.get('Effect');
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed('Effect must be Allow or Deny.');
  const actions = textList(members.get('Action'), 'Action').map((action) => parseAction(action, kind));
  const resources = textList(members.get('Resource'), 'Resource').map((text) => parseResource(text, kind === 'ram'));
  const principals = kind === 'ram' ? undefined : parsePrincipals(members.get('Principal'), effect);
  return assemble(effect, actions, resources, principals, conditionOf(members.get('Condition')));
}

function assemble(
  effect: 'Allow' | 'Deny',
  actions: readonly Wildcard[],
  resources: readonly Resource[],
  principals: Principals | undefined,
  condition: Condition | undefined,
): Statement {
  const conditional = condition !== undefined;
  return {
    effect,
    applies: (request) =>
      (principals?.include(request.identity, request.owner, conditional) ?? true) &&
      actions.some((action) => action(request.action)) &&
      resources.some((resource) => resource(request)) &&
      (condition?.holds(request.context) ?? true),
    conditionKeys: condition?.keys ?? [],
    isPublic: effect === 'Allow' && principals?.fixed === false && !(condition?.pins ?? false),
  };
}

/** An empty Condition is none: it must not turn "everybody except the owner" into "everybody". */
function conditionOf(value: unknown): Condition | undefined {
  if (value === undefined) return undefined;
  const condition = parseCondition(value);
  return Object.keys(value as object).length === 0 ? undefined : condition;
}

/** `service:Name` with `*`, in any case. A RAM policy may also speak of other services. */
function parseAction(action: string, kind: PolicyKind): Wildcard {
  const known = kind === 'ram' ? /^(?:\*|[\w-]+:[\w*]+)$/ : /^(?:\*|oss:[\w*]+)$/i;
  if (!known.test(action)) throw malformed(`Action ${quoted(action)} is not valid.`);
  return compileWildcard(action, { ignoreCase: true });
}
