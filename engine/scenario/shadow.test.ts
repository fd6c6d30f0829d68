// Shadow mode over the real loop, book and circuit breaker: it decides as live mode would, signs and sends nothing, and leaves no trace
// in what live mode depends on.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { eurE18 } from '../../contracts/amounts.ts';
import { EURE } from '../../contracts/assets.ts';
import { render } from '../bus/render/records.fixture.ts';
import { makeLimits } from '../model/fixtures.ts';
import { eventValueOf } from '../observe/live-events.ts';
import type { BreakerLimits } from '../safety/breaker/breaker.ts';
import { BTC_IN, BTC_OUT, EURE_IN, EURE_OUT, okReply, type RequestFields } from './frames.fixture.ts';
import { type Rig, readyRig } from './loop.fixture.ts';

const EUR = 10n ** 18n;
/** Of a request's 60 seconds and our margin. */
const LIFETIME_MS = 70_000;

async function shadowRig(breakerLimits: Partial<BreakerLimits> = {}, lanes = 2): Promise<Rig> {
  const rig = await readyRig({ lanes, breakerLimits });
  rig.set.shadow = true;
  return rig;
}

const termsOf = (rig: Rig, quoteId: string) => rig.heardOf(quoteId)[0]?.shadow ?? null;
const reservedAt = (rig: Rig, quoteId: string): bigint | null =>
  rig.heardOf(quoteId)[0]?.inventory?.paid.reservedForOrdersUnits ?? null;

/** Everything that live mode depends on. */
const liveStateOf = (rig: Rig) =>
  Bun.inspect([rig.book.snapshot(), rig.breaker.head(), rig.replies.count()], { depth: 20 });

describe('a request that would have been answered', () => {
  test('is on record with its lane and deadline, and nothing is signed or sent', async () => {
    using rig = await shadowRig();
    const { length } = rig.journalled;
    expect(rig.ask('quote-1')).toBeNull();
    expect(rig.journalled.slice(length)).toMatchObject([
      {
        kind: 'heard',
        mode: 'shadow',
        decision: { accepted: true, lane: 0 },
        attempt: null,
        refusal: null,
        shadow: { lane: 0, deadlineAtMs: rig.clock.nowMs() + LIFETIME_MS },
      },
    ]);
    expect(rig.sent).toEqual([]);
    const [event] = rig.eventsOf('decided');
    if (event === undefined) throw new Error('no event');
    expect(eventValueOf(event)).toMatchObject({
      ...{ type: 'decision', decision: 'accepted', mode: 'shadow', lane: 0 },
      ...{ quote_hash: null, answered_after_us: null, refusal: null },
    });
  });

  test('gives a command and one result, which says shadow, with amounts and without anything of a signature', async () => {
    using rig = await shadowRig();
    rig.ask('quote-1');
    const [fact] = rig.heardOf('quote-1');
    if (fact === undefined) throw new Error('not heard');
    const payloads = render(fact).map(({ topic, value }) => ({ topic, payload: JSON.parse(value).payload }));
    const amounts = { amount_in: '10000', amount_out: String(fact.decision.amountOutUnits) };
    expect(payloads.slice(2)).toMatchObject([
      { topic: 'decision.trade_decision', payload: { decision: 'accepted', mode: 'shadow' } },
      { topic: 'cmd.execute_trade', payload: { ...amounts, mode: 'shadow' } },
      {
        topic: 'exec.trade_result',
        payload: {
          ...amounts,
          mode: 'shadow',
          previous_status: 'proposed',
          status: 'shadow',
          result_code: 'shadow_mode',
          transition_seq: 1,
          lane: 0,
          deadline: new Date(rig.clock.nowMs() + LIFETIME_MS).toISOString(),
          quote_hash: null,
          nonce: null,
          signed_message: null,
          public_key: null,
          settlement: null,
        },
      },
    ]);
    expect(payloads).toHaveLength(5);
  });

  test('is not decided a second time, not in live mode either', async () => {
    using rig = await shadowRig();
    rig.ask('quote-1');
    rig.set.shadow = false;
    expect(rig.ask('quote-1')).toBeNull();
    expect(rig.eventsOf('repeated')).toEqual([{ kind: 'repeated', quoteId: 'quote-1' as never }]);
  });
});

