import { expect, test } from 'bun:test';
import { Capital } from './capital.ts';
import { Findings } from './findings.ts';
import type { Sent } from './sent.ts';

const SECOND_US = 1_000_000;
const SENT: Sent = {
  quoteId: 'quote',
  hash: 'hash',
  nonce: 'nonce',
  deadlineMs: 600_000,
  signer: 'maker.near',
  assetIn: 'eure',
  assetOut: 'btc',
  amountIn: 1n,
  amountOut: 80n,
  atUs: 0,
  eur: 1,
  eurMax: 1,
  signedAt: null,
  isLost: false,
  isSecond: false,
  settledAtUs: null,
};

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
