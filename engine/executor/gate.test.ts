import { expect, test } from 'bun:test';
import { units } from '../../contracts/amounts.ts';
import { EURE } from '../../contracts/assets.ts';
import { LANE, makeCapital } from '../model/fixtures.ts';
import { type ExecutorStanding, refusalOf } from './gate.ts';

const READY: ExecutorStanding = {
  armed: true,
  paused: false,
  draining: false,
  relayOpen: true,
  keyRegistered: true,
  accountLocked: false,
};
const FUNDED = makeCapital(EURE.id, 100n);

/** In order of precedence: each row fails together with all rows below it. */
const ROWS: readonly (readonly [string, Partial<ExecutorStanding>])[] = [
  ['executor_draining', { draining: true }],
  ['executor_paused', { paused: true }],
  ['signer_unauthorized', { keyRegistered: false }],
  ['signer_unauthorized', { accountLocked: true }],
  ['relay_not_connected', { relayOpen: false }],
  ['executor_disarmed', { armed: false }],
];

test.each(ROWS.map(([code], index) => [code, index] as const))('%s wins over what stands below it', (code, index) => {
  const standing = Object.assign({}, READY, ...ROWS.slice(index).map(([, change]) => change)) as ExecutorStanding;
  expect(refusalOf(standing, units(100n), FUNDED, LANE)?.code as string).toBe(code);
});

test('nothing in the way: no refusal', () => {
  expect(refusalOf(READY, units(100n), FUNDED, LANE)).toBeNull();
});

test('before the verifier was asked for the key nothing is signed', () => {
  const refusal = refusalOf({ ...READY, keyRegistered: null, accountLocked: null }, units(100n), FUNDED, LANE);
  expect(refusal).toEqual({ code: 'signer_unauthorized', note: 'not read from the verifier yet in this run' });
});

test('an inventory that shrank since the decision is a drift, named with its numbers', () => {
  const refusal = refusalOf(READY, units(101n), FUNDED, LANE);
  expect(refusal).toEqual({ code: 'inventory_drift', note: 'needs 101, spendable 100' });
  expect(refusalOf(READY, units(100n), FUNDED, { ok: false })?.code).toBe('inventory_drift');
});
