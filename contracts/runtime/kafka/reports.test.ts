import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { type PackedReport, packReports } from './reports.fixture.ts';
import { unpackReports } from './reports.ts';

const report: fc.Arbitrary<PackedReport> = fc.record({
  topic: fc.constantFrom('a', 'raw.near_intents.quote', 'ü'),
  partition: fc.nat(2 ** 31 - 1),
  offset: fc.integer({ min: -1001, max: Number.MAX_SAFE_INTEGER }),
  code: fc.integer({ min: -200, max: 100 }),
  key: fc.option(fc.uint8Array()),
  sizeBytes: fc.nat(2 ** 31 - 1),
});

test('delivery reports are read as they were packed', () => {
  fc.assert(
    fc.property(fc.array(report), (reports) => {
      const unpacked = unpackReports(packReports(reports)).map(({ memory, keyAt, keyLength, ...rest }) => ({
        ...rest,
        key: keyLength < 0 ? null : [...memory.subarray(keyAt, keyAt + keyLength)],
      }));
      expect(unpacked).toEqual(reports.map(({ key, ...rest }) => ({ ...rest, key: key && [...key] })));
    }),
  );
});
