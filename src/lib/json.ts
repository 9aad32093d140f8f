/**
 * Parses JSON as `JSON.parse` does, but refuses what two readers may understand differently: a member that occurs twice
 * in one object (security row 11), text that is not well-formed Unicode, and nesting deeper than `maxDepth`.
 * The caller bounds the size of `text`; the work is linear in it.
 * @throws {SyntaxError}
 */
export function parseStrictJson(text: string, maxDepth = 32): unknown {
  const value: unknown = JSON.parse(text);
  // The text is valid JSON from here on, so that finding its strings and brackets is enough.
  const open: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '{' || char === '[') {
      if (open.length === maxDepth) throw new SyntaxError(`JSON is nested deeper than ${maxDepth} levels`);
      open.push(char === '{' ? new Set() : undefined);
    } else if (char === '}' || char === ']') {
      open.pop();
    } else if (char === '"') {
      const end = endOfString(text, i);
      const string: string = JSON.parse(text.slice(i, end));
      if (!string.isWellFormed()) throw new SyntaxError('JSON holds half a character');
      if (isMemberName(text, end)) addMember(open.at(-1), string);
      i = end - 1;
    }
  }
  return value;
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i + 1;
}

function isMemberName(text: string, after: number): boolean {
  let i = after;
  while (text[i] === ' ' || text[i] === '\t' || text[i] === '\n' || text[i] === '\r') i++;
  return text[i] === ':';
}

function addMember(members: Set<string> | undefined, name: string): void {
  if (members?.has(name)) throw new SyntaxError(`JSON member ${JSON.stringify(name.slice(0, 64))} occurs twice`);
  members?.add(name);
}
