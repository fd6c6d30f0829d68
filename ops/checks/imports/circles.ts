// Files that import each other in a circle, types included: none of them can be understood, moved or tested without the others.
// What two files share belongs into a third one. Pure: sources in, violations out.

import { importsOf, ownTarget, type Source, type Violation } from '../sources.ts';

type Edge = { readonly to: string; readonly line: number };

/** One violation for each circle that a walk from file to file in order of path meets first. */
export function checkCircles(sources: readonly Source[]): Violation[] {
  const edges = new Map(sources.map((source) => [source.path, edgesOf(source)]));
  const done = new Set<string>();
  const found: Violation[] = [];
  for (const { path } of sources) walk({ path, way: [], edges, done, found });
  return found;
}

function edgesOf(source: Source): Edge[] {
  return importsOf(source).flatMap(({ specifier, line }) => {
    const to = ownTarget(source.path, specifier);
    return to === null ? [] : [{ to, line }];
  });
}

type Walk = {
  readonly path: string;
  /** The files from the start of the walk to this one, without it. */
  readonly way: readonly string[];
  readonly edges: ReadonlyMap<string, readonly Edge[]>;
  /** Files from which everything was walked. */
  readonly done: Set<string>;
  readonly found: Violation[];
};

function walk({ path, way, edges, done, found }: Walk): void {
  if (done.has(path)) return;
  const here = [...way, path];
  for (const { to, line } of edges.get(path) ?? []) {
    const from = here.indexOf(to);
    if (from === -1) walk({ path: to, way: here, edges, done, found });
    else
      found.push({
        file: path,
        line,
        message: `closes a circle of imports: ${[...here.slice(from), to].join(' -> ')}`,
      });
  }
  done.add(path);
}
