import { expect, test } from 'bun:test';
import { movedAgainst } from './distance.ts';

const at = (low: number, high = low) => ({ low, high });

test.each([
  ['a fall beyond the distance, where BTC is received', true, at(100), at(98.8), 'surely'],
  ['a fall within it', true, at(100), at(99.2), 'not'],
  ['a rise', true, at(100), at(120), 'not'],
  ['a fall of one of two prices', true, at(100), at(98.8, 100), 'perhaps'],
  ['a fall from one of two prices', true, at(99, 101), at(98.8), 'perhaps'],
  ['a rise beyond the distance, where BTC is paid', false, at(100), at(101.2), 'surely'],
  ['a rise within it', false, at(100), at(100.8), 'not'],
  ['a fall, where BTC is paid', false, at(100), at(80), 'not'],
  ['a rise as large as the distance, which a rounding decides', false, at(100), at(101), 'perhaps'],
] as const)('%s', (_name, receivesBtc, signedAt, fair, moved) => {
  expect(movedAgainst(receivesBtc, signedAt, fair, 1)).toBe(moved);
});

test('a distance of zero is none', () => {
  expect(movedAgainst(true, at(100), at(1), 0)).toBe('not');
});
