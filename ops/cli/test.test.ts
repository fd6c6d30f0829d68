import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { startChild } from '../testing/child.ts';
import { parse } from './test.ts';

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

test('a filter that names nothing is refused at once, also while another run is under way', async () => {
  await using child = startChild([join(import.meta.dir, 'main.ts'), 'test', 'no-such-file.test.ts']);
  expect(await child.exited).toBe(2);
  expect(child.errorText()).toStartWith('unrip test: no test file matches no-such-file.test.ts');
});
