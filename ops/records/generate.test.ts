import { expect, test } from 'bun:test';
import { HONEST_KEY, hostileRecords, KINDS } from './generate.ts';

const AT_MS = Date.parse('2026-01-15T12:00:00.000Z');
const first = (count: number, seed: number) => {
  const source = hostileRecords(seed, AT_MS);
  return Array.from({ length: count }, () => source.next().value);
};

test('the same seed makes the same records, another one others', () => {
  expect(first(300, 5)).toEqual(first(300, 5));
  expect(first(300, 5)).not.toEqual(first(300, 6));
});

test('every kind comes up, honest records have keys of their own, and all fit into a record of Kafka', () => {
  const records = first(3000, 1);
  expect(new Set(records.map(({ kind }) => kind))).toEqual(new Set(KINDS));
  for (const { kind, key, value, headers } of records) {
    const isHonest = new TextDecoder().decode(key ?? undefined).startsWith(HONEST_KEY);
    expect(isHonest).toBe(kind === 'honest');
    const inHeaders = headers
      .flatMap((header) => Object.entries(header))
      .map(([name, { length }]) => name.length + length);
    const bytes = (key?.length ?? 0) + (value?.length ?? 0) + inHeaders.reduce((sum, each) => sum + each, 0);
    expect(kind === 'large' || bytes < 1_000_000).toBe(true);
  }
});
