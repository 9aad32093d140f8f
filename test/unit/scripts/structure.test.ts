// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are sources to be scanned.
import { describe, expect, it } from 'vitest';
import { checkStructure } from '../../../scripts/structure/rules.ts';
import { blankComments, importsOf } from '../../../scripts/structure/scan.ts';

/** The offences of files given as path → text, as `path:line: message`. */
function offences(files: Record<string, string>): string[] {
  const sources = Object.entries(files).map(([path, text]) => ({ path, text }));
  return checkStructure(sources).map(({ path, line, message }) => `${path}:${line}: ${message}`);
}

describe('blanking comments', () => {
  it('keeps lines and offsets', () => {
    const source = 'a; // one\n/* two\nthree */ b;\n';
    expect(blankComments(source)).toBe('a;       \n      \n         b;\n');
  });

  it('keeps what only looks like a comment', () => {
    for (const code of [
      "const a = 'http://x'; const b = \"/*\"; const c = '\\'//';",
      'const t = `//${`/*${1}*/`}//`;',
      'const t = `${{ a: { b: 1 } }}//`;',
      'const r = /\\/\\/[/*]/.test(a) && /"\'`/.exec(b);',
      'return /\\//;',
      'const q = a / b / c;',
    ]) {
      expect(blankComments(code)).toBe(code);
    }
  });

  it('finds comments inside the code of a template', () => {
    expect(blankComments('`a${/* x */ 1}//b` // c')).toBe('`a${        1}//b`     ');
  });

  it('ends at the end of a text that ends early', () => {
    for (const code of ["'a", '`a', '`${', '/* a', '// a', 'x = /a', "'a\\", '`a\\']) {
      expect(blankComments(code)).toHaveLength(code.length);
    }
  });
});

describe('finding imports', () => {
  it('finds every form with its line', () => {
    const code = [
      "import './a.ts';",
      "import type { B } from './b.ts';",
      'import {',
      '  c,',
      '} from "./c.ts";',
      "export * from './d.ts';",
      "const e = await import('./e.ts');",
      "type F = typeof import('./f.ts');",
      "import type, { type G } from './g.ts';",
      "export type { H } from './h.ts';",
    ].join('\n');
    expect(importsOf(code)).toEqual([
      { specifier: './a.ts', line: 1, typeOnly: false },
      { specifier: './b.ts', line: 2, typeOnly: true },
      { specifier: './c.ts', line: 5, typeOnly: false },
      { specifier: './d.ts', line: 6, typeOnly: false },
      { specifier: './e.ts', line: 7, typeOnly: false },
      { specifier: './f.ts', line: 8, typeOnly: true },
      { specifier: './g.ts', line: 9, typeOnly: false },
      { specifier: './h.ts', line: 10, typeOnly: true },
    ]);
  });

  it('takes no word of a text for one', () => {
    expect(
      importsOf("const a = ['from', 'x']; throw new Error('import of y'); export const z = Array.from('b');"),
    ).toEqual([]);
  });
});

describe('the structure of src', () => {
  it('accepts dependencies that point down', () => {
    expect(
      offences({
        'worker.ts': "import './gateway.ts'; export * from './bucket/object.ts';",
        'gateway.ts': "import './oss/index.ts'; import './access/acl.ts'; import './lib/a.ts';",
        'oss/index.ts': "import './put.ts'; import '../jobs/run.ts';",
        'oss/put.ts': "import 'cloudflare:workers'; const header = 'x-oss-meta-';",
        'jobs/run.ts': "import '../bucket/object.ts';",
        'bucket/object.ts': "import '../access/acl.ts';",
        'settings.ts': "import type { Acl } from './access/acl.ts';",
        'access/acl.ts': "import '../lib/a.ts'; // what x-oss-acl says",
        'lib/a.ts': '',
      }),
    ).toEqual([]);
  });

  it('refuses dependencies that point up, with file and line', () => {
    expect(
      offences({
        'access/acl.ts': "\nimport type { Acl } from '../oss/acl.ts';",
        'oss/acl.ts': "import '../gateway.ts';",
        'gateway.ts': '',
        'lib/a.ts': "import '../access/acl.ts';",
        'index/a.ts': "import '../settings.ts';",
        'settings.ts': '',
      }),
    ).toEqual([
      'access/acl.ts:2: imports oss/acl.ts: access may not depend on oss',
      'index/a.ts:1: imports settings.ts: index may not depend on settings',
      'lib/a.ts:1: imports access/acl.ts: lib may not depend on access',
      'oss/acl.ts:1: imports gateway.ts: oss may not depend on gateway',
    ]);
  });

  it('refuses a part that uses another one undeclared, and a dialect that uses another', () => {
    expect(
      offences({
        'access/acl.ts': "import '../bucket/b.ts';",
        'bucket/b.ts': '',
        'bos/x.ts': "import '../oss/y.ts';",
        'oss/y.ts': '',
      }),
    ).toEqual([
      'access/acl.ts:1: imports bucket/b.ts: access is not declared to depend on bucket',
      'bos/x.ts:1: imports oss/y.ts: bos is not declared to depend on oss',
    ]);
  });

  it('refuses the names of a dialect in parts and lib, but not in their comments', () => {
    const text = "/* x-oss-a */ const b = 'X-Oss-Meta-b';\nconst c = `x-bce-c`; // x-bce-d";
    expect(offences({ 'index/a.ts': text, 'lib/b.ts': text }).map((line) => line.split(': ')[0])).toEqual([
      'index/a.ts:1',
      'index/a.ts:2',
      'lib/b.ts:1',
      'lib/b.ts:2',
    ]);
  });

  it('refuses cycles between files, also within a folder, but not of types', () => {
    expect(
      offences({
        'lib/a.ts': "import './b.ts';",
        'lib/b.ts': "import './c.ts';",
        'lib/c.ts': "\nimport { type A, a } from './a.ts';",
        'lib/d.ts': "import './e.ts';",
        'lib/e.ts': "import type { D } from './d.ts';",
      }),
    ).toEqual(['lib/c.ts:2: closes a cycle: lib/a.ts → lib/b.ts → lib/c.ts → lib/a.ts']);
  });

  it('refuses files of no layer, outside src, or not there', () => {
    expect(
      offences({
        'misc.ts': '',
        'lib/a.ts': "import '../../test/x.ts';",
        'oss/b.ts': "import '../lib/gone.ts';",
      }).map((line) => line.split(/[:,] /).slice(0, 2).join(': ')),
    ).toEqual([
      'lib/a.ts:1: imports ../test/x.ts',
      'misc.ts:1: belongs to no layer',
      'oss/b.ts:1: imports lib/gone.ts',
    ]);
  });

  it('warns of long files and refuses very long ones', () => {
    const file = (lines: number) => 'a;\n'.repeat(lines);
    const found = checkStructure([
      { path: 'lib/fine.ts', text: file(300) },
      { path: 'lib/long.ts', text: file(301) },
      { path: 'lib/longest.ts', text: file(400) },
      { path: 'lib/too-long.ts', text: file(401) },
    ]);
    expect(found.map(({ path, severity }) => [path, severity])).toEqual([
      ['lib/long.ts', 'warning'],
      ['lib/longest.ts', 'warning'],
      ['lib/too-long.ts', 'error'],
    ]);
  });
});
