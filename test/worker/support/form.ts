import { type Around, formBytes, type Part, signedFields, type ToSignForm } from '../../support/form.ts';
import { type Answer, keys, send } from './wire.ts';

export interface PostWish {
  /** Fields in order, beside those of the signature. */
  readonly fields?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  /** Null: none. */
  readonly file?: Partial<Part> | string | Uint8Array | null;
  /** Whose signature; `anonymous` puts none into the form. */
  readonly as?: keyof typeof keys | 'anonymous';
  readonly scheme?: ToSignForm['scheme'];
  readonly conditions?: readonly unknown[];
  /** What the signature is told beyond that. */
  readonly sign?: Partial<ToSignForm>;
  /** Fields that replace those of the signature; undefined takes one away. */
  readonly forged?: Readonly<Record<string, string | undefined>>;
  /** Parts behind the file. */
  readonly behind?: readonly Part[];
  readonly headers?: Record<string, string>;
  readonly boundary?: string;
  readonly around?: Around;
  /** Replaces the body. */
  readonly body?: BodyInit;
  readonly host?: string;
  /** Path and query, `/<bucket>` unless said otherwise. */
  readonly path?: string;
}

/** Posts a form to a bucket, as a browser does: without any signature in its headers. */
export async function post(bucket: string, wish: PostWish = {}): Promise<Answer> {
  const { boundary = 'b0undary', host } = wish;
  const body = wish.body ?? formBytes(boundary, parts(wish), wish.around);
  return send('POST', wish.path ?? `/${bucket}`, {
    as: 'anonymous',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, ...wish.headers },
    body,
    ...(host === undefined ? {} : { host }),
  });
}

/** The parts of a form: its fields, its signature, its file, and what is behind that. */
export function parts(wish: PostWish): Part[] {
  const { as = 'owner', scheme = 'V4', conditions = [['starts-with', '$key', '']], behind = [] } = wish;
  const given = wish.fields ?? { key: 'a.txt' };
  const fields = Array.isArray(given) ? given : Object.entries(given);
  const signature: Record<string, string | undefined> =
    as === 'anonymous' ? {} : signedFields({ ...keys[as], scheme, conditions, ...wish.sign });
  const all = [...fields, ...Object.entries({ ...signature, ...wish.forged })];
  return [
    ...all.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }])),
    ...filePart(wish.file),
    ...behind,
  ];
}

function filePart(file: PostWish['file'] = 'hello'): Part[] {
  if (file === null) return [];
  const given = typeof file === 'string' || file instanceof Uint8Array ? { value: file } : file;
  return [{ name: 'file', filename: 'file.bin', value: 'hello', ...given }];
}
