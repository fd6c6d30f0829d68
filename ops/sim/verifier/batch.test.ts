// Properties of batches, and what the golden lines do not show: events, the simulation, the two modes' difference.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { executeBatch, simulateBatch } from './batch.ts';
import { closureOfDelta, supplyOfDelta } from './fee.ts';
import { BTC, EURE, NOW_NS, SALT, SECOND_NS, SOLVER, signIntents, stateWith, tokenDiff, USER } from './fixtures.ts';
import { payloadHash } from './hashing.ts';
import { NonceSet } from './nonce-set.ts';
import { FEE_COLLECTOR_ID, supplyOf, type VerifierState } from './state.ts';
import { encodeBase58 } from './text/base58.ts';

const ONE_EURE = 10n ** 18n;
const funded = (changes: Partial<VerifierState> = {}) =>
  stateWith(
    [
      [SOLVER, { [EURE]: 1000n * ONE_EURE, [BTC]: 50_000_000n }],
      [USER, { [BTC]: 50_000_000n, [EURE]: 1000n * ONE_EURE }],
    ],
    changes,
  );

const balance = (state: VerifierState, accountId: string, tokenId: string) =>
  state.accounts.get(accountId)?.balances.get(tokenId) ?? 0n;

function trade(inUnits: bigint, outUnits: bigint, feePips: number) {
  return [
    signIntents(SOLVER, [tokenDiff({ [BTC]: String(inUnits), [EURE]: String(-outUnits) })]),
    signIntents(USER, [
      tokenDiff({
        [BTC]: String(closureOfDelta(inUnits, feePips)),
        [EURE]: String(closureOfDelta(-outUnits, feePips)),
      }),
    ]),
  ];
}

// A payment of one unit goes to the fee as a whole: nobody could be its counterpart.
const amounts = fc.record({
  inUnits: fc.bigInt({ min: 1n, max: 40_000_000n }),
  outUnits: fc.bigInt({ min: 2n, max: 1000n * ONE_EURE }),
  feePips: fc.constantFrom(0, 1, 100, 10_000),
});

describe('trades', () => {
  test('the counterpart that the fee asks for settles, and no unit is made or lost', () => {
    fc.assert(
      fc.property(amounts, ({ inUnits, outUnits, feePips }) => {
        const state = funded({ feePips });
        const verdict = executeBatch({ state, envelopes: trade(inUnits, outUnits, feePips), nowNs: NOW_NS });
        if (!verdict.ok) throw new Error(verdict.error);
        for (const token of [BTC, EURE]) expect(supplyOf(verdict.state, token)).toBe(supplyOf(state, token));
        expect(balance(verdict.state, 'solver.near', BTC)).toBe(50_000_000n + inUnits);
        expect(balance(verdict.state, 'solver.near', EURE)).toBe(1000n * ONE_EURE - outUnits);
      }),
      { numRuns: 60 },
    );
  });

  test('one unit more or less on either side is refused', () => {
    fc.assert(
      fc.property(amounts, fc.constantFrom(1n, -1n), fc.constantFrom(BTC, EURE), (each, by, token) => {
        const { inUnits, outUnits, feePips } = each;
        const [solver] = trade(inUnits, outUnits, feePips);
        const diff = { [BTC]: closureOfDelta(inUnits, feePips), [EURE]: closureOfDelta(-outUnits, feePips) };
        const off = Object.fromEntries(
          Object.entries(diff).map(([id, delta]) => [id, String(delta + (id === token ? by : 0n))]),
        );
        fc.pre(!Object.values(off).includes('0'));
        // A unit more can be a unit more of fee: the other side then receives the same, and the batch adds up.
        const exact = diff[token] ?? 0n;
        fc.pre(supplyOfDelta(exact + by, feePips) !== supplyOfDelta(exact, feePips));
        if (solver === undefined) return;
        const envelopes = [solver, signIntents(USER, [tokenDiff(off)])];
        const verdict = executeBatch({ state: funded({ feePips }), envelopes, nowNs: NOW_NS });
        expect(verdict.ok).toBe(false);
        if (!verdict.ok) expect(verdict.error).toStartWith('invariant violated: ');
      }),
      { numRuns: 60 },
    );
  });

  test('a refused batch leaves the state as it was', () => {
    const state = funded();
    const [solver] = trade(100_000n, ONE_EURE, 1);
    const before = structuredClone([...state.accounts].map(([id, { balances }]) => [id, balances]));
    const verdict = executeBatch({ state, envelopes: solver === undefined ? [] : [solver], nowNs: NOW_NS });
    expect(verdict.ok).toBe(false);
    expect([...state.accounts].map(([id, { balances }]) => [id, balances])).toEqual(before);
    expect([...state.accounts.values()].map(({ usedNonces }) => usedNonces.size)).toEqual([0, 0]);
  });
});

