// Two nonces are used at about the same time, one by a quote and one by nothing that moves balance; the relay names a quote of the other.

import { expect, test } from 'bun:test';
import type { BlockView } from '../chain-view.ts';
import { Findings } from '../findings.ts';
import { Lies } from '../nodes/lies.ts';
import type { Sent } from '../sent.ts';
import { Uses } from './uses.ts';

const SECOND_US = 1_000_000;

const sentAs = (hash: string, first: number, amountOut: bigint): Sent => ({
  quoteId: `quote-${hash}`,
  hash,
  nonce: Buffer.alloc(32, first).toString('base64'),
  deadlineMs: 60_000,
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

const BLOCK: BlockView = {
  height: 1,
  timeMs: 0,
  balance: () => 0n,
  isUsed: () => true,
  isLocked: () => false,
  hasKey: () => true,
  isValidSalt: () => true,
};

type Story = {
  /** What the quote pays that is named, where the one that settled pays 6. */
  readonly namedUnits: bigint;
  /** When the other nonce is used, and when the engine says what happened: after the settlement. */
  readonly usedAfterS: number;
  readonly saidAfterS: number;
};

/** Both nonces of some quotes are unused yet. */
function usesOf(quotes: readonly Sent[]) {
  let nowUs = 0;
  const findings = new Findings(() => nowUs / 1000);
  const uses = new Uses({
    findings,
    chain: { at: () => BLOCK, newest: () => BLOCK },
    nowUs: () => nowUs,
    accountId: 'maker.near',
    isDurable: () => true,
    answerOf: (hash) => quotes.find((each) => each.hash === hash),
    quotesUnder: (nonce) => quotes.filter((each) => each.nonce === nonce),
    creditedAt: () => 0n,
    movedOtherwiseAtUs: () => Number.NEGATIVE_INFINITY,
    lies: new Lies(() => nowUs),
  });
  const isAtS = (second: number): void => {
    nowUs = second * SECOND_US;
  };
  return { uses, isAtS, broken: () => findings.kept.map(({ rule }) => rule) };
}

/** The engine records the named quote as settled, and the quotes of the other nonce as withdrawn. */
function rulesBroken({ namedUnits, usedAfterS, saidAfterS }: Story): string[] {
  const [settled, named] = [sentAs('settled', 1, 6n), sentAs('named', 2, namedUnits)];
  const { uses, isAtS, broken } = usesOf([settled, named]);
  uses.executed(settled.nonce, settled.hash);
  uses.named(named.hash);
  isAtS(usedAfterS);
  uses.executed(named.nonce, 'pull');
  isAtS(saidAfterS);
  uses.ended(named, 'settled', 'settled_by_status');
  uses.ended(settled, 'pulled', 'pulled_by_balance');
  expect(uses.mistakenFor(settled, [named])).toEqual(broken().length === 0 ? named : null);
  return broken();
}

test('a quote of another nonce may be taken for the one that settled where both were used together and no transaction came in time', () => {
  const story: Story = { namedUnits: 6n, usedAfterS: 2, saidAfterS: 12 };
  expect(rulesBroken(story)).toEqual([]);
  for (const other of [{ namedUnits: 7n }, { saidAfterS: 11 }, { usedAfterS: 62, saidAfterS: 80 }]) {
    expect(rulesBroken({ ...story, ...other })).toEqual([
      'a settlement on record is one of the chain, under that nonce',
      'what the relay names wrongly is not recorded as settled',
      'what is withdrawn was used up by no quote',
    ]);
  }
});

test('two nonces may be taken for each other where each has a quote for what the other one moved', () => {
  for (const [leftUnits, saidAfterS, isEven] of [
    [6n, 10, true],
    [5n, 10, false],
    [6n, 9, false],
  ] as const) {
    // Under the first nonce 6 settled, under the second 9; the relay has named the 9 under the first one.
    const [six, named] = [sentAs('six', 1, 6n), sentAs('named', 1, 9n)];
    const [left, nine] = [sentAs('left', 2, leftUnits), sentAs('nine', 2, 9n)];
    const { uses, isAtS, broken } = usesOf([six, named, left, nine]);
    uses.executed(six.nonce, six.hash);
    uses.executed(nine.nonce, nine.hash);
    uses.named(named.hash);
    isAtS(saidAfterS);
    uses.ended(named, 'settled', 'settled_by_status');
    uses.ended(left, 'settled', 'settled_by_balance');
    expect(broken()).toEqual(isEven ? [] : ['what the relay names wrongly is not recorded as settled']);
    const recorded = [named, left];
    expect([uses.mistakenFor(six, recorded), uses.mistakenFor(nine, recorded)]).toEqual(
      isEven ? [left, named] : [null, null],
    );
  }
});
