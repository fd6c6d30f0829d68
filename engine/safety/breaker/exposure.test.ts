// The fold against a slow, obvious model: every quote kept by itself, every sum made again.

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { eurE18 } from '../../../contracts/amounts.ts';
import type { NonceText } from '../../../contracts/ids.ts';
import { makeAttempt, makeDecided } from '../../inventory/book.fixture.ts';
import type { Fact, TransitionFact } from '../../model/facts.ts';
import type { Attempt } from '../../model/values.ts';
import { Exposure, type ExposureParts, type Seed } from './exposure.ts';
import type { Step as OpenStep } from './largest-open.ts';
import { paidValueOf } from './paid-value.ts';

const T0 = 1_767_225_600_000;
const STEP_MS = 5_000;
const nonce = (number: number) => `nonce-${number}` as NonceText;

function attemptOf(number: number, under: number, valueE18: bigint, deadlineAtMs: number): Attempt {
  const terms = { inUnits: 1n, outUnits: 1n, lane: 0, nonce: nonce(under), deadlineAtMs };
  return { ...makeAttempt({ quoteId: `q${number}`, ...terms }), paidEurE18: eurE18(valueE18) };
}

const heard = (attempt: Attempt, atMs: number): Fact => makeDecided(attempt, atMs);
const moved = (attempt: Attempt, over: Partial<TransitionFact>): Fact => ({
  kind: 'transition',
  eventId: 'e',
  atMs: T0,
  attempt,
  seq: 1,
  from: 'submitted',
  to: 'accepted',
  code: 'relay_accepted',
  note: '',
  recovered: false,
  sinceReceivedUs: null,
  replyAfterMs: null,
  venueReply: null,
  settlement: null,
  ...over,
});
const used = (under: number, atMs: number): Fact => ({
  kind: 'nonce_used',
  atMs,
  nonce: nonce(under),
  blockHeight: 1,
  blockTimeMs: atMs,
});
const resolved = (under: number, outcome: 'settled' | 'pulled' | 'burned' | 'open', atMs: number): Fact => ({
  kind: 'nonce_resolved',
  atMs,
  nonce: nonce(under),
  outcome,
  winner: null,
  code: 'unattributed',
  note: '',
  settlement: { txHash: null, intentHash: null, blockHeight: 1, blockTimeMs: atMs, balanceChange: {}, candidates: [] },
  candidates: { all: true, terms: [], quotes: [] },
  carrier: null,
});
const balance = (overBeforeMs: number, unread: readonly NonceText[] = []): Fact => ({
  kind: 'balance',
  atMs: overBeforeMs,
  blockHeight: 1,
  blockHash: 'h',
  blockTimeMs: overBeforeMs,
  creditedUnits: {},
  overBeforeMs,
  unread,
  settledUnits: {},
  breach: null,
});

function exposureAfter(...facts: readonly Fact[]): Exposure {
  const exposure = new Exposure();
  for (const fact of facts) exposure.apply(fact);
  return exposure;
}

const filled = (exposure: Exposure, atMs = T0) => [exposure.minute.sum(atMs), exposure.day.sum(atMs)];

describe('what is filled', () => {
  const small = attemptOf(1, 1, 30n, T0 + 60_000);
  const large = attemptOf(2, 1, 50n, T0 + 60_000);
  const both = [heard(small, T0), heard(large, T0)];

  test('two quotes of a nonce are one: the larger is open, and is filled when the nonce is seen used', () => {
    const exposure = exposureAfter(...both);
    expect([exposure.openE18, exposure.openNonces]).toEqual([50n, 1]);
    exposure.apply(used(1, T0));
    expect([exposure.openE18, exposure.openNonces]).toEqual([0n, 0]);
    expect(filled(exposure)).toEqual([50n, 50n]);
  });

  test.each([
    [
      'the one that settled counts, once it is found',
      [moved(small, { to: 'settled', code: 'settled_by_status' })],
      30n,
    ],
    ['nothing counts when nothing moved', [resolved(1, 'burned', T0)], 0n],
    [
      'nothing counts, as records of earlier versions say it',
      [moved(small, { to: 'voided', code: 'nonce_burned' })],
      0n,
    ],
    [
      'two unattributed candidates are one',
      [resolved(1, 'open', T0), ...both.map(() => moved(large, { to: 'uncertain', code: 'unattributed' }))],
      50n,
    ],
    [
      'one that is reported after the wait counts',
      [
        resolved(1, 'open', T0),
        { kind: 'nonce_closed', atMs: T0, nonce: nonce(1) },
        moved(small, { to: 'settled', code: 'settled_by_status' }),
      ],
      30n,
    ],
  ] as const satisfies readonly (readonly [string, readonly Fact[], bigint])[])('%s', (_name, facts, expected) => {
    const exposure = exposureAfter(...both, used(1, T0), ...facts);
    expect(filled(exposure)).toEqual([expected, expected]);
    expect(exposure.uncertainE18).toBe(0n);
  });

  test('a chain that is given up may have filled what was open', () => {
    const exposure = exposureAfter(...both, { kind: 'chain_replaced', atMs: T0, by: 'operator' });
    expect(filled(exposure)).toEqual([50n, 50n]);
    expect(exposure.openE18).toBe(0n);
  });

  test('a nonce that was used is used once', () => {
    expect(filled(exposureAfter(...both, used(1, T0), used(1, T0 + 1000)))).toEqual([50n, 50n]);
  });
});