describe('events', () => {
  test('a trade logs its diffs, what was executed, and the transfers', () => {
    const envelopes = trade(100_000n, ONE_EURE, 1);
    const verdict = executeBatch({ state: funded(), envelopes, nowNs: NOW_NS });
    if (!verdict.ok) throw new Error(verdict.error);
    const events = verdict.logs.map((line) => JSON.parse(line.slice('EVENT_JSON:'.length)));
    expect(events.map(({ standard, event }) => `${standard} ${event}`)).toEqual([
      'dip4 token_diff',
      'dip4 token_diff',
      'dip4 intents_executed',
      'nep245 mt_transfer',
    ]);
    const [solver] = envelopes;
    expect(events[0].data).toEqual([
      {
        intent_hash: solver === undefined ? '' : encodeBase58(payloadHash(solver)),
        account_id: 'solver.near',
        diff: { [BTC]: '100000', [EURE]: String(-ONE_EURE) },
        fees_collected: { [EURE]: '1000000000000' },
      },
    ]);
    expect(events[2].data.map(({ account_id: id }: { account_id: string }) => id)).toEqual([
      'solver.near',
      'user.near',
    ]);
  });

  test('without a fee no fees are reported', () => {
    const verdict = executeBatch({ state: funded({ feePips: 0 }), envelopes: trade(5n, 5n, 0), nowNs: NOW_NS });
    expect(verdict.ok && verdict.logs.join()).not.toContain('fees_collected');
  });

  test('a withdrawal burns, behind everything else', () => {
    const intent = { intent: 'ft_withdraw', token: 'btc.omft.near', receiver_id: 'btc.omft.near', amount: '100000' };
    const state = funded();
    const verdict = executeBatch({ state, envelopes: [signIntents(SOLVER, [intent])], nowNs: NOW_NS });
    if (!verdict.ok) throw new Error(verdict.error);
    expect(balance(verdict.state, 'solver.near', BTC)).toBe(49_900_000n);
    expect(verdict.logs.map((line) => JSON.parse(line.slice(11)).event)).toEqual([
      'ft_withdraw',
      'intents_executed',
      'mt_burn',
    ]);
  });

  test('a transfer pays no fee', () => {
    const intent = { intent: 'transfer', receiver_id: 'user.near', tokens: { [BTC]: '7' } };
    const verdict = executeBatch({ state: funded(), envelopes: [signIntents(SOLVER, [intent])], nowNs: NOW_NS });
    if (!verdict.ok) throw new Error(verdict.error);
    expect(balance(verdict.state, 'user.near', BTC)).toBe(50_000_007n);
    expect(balance(verdict.state, FEE_COLLECTOR_ID, BTC)).toBe(0n);
  });
});

