import { describe, expect, test } from 'bun:test';
import type { QuoteId } from '../../contracts/ids.ts';
import { createDecidedIds, decidedAs } from './decided-ids.ts';
import { RecentIds } from './recent-ids.ts';
import { SignedIds } from './signed-ids.ts';

const id = (n: number | string) => `q${n}` as QuoteId;
const NOW = { nowMs: 1_767_225_600_000, nowUs: 50_000_000_000 };

const idsWith = (over: { readonly rejectedMax?: number; readonly malformedMax?: number } = {}) =>
  createDecidedIds({ commanded: new SignedIds({ a: 3, b: 4 }), ...over });

test('recent ids are forgotten by age and by number, the oldest first, and never what is young and within the number', () => {
  const ids = new RecentIds(1, 3);
  for (let n = 0; n < 5; n++) ids.add(id(n), n);
  expect([0, 1, 2, 3, 4].map((n) => ids.has(id(n)))).toEqual([false, false, true, true, true]);
  ids.add(id(5), 2000);
  expect([2, 3, 4, 5].map((n) => ids.has(id(n)))).toEqual([false, false, true, true]);
});

describe('a flood', () => {
  test('of rejected and malformed ids never evicts one for which a command was recorded', () => {
    const ids = idsWith();
    ids.add(id('commanded'), 'commanded', 0);
    for (let n = 0; n < 60_000; n++) {
      ids.add(id(`r${n}`), 'rejected', n);
      ids.add(id(`m${n}`), 'malformed', n);
    }
    expect(ids.has(id('commanded'))).toBe(true);
    expect(ids.has(id('r0'))).toBe(false);
    expect(ids.has(id('r59999'))).toBe(true);
    expect(ids.counts()).toEqual({ rejected: 50_000, malformed: 10_000 });
  });

  test('of malformed ids does not evict one that was rejected', () => {
    const ids = idsWith({ rejectedMax: 2, malformedMax: 2 });
    ids.add(id('rejected'), 'rejected', 0);
    for (let n = 0; n < 10; n++) ids.add(id(n), 'malformed', n);
    expect(ids.has(id('rejected'))).toBe(true);
    expect(ids.has(id(9))).toBe(true);
  });
});

test('a decision counts as commanded when it was accepted, whether or not the executor signed', () => {
  const decision = { accepted: true, reason: 'accepted' } as never;
  const rejection = { accepted: false, reason: 'edge_below_min' } as never;
  expect(decidedAs({ malformed: null, decision })).toBe('commanded');
  expect(decidedAs({ malformed: null, decision: rejection })).toBe('rejected');
  expect(decidedAs({ malformed: 'no amount', decision: rejection })).toBe('malformed');
});

test('its pieces hold the kind and the age of each id, oldest first, and are bounded', () => {
  const ids = idsWith();
  for (let n = 0; n < 20; n++) ids.add(id(n), n % 2 === 0 ? 'rejected' : 'malformed', NOW.nowUs - (20 - n) * 1_000_000);
  const pieces = [...ids.pieces(7, NOW)];
  expect(pieces.map((piece) => piece.length)).toEqual([7, 3, 7, 3]);
  expect(pieces.flat()[0]).toEqual({ quoteId: id(0), atMs: NOW.nowMs - 20_000, malformed: false });
  expect(pieces.flat()[10]).toEqual({ quoteId: id(1), atMs: NOW.nowMs - 19_000, malformed: true });
});

test('pieces may be read while ids come and go', () => {
  const ids = idsWith({ rejectedMax: 10 });
  for (let n = 0; n < 10; n++) ids.add(id(n), 'rejected', n);
  const read: string[] = [];
  let next = 10;
  for (const piece of ids.pieces(1, NOW)) {
    read.push(...piece.map(({ quoteId }) => quoteId));
    if (next < 15) ids.add(id(next++), 'rejected', next);
  }
  expect(read).toEqual(Array.from({ length: 15 }, (_, n) => id(n)));
});
