import { expect, test } from 'bun:test';
import { Findings } from './findings.ts';
import { Lies } from './nodes/lies.ts';
import { Pulls } from './nonces/pulls.ts';
import { Prices } from './price/prices.ts';
import type { Sent } from './sent.ts';
import { Stops } from './stops.ts';

const SECOND_US = 1_000_000;
const NONCE = Buffer.alloc(32).toString('base64');
const BLOCK = {
  height: 1,
  timeMs: 0,
  balance: () => 0n,
  isUsed: () => false,
  isLocked: () => false,
  hasKey: () => true,
  isValidSalt: () => true,
};
const SENT: Sent = {
  quoteId: 'quote',
  hash: 'hash',
  nonce: NONCE,
  deadlineMs: 60_000,
  signer: 'maker.near',
  assetIn: 'eure',
  assetOut: 'btc',
  amountIn: 1n,
  amountOut: 1n,
  atUs: 0,
  eur: 1,
  eurMax: 1,
  signedAt: null,
  isLost: false,
  isSecond: false,
  settledAtUs: null,
};

function pulls(isPrompt = true) {
  let nowUs = 0;
  const findings = new Findings(() => nowUs / 1000);
  const part = new Pulls({
    findings,
    chain: { at: () => BLOCK, newest: () => BLOCK },
    prices: new Prices(true),
    btc: 'btc',
    distancePct: 1,
    nowUs: () => nowUs,
    isCalm: () => false,
    isPrompt: () => isPrompt,
    live: () => [SENT],
    quotesUnder: () => [SENT],
    hasUnsent: () => false,
    isWithdrawn: () => false,
  });
  return { part, findings, passes: (us: number) => (nowUs += us) };
}

test('an engine that has stopped itself is expected to withdraw its quotes, unless it was killed or is slow', () => {
  const [left, killed, slow] = [pulls(), pulls(), pulls(false)];
  for (const { part } of [left, killed, slow]) part.stopped(true);
  killed.part.gone();
  for (const { part, passes } of [left, killed, slow]) {
    passes(2 * SECOND_US);
    part.look();
  }
  expect(left.findings.kept.map(({ rule }) => rule)).toEqual(['an engine that stops itself withdraws its quotes']);
  expect([...killed.findings.kept, ...slow.findings.kept]).toEqual([]);
});

test('a call that was not answered is a reason to withdraw quotes, and a demand for nothing', () => {
  const [asked, unasked] = [pulls(), pulls()];
  asked.part.asked();
  for (const { part, passes } of [asked, unasked]) {
    passes(SECOND_US);
    part.begun(NONCE, 'operator', 'somebody');
    passes(SECOND_US);
    part.look();
  }
  expect(asked.findings.kept).toEqual([]);
  expect(unasked.findings.kept.map(({ rule }) => rule)).toEqual(['quotes are withdrawn for a reason alone']);
});

function stops(isPrompt = true) {
  let nowUs = 0;
  const findings = new Findings(() => nowUs / 1000);
  const never = () => Number.NEGATIVE_INFINITY;
  const part = new Stops({
    findings,
    nowUs: () => nowUs,
    limits: { minuteEur: 1, dayEur: 1, maxNotionalEur: 1, failuresInRow: 1 },
    usedEurSince: () => [],
    openEur: () => 0,
    isPrompt: () => isPrompt,
    isDiskBad: () => false,
    withdrawnAtUs: never,
    blurredAtUs: never,
    movedOtherwiseAtUs: never,
    hasLostQuotes: () => false,
    isHidden: () => false,
    lies: new Lies(() => nowUs),
  });
  return { part, findings, passes: (us: number) => (nowUs += us) };
}

test('an engine that was refused too often is expected to disarm itself, unless it was killed or is slow', () => {
  const [left, killed, slow] = [stops(), stops(), stops(false)];
  for (const { part } of [left, killed, slow]) {
    part.answered(1);
    part.replied(JSON.stringify({ id: 1, error: { code: -1, message: 'no' } }));
  }
  killed.part.gone();
  for (const { part, passes } of [left, killed, slow]) {
    passes(2 * SECOND_US);
    part.look(true);
  }
  expect(left.findings.kept.map(({ rule }) => rule)).toEqual(['refusals in a row disarm the engine']);
  expect([...killed.findings.kept, ...slow.findings.kept]).toEqual([]);
});
