// A consumer that signs what the reply to its `quote` states is settled, for either kind of request and any fee.
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { manualClock } from '../chain/clock.ts';
import { BTC, EURE, NOW_MS, SECOND_NS, SOLVER, signIntents, tokenDiff, USER } from '../verifier/fixtures.ts';
import { accountOf } from '../verifier/state.ts';
import { heardBySolvers, statedToConsumer } from './consumer.ts';
import { fundedChain } from './fixtures.ts';

const PAIR = { defuse_asset_identifier_in: BTC, defuse_asset_identifier_out: EURE, min_deadline_ms: 60_000 };

describe('what solvers hear', () => {
  test.each([
    [{ exact_amount_in: '1000' }, 1, { exact_amount_in: '999' }],
    [{ exact_amount_in: '5000000' }, 1, { exact_amount_in: '4999995' }],
    [{ exact_amount_in: '2000001' }, 1, { exact_amount_in: '1999998' }],
    [{ exact_amount_in: '1000' }, 10_000, { exact_amount_in: '990' }],
    [{ exact_amount_out: '94750000000000000000' }, 1, { exact_amount_out: '94750094750094750095' }],
    [{ exact_amount_out: '100000' }, 1, { exact_amount_out: '100001' }],
    [{ exact_amount_in: '1000', exact_amount_out: null }, 0, { exact_amount_in: '1000' }],
    [{ exact_amount_in: '1000', protocol_fee_included: true }, 1, { exact_amount_in: '1000' }],
  ])('of %j at %i pips: %j', (amount, feePips, heard) => {
    expect(heardBySolvers({ ...PAIR, ...amount }, 'q', feePips)).toMatchObject({ quote_id: 'q', ...heard });
  });

  test.each([
    [{ exact_amount_in: '1' }, 1],
    [{ exact_amount_in: '0' }, 1],
    [{ exact_amount_out: '0' }, 1],
    [{ exact_amount_out: '5' }, 1_000_000],
    [{ exact_amount_in: '5', exact_amount_out: '5' }, 1],
    [{}, 1],
  ])('of %j at %i pips: nothing', (amount, feePips) => {
    expect(heardBySolvers({ ...PAIR, ...amount }, 'q', feePips)).toBeUndefined();
  });
});

test('signing the stated amounts settles to the unit', () => {
  const units = fc.bigInt({ min: 2n, max: 90_000n });
  fc.assert(
    fc.property(fc.boolean(), units, units, fc.constantFrom(0, 1, 3, 100, 10_000), (fixesIn, fixed, open, feePips) => {
      const chain = fundedChain(manualClock(NOW_MS));
      chain.setFee(feePips);
      chain.registerKey(USER.accountId, USER.publicKey);
      chain.credit(USER.accountId, BTC, 10n ** 9n);
      const asked = {
        ...PAIR,
        ...(fixesIn ? { exact_amount_in: String(fixed) } : { exact_amount_out: String(fixed) }),
      };
      const heard = heardBySolvers(asked, 'q', feePips);
      const inUnits = fixesIn ? BigInt(heard?.exact_amount_in ?? 0) : open;
      const outUnits = fixesIn ? open : BigInt(heard?.exact_amount_out ?? 0);
      const stated = statedToConsumer(asked, { inUnits, outUnits }, feePips);
      const deadlineNs = BigInt(NOW_MS) * 1_000_000n + 60n * SECOND_NS;
      const solver = signIntents(SOLVER, [tokenDiff({ [BTC]: String(inUnits), [EURE]: `-${outUnits}` })], {
        deadlineNs,
      });
      const diff = { [BTC]: `-${stated.amount_in}`, [EURE]: stated.amount_out };
      const user = signIntents(USER, [tokenDiff(diff)], { deadlineNs });
      expect(chain.execute([solver, user], 'relay.near').error).toBeUndefined();
      expect(accountOf(chain.state(), USER.accountId).balances.get(EURE)).toBe(BigInt(stated.amount_out));
      expect(fixesIn ? stated.amount_in : stated.amount_out).toBe(String(fixed));
    }),
    { numRuns: 60 },
  );
});
