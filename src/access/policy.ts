// TEMP
export type Policy = unknown;
export function parseBucketPolicy(t: string): Policy {
  return t;
}
export function conditions(c: any) {
  return c;
}