describe('simulation', () => {
  test('one side of a trade: what is missing from the other, the fee taken off what is paid', () => {
    const [solver] = trade(100_000n, 94_750_000_000_000_000_000n, 1);
    const verdict = simulateBatch({ state: funded(), envelopes: solver === undefined ? [] : [solver], nowNs: NOW_NS });
    expect(verdict).toMatchObject({
      ok: true,
      report: {
        intents_executed: [{ account_id: 'solver.near' }],
        min_deadline: '2026-01-01T00:01:00Z',
        invariant_violated: {
          error: 'unmatched_deltas',
          unmatched_deltas: { [BTC]: '100000', [EURE]: '-94749905250000000000' },
        },
        state: { fee: 1, current_salt: SALT },
      },
    });
  });

  test('nothing at all gives fee and salt', () => {
    const verdict = simulateBatch({ state: funded({ feePips: 7 }), envelopes: [], nowNs: NOW_NS });
    expect(verdict).toMatchObject({
      ok: true,
      report: { intents_executed: [], state: { fee: 7, current_salt: SALT } },
    });
    expect(verdict.ok && 'invariant_violated' in verdict.report).toBe(false);
  });

  test('a used nonce of a locked account: each mode names the other first', () => {
    const nonce = new Uint8Array(32).fill(9);
    const envelopes = [signIntents(SOLVER, [], { nonce })];
    const state = funded();
    const solver = state.accounts.get('solver.near');
    if (solver === undefined) throw new Error('the solver is in the state');
    const usedNonces = NonceSet.empty.with('09'.repeat(32));
    const accounts = new Map(state.accounts).set('solver.near', { ...solver, locked: true, usedNonces });
    const input = { state: { ...state, accounts }, envelopes, nowNs: NOW_NS };
    expect(executeBatch(input)).toEqual({ ok: false, error: "account 'solver.near' is locked" });
    expect(simulateBatch(input)).toEqual({ ok: false, error: 'nonce was already used' });
  });

  test('amounts beyond 127 bits left over are an overflow', () => {
    const most = 2n ** 127n - 1n;
    const envelopes = [1, 2].map(() => signIntents(SOLVER, [tokenDiff({ [BTC]: String(most) })]));
    const state = stateWith([[SOLVER, {}]]);
    expect(executeBatch({ state, envelopes, nowNs: NOW_NS })).toEqual({
      ok: false,
      error: 'invariant violated: {"error":"overflow"}',
    });
  });
});

test('a deadline equal to block time holds, one nanosecond earlier is past', () => {
  const at = (deadlineNs: bigint) =>
    executeBatch({ state: funded(), envelopes: [signIntents(SOLVER, [], { deadlineNs })], nowNs: NOW_NS });
  expect(at(NOW_NS).ok).toBe(true);
  expect(at(NOW_NS - 1n)).toEqual({ ok: false, error: 'deadline has expired' });
});

test('a nonce that lives shorter than its intent is refused', () => {
  const envelopes = [signIntents(SOLVER, [], { nonceDeadlineNs: NOW_NS + 60n * SECOND_NS - 1n })];
  const verdict = executeBatch({ state: funded(), envelopes, nowNs: NOW_NS });
  expect(verdict).toEqual({ ok: false, error: 'deadline is greater than nonce' });
});

test('a set of nonces shares nothing with its copies that could change', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 40 }), (bytes) => {
      const texts = [...new Set(bytes.map((each) => Buffer.from(each).toString('hex')))];
      let set = NonceSet.empty;
      const stages = texts.map((text) => {
        set = set.with(text);
        return set;
      });
      stages.forEach((stage, index) => {
        expect(stage.size).toBe(index + 1);
        expect([...stage].sort()).toEqual(texts.slice(0, index + 1).sort());
      });
      expect(NonceSet.empty.size).toBe(0);
    }),
  );
});

test('clearing a word forgets all nonces of it and no other', () => {
  const word = 'ab'.repeat(31);
  const set = NonceSet.empty.with(`${word}00`).with(`${word}ff`).with('cd'.repeat(32));
  expect([...set.withoutWordOf(`${word}07`)]).toEqual(['cd'.repeat(32)]);
});
