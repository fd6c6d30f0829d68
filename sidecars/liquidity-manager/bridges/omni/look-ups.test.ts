import { expect, test } from 'bun:test';
import { bridgeFailure } from '../ask.ts';
import type { BridgeDeposit, BridgeFailure, KnownTransfer } from '../bridge.ts';
import { createLookUps } from './look-ups.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const transfers = NAMES.map(
  (txHash): KnownTransfer => ({ txHash, outputIndex: 0, address: 'address', amountUnits: 1n }),
);

/** The bridge knows of each but of those that fail. */
function rig() {
  const failing = new Map<string, BridgeFailure>();
  let asked: string[] = [];
  const lookUps = createLookUps();
  const round = async () => {
    asked = [];
    const result = await lookUps(transfers, ({ txHash }) => {
      asked.push(txHash);
      const failure = failing.get(txHash);
      const deposit = { creditId: txHash } as BridgeDeposit;
      return Promise.resolve(failure ?? { ok: true, value: { deposit, unread: 1 } });
    });
    return {
      asked: asked.join(''),
      found: result.ok ? result.value.deposits.map(({ creditId }) => creditId).join('') : null,
      unread: result.ok ? result.value.unread : null,
      failure: result.ok ? result.value.failure : result,
    };
  };
  return { failing, round };
}

const down = bridgeFailure('unreachable', 'HTTP status 500');

test('one that fails costs itself alone, and is counted and named', async () => {
  const { failing, round } = rig();
  expect(await round()).toEqual({ asked: 'abcdef', found: 'abcdef', unread: 6, failure: null });
  failing.set('b', bridgeFailure('malformed', 'the bridge gave no list'));
  failing.set('d', down);
  expect(await round()).toEqual({
    ...{ asked: 'abcdef', found: 'acef', unread: 4 },
    failure: bridgeFailure('malformed', '2 of 6 look-ups failed: the bridge gave no list: b:0, d:0'),
  });
});

test('a bridge of which nothing can be learnt has failed', async () => {
  const { failing, round } = rig();
  for (const name of NAMES) failing.set(name, bridgeFailure('refused', 'HTTP status 403'));
  expect(await round()).toMatchObject({ found: null, failure: { ok: false, reason: 'refused' } });
});

test('one that does not answer is not asked on and on, and the next round begins with those that were left', async () => {
  const { failing, round } = rig();
  for (const name of ['a', 'b', 'c']) failing.set(name, down);
  expect(await round()).toMatchObject({
    ...{ asked: 'abc', found: null },
    failure: { detail: '3 of 6 look-ups failed, 3 were not made: HTTP status 500: a:0, b:0, c:0' },
  });
  expect(await round()).toMatchObject({ asked: 'defabc', found: 'def', failure: { reason: 'unreachable' } });
  failing.clear();
  expect(await round()).toMatchObject({ asked: 'abcdef', failure: null });
});

test('one that asks to be left alone is left alone for so long', async () => {
  const { failing, round } = rig();
  failing.set('c', bridgeFailure('unreachable', 'HTTP status 429', 7_000));
  expect(await round()).toMatchObject({ asked: 'abc', found: 'ab', failure: { retryAfterMs: 7_000 } });
  failing.clear();
  expect(await round()).toMatchObject({ asked: 'defabc', found: 'defabc', failure: null });
});
