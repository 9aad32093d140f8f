import { percentDecode } from '../../lib/percent.ts';
import { malformedForm } from './boundary.ts';

/** What the header of a part says. */
export interface PartHeader {
  /** As sent. */
  readonly name: string;
  /** As sent, a path perhaps. Absent where the part is no file. */
  readonly filename?: string;
  readonly contentType?: string;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Encodings that are none. */
const identity: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary']);

/**
 * Parses the header of a part (RFC 7578, 4.2).
 * @throws {OssError} MalformedPOSTRequest on anything that is no form field
 */
export function parsePartHeader(bytes: Uint8Array): PartHeader {
  const fields = headerFields(bytes);
  const disposition = fields.get('content-disposition');
  if (disposition === undefined) throw malformedForm('a part has no Content-Disposition');
  const encoding = fields.get('content-transfer-encoding')?.toLowerCase();
  // What it would do to the content is not done, so storing the content as it stands would store something else.
  if (encoding !== undefined && !identity.has(encoding)) throw malformedForm('a part is encoded');
  const parameters = dispositionParameters(disposition);
  const name = parameters.get('name');
  if (name === undefined || name === '') throw malformedForm('a part has no name');
  const filename = parameters.get('filename') ?? extendedValue(parameters.get('filename*'));
  const contentType = fields.get('content-type');
  return {
    name,
    ...(filename === undefined ? {} : { filename }),
    ...(contentType === undefined || contentType === '' ? {} : { contentType }),
  };
}

/** The last segment of a path of either kind: old browsers send the whole path of the file. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** Decodes UTF-8. @throws {OssError} MalformedPOSTRequest on anything else */
export function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw malformedForm('a field is not UTF-8');
  }
}

function headerFields(bytes: Uint8Array): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  const text = decodeText(bytes);
  // A line that begins with a blank goes on with the one before (RFC 5322, 2.2.3).
  for (const line of text.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (!/^[!-9;-~]+$/.test(name) || /[\r\n\0]/.test(line)) throw malformedForm('the header of a part is not valid');
    if (fields.has(name)) throw malformedForm(`a part has two headers ${name}`);
    fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}

function dispositionParameters(disposition: string): ReadonlyMap<string, string> {
  const type = /^form-data[ \t]*(?=;|$)/i.exec(disposition);
  if (type === null) throw malformedForm('a part is no form-data');
  const parameters = new Map<string, string>();
  const parameter = /;[ \t]*(?:([^\s=;"]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))[ \t]*)?/y;
  parameter.lastIndex = type[0].length;
  while (parameter.lastIndex < disposition.length) {
    const found = parameter.exec(disposition);
    if (found === null) throw malformedForm('the Content-Disposition of a part is not valid');
    const [, name, quoted, bare] = found;
    if (name === undefined) continue;
    const key = name.toLowerCase();
    if (parameters.has(key)) throw malformedForm(`the Content-Disposition of a part has two parameters ${key}`);
    // Only these two are escapes: old browsers send paths such as C:\new without any.
    parameters.set(key, quoted?.replace(/\\(["\\])/g, '$1') ?? bare!.trim());
  }
  return parameters;
}

/** `UTF-8''%e2%82%ac` (RFC 8187), which RFC 7578 forbids in forms and some clients send. */
function extendedValue(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const encoded = /^utf-8'[^']*'(.*)$/i.exec(text)?.[1];
  try {
    if (encoded !== undefined) return percentDecode(encoded);
  } catch {
    // Not decodable: refused below.
  }
  throw malformedForm('the file name of a part is not valid');
}
