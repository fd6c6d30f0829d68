import { expect, test } from 'bun:test';
import { CHECKOUT } from '../stack/directory.ts';
import { checkChildren } from './children.ts';
import { makeSource, readSources, render } from './sources.ts';

test('every program and Worker that is started gets an environment of its own', () => {
  expect(render(checkChildren(readSources(CHECKOUT)))).toBe('');
});

test.each([
  ["Bun.spawnSync(['ps'])", 1],
  ["Bun.spawn(['ps', f(x)], { cwd: '/' });\nconst env = 1;", 1],
  ["new Worker(url, { name: 'a' })", 1],
  ["new Worker(url, { name: 'a', env: {} })", 0],
  ["Bun.spawn(['ps'], { env: {} })", 0],
  ["Bun.spawn(['ps'], { cwd: f(), env, stdio })", 0],
])('%p', (text, found) => {
  expect(checkChildren([makeSource('ops/a.ts', text)])).toHaveLength(found);
  expect(checkChildren([makeSource('ops/a.test.ts', text)])).toHaveLength(0);
});