test('what is uncertain counts by nonce until its deadline is over, whatever the relay says later', () => {
  const [a, b] = [attemptOf(1, 1, 30n, T0), attemptOf(2, 1, 50n, T0 + STEP_MS)];
  const exposure = exposureAfter(heard(a, T0), heard(b, T0), moved(a, { to: 'uncertain', code: 'reply_timeout' }));
  expect(exposure.uncertainE18).toBe(30n);
  exposure.apply(moved(b, { to: 'uncertain', code: 'connection_lost' }));
  expect(exposure.uncertainE18).toBe(50n);
  exposure.apply(moved(b, { from: 'uncertain' }));
  expect(exposure.uncertainE18).toBe(50n);
  exposure.apply(balance(T0 + STEP_MS + 1, [nonce(1)]));
  expect(exposure.uncertainE18).toBe(50n);
  exposure.apply(balance(T0 + STEP_MS + 1));
  expect([exposure.uncertainE18, exposure.openE18, exposure.openNonces]).toEqual([0n, 0n, 0]);
});

test.each([
  ['EURe that are paid', 'BTC->EURe', 100n, 4n * 10n ** 18n, 6n * 10n ** 18n],
  ['EURe that are asked for BTC', 'EURe->BTC', 4n * 10n ** 18n, 100n, 6n * 10n ** 18n],
] as const)(
  'a record without a value counts by the %s, at the highest price of EURe',
  (_n, direction, inUnits, outUnits, value) => {
    const attempt = makeAttempt({ quoteId: 'q', inUnits, outUnits, lane: 0, nonce: nonce(1), deadlineAtMs: T0 });
    const { paidEurE18: _none, ...old } = { ...attempt, direction };
    expect(paidValueOf(old)).toBe(eurE18(value));
  },
);

test.each([
  ['EURe', -4n * 10n ** 18n],
  ['BTC', 4n * 10n ** 18n],
])('a use by a quote that the journal lacks counts by the change of the balances: %s paid', (_name, change) => {
  const fact = resolved(1, 'open', T0);
  if (fact.kind !== 'nonce_resolved') throw new Error(fact.kind);
  const settlement = { ...fact.settlement, balanceChange: { eure: change, btc: 10_000n } };
  expect(filled(exposureAfter(used(1, T0), { ...fact, settlement }))).toEqual([6n * 10n ** 18n, 6n * 10n ** 18n]);
});

test.each([
  ['and no quote is missing, by its largest', false, 6n * 10n ** 18n, 50n],
  ['and quotes may be missing, by more where the balances changed by more', true, 6n * 10n ** 18n, 9n * 10n ** 18n],
  ['and quotes may be missing, by its largest where they did not', true, 20n, 50n],
])('a use that is left open counts where it has quotes %s', (_name, mayLackQuotes, moved, expected) => {
  const fact = resolved(1, 'open', T0);
  if (fact.kind !== 'nonce_resolved') throw new Error(fact.kind);
  const settlement = { ...fact.settlement, balanceChange: { eure: -moved } };
  const quote = heard(attemptOf(1, 1, 50n, T0 + 60_000), T0);
  const exposure = exposureAfter(quote, used(1, T0), { ...fact, settlement, mayLackQuotes });
  expect(filled(exposure)).toEqual([expected, expected]);
});

