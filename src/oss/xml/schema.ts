import type { ErrorCode } from '../answer/errors.ts';
import { trimBlanks } from './blanks.ts';
import { type ParseLimits, parseXml, type XmlElement } from './parse.ts';
import { malformed, refusal } from './refusals.ts';
import { XmlWriter } from './write.ts';

/**
 * What one property of a record is on the wire: none, one or several elements of one name.
 * Values are plain data under the record's property names, so what is behind the dialect never sees a wire name.
 */
export interface Field<T> {
  /** The element's name, where it is not the property's name with a capital first letter. */
  readonly wire?: string;
  /** @param found the elements of that name in their order, possibly none */
  read(found: readonly XmlElement[], name: string): T;
  write(out: XmlWriter, name: string, value: T): void;
}

/** A field that is exactly one element: everything but what {@link optional} and {@link list} make. */
export interface Schema<T> extends Field<T> {
  parse(element: XmlElement): T;
  /** Writes what is inside the element. */
  render(out: XmlWriter, value: T): void;
}

/** A configuration document or request body, described once for both ways. */
export interface XmlDocument<T> {
  readonly root: string;
  readonly schema: Schema<T>;
}

/** The type of the values that a document, schema or field describes. */
export type Infer<S> = S extends XmlDocument<infer T> ? T : S extends Field<infer T> ? T : never;

/** Names the root element of a schema. */
export function document<T>(root: string, schema: Schema<T>): XmlDocument<T> {
  return { root, schema };
}

/**
 * Parses and validates a request body.
 * @throws {OssError} MalformedXML; for a value or count that is not allowed, the code that the field's options name
 */
export function decode<T>(form: XmlDocument<T>, bytes: Uint8Array, limits: Omit<ParseLimits, 'root'>): T {
  return form.schema.parse(parseXml(bytes, { ...limits, root: form.root }));
}

/** Renders a document, elements in the order of the schema. Values are the gateway's own: they are not validated. */
export function encode<T>(form: XmlDocument<T>, value: T): string {
  const out = new XmlWriter(form.root);
  form.schema.render(out, value);
  return out.end();
}

/** Makes a schema of the two ways to treat an element's content. */
export function schema<T>(parse: (element: XmlElement) => T, render: (out: XmlWriter, value: T) => void): Schema<T> {
  return {
    parse,
    render,
    read(found, name) {
      if (found.length === 1) return parse(found[0]!);
      throw malformed(found.length === 0 ? `${name} is missing` : `${name} is repeated`);
    },
    write(out, name, value) {
      out.open(name);
      render(out, value);
      out.close();
    },
  };
}

/** A field whose element may be absent. Without a fallback its property is absent then. */
export function optional<T>(inner: Schema<T>): Field<T | undefined>;
export function optional<T>(inner: Schema<T>, fallback: NoInfer<T>): Field<T>;
export function optional<T>(inner: Schema<T>, fallback?: T): Field<T | undefined> {
  return {
    ...(inner.wire === undefined ? {} : { wire: inner.wire }),
    read: (found, name) => (found.length === 0 ? fallback : inner.read(found, name)),
    write(out, name, value) {
      if (value !== undefined) inner.write(out, name, value);
    },
  };
}

/** How many elements a list may have, and the code of the refusal if there are more or fewer. */
export interface ListOptions {
  readonly min?: number;
  readonly max?: number;
  readonly code?: ErrorCode;
}

/** Elements of one name that stand side by side in their parent. They need not be adjacent; order is kept. */
export function list<T>(wire: string, item: Schema<T>, options: ListOptions = {}): Field<readonly T[]> {
  const { min = 0, max = Number.POSITIVE_INFINITY, code } = options;
  return {
    wire,
    read(found, name) {
      if (found.length < min || found.length > max) throw refusal(code, name, String(found.length));
      return found.map(item.parse);
    },
    write(out, name, values) {
      for (const value of values) item.write(out, name, value);
    },
  };
}

/** A list inside an element of its own: `<RoutingRules><RoutingRule/>...</RoutingRules>`. */
export function wrapped<T>(
  inner: Field<readonly T[]>,
  options: Pick<RecordOptions<never>, 'tolerant'> = {},
): Schema<readonly T[]> {
  const single = record({ items: inner }, options);
  return schema(
    (element) => single.parse(element).items,
    (out, items) => single.render(out, { items }),
  );
}

/** Gives a field another element name than its property's. */
export function named<F extends Field<unknown>>(wire: string, field: F): F {
  return { ...field, wire };
}

type Fields = Readonly<Record<string, Field<unknown>>>;

type Flat<T> = { [K in keyof T]: T[K] };

/** Properties whose value may be undefined are optional ones. */
type RecordOf<F extends Fields> = Flat<
  { [K in keyof F as undefined extends Infer<F[K]> ? never : K]: Infer<F[K]> } & {
    [K in keyof F as undefined extends Infer<F[K]> ? K : never]?: Exclude<Infer<F[K]>, undefined>;
  }
>;

export interface RecordOptions<T> {
  /** Skips elements that no field names, where the service does; otherwise they are refused. */
  readonly tolerant?: boolean;
  /** What no single field can say. False is MalformedXML; it may also throw an OssError of its own. */
  readonly check?: (value: T) => boolean;
}

/** An element with children, one field each, in any order on input and in this order on output. */
export function record<F extends Fields>(fields: F, options: RecordOptions<RecordOf<F>> = {}): Schema<RecordOf<F>> {
  const entries = Object.entries(fields).map(([property, field]) => ({
    property,
    field,
    name: field.wire ?? property.charAt(0).toUpperCase() + property.slice(1),
  }));
  const slots = new Map(entries.map(({ name }, slot) => [name, slot]));
  if (slots.size < entries.length) throw new Error('two fields have the same element name');

  const sort = (element: XmlElement): XmlElement[][] => {
    const found: XmlElement[][] = entries.map(() => []);
    for (const child of element.children) {
      const slot = slots.get(child.name);
      if (slot !== undefined) found[slot]!.push(child);
      else if (!options.tolerant) throw malformed(`${child.name} is unknown in ${element.name}`);
    }
    return found;
  };

  const parse = (element: XmlElement): RecordOf<F> => {
    if (trimBlanks(element.text) !== '') throw malformed(`text between the elements of ${element.name}`);
    const found = sort(element);
    const value: Record<string, unknown> = {};
    for (const [slot, { property, field, name }] of entries.entries()) {
      const item = field.read(found[slot]!, name);
      if (item !== undefined) value[property] = item;
    }
    const result = value as RecordOf<F>;
    if (options.check?.(result) === false) throw malformed(`${element.name} breaks a rule`);
    return result;
  };

  const render = (out: XmlWriter, value: RecordOf<F>): void => {
    const properties = value as Readonly<Record<string, unknown>>;
    for (const { property, field, name } of entries) field.write(out, name, properties[property]);
  };

  return schema(parse, render);
}

/** A check for records: exactly one of these properties is present. */
export function exactlyOneOf<K extends string>(
  ...properties: readonly K[]
): (value: { [P in K]?: unknown }) => boolean {
  return (value) => properties.filter((property) => value[property] !== undefined).length === 1;
}

/** A check for records: of these properties one is present, or none. */
export function atMostOneOf<K extends string>(...properties: readonly K[]): (value: { [P in K]?: unknown }) => boolean {
  return (value) => properties.filter((property) => value[property] !== undefined).length <= 1;
}
