import { expect, test } from 'bun:test';
import { Capital } from './capital.ts';
import type { BlockView } from './chain-view.ts';
import { Findings } from './findings.ts';
import type { Sent } from './sent.ts';

const SECOND_US = 1_000_000;
const SALT_OF_TWO = '02020202';

const sentUnder = (first: number, amountOut: bigint): Sent => ({
  quoteId: `quote-${first}`,
  hash: `hash-${first}`,
  nonce: Buffer.alloc(32, first).toString('base64'),
  deadlineMs: 600_000,
  signer: 'maker.near',
  assetIn: 'eure',
  assetOut: 'btc',
  amountIn: 1n,
  amountOut,
  atUs: 0,
  eur: 1,
  eurMax: 1,
  signedAt: null,
  isLost: false,
  isSecond: false,
  settledAtUs: null,
});
const SENT = sentUnder(1, 80n);

/** An account of 100, of which 13 are reserved for one withdrawal and 7 for another; what is quoted pays 80. */
function reserved() {
  let nowUs = 0;
  const balances = [100n];
  const findings = new Findings(() => nowUs / 1000);
  const viewOf = (height: number) => ({
    height,
    timeMs: 0,
    balance: () => balances[height] ?? 0n,
    isUsed: () => false,
    isLocked: () => false,
    hasKey: () => true,
    isValidSalt: () => true,
  });
  const capital = new Capital({
    findings,
    chain: { at: viewOf, newest: () => viewOf(balances.length) },
    nowUs: () => nowUs,
    inventoryMaxAgeMs: 15_000,
    recent: () => [SENT],
    promisedUnits: () => 0n,
    isNamedWrongly: () => false,
  });
  for (const [id, units] of [['thirteen', 13n] as const, ['seven', 7n] as const]) {
    capital.asked({ id, asset: 'btc', units, untilUs: 200 * SECOND_US });
    capital.reserved(id);
  }
  return {
    capital,
    isHidden: () => capital.isHidden(capital.withdrawnAtUs),
    /** The next block has so much less, and the engine reads it and answers. */
    reads(units: bigint) {
      balances.push((balances.at(-1) ?? 0n) - units);
      nowUs += 20 * SECOND_US;
      capital.read(balances.length - 1);
      capital.judge(SENT, []);
      return findings.kept.map(({ rule }) => rule);
    },
  };
}

test('what goes in the amount of reserved withdrawals is taken for them: no balance tells that it was something else', () => {
  for (const units of [13n, 7n, 20n]) {
    const { capital, isHidden, reads } = reserved();
    capital.withdrawn('btc', units);
    expect(isHidden()).toBe(true);
    // What is quoted then pays all but what is still reserved.
    expect(reads(units)).toEqual([]);
  }
});

test('any other amount is a loss, also next to what is reserved', () => {
  for (const [asset, units] of [['btc', 12n] as const, ['btc', 14n] as const, ['eure', 13n] as const]) {
    const { capital, isHidden } = reserved();
    capital.withdrawn(asset, units);
    expect(isHidden()).toBe(false);
  }
  const { capital, reads } = reserved();
  capital.withdrawn('btc', 1n);
  expect(reads(1n)).toContain('what is reserved for a withdrawal is not promised to anybody else');
});

test('a withdrawal that leaves after another one was taken for it is a loss', () => {
  const { capital, isHidden, reads } = reserved();
  capital.withdrawn('btc', 13n);
  reads(13n);
  capital.left('thirteen');
  expect(isHidden()).toBe(false);
});

test('what was given back may still be taken for withdrawn, until its time is past', () => {
  const { capital, isHidden, reads } = reserved();
  capital.released('thirteen');
  capital.withdrawn('btc', 13n);
  expect(isHidden()).toBe(true);
  for (let passed = 0; passed < 300; passed += 20) reads(0n);
  capital.withdrawn('btc', 13n);
  expect(isHidden()).toBe(false);
});

/** Two quotes of 6 each are live, of 10; the salt of the second one is gone or not. */
function rulesBroken(goneSalts: readonly string[]): string[] {
  const block: BlockView = {
    height: 1,
    timeMs: 0,
    balance: () => 10n,
    isUsed: () => false,
    isLocked: () => false,
    hasKey: () => true,
    isValidSalt: (salt) => !goneSalts.includes(salt),
  };
  const findings = new Findings(() => 0);
  const live = [sentUnder(1, 6n), sentUnder(2, 6n)];
  const capital = new Capital({
    findings,
    chain: { at: () => block, newest: () => block },
    nowUs: () => 0,
    inventoryMaxAgeMs: 15_000,
    recent: () => live,
    promisedUnits: () => 6n,
    isNamedWrongly: () => false,
  });
  capital.read(1);
  capital.judge(sentUnder(1, 6n), live);
  return findings.kept.map(({ rule }) => rule);
}

test('what is signed with a salt that is gone needs no balance: nothing of it can settle, used and forgotten or not', () => {
  expect(rulesBroken([SALT_OF_TWO])).toEqual([]);
  expect(rulesBroken([])).toEqual([
    'live quotes are covered by a balance that the engine knows',
    'live quotes are covered by the true balance',
  ]);
});
