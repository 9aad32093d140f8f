import { XMLParser } from 'fast-xml-parser';
import { decodeReferences } from './references.ts';
import { malformed } from './refusals.ts';
import { scan } from './scan.ts';

/** An element of a request document. Attributes, comments and namespaces are gone. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** All character data directly inside the element, joined; blanks are kept, references decoded once. */
  readonly text: string;
}

/** Bounds that a caller sets for one kind of document. */
export interface ParseLimits {
  /** Size of the body in bytes. */
  readonly maxBytes: number;
  /** Number of elements; 5,000 unless the document is one of the long ones. */
  readonly maxElements?: number;
  /** The root element's name, if only one will do. */
  readonly root?: string;
}

const defaultMaxElements = 5000;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** With `preserveOrder` a node is an object with one property: its name (or a mark for text) and its content. */
type ParserNode = Readonly<Record<string, readonly ParserNode[] | string>>;

const textMark = '#text';
const cdataMark = '#cdata';

// References are decoded by us: the parser's decoder knows other entities and drops control characters. CDATA keeps a
// mark of its own for the same reason: nothing in it is a reference.
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  trimValues: false,
  parseTagValue: false,
  processEntities: false,
  textNodeName: textMark,
  cdataPropName: cdataMark,
  jPath: false,
});

/**
 * Parses a request document: UTF-8 with or without byte order mark, declaration and default namespace ([Common-12]).
 * Prefixed element names are refused, CDATA counts as text, comments are skipped.
 * @throws {OssError} MalformedXML, the only error there is
 */
export function parseXml(bytes: Uint8Array, limits: ParseLimits): XmlElement {
  if (bytes.length > limits.maxBytes) throw malformed('too long');
  const source = decodeUtf8(bytes);
  scan(source, { maxElements: limits.maxElements ?? defaultMaxElements, root: limits.root });
  const [root] = build(validated(source)).children;
  if (root === undefined) throw malformed('no element');
  return root;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed('not UTF-8');
  }
}

/** What the scan lets through, the parser takes, but for a few element names that it reserves (`constructor`). */
function validated(source: string): ParserNode[] {
  try {
    return parser.parse(source, true);
  } catch {
    throw malformed('refused by the parser');
  }
}

function build(nodes: readonly ParserNode[], name = ''): XmlElement {
  const children: XmlElement[] = [];
  let text = '';
  for (const node of nodes) {
    for (const mark in node) {
      const content = node[mark]!;
      if (typeof content === 'string') text += decodeReferences(content);
      else if (mark === cdataMark) text += cdataText(content);
      else children.push(build(content, mark));
    }
  }
  return { name, children, text };
}

function cdataText(content: readonly ParserNode[]): string {
  const text = content[0]?.[textMark];
  return typeof text === 'string' ? text : '';
}
