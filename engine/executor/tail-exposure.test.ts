// What signed quotes can still do after a disarm, by lane.

import { expect, test } from 'bun:test';
import { eurE18 } from '../../contracts/amounts.ts';
import { BTC } from '../../contracts/assets.ts';
import { isoTime } from '../../contracts/time.ts';
import { applyAll, makeDecided, makeStarted, observe, openBook, quote, T0 } from '../inventory/book.fixture.ts';
import { Exposure } from '../safety/breaker/exposure.ts';
import { tailExposure } from './tail-exposure.ts';

const make = (btc = 1_000_000n) => {
  const book = openBook(2, btc, 10n ** 24n);
  return { book, tail: (value = 5n * 10n ** 17n) => tailExposure({ book, openUnder: () => value }) };
};
const sign = (book: ReturnType<typeof openBook>, quoteId: string, outUnits: bigint, lifetimeMs: number) =>
  quote(book, { quoteId, direction: 'EURe->BTC', inUnits: 7n, outUnits, deadlineAtMs: T0 + lifetimeMs });

test('without live quotes there is none, and no time', () => {
  expect(make().tail()).toEqual({ quotes: 0, at_most_eur: '0.000000000000000000', until: null, lanes: [] });
});

test('each lane counts with its largest quote, until the last of its deadlines', () => {
  const { book, tail } = make();
  const first = sign(book, 'a', 300_000n, 60_000);
  const second = sign(book, 'b', 400_000n, 30_000);
  const third = sign(book, 'c', 100_000n, 75_000);
  expect([first.lane, second.lane, third.lane]).toEqual([0, 1, 0]);
  const common = { asset: BTC.id, at_most_eur: '0.500000000000000000', being_withdrawn: false };
  expect(tail()).toEqual({
    quotes: 3,
    at_most_eur: '1.000000000000000000',
    until: isoTime(T0 + 75_000),
    lanes: [
      { ...common, lane: 0, nonce: first.nonce, quotes: 2, at_most: '300000', until: isoTime(T0 + 75_000) },
      { ...common, lane: 1, nonce: second.nonce, quotes: 1, at_most: '400000', until: isoTime(T0 + 30_000) },
    ],
  });
});

test('what is being withdrawn can still settle, and what was used cannot', () => {
  const { book, tail } = make();
  const { nonce } = sign(book, 'a', 300_000n, 60_000);
  const pulled = { kind: 'pull_signed', atMs: T0, nonce, cause: 'disarm', detail: '', intentHash: 'pull' } as const;
  applyAll(book, [pulled]);
  expect(tail().lanes).toMatchObject([{ quotes: 1, at_most: '300000', being_withdrawn: true }]);
  observe(book, { height: 101, timeMs: T0 + 1, btc: 1_000_000n, eure: 10n ** 24n, used: [nonce] });
  expect(tail()).toMatchObject({ quotes: 0, until: null, lanes: [] });
});

test('it is over when a final block is later than the deadline, not before', () => {
  const { book, tail } = make();
  sign(book, 'a', 300_000n, 60_000);
  observe(book, { height: 101, timeMs: T0 + 60_000, btc: 1_000_000n, eure: 10n ** 24n });
  expect(tail().quotes).toBe(1);
  observe(book, { height: 102, timeMs: T0 + 60_001, btc: 1_000_000n, eure: 10n ** 24n });
  expect(tail()).toMatchObject({ quotes: 0, until: null, lanes: [] });
});

test('after a crash it is what the journal may have lost, until when is known from the first balance on', () => {
  const { book, tail } = make();
  applyAll(book, [makeStarted(T0 + 1000)]);
  expect(tail()).toMatchObject({
    quotes: 0,
    until: null,
    lanes: expect.arrayContaining([expect.objectContaining({ at_most: '500000', until: null })]),
  });
  observe(book, { height: 101, timeMs: T0 + 2000, btc: 1_000_000n, eure: 10n ** 24n });
  expect(tail().until).toBe(isoTime(T0 + 2000 + 75_000 + 5000));
});

test('its value is what the circuit breaker counts as open', () => {
  const { book } = make();
  const exposure = new Exposure();
  const attempt = sign(book, 'a', 300_000n, 60_000);
  exposure.apply(makeDecided({ ...attempt, paidEurE18: eurE18(125n * 10n ** 18n) }, T0));
  const { at_most_eur } = tailExposure({ book, openUnder: (nonce) => exposure.openUnder(nonce) });
  expect([at_most_eur, exposure.openE18]).toEqual(['125.000000000000000000', 125n * 10n ** 18n]);
});
