import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { packRecords } from './record.fixture.ts';
import { type ConsumedRecord, unpackRecords } from './record.ts';

const record: fc.Arbitrary<ConsumedRecord> = fc.record({
  topic: fc.constantFrom('a', 'raw.near_intents.quote', 'ü'),
  partition: fc.nat(2 ** 31 - 1),
  offset: fc.bigInt(0n, 2n ** 53n - 1n),
  key: fc.option(fc.string({ unit: 'binary' })),
  value: fc.option(fc.uint8Array()),
  timestampMs: fc.integer({ min: -1 }),
});

test('the records of a poll are read as they were packed', () => {
  fc.assert(
    fc.property(fc.array(record), (records) => {
      const plain = ({ key, value, ...rest }: ConsumedRecord) => ({
        ...rest,
        key: key && Buffer.from(key).toString(),
        value: value && [...value],
      });
      expect(unpackRecords(packRecords(records)).map(plain)).toEqual(records.map(plain));
    }),
  );
});
