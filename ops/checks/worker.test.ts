import { expect, test } from 'bun:test';
import { CHECKOUT } from '../stack/directory.ts';
import { importsOf, makeSource, ownTarget, readSources, type Source } from './sources.ts';

const WORKER = 'contracts/runtime/control/front/worker.ts';

/** What is loaded with a file: what it imports, and so on. A type is loaded by nobody. */
function loadedWith(path: string, sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const loaded = new Set<string>();
  const pending = [path];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (loaded.has(next)) continue;
    loaded.add(next);
    const source = byPath.get(next);
    for (const { specifier, clause } of source === undefined ? [] : importsOf(source)) {
      if (!/^type\b/.test(clause)) pending.push(ownTarget(next, specifier) ?? specifier);
    }
  }
  return [...loaded].sort();
}

test('the Worker of the control API loads neither the Kafka addon nor what holds keys, only what serves clients', () => {
  const loaded = loadedWith(WORKER, readSources(CHECKOUT));
  expect(loaded.filter((path) => path.startsWith('contracts/runtime/control/')).length).toBeGreaterThan(8);
  for (const path of loaded) {
    expect(path).toMatch(
      /^(?:contracts\/(?:runtime\/(?:control\/|clock|wait)|json|text|time)|node:|@sinclair\/typebox|elysia$)/,
    );
  }
});

test('the list of what is loaded follows imports of imports, and leaves out types', () => {
  const sources = [
    makeSource('a/one.ts', "import { b } from './two.ts';\nimport type { C } from './three.ts';"),
    makeSource('a/two.ts', "import addon from 'addon';\nimport { a } from './one.ts';"),
  ];
  expect(loadedWith('a/one.ts', sources)).toEqual(['a/one.ts', 'a/two.ts', 'addon']);
});