describe('a checkpoint that has nonces and quotes alone', () => {
  const [small, large] = [attemptOf(1, 1, 30n, T0 + 60_000), attemptOf(2, 1, 50n, T0 + 60_000)];
  const quote = (attempt: Attempt, over: Partial<Seed['quotes'][number]> = {}): Seed['quotes'][number] => ({
    attempt,
    ...{ state: 'accepted', code: 'relay_accepted', place: 'live', overAtMs: T0 },
    ...over,
  });
  const burned = resolved(1, 'burned', T0);
  if (burned.kind !== 'nonce_resolved') throw new Error(burned.kind);
  const use = { nonce: nonce(1), used: { blockTimeMs: T0 } };

  test.each<[string, Seed, open: bigint, filled: bigint]>([
    ['an unused nonce is open', { quotes: [quote(small), quote(large)], nonces: [{ ...use, used: null }] }, 50n, 0n],
    ['a used one is filled with its largest quote', { quotes: [quote(small), quote(large)], nonces: [use] }, 0n, 50n],
    [
      'with the one that settled, which is over',
      {
        quotes: [quote(large), quote(small, { state: 'settled', code: 'settled_by_status', place: 'recent' })],
        nonces: [use],
      },
      0n,
      30n,
    ],
    [
      'with the one that settled, which is under it',
      { quotes: [quote(small, { state: 'settled', code: 'settled_by_status' }), quote(large)], nonces: [use] },
      0n,
      30n,
    ],
    ['with nothing, as far as is known', { quotes: [quote(large)], nonces: [{ ...use, resolution: burned }] }, 0n, 0n],
    [
      'a closed one is filled with its largest candidate',
      {
        quotes: [small, large].map((one) => quote(one, { state: 'uncertain', code: 'unattributed', place: 'recent' })),
        nonces: [],
      },
      0n,
      50n,
    ],
  ])('%s', (_name, seed, open, expected) => {
    const exposure = new Exposure();
    exposure.seed(seed);
    expect([exposure.openE18, ...filled(exposure)]).toEqual([open, expected, expected]);
  });
});

describe('a checkpoint of a version that knew of no pulls', () => {
  const steps: OpenStep[] = [[T0 + 60_000, 50n]];

  test.each<[string, ExposureParts['opens'][number]]>([
    ['as that version wrote it', [nonce(1), steps, []]],
    ['as a later version wrote it again', [nonce(1), steps, [], null, null]],
  ])('%s: what is open ends with its deadline, and is filled when its nonce is used', (_name, open) => {
    const restored = (): Exposure => {
      const exposure = new Exposure();
      exposure.restore({ opens: [open], used: [], minute: [], day: [] });
      return exposure;
    };
    const over = restored();
    expect([over.openE18, over.openNonces]).toEqual([50n, 1]);
    over.apply(balance(T0 + 120_000));
    expect([over.openE18, over.openNonces]).toEqual([0n, 0]);
    const spent = restored();
    spent.apply(used(1, T0));
    expect([spent.openE18, ...filled(spent)]).toEqual([0n, 50n, 50n]);
    // Written again, it is whole.
    const pulled = restored();
    pulled.apply({ kind: 'pull_signed', atMs: T0, nonce: nonce(1), cause: 'operator', detail: '', intentHash: 'h' });
    expect(pulled.parts().opens).toEqual([[nonce(1), steps, [], true, null]]);
    expect(restored().parts().opens).toEqual([[nonce(1), steps, [], false, null]]);
  });
});

describe('a nonce that is used while its quotes are being withdrawn', () => {
  const quote = attemptOf(1, 1, 50n, T0 + 60_000);
  const pull: Fact = {
    kind: 'pull_signed',
    atMs: T0,
    nonce: nonce(1),
    cause: 'price_moved',
    detail: '',
    intentHash: 'h',
  };
  const begin = [heard(quote, T0), pull, used(1, T0), balance(T0 + 120_000)];

  test('is open until it is known by what, also over a checkpoint', () => {
    const exposure = exposureAfter(...begin);
    const again = new Exposure();
    again.restore(exposure.parts());
    for (const one of [exposure, again]) {
      const meter = one.meter();
      expect([one.openE18, ...filled(one), meter.trades]).toEqual([50n, 0n, 0n, 0]);
      one.apply(resolved(1, 'open', T0 + 120_000));
      expect([one.openE18, ...filled(one), meter.trades]).toEqual([0n, 50n, 50n, 1]);
    }
  });

  test.each([
    ['pulled', 0n],
    ['burned', 0n],
    ['settled', 50n],
    ['open', 50n],
  ] as const)('%s', (outcome, expected) => {
    const exposure = exposureAfter(...begin, resolved(1, outcome, T0));
    expect([exposure.openE18, ...filled(exposure)]).toEqual([0n, expected, expected]);
  });
});

describe('a meter', () => {
  const one = attemptOf(1, 1, 30n, T0 + 60_000);
  const two = attemptOf(2, 2, 20n, T0 + 60_000);

  test('has what was filled since it was reset, and no correction of what was before', () => {
    const exposure = new Exposure();
    const meter = exposure.meter();
    for (const fact of [heard(one, T0), heard(two, T0), used(1, T0)]) exposure.apply(fact);
    expect([meter.filledE18, meter.trades]).toEqual([30n, 1]);
    meter.reset();
    for (const fact of [resolved(1, 'burned', T0), used(2, T0)]) exposure.apply(fact);
    expect([meter.filledE18, meter.trades]).toEqual([20n, 1]);
    exposure.apply(resolved(2, 'burned', T0));
    expect([meter.filledE18, meter.trades]).toEqual([0n, 0]);
  });
});

