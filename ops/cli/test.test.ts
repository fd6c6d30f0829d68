import { expect, spyOn, test } from 'bun:test';
import { join } from 'node:path';
import { startChild } from '../testing/child.ts';
import { conclude, parse } from './test.ts';

test('filters, seed and services', () => {
  expect(parse(['engine', 'types', '--seed', '7', '--no-services'])).toEqual({
    filters: ['engine', 'types'],
    name: null,
    changed: false,
    seed: 7,
    services: false,
    soak: null,
    rest: [],
  });
});

test('the name of a test, and the fast check, which starts no services', () => {
  expect(parse(['engine', '-t', 'a quote'])).toMatchObject({ filters: ['engine'], name: 'a quote', services: true });
  expect(parse(['--changed'])).toMatchObject({ changed: true, services: false });
});

test('without a seed there is one all the same', () => {
  const request = parse([]);
  expect(typeof request === 'string' ? request : request.seed).toBeNumber();
});

test('a soak test gets what is behind --', () => {
  expect(parse(['--soak', 'kafka', '--', '--minutes', '5'])).toMatchObject({ soak: 'kafka', rest: ['--minutes', '5'] });
});

test.each([
  [['--seed', 'x']],
  [['--seed', '-1']],
  [['--soak', 'kafka', 'engine']],
  [['--soak', 'kafka', '--no-services']],
  [['--', 'x']],
  [['--fast']],
  [['--changed', 'engine']],
  [['--changed', '--soak', 'kafka']],
])('%j is refused in words', (args) => {
  expect(parse(args)).toBeString();
});

test('a filter that names nothing is refused at once, next to one that does, also while another run is under way', async () => {
  await using child = startChild([join(import.meta.dir, 'main.ts'), 'test', 'ops/cli', 'no-such-file.test.ts']);
  expect(await child.exited).toBe(2);
  expect(child.errorText()).toStartWith('unrip test: no test file matches no-such-file.test.ts');
});

test.each([
  [[{ passed: 3, failed: 0, skipped: 1 }], '3 passed, 0 failed, 1 skipped\n', 0],
  [
    [
      { passed: 3, failed: 0, skipped: 0 },
      { passed: 0, failed: 1, skipped: 0 },
    ],
    '3 passed, 1 failed\n',
    1,
  ],
  [[{ passed: 0, failed: 0, skipped: 12 }], 'no test ran\n0 passed, 0 failed, 12 skipped\n', 1],
])('the counts %j end a run as they should', (counts, shown, code) => {
  let out = '';
  using _ = spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  expect(conclude(counts)).toBe(code as 0 | 1);
  expect(out).toBe(shown);
});
