import { expect, test } from 'bun:test';
import { CHECKOUT } from '../../stack/directory.ts';
import { makeSource, readSources, render } from '../sources.ts';
import { checkCircles } from './circles.ts';

test('no files of the checkout import each other in a circle', () => {
  const sources = readSources(CHECKOUT);
  expect(sources.length).toBeGreaterThan(100);
  expect(render(checkCircles(sources))).toBe('');
});

const imports = (path: string, ...targets: readonly string[]) =>
  makeSource(path, targets.map((target) => `import { x } from '${target}';`).join('\n'));

test.each([
  ['of two', [imports('a/one.ts', './two.ts'), imports('a/two.ts', './one.ts')], 'a/one.ts -> a/two.ts -> a/one.ts'],
  [
    'of three, behind a file that is in none',
    [imports('a.ts', './b/b.ts'), imports('b/b.ts', '../c.ts'), imports('c.ts', './d.ts'), imports('d.ts', './b/b.ts')],
    'b/b.ts -> c.ts -> d.ts -> b/b.ts',
  ],
  ['of one', [imports('a.ts', './a.ts')], 'a.ts -> a.ts'],
  [
    'closed by a type alone',
    [imports('a.ts', './b.ts'), makeSource('b.ts', "import type { X } from './a.ts';")],
    'a.ts -> b.ts -> a.ts',
  ],
])('a circle %s is found once', (_which, sources, circle) => {
  const found = checkCircles(sources);
  expect(found).toHaveLength(1);
  expect(found[0]?.message).toContain(circle);
});

test('two ways to the same file are no circle', () => {
  const sources = [
    imports('a.ts', './b.ts', './c.ts'),
    imports('b.ts', './d.ts'),
    imports('c.ts', './d.ts'),
    imports('d.ts'),
  ];
  expect(checkCircles(sources)).toEqual([]);
});