describe('the gates are those of live mode', () => {
  test.each([
    ['executor_disarmed', { armed: false }],
    ['executor_paused', { paused: true }],
    ['signer_unauthorized', { keyRegistered: null }],
    ['relay_not_connected', { relayOpen: false }],
  ] as const)('%s: the command is rejected, and nothing is reserved', async (code, change) => {
    using rig = await shadowRig();
    rig.set.executor = { ...rig.set.executor, ...change };
    rig.ask('quote-1');
    expect(rig.heardOf('quote-1')).toMatchObject([{ mode: 'shadow', refusal: { code }, shadow: null }]);
    expect(rig.shadow.count()).toBe(0);
  });

  test('a disarmed strategy rejects the decision, and the mode is on record with it', async () => {
    using rig = await shadowRig();
    rig.set.strategy = { ...rig.set.strategy, armed: false };
    rig.ask('quote-1');
    expect(rig.heardOf('quote-1')).toMatchObject([{ mode: 'shadow', decision: { reason: 'strategy_disarmed' } }]);
    expect(rig.shadow.count()).toBe(0);
  });

  test('a request is in the way of nothing but the mode, which is said last', async () => {
    using rig = await shadowRig();
    rig.ask('quote-1');
    const { demand } = rig.heardOf('quote-1')[0] ?? {};
    if (demand === undefined) throw new Error('not heard');
    expect(rig.loop.obstacles(() => demand)).toEqual(['shadow_mode']);
    rig.set.executor = { ...rig.set.executor, armed: false };
    expect(rig.loop.obstacles(() => demand)).toEqual(['executor_disarmed', 'shadow_mode']);
    rig.set.shadow = false;
    expect(rig.loop.obstacles(() => demand)).toEqual(['executor_disarmed']);
  });
});

describe('a reservation', () => {
  test('lives to the deadline, and not a millisecond longer', async () => {
    using rig = await shadowRig({}, 1);
    rig.ask('quote-1');
    const paid: bigint | null = rig.heardOf('quote-1')[0]?.decision.amountOutUnits ?? null;
    rig.clock.advance(LIFETIME_MS);
    await rig.poll();
    rig.ask('at-the-deadline', { exact_amount_in: '5000' });
    expect(reservedAt(rig, 'at-the-deadline')).toBe(paid);
    rig.clock.advance(1);
    rig.ask('after-it', { exact_amount_in: '5000' });
    expect(reservedAt(rig, 'after-it')).toBe(rig.heardOf('at-the-deadline')[0]?.decision.amountOutUnits ?? null);
  });

  test('ends without any request too', async () => {
    using rig = await shadowRig();
    rig.ask('quote-1');
    rig.clock.advance(LIFETIME_MS + 1);
    expect(rig.shadow.count()).toBe(1);
    rig.loop.onTick();
    expect(rig.shadow.count()).toBe(0);
  });

  test('counts as open for the circuit breaker, whose sums stay as they are', async () => {
    using rig = await shadowRig({ minuteE18: 5n * EUR }, 1);
    rig.ask('quote-1');
    rig.ask('of-the-other-side', BTC_OUT);
    expect(rig.heardOf('of-the-other-side')).toMatchObject([{ decision: { reason: 'breaker_minute' } }]);
    expect(rig.breaker.exposure.openE18).toBe(0n);
    // Its step of time is the one of live quotes.
    rig.clock.advance(LIFETIME_MS + 5001);
    await rig.poll();
    rig.ask('later', BTC_OUT);
    expect(termsOf(rig, 'later')).not.toBeNull();
  });

  test('is dropped with the switch to live, whose quotes have all lanes to themselves', async () => {
    using rig = await shadowRig({ minuteE18: 5n * EUR }, 1);
    rig.ask('quote-1');
    rig.shadow.clear();
    rig.set.shadow = false;
    rig.answered('quote-2', BTC_OUT);
    expect(rig.heardOf('quote-2')[0]).not.toHaveProperty('mode');
    expect(rig.shadow.count()).toBe(0);
  });
});

