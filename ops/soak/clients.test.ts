import { expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '../testing/temp-dir.ts';
import { planOf } from './clients.ts';

function solverFolder(path: string, parts: { readonly built: boolean; readonly start: string | null }): void {
  const scripts = parts.start === null ? {} : { start: parts.start };
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name: 'solver', version: '1.2.3', scripts }));
  if (parts.built) mkdirSync(join(path, 'node_modules'));
}

test('without a folder the solver is left out, and the SDK is judged', () => {
  expect(planOf([])).toEqual({ only: null, solver: null, sdk: true, speed: 2 });
  expect(planOf(['--only', 'sdk', '--speed', '7'])).toEqual({ only: 'sdk', solver: null, sdk: true, speed: 7 });
});

test('a folder with a solver that was built is judged', () => {
  using folder = tempDir('solver');
  solverFolder(folder.path, { built: true, start: 'node src/main.js' });
  const plan = planOf(['--solver', folder.path, '--only', 'solver']);
  expect(plan).toMatchObject({ only: 'solver', sdk: false, solver: { path: folder.path, start: 'node src/main.js' } });
});

test('the title of a solver changes with its sources', () => {
  using folder = tempDir('solver');
  solverFolder(folder.path, { built: true, start: 'node src/main.js' });
  const title = () => {
    const plan = planOf(['--solver', folder.path]);
    return typeof plan === 'string' ? plan : plan.solver?.title;
  };
  const before = title();
  expect(before).toStartWith('solver 1.2.3, sources ');
  mkdirSync(join(folder.path, 'src'));
  writeFileSync(join(folder.path, 'src/main.js'), '');
  expect(title()).not.toBe(before);
});

test.each([
  [{ built: false, start: 'node src/main.js' }, 'npm ci'],
  [{ built: true, start: null }, 'start script'],
])('a folder of another kind is refused: %j', (parts, reason) => {
  using folder = tempDir('solver');
  solverFolder(folder.path, parts);
  expect(planOf(['--solver', folder.path])).toContain(reason);
});

test.each([
  [['--solver', '/nowhere'], 'package.json'],
  [['--only', 'solver'], 'needs a folder'],
  [['--only', 'wallet'], 'solver and sdk'],
  [['--speed', '0'], '--speed'],
  [['--speed', 'max'], '--speed'],
  [['--unknown'], 'unknown'],
])('%p is refused', (args, reason) => {
  expect(planOf(args)).toContain(reason);
});
