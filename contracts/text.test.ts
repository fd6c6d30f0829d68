import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { cutAndSay, cutUtf8 } from './text.ts';

const bytesOf = (text: string): number => Buffer.byteLength(text, 'utf8');
/** Every UTF-16 unit, halves of characters included. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 })
  .map((units) => String.fromCharCode(...units));
const mixedText = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), anyText);

describe('a text cut by bytes', () => {
  test.each([
    ['fits', 'abc', 3, 'abc', 0],
    ['of one byte a character', 'abcdef', 4, 'abcd', 2],
    ['between two characters of two bytes', 'ééé', 4, 'éé', 2],
    ['inside a character of two bytes', 'ééé', 3, 'é', 4],
    ['inside a character of three bytes', '漢字', 5, '漢', 3],
    ['inside a character of four bytes', 'a😀b', 4, 'a', 5],
    ['with room for it', 'a😀b', 5, 'a😀', 1],
    ['to nothing', 'abc', 0, '', 3],
    ['to less than nothing', 'abc', -1, '', 3],
    ['empty', '', 0, '', 0],
    ['with half a character', 'a\ud83db', 5, 'a\ufffdb', 0],
    ['with half a character at the cut', 'a\ud83d', 3, 'a', 3],
    ['with a mark of the byte order', '\ufeffab', 4, '\ufeffa', 1],
  ])('%s', (_name, text, bytesMax, kept, cutBytes) => {
    expect(cutUtf8(text, bytesMax)).toEqual({ text: kept, cutBytes });
  });

  test('is a valid beginning of the text, as long as the bound allows, and no byte goes uncounted', () => {
    fc.assert(
      fc.property(mixedText, fc.nat(700), (text, bytesMax) => {
        const whole = text.toWellFormed();
        const cut = cutUtf8(text, bytesMax);
        expect(whole.startsWith(cut.text)).toBe(true);
        expect(cut.text.isWellFormed()).toBe(true);
        expect(bytesOf(cut.text)).toBeLessThanOrEqual(bytesMax);
        expect(bytesOf(cut.text) + cut.cutBytes).toBe(bytesOf(whole));
        if (cut.cutBytes > 0) expect(bytesMax - bytesOf(cut.text)).toBeLessThan(4);
      }),
    );
  });
});

/** Texts that share no memory, as each frame of a socket has its own. */
const largeText = (index: number): string => Buffer.alloc(LARGE_BYTES, `${index}, and so on; `).toString('latin1');
const LARGE_BYTES = 262_144;
const LARGE_TEXTS = 100;

test('what was cut keeps nothing else of its text in memory', () => {
  const heapBytes = (): number => {
    Bun.gc(true);
    return process.memoryUsage().heapUsed;
  };
  const before = heapBytes();
  const cuts = Array.from({ length: LARGE_TEXTS }, (_, index) => [
    cutUtf8(largeText(index), 300).text,
    cutAndSay(largeText(index), 300),
  ]);
  const keptBytes = heapBytes() - before;
  expect(cuts.flat().every((cut) => bytesOf(cut) <= 300)).toBe(true);
  expect(keptBytes).toBeLessThan((LARGE_TEXTS * LARGE_BYTES) / 4);
});

describe('a text cut with a note', () => {
  test('says how much is missing, and is whole when it fits', () => {
    expect(cutAndSay('a'.repeat(100), 100)).toBe('a'.repeat(100));
    expect(cutAndSay('a'.repeat(101), 100)).toBe(`${'a'.repeat(67)}... (34 more bytes)`);
    expect(cutAndSay('漢'.repeat(100), 100)).toBe(`${'漢'.repeat(22)}... (234 more bytes)`);
  });

  test('fits into its bound, note included', () => {
    fc.assert(
      fc.property(mixedText, fc.integer({ min: 40, max: 700 }), (text, bytesMax) => {
        expect(bytesOf(cutAndSay(text, bytesMax))).toBeLessThanOrEqual(bytesMax);
      }),
    );
  });
});
