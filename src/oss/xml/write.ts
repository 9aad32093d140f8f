import { percentEncode } from '../../lib/percent.ts';

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

const special = /[&<>\r\ud800-\udfff]/;
const escaped = /[&<>\r]/g;

/**
 * Text as it stands between tags. A carriage return is written as a reference, as parsers turn a plain one into a line
 * feed. Other control characters stand for themselves: XML 1.0 has no way to say them, strict parsers refuse them
 * either way, and ali-oss's takes them plain but not as references ([GetBucket-24]). Half a surrogate pair becomes
 * U+FFFD. Quotes stand for themselves, as in the reference's samples of ETags.
 */
export function escapeText(text: string): string {
  if (!special.test(text)) return text;
  return text.toWellFormed().replace(escaped, (character) => {
    if (character === '&') return '&amp;';
    if (character === '<') return '&lt;';
    return character === '>' ? '&gt;' : '&#13;';
  });
}

/** A key, prefix, marker or delimiter as lists with `encoding-type=url` give it: `/` too is encoded ([GetBucket-16]). */
export function urlEncodeKey(text: string): string {
  return percentEncode(text);
}

export type XmlScalar = string | number | boolean;

/** What an element holds: text, or children in order. An array stands for as many elements; `undefined` for none. */
export type XmlContent = XmlScalar | { readonly [name: string]: XmlContent | readonly XmlContent[] | undefined };

/**
 * Writes an answer from top to bottom. Names are the dialect's own, never a client's: they are not checked.
 * An instance is good for one document. No root has a namespace, though the reference shows one for some: both Python
 * SDKs find nothing in such a document ([Common-11]).
 */
export class XmlWriter {
  #out: string;
  readonly #open: string[];

  constructor(root: string) {
    this.#out = `${declaration}<${root}>`;
    this.#open = [root];
  }

  open(name: string): this {
    this.#out += `<${name}>`;
    this.#open.push(name);
    return this;
  }

  close(): this {
    this.#out += `</${this.#open.pop()}>`;
    return this;
  }

  /** An element that holds only text. Nothing is written for `undefined`. */
  leaf(name: string, value: XmlScalar | undefined): this {
    if (value === undefined) return this;
    this.#out += `<${name}>${textOf(value)}</${name}>`;
    return this;
  }

  /** Text inside the element that is open. */
  text(value: XmlScalar): this {
    this.#out += textOf(value);
    return this;
  }

  /** An element and all below it. */
  element(name: string, content: XmlContent): this {
    if (typeof content !== 'object') return this.leaf(name, content);
    return this.open(name).children(content).close();
  }

  /** The same for each of an object's properties, in their order. */
  children(content: Exclude<XmlContent, XmlScalar>): this {
    for (const name in content) {
      const value = content[name];
      if (value === undefined) continue;
      if (isList(value)) for (const item of value) this.element(name, item);
      else this.element(name, value);
    }
    return this;
  }

  /** Closes what is open. @returns the document */
  end(): string {
    while (this.#open.length > 0) this.close();
    return this.#out;
  }
}

function textOf(value: XmlScalar): string {
  return typeof value === 'string' ? escapeText(value) : String(value);
}

function isList(value: XmlContent | readonly XmlContent[]): value is readonly XmlContent[] {
  return Array.isArray(value);
}

/** A whole small answer: `writeXml('LocationConstraint', 'oss-cn-hangzhou')`. */
export function writeXml(root: string, content: XmlContent): string {
  const out = new XmlWriter(root);
  return (typeof content === 'object' ? out.children(content) : out.text(content)).end();
}
