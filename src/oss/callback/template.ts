import { percentEncode } from '../../lib/percent.ts';

/** A value of a callback variable; numbers are bare where the body is JSON. */
export type CallbackValue = string | number;

export type CallbackBodyType = 'application/x-www-form-urlencoded' | 'application/json';

const variable = /\$\{([^${}]*)\}/g;

/**
 * Whether all variables of a template are of the form `${var}` ([Callback-7]): other ways to write one, such as
 * `$(object)`, `$object` and `${object`, are mistakes. A `$` that begins nothing of the kind is text.
 */
export function isTemplate(template: string): boolean {
  const rest = template.replace(variable, (_, name: string) => (/^[A-Za-z0-9_.:-]+$/.test(name) ? ' ' : '$('));
  return !/\$[A-Za-z({]/.test(rest);
}

/** The variables that a template names. */
export function templateVariables(template: string): ReadonlySet<string> {
  return new Set([...template.matchAll(variable)].map(([, name]) => name!));
}

/**
 * Fills a template in: values percent-encoded for a form, as JSON values for JSON, so that texts bring their own quotes
 * ([Callback-12]). All else is passed on as it is.
 * @param value a variable's value; undefined makes it empty
 * @returns undefined where the result would have more than `maxCharacters`
 */
export function fillTemplate(
  template: string,
  type: CallbackBodyType,
  value: (name: string) => CallbackValue | undefined,
  maxCharacters: number,
): string | undefined {
  const encode = type === 'application/json' ? JSON.stringify : (one: CallbackValue) => percentEncode(String(one));
  let filled = '';
  let at = 0;
  for (const match of template.matchAll(variable)) {
    filled += template.slice(at, match.index) + encode(value(match[1]!) ?? '');
    at = match.index + match[0].length;
    if (filled.length > maxCharacters) return undefined;
  }
  filled += template.slice(at);
  return filled.length > maxCharacters ? undefined : filled;
}
