import { expect, test } from 'bun:test';
import type { NonceText } from '../../../contracts/ids.ts';
import { ShadowExposure } from './shadow-exposure.ts';
import type { OpenAndFilled } from './signing-room.ts';

/** A multiple of the step in which deadlines are counted. */
const DEADLINE = 1_767_225_600_000;
const [A, B] = ['nonce-a', 'nonce-b'] as [NonceText, NonceText];
const NOTHING = { sum: () => 0n };

/** With 30 open under A. */
const live: OpenAndFilled = {
  minute: { sum: () => 7n },
  day: NOTHING,
  openE18: 30n,
  openNonces: 1,
  openUnder: (nonce) => (nonce === A ? 30n : 0n),
};

const read = (shadow: ShadowExposure) => [shadow.openE18, shadow.openNonces, shadow.openUnder(A), shadow.openUnder(B)];

test('without a shadow quote it is the live exposure', () => {
  const shadow = new ShadowExposure(live);
  expect(read(shadow)).toEqual([30n, 1, 30n, 0n]);
  expect([shadow.minute.sum(DEADLINE), shadow.day.sum(DEADLINE)]).toEqual([7n, 0n]);
});

test('a nonce counts once, with the most that live or shadow quotes under it pay', () => {
  const shadow = new ShadowExposure(live);
  shadow.add(A, DEADLINE, 30n);
  expect(read(shadow)).toEqual([30n, 1, 30n, 0n]);
  shadow.add(A, DEADLINE, 31n);
  expect(read(shadow)).toEqual([31n, 1, 31n, 0n]);
  shadow.add(B, DEADLINE, 5n);
  shadow.add(B, DEADLINE, 4n);
  expect(read(shadow)).toEqual([36n, 2, 31n, 5n]);
});

test('a quote is open at its deadline and over after it', () => {
  const shadow = new ShadowExposure(live);
  shadow.add(B, DEADLINE, 5n);
  shadow.endBefore(DEADLINE);
  expect(read(shadow)).toEqual([35n, 2, 30n, 5n]);
  shadow.endBefore(DEADLINE + 1);
  expect(read(shadow)).toEqual([30n, 1, 30n, 0n]);
});

test('cleared, it is the live exposure again', () => {
  const shadow = new ShadowExposure(live);
  shadow.add(A, DEADLINE, 99n);
  shadow.add(B, DEADLINE, 99n);
  shadow.clear();
  expect(read(shadow)).toEqual([30n, 1, 30n, 0n]);
});
