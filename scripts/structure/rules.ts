import { posix } from 'node:path';
import { blankComments, importsOf, lineAt } from './scan.ts';

/** Wire forms. None may know another. */
const dialects = ['oss', 'bos', 's3'] as const;

/** What the gateway is made of, and which other parts each may use. Must stay free of cycles. */
const parts: Readonly<Record<string, readonly string[]>> = {
  access: [],
  select: [],
  blob: [],
  outbound: [],
  bucket: ['access', 'index', 'website'],
  index: ['blob'],
  website: ['access', 'index', 'blob', 'outbound'],
  jobs: ['access', 'bucket', 'index', 'blob'],
};

const lines = { warn: 300, most: 400 } as const;

/** A source file of `src/`: its path from there, with slashes, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** What breaks a rule. A warning does not fail the check. */
export interface Offence {
  readonly path: string;
  readonly line: number;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

interface Edge {
  readonly to: string;
  readonly line: number;
  readonly typeOnly: boolean;
}

/** Checks the way of dependencies (of types too), what parts may say, cycles between files, and lengths. */
export function checkStructure(sources: readonly Source[]): readonly Offence[] {
  const known = new Set(sources.map(({ path }) => path));
  const graph = new Map<string, readonly Edge[]>();
  const offences: Offence[] = [];
  for (const { path, text } of sources) {
    const code = blankComments(text);
    const edges = localImports(path, code);
    graph.set(path, edges);
    offences.push(...layerOffences(path), ...edgeOffences(path, edges, known), ...wordOffences(path, code));
    offences.push(...lengthOffences(path, text));
  }
  offences.push(...cycleOffences(graph));
  return offences.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line));
}

function localImports(path: string, code: string): readonly Edge[] {
  return importsOf(code)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier, ...rest }) => ({ to: posix.join(posix.dirname(path), specifier), ...rest }));
}

/** Which layer a file is in, a higher one with a higher rank; undefined where nothing belongs. */
function layerOf(path: string): { readonly rank: number; readonly name: string } | undefined {
  if (path === 'worker.ts') return { rank: 5, name: 'worker' };
  if (path === 'gateway.ts') return { rank: 4, name: 'gateway' };
  if (path === 'settings.ts') return { rank: 2, name: 'settings' }; // Parts are told what they need of it.
  const [folder, ...rest] = path.split('/');
  if (folder === undefined || rest.length === 0) return undefined;
  if ((dialects as readonly string[]).includes(folder)) return { rank: 3, name: folder };
  if (folder in parts) return { rank: 1, name: folder };
  return folder === 'lib' ? { rank: 0, name: folder } : undefined;
}

function layerOffences(path: string): readonly Offence[] {
  if (layerOf(path) !== undefined) return [];
  const message = 'belongs to no layer: name its folder in scripts/structure/rules.ts, or move it';
  return [{ path, line: 1, message, severity: 'error' }];
}

function edgeOffences(path: string, edges: readonly Edge[], known: ReadonlySet<string>): readonly Offence[] {
  const from = layerOf(path);
  if (from === undefined) return [];
  return edges.flatMap(({ to, line }) => {
    const error = (message: string): Offence[] => [{ path, line, message, severity: 'error' }];
    if (to.startsWith('../')) return error(`imports ${to}, which is outside src`);
    const target = layerOf(to);
    if (target === undefined || target.name === from.name) return [];
    if (/\.ts$/.test(to) && !known.has(to)) return error(`imports ${to}, which is not there`);
    if (target.rank < from.rank) return [];
    if (target.rank > from.rank) return error(`imports ${to}: ${from.name} may not depend on ${target.name}`);
    if (parts[from.name]?.includes(target.name)) return [];
    return error(`imports ${to}: ${from.name} is not declared to depend on ${target.name}`);
  });
}

/** Parts and lib serve every dialect: they do not know the names of one. */
function wordOffences(path: string, code: string): readonly Offence[] {
  const layer = layerOf(path);
  if (layer === undefined || layer.rank > 1) return [];
  return [...code.matchAll(/x-(oss|bce)-/gi)].map(({ 0: word, index }) => ({
    path,
    line: lineAt(code, index),
    message: `says "${word}": names of a dialect belong to the dialect`,
    severity: 'error',
  }));
}

function lengthOffences(path: string, text: string): readonly Offence[] {
  const count = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (count <= lines.warn) return [];
  const severity = count > lines.most ? 'error' : 'warning';
  return [
    { path, line: count, message: `has ${count} lines; ${lines.warn} are enough, ${lines.most} the most`, severity },
  ];
}

/** One offence for each import that closes a cycle. Types that name each other are none. */
function cycleOffences(graph: ReadonlyMap<string, readonly Edge[]>): readonly Offence[] {
  const offences: Offence[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string) => {
    trail.push(path);
    for (const { to, line, typeOnly } of graph.get(path) ?? []) {
      if (typeOnly) continue;
      const start = trail.indexOf(to);
      if (start >= 0) {
        const cycle = [...trail.slice(start), to].join(' → ');
        offences.push({ path, line, message: `closes a cycle: ${cycle}`, severity: 'error' });
      } else if (!done.has(to)) visit(to);
    }
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) if (!done.has(path)) visit(path);
  return offences;
}
