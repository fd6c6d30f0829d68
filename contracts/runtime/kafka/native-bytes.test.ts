import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { NativeBytes } from './native-bytes.ts';

const text = fc.string({ unit: 'binary', maxLength: 600 });
const size = fc.oneof(fc.constant(0), fc.nat(300), fc.integer({ min: 8_100, max: 8_300 }));
const records = fc.array(fc.record({ key: text, isRepeated: fc.boolean(), size, seed: fc.nat(255) }), {
  maxLength: 40,
});

test('each key and value is given byte for byte, whatever the ones before it were', () => {
  fc.assert(
    fc.property(records, (list) => {
      const bytes = new NativeBytes();
      let before = '';
      for (const record of list) {
        const key = record.isRepeated ? before : record.key;
        const value = Uint8Array.from({ length: record.size }, (_, at) => (at * 7 + record.seed) & 255);
        const [givenValue, givenKey] = [bytes.value(value), bytes.key(key)];
        expect(Buffer.from(givenValue).equals(value)).toBe(true);
        expect(Buffer.from(givenKey).equals(Buffer.from(key, 'utf8'))).toBe(true);
        before = key;
      }
    }),
    { numRuns: 100 },
  );
});

test('each text is given in UTF-8, whatever its characters take and however long it is', () => {
  const long = fc.oneof(
    text,
    fc.constantFrom('x'.repeat(8_192), 'x'.repeat(8_193), '\u20ac'.repeat(2_731), 'x\u{1f600}'.repeat(1_639)),
  );
  fc.assert(
    fc.property(fc.array(long, { maxLength: 10 }), (texts) => {
      const bytes = new NativeBytes();
      for (const each of texts) expect(Buffer.from(bytes.value(each)).equals(Buffer.from(each, 'utf8'))).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test('a part of a larger array is given as that part', () => {
  const whole = Uint8Array.from([1, 2, 3, 4, 5]);
  expect([...new NativeBytes().value(whole.subarray(1, 3))]).toEqual([2, 3]);
});
