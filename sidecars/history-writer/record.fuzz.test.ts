import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { TOPICS } from '../../contracts/topics/registry.ts';
import { mutatedBytes, mutatedText } from '../../ops/testing/mutated.ts';
import { bufferedOf, bytesOf, GOLDEN_AT_MS, recordText } from './fixtures.ts';
import { deadLetterOf } from './kafka/dead-letters.ts';
import { columnsOf, problemOf, rowOf } from './postgres/rows.ts';
import { TABLES } from './postgres/tables.ts';
import { readRecord } from './record.ts';

/** A topic, and a value that was its golden record before it was spoiled. */
const anyRecord = fc.constantFrom(...TOPICS.map(({ name }) => name)).chain((topic) => {
  const golden = recordText(topic);
  const value = fc.oneof({ arbitrary: mutatedText([golden]).map(bytesOf), weight: 3 }, mutatedBytes([bytesOf(golden)]));
  return value.map((bytes) => ({ topic, value: bytes }));
});

const REASONS = ['not_json', 'too_large', 'schema', 'time_implausible'];

test('any value of any topic makes a row that its table takes, or a dead letter of bounded size', () => {
  fc.assert(
    fc.property(anyRecord, ({ topic, value }) => {
      const read = readRecord(topic, value, GOLDEN_AT_MS);
      if (!read.ok) {
        expect(REASONS).toContain(read.reason);
        const { detail, reason } = read;
        const held = { ...bufferedOf(topic, 0, 1n, null), value };
        const letter = deadLetterOf(held, { reason, detail }, GOLDEN_AT_MS);
        expect(Buffer.byteLength(JSON.stringify(letter))).toBeLessThan(1_000_000);
        return;
      }
      const table = TABLES[topic];
      const row = rowOf(table, read, { partition: 0, offset: 1n });
      const columns = columnsOf(table);
      expect(row.length).toBe(columns.length);
      if (problemOf(table, read.envelope, row) !== null) return;
      for (const [at, [, type]] of columns.entries()) expectTaken(type, row[at] ?? null);
    }),
    { numRuns: 400 },
  );
});

/** What PostgreSQL asks of a text that is cast to the type. */
function expectTaken(type: string, cell: string | null): void {
  if (cell === null) return;
  expect(cell.isWellFormed()).toBe(true);
  expect(cell).not.toContain('\0');
  if (type === 'jsonb') expect(JSON.stringify(JSON.parse(cell))).not.toMatch(/\\u(?:0000|d[89a-f])/i);
  if (type === 'bigint') expect(BigInt.asIntN(64, BigInt(cell)).toString()).toBe(cell);
  if (type === 'integer') expect(BigInt.asIntN(32, BigInt(cell)).toString()).toBe(cell);
  if (type === 'numeric') expect(cell).toMatch(/^-?[0-9]+(?:\.[0-9]+)?$/);
  if (type === 'boolean') expect(['true', 'false']).toContain(cell);
  if (type === 'timestamptz') expect(new Date(cell).toISOString()).toBe(cell);
  if (type === 'date') expect(cell).toMatch(/^\d{4}-\d{2}-\d{2}$/);
}
