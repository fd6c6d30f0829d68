import { expect, test } from 'bun:test';
import { databaseUrl } from './databases.ts';

test('the same server and password, another database', () => {
  expect(databaseUrl('postgres://u:p@127.0.0.1:5432/unrip', 'bench_1')).toBe('postgres://u:p@127.0.0.1:5432/bench_1');
});

test.each([[''], ['1a'], ['a-b'], ['A'], ['a;drop'], ['a'.repeat(64)]])('%j is no name', (name) => {
  expect(() => databaseUrl('postgres://u:p@127.0.0.1:5432/unrip', name)).toThrow(/is no name for a database/);
});
