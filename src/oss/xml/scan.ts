import { isBlank } from './blanks.ts';
import { checkReference } from './references.ts';
import { malformed } from './refusals.ts';

/** Bounds of one request document. Every one of them is checked before anything is built. */
export interface ScanLimits {
  /** Elements, comments and CDATA sections together. */
  readonly maxElements: number;
  /** The name that the root must have, without prefix. */
  readonly root?: string | undefined;
}

const maxDepth = 32;
const maxNameLength = 128;
const maxAttributes = 16;
/** Of one run of text, in UTF-16 units as received. The longest one that is legal is a certificate chain. */
const maxTextLength = 65_536;
/** From `<?` to `?>`. */
const maxDeclarationLength = 200;

// Every repetition in a tag is bounded, so that a hostile run of blanks or a missing quote costs next to nothing.
const attribute =
  /[ \t\r\n]{1,256}([A-Za-z_:][\w.:-]{0,127})[ \t\r\n]{0,256}=[ \t\r\n]{0,256}(?:"[^"<]{0,4096}"|'[^'<]{0,4096}')/y;
const tagEnd = /[ \t\r\n]{0,256}\/?>/y;
const endTagEnd = /[ \t\r\n]{0,256}>/y;
const declaration =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*["']1\.[0-9]["']([ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*["'][Uu][Tt][Ff]-?8["'])?([ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*["'](yes|no)["'])?[ \t\r\n]*\?>$/;

// XML 1.0 knows no control characters either, but clients write keys that have them: ali-oss as they are, others as references.
const illegalRaw = /[\0\ufffe\uffff]/;

const slash = 0x2f;
const greater = 0x3e;
const question = 0x3f;
const exclamation = 0x21;

/**
 * Refuses all that a request document must not have, in one pass that is linear in its length and builds nothing:
 * malformed nesting, more depth, elements or attributes than allowed, DOCTYPE, processing instructions, entities beyond
 * the predefined five, prefixed element names, a declared encoding other than UTF-8. So hostile input costs a scan, and
 * the parser behind it only ever sees a bounded, well-formed document ([Sec-29]).
 *
 * Attributes are held to XML's grammar and otherwise ignored (no request document has one that means anything; the
 * default namespace and declarations of prefixes come this way, [Common-12]).
 * @throws {OssError} MalformedXML
 */
export function scan(source: string, limits: ScanLimits): void {
  if (illegalRaw.test(source)) throw malformed('a character that XML does not know');
  new Scanner(source, limits).run();
}

class Scanner {
  readonly #source: string;
  readonly #limits: ScanLimits;
  readonly #open: string[] = [];
  #at = 0;
  #nodes = 0;
  #rootSeen = false;
  /** Where the next `&` at or behind `#at` is; kept, so that looking for it stays linear. */
  #nextAmpersand = -1;

  constructor(source: string, limits: ScanLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  run(): void {
    const source = this.#source;
    this.#declaration();
    while (this.#at < source.length) {
      const found = source.indexOf('<', this.#at);
      const end = found < 0 ? source.length : found;
      this.#text(end);
      if (found >= 0) this.#markup();
    }
    if (this.#open.length > 0) throw malformed(`${this.#open.at(-1)} is not closed`);
    if (!this.#rootSeen) throw malformed('no element');
  }

  #declaration(): void {
    if (!this.#source.startsWith('<?')) return;
    const end = this.#source.slice(0, maxDeclarationLength).indexOf('?>') + 2;
    if (!declaration.test(this.#source.slice(0, end))) throw malformed('bad XML declaration');
    this.#at = end;
  }

  #text(end: number): void {
    if (end - this.#at > maxTextLength) throw malformed('a text is too long');
    if (this.#open.length > 0) {
      this.#references(this.#at, end);
    } else {
      for (let i = this.#at; i < end; i++) {
        if (!isBlank(this.#source.charCodeAt(i))) throw malformed('text outside of the root element');
      }
    }
    this.#at = end;
  }

  #references(start: number, end: number): void {
    let from = start;
    while (from < end) {
      if (this.#nextAmpersand < from) {
        const found = this.#source.indexOf('&', from);
        this.#nextAmpersand = found < 0 ? this.#source.length : found;
      }
      if (this.#nextAmpersand >= end) return;
      from = checkReference(this.#source, this.#nextAmpersand);
    }
  }

  #markup(): void {
    const code = this.#source.charCodeAt(this.#at + 1);
    if (code === slash) {
      this.#endTag();
      return;
    }
    if (++this.#nodes > this.#limits.maxElements) throw malformed('too many elements');
    if (code === exclamation) this.#commentOrCdata();
    else if (code === question) throw malformed('processing instruction');
    else this.#startTag();
  }

  #commentOrCdata(): void {
    if (this.#source.startsWith('<!--', this.#at)) {
      this.#skipTo('-->', this.#at + 4);
    } else if (this.#open.length > 0 && this.#source.startsWith('<![CDATA[', this.#at)) {
      this.#skipTo(']]>', this.#at + 9);
    } else {
      throw malformed('DOCTYPE or misplaced CDATA');
    }
  }

  #skipTo(mark: string, from: number): void {
    const end = this.#source.indexOf(mark, from);
    if (end < 0) throw malformed(`${mark} is missing`);
    this.#at = end + mark.length;
  }

  #startTag(): void {
    const start = this.#at + 1;
    const end = this.#nameEnd(start);
    const name = this.#source.slice(start, end);
    if (this.#open.length === 0) {
      if (this.#rootSeen) throw malformed('more than one root element');
      this.#rootSeen = true;
      if (this.#limits.root !== undefined && name !== this.#limits.root) throw malformed(`the root is ${name}`);
    }
    if (this.#open.length >= maxDepth) throw malformed('nested too deeply');
    this.#at = end;
    if (this.#source.charCodeAt(end) !== greater) this.#attributes();
    tagEnd.lastIndex = this.#at;
    if (!tagEnd.test(this.#source)) throw malformed(`bad tag ${name}`);
    this.#at = tagEnd.lastIndex;
    if (this.#source.charCodeAt(this.#at - 2) !== slash) this.#open.push(name);
  }

  #nameEnd(start: number): number {
    let end = start;
    while (isNameCharacter(this.#source.charCodeAt(end), end === start)) {
      if (++end - start > maxNameLength) throw malformed('a name is too long');
    }
    if (end === start) throw malformed('a tag without a name');
    return end;
  }

  #attributes(): void {
    const names = new Set<string>();
    attribute.lastIndex = this.#at;
    for (let match = attribute.exec(this.#source); match !== null; match = attribute.exec(this.#source)) {
      if (names.has(match[1]!)) throw malformed('an attribute is repeated');
      if (names.size === maxAttributes) throw malformed('too many attributes');
      names.add(match[1]!);
      const end = attribute.lastIndex;
      this.#references(this.#at, end);
      this.#at = end;
    }
  }

  #endTag(): void {
    const name = this.#open.pop();
    const start = this.#at + 2;
    if (name === undefined || !this.#source.startsWith(name, start)) throw malformed('an end tag that opens nothing');
    endTagEnd.lastIndex = start + name.length;
    if (!endTagEnd.test(this.#source)) throw malformed(`bad end tag of ${name}`);
    this.#at = endTagEnd.lastIndex;
  }
}

/** ASCII names only, as all of the dialect's are; a colon is no name character, so prefixed names are refused. */
function isNameCharacter(code: number, first: boolean): boolean {
  const lower = code | 0x20;
  if ((lower >= 0x61 && lower <= 0x7a) || code === 0x5f) return true;
  return !first && ((code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e);
}
