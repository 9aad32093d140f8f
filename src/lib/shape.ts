/** Whether a value is what its type says: for values that somebody else wrote, such as an older or a newer version. */
export type Shape = (value: unknown) => boolean;

export const isText: Shape = (value) => typeof value === 'string';
export const isNumber: Shape = (value) => typeof value === 'number';
export const isBoolean: Shape = (value) => typeof value === 'boolean';

export function oneOf(...values: readonly unknown[]): Shape {
  return (value) => values.includes(value);
}

export function maybe(shape: Shape): Shape {
  return (value) => value === undefined || shape(value);
}

export function listOf(item: Shape): Shape {
  return (value) => Array.isArray(value) && value.every(item);
}

/** An object with these members; it may have others. */
export function recordOf(members: Readonly<Record<string, Shape>>): Shape {
  const checks = Object.entries(members);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    return checks.every(([name, shape]) => shape((value as Record<string, unknown>)[name]));
  };
}