type Quote = { readonly under: number; readonly value: bigint; readonly endMs: number; doubted: boolean };

/** What the fold is to find, from a list of everything that happened. */
class Model {
  #quotes: Quote[] = [];
  readonly #fills: { readonly under: number; readonly atMs: number; value: bigint }[] = [];

  apply(step: Step, nowMs: number): void {
    switch (step.kind) {
      case 'quote':
        if (this.#fillOf(step.under) === undefined) {
          const endMs = Math.ceil((nowMs + step.lifetimeMs) / STEP_MS) * STEP_MS;
          this.#quotes.push({ under: step.under, value: step.value, endMs, doubted: step.doubted });
        }
        break;
      case 'use': {
        if (this.#fillOf(step.under) !== undefined) return;
        const value = largest(this.#quotes.filter(({ under }) => under === step.under));
        this.#fills.push({ under: step.under, atMs: nowMs, value });
        this.#quotes = this.#quotes.filter(({ under }) => under !== step.under);
        break;
      }
      case 'burn': {
        const fill = this.#fillOf(step.under);
        if (fill !== undefined) fill.value = 0n;
        break;
      }
      case 'balance':
        this.#quotes = this.#quotes.filter(({ endMs }) => endMs >= nowMs);
    }
  }

  sums(nowMs: number) {
    const nonces = [...new Set(this.#quotes.map(({ under }) => under))];
    const under = (one: number) => this.#quotes.filter((quote) => quote.under === one);
    const total = (values: readonly bigint[]) => values.reduce((sum, value) => sum + value, 0n);
    const since = (bucketMs: number, buckets: number) =>
      total(
        this.#fills
          .filter(({ atMs }) => Math.floor(atMs / bucketMs) >= Math.floor(nowMs / bucketMs) - buckets)
          .map(({ value }) => value),
      );
    return {
      open: total(nonces.map((one) => largest(under(one)))),
      nonces: nonces.length,
      uncertain: total(nonces.map((one) => largest(under(one).filter(({ doubted }) => doubted)))),
      minute: since(1_000, 60),
      day: since(300_000, 288),
    };
  }

  #fillOf(under: number) {
    return this.#fills.find((fill) => fill.under === under);
  }
}

const largest = (quotes: readonly Quote[]): bigint =>
  quotes.reduce((most, { value }) => (value > most ? value : most), 0n);

type Step = { readonly afterMs: number } & (
  | {
      readonly kind: 'quote';
      readonly under: number;
      readonly value: bigint;
      readonly lifetimeMs: number;
      readonly doubted: boolean;
    }
  | { readonly kind: 'use' | 'burn'; readonly under: number }
  | { readonly kind: 'balance' }
);

const under = fc.nat(5);
const afterMs = fc.oneof(fc.nat(3_000), fc.nat(400_000));
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('quote' as const),
      afterMs,
      under,
      value: fc.bigInt({ min: 1n, max: 100n }),
      lifetimeMs: fc.nat(75_000),
      doubted: fc.boolean(),
    }),
  },
  fc.record({ kind: fc.constantFrom('use' as const, 'burn' as const), afterMs, under }),
  fc.record({ kind: fc.constant('balance' as const), afterMs }),
);

function factsOf(step: Step, number: number, nowMs: number): Fact[] {
  switch (step.kind) {
    case 'quote': {
      const attempt = attemptOf(number, step.under, step.value, nowMs + step.lifetimeMs);
      const doubt = moved(attempt, { to: 'uncertain', code: 'reply_timeout' });
      return step.doubted ? [heard(attempt, nowMs), doubt] : [heard(attempt, nowMs)];
    }
    case 'use':
      return [used(step.under, nowMs)];
    case 'burn':
      return [resolved(step.under, 'burned', nowMs)];
    case 'balance':
      return [balance(nowMs)];
  }
}

test('the sums are those of the model after every fact, also over a checkpoint', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
      let exposure = new Exposure();
      const model = new Model();
      let nowMs = T0;
      for (const [number, step] of steps.entries()) {
        nowMs += step.afterMs;
        model.apply(step, nowMs);
        for (const fact of factsOf(step, number, nowMs)) exposure.apply(fact);
        if (number % 7 === 3) {
          const parts = exposure.parts();
          exposure = new Exposure();
          exposure.restore(parts);
        }
        const { openE18, openNonces, uncertainE18 } = exposure;
        const [minute, day] = filled(exposure, nowMs);
        expect({ open: openE18, nonces: openNonces, uncertain: uncertainE18, minute, day }).toEqual(model.sums(nowMs));
      }
    }),
    { numRuns: 300 },
  );
});
