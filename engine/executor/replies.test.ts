import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Awaited, createReplies, LATE_MS, REPLY_TIMEOUT_MS } from './replies.ts';

const awaited = (n: number, sentMs = 0): Awaited => ({
  quoteId: `quote-${n}` as never,
  sentUs: sentMs * 1000,
  receivedUs: sentMs * 1000,
  windowMs: 1900,
});

describe('an answer', () => {
  test('is overdue at the time-out, once, and not a microsecond before', () => {
    const replies = createReplies();
    replies.expect(1, awaited(1));
    expect(replies.overdue(REPLY_TIMEOUT_MS * 1000 - 1)).toEqual([]);
    expect(replies.overdue(REPLY_TIMEOUT_MS * 1000)).toEqual([awaited(1)]);
    expect(replies.overdue(REPLY_TIMEOUT_MS * 1000)).toEqual([]);
    expect(replies.count()).toBe(0);
  });

  test('is matched once, in time and late, until the late time is over', () => {
    const replies = createReplies();
    replies.expect(1, awaited(1));
    expect(replies.take(1)).toEqual(awaited(1));
    expect(replies.take(1)).toBeNull();
    replies.expect(2, awaited(2));
    replies.expect(3, awaited(3));
    replies.overdue(REPLY_TIMEOUT_MS * 1000);
    replies.overdue(LATE_MS * 1000 - 1);
    expect(replies.take(2)).toEqual(awaited(2));
    replies.overdue(LATE_MS * 1000);
    expect(replies.take(3)).toBeNull();
  });

  test('is forgotten with its connection, overdue or not', () => {
    const replies = createReplies();
    replies.expect(1, awaited(1, 0));
    replies.expect(2, awaited(2, REPLY_TIMEOUT_MS));
    replies.overdue(REPLY_TIMEOUT_MS * 1000);
    expect(replies.abandon()).toEqual([awaited(2, REPLY_TIMEOUT_MS)]);
    expect([replies.take(1), replies.take(2), replies.count()]).toEqual([null, null, 0]);
  });
});

test('beyond its bounds the oldest goes first, and is counted', () => {
  const replies = createReplies({ awaitedMax: 2, lateMax: 2 });
  expect(replies.expect(1, awaited(1))).toBeNull();
  expect(replies.expect(2, awaited(2))).toBeNull();
  expect(replies.expect(3, awaited(3))).toEqual(awaited(1));
  expect([replies.count(), replies.evicted()]).toEqual([2, 1]);
  expect(replies.overdue(REPLY_TIMEOUT_MS * 1000)).toEqual([awaited(2), awaited(3)]);
  // Three are late by now, of whom two are kept.
  expect([replies.count(), replies.late()]).toEqual([0, 2]);
  expect([replies.take(1), replies.take(2), replies.take(3)]).toEqual([null, awaited(2), awaited(3)]);
  expect(replies.evicted()).toBe(2);
});

test('of many that are overdue, or late for long, each call moves a bounded number, oldest first', () => {
  const replies = createReplies();
  for (let n = 0; n < 2500; n++) replies.expect(n, awaited(n));
  const calls = Array.from({ length: 4 }, () => replies.overdue(REPLY_TIMEOUT_MS * 1000));
  expect(calls.flat()).toEqual(Array.from({ length: 2500 }, (_, n) => awaited(n)));
  for (const call of calls) expect(call.length).toBeLessThanOrEqual(1000);
  replies.overdue(LATE_MS * 1000);
  expect([replies.take(999), replies.take(1001)]).toEqual([null, awaited(1001)]);
});

test('every answer is returned exactly once by any order of calls, and the bounds hold', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('expect' as const) }),
    fc.record({ kind: fc.constant('take' as const), of: fc.nat(30) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(4000) }),
    fc.record({ kind: fc.constant('abandon' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const replies = createReplies({ awaitedMax: 4, lateMax: 5 });
      const open = new Set<string>();
      const close = (list: readonly (Awaited | null)[]) => {
        for (const one of list) if (one !== null) expect(open.delete(one.quoteId)).toBe(true);
      };
      let nowMs = 0;
      let lastId = 0;
      for (const one of steps) {
        if (one.kind === 'expect') {
          const next = awaited(++lastId, nowMs);
          open.add(next.quoteId);
          close([replies.expect(lastId, next)]);
        } else if (one.kind === 'take') {
          const taken = replies.take(one.of);
          if (taken !== null) open.delete(taken.quoteId);
        } else if (one.kind === 'abandon') {
          close(replies.abandon());
        } else {
          nowMs += one.ms;
          close(replies.overdue(nowMs * 1000));
        }
        expect(replies.count()).toBeLessThanOrEqual(4);
      }
      close(replies.overdue((nowMs + REPLY_TIMEOUT_MS) * 1000));
      expect(open.size).toBe(0);
    }),
    { numRuns: 300 },
  );
});