describe('quotes that were signed before the switch to shadow', () => {
  test('stay under watch until the venue has told, and keep their reservation', async () => {
    using rig = await readyRig({ lanes: 1 });
    const live = rig.answered('live');
    rig.set.shadow = true;
    rig.frame(okReply(live.requestId));
    rig.ask('shadow', { exact_amount_in: '5000' });
    expect(reservedAt(rig, 'shadow')).toBe(-BigInt(live.diff[EURE.id] ?? '0'));
    rig.credit(Object.fromEntries(Object.entries(live.diff).map(([asset, text]) => [asset, BigInt(text)])));
    rig.clock.advance(2000);
    await rig.poll({ used: [live.nonce] });
    expect(rig.stepsOf('live')).toEqual([
      'submitted answer_sent',
      'accepted relay_accepted',
      'settled settled_by_balance',
    ]);
  });

  test('share lanes with shadow quotes: a nonce pays for one of them', async () => {
    using rig = await readyRig({ lanes: 1, breakerLimits: { minuteE18: 5n * EUR } });
    rig.answered('live');
    rig.set.shadow = true;
    rig.ask('of-the-same-nonce');
    expect(termsOf(rig, 'of-the-same-nonce')).not.toBeNull();
    rig.ask('of-the-other-side', BTC_OUT);
    expect(rig.reasonOf('of-the-other-side')).toBe('breaker_minute');
  });
});

const KINDS: readonly RequestFields[] = [BTC_IN, EURE_OUT, EURE_IN, BTC_OUT];
/** A request, and the milliseconds before it. */
const request = fc.record({
  kind: fc.nat(KINDS.length - 1),
  /** In hundredths of what the request asks for. */
  size: fc.integer({ min: 1, max: 40_000 }),
  gapMs: fc.integer({ min: 1, max: 1500 }),
});
const requests = fc.array(request, { minLength: 1, maxLength: 40 });

const fieldsOf = ({ kind, size }: { readonly kind: number; readonly size: number }): RequestFields => {
  const fields = KINDS[kind] ?? {};
  const side = fields['exact_amount_out'] === undefined ? 'exact_amount_in' : 'exact_amount_out';
  return { ...fields, [side]: ((BigInt(String(fields[side] ?? '10000')) * BigInt(size)) / 100n + 1n).toString() };
};

const WIDE = makeLimits({ maxNotionalEurE18: eurE18(100_000n * EUR) });

test('random requests are decided as in live mode: reason, amounts, lane and deadline', async () => {
  await fc.assert(
    fc.asyncProperty(
      requests,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 50, max: 3000 }),
      async (list, lanes, eur) => {
        const breakerLimits = { minuteE18: BigInt(eur) * EUR };
        using live = await readyRig({ lanes, breakerLimits });
        using shadow = await shadowRig(breakerLimits, lanes);
        for (const rig of [live, shadow]) {
          rig.set.limits = WIDE;
          for (const [index, one] of list.entries()) {
            rig.clock.advance(one.gapMs);
            rig.ask(`quote-${index}`, fieldsOf(one));
          }
        }
        for (const [index] of list.entries()) {
          const [signed] = live.heardOf(`quote-${index}`);
          const [shadowed] = shadow.heardOf(`quote-${index}`);
          expect(shadowed?.decision).toEqual(signed?.decision as never);
          const { lane, deadlineAtMs } = signed?.attempt ?? {};
          expect(shadowed?.shadow ?? {}).toEqual(
            lane === undefined || deadlineAtMs === undefined ? {} : { lane, deadlineAtMs },
          );
          expect(shadowed?.inventory?.paid).toEqual(signed?.inventory?.paid as never);
        }
      },
    ),
    { numRuns: 25 },
  );
});

test('random requests in shadow mode leave book, circuit breaker and relay as they are', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async (list) => {
      using rig = await readyRig({ lanes: 2 });
      rig.set.limits = WIDE;
      rig.answered('live');
      const sent = rig.sent.length;
      const journalled = rig.journalled.length;
      const before = liveStateOf(rig);
      rig.set.shadow = true;
      for (const [index, one] of list.entries()) {
        rig.clock.advance(one.gapMs);
        expect(rig.ask(`quote-${index}`, fieldsOf(one))).toBeNull();
      }
      expect(rig.sent).toHaveLength(sent);
      const added = rig.journalled.slice(journalled);
      expect(added.map((fact) => (fact.kind === 'heard' ? [fact.mode, fact.attempt] : fact.kind))).toEqual(
        added.map(() => ['shadow', null]),
      );
      expect(liveStateOf(rig)).toBe(before);
    }),
    { numRuns: 25 },
  );
});
