/** An import of a source file. */
export interface Import {
  readonly specifier: string;
  /** Line of the specifier, from 1. */
  readonly line: number;
  /** Whether it brings in types alone, so that nothing is left of it at run time. */
  readonly typeOnly: boolean;
}

/** After these, a slash begins a regular expression; after anything else that is not a blank, it divides. */
const regexMayFollow =
  /(^|[([{,;:=!&|?+\-*%^~<>]|\b(return|typeof|case|in|of|do|else|void|delete|throw|new|yield|await))$/;

/**
 * Replaces comments by blanks, so that offsets and lines stay. Strings, templates and regular expressions are kept,
 * and told from comments; the text inside `${}` is code again.
 */
export function blankComments(source: string): string {
  let out = '';
  let at = 0;
  // For each open `${`, the number of braces open inside it.
  const templates: number[] = [];
  const take = (end: number) => {
    out += source.slice(at, end);
    at = end;
  };
  const blank = (end: number) => {
    out += source.slice(at, end).replace(/[^\n]/g, ' ');
    at = end;
  };
  while (at < source.length) {
    const two = source.slice(at, at + 2);
    const one = two[0]!;
    const depth = templates.at(-1);
    if (two === '//') blank(endOf(source, '\n', at));
    else if (two === '/*') blank(endOf(source, '*/', at + 2) + 2);
    else if (one === '"' || one === "'") take(endOfString(source, at));
    else if (one === '`') take(endOfTemplateText(source, at + 1, templates));
    else if (one === '/' && regexMayFollow.test(out.trimEnd())) take(endOfRegex(source, at));
    else if (one === '}' && depth === 0) {
      templates.pop();
      take(endOfTemplateText(source, at + 1, templates));
    } else {
      if (depth !== undefined && one === '{') templates[templates.length - 1] = depth + 1;
      if (depth !== undefined && one === '}') templates[templates.length - 1] = depth - 1;
      take(at + 1);
    }
  }
  return out;
}

function endOf(source: string, mark: string, from: number): number {
  const end = source.indexOf(mark, from);
  return end < 0 ? source.length : end;
}

function endOfString(source: string, start: number): number {
  const quote = source[start];
  let at = start + 1;
  while (at < source.length && source[at] !== quote && source[at] !== '\n') at += source[at] === '\\' ? 2 : 1;
  return Math.min(at + 1, source.length);
}

/** Ends after the closing backtick, or after a `${`, which it notes in `templates`. */
function endOfTemplateText(source: string, start: number, templates: number[]): number {
  let at = start;
  while (at < source.length) {
    if (source[at] === '\\') at += 2;
    else if (source[at] === '`') return at + 1;
    else if (source.startsWith('${', at)) {
      templates.push(0);
      return at + 2;
    } else at += 1;
  }
  return source.length;
}

function endOfRegex(source: string, start: number): number {
  let at = start + 1;
  let inClass = false;
  while (at < source.length && source[at] !== '\n' && (inClass || source[at] !== '/')) {
    if (source[at] === '[') inClass = true;
    if (source[at] === ']') inClass = false;
    at += source[at] === '\\' ? 2 : 1;
  }
  return Math.min(at + 1, source.length);
}

const importForms = [
  // import … from, export … from
  /\b(?:import|export)\s+(?<type>type\b(?!\s*(?:,|from\b)))?[^'";]*?\bfrom\s*(?<quote>['"])(?<specifier>[^'"\n]+)\k<quote>/g,
  // import '…'
  /\bimport\s*(?<quote>['"])(?<specifier>[^'"\n]+)\k<quote>/g,
  // import('…'), typeof import('…')
  /(?<type>\btypeof\s+)?\bimport\s*\(\s*(?<quote>['"])(?<specifier>[^'"\n]+)\k<quote>/g,
];

/** All imports and re-exports of a source without comments. */
export function importsOf(code: string): readonly Import[] {
  const found = importForms.flatMap((form) =>
    [...code.matchAll(form)].map(({ 0: text, index, groups }) => ({
      specifier: groups?.specifier ?? '',
      line: lineAt(code, index + text.length - 1),
      typeOnly: groups?.type !== undefined,
    })),
  );
  return found.sort((a, b) => a.line - b.line);
}

/** The line, from 1, of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
