import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { MsgpackWriter } from './writer.ts';

const HEAD_BYTES = 24;
const packr = new Packr({ useRecords: false, useBigIntExtension: true, mapsAsObjects: true });

type Value = string | number | bigint | boolean | null | readonly string[];

function write(to: MsgpackWriter, value: Value): void {
  if (value === null) to.nothing();
  else if (typeof value === 'string') to.text(value);
  else if (typeof value === 'number') to.number(value);
  else if (typeof value === 'bigint') to.amount(value);
  else if (typeof value === 'boolean') to.flag(value);
  else to.raw(packr.pack(value));
}

function through(to: MsgpackWriter, values: readonly Value[]): unknown {
  to.begin(new Uint8Array(0));
  to.list(values.length);
  for (const value of values) write(to, value);
  return packr.unpack(to.written().subarray(HEAD_BYTES));
}

const LENGTHS = [0, 1, 31, 32, 63, 64, 255, 256, 21_845, 65_535, 65_536];
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc
    .tuple(fc.constantFrom('a', 'é', '漢', '\u{1f600}'), fc.constantFrom(...LENGTHS))
    .map(([of, count]) => of.repeat(count)),
  fc.tuple(fc.constantFrom(...LENGTHS), fc.constantFrom('é', '漢')).map(([count, last]) => 'x'.repeat(count) + last),
);
const EDGES = [0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, -1, 2 ** 53 - 1, 0.5];
const number = fc.oneof(
  fc.constantFrom(...EDGES),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }).map((value) => value + 0),
);
const amount = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n)),
);
const value: fc.Arbitrary<Value> = fc.oneof(
  text,
  number,
  amount,
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string()),
);

test('what is written is read as it was, whatever was written into the same memory before', () => {
  const writer = new MsgpackWriter(HEAD_BYTES);
  fc.assert(
    fc.property(fc.array(value, { maxLength: 12 }), (values) => {
      expect(through(writer, values)).toEqual([...values]);
    }),
  );
});

test.each([2n ** 63n, -(2n ** 63n) - 1n, 2n ** 127n])(
  'the amount %p, which 64 bits do not hold, is a text',
  (beyond) => {
    expect(through(new MsgpackWriter(HEAD_BYTES), [beyond])).toEqual([beyond.toString()]);
  },
);

test('a half of a character becomes the sign for what is none', () => {
  const texts = ['a\ud800b', `${'x'.repeat(100)}\udfff`];
  expect(through(new MsgpackWriter(HEAD_BYTES), texts)).toEqual(['a\ufffdb', `${'x'.repeat(100)}\ufffd`]);
});

test('the room before what is written is left as it is, and belongs to it', () => {
  const writer = new MsgpackWriter(HEAD_BYTES);
  writer.begin(Uint8Array.of(1, 2, 3));
  const written = writer.written();
  expect(written).toHaveLength(HEAD_BYTES + 3);
  written.fill(7, 0, HEAD_BYTES);
  expect(writer.view.getUint8(HEAD_BYTES - 1)).toBe(7);
  writer.text('x'.repeat(100_000));
  const kept = [...writer.written().subarray(0, HEAD_BYTES + 3)];
  expect(kept).toEqual([...new Array<number>(HEAD_BYTES).fill(7), 1, 2, 3]);
});
