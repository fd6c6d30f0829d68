import { expect, test } from 'bun:test';
import { units } from '../../contracts/amounts.ts';
import { EURE } from '../../contracts/assets.ts';
import { makeCapital } from '../model/fixtures.ts';
import { EXECUTOR_READY, type ExecutorStatus, refusalOf } from './gate.ts';

const FUNDED = makeCapital(EURE.id, 100n);

/** In order of precedence: each row fails together with all rows below it. */
const ROWS: readonly (readonly [string, Partial<ExecutorStatus>])[] = [
  ['executor_draining', { draining: true }],
  ['executor_paused', { paused: true }],
  ['signer_unauthorized', { keyRegistered: false }],
  ['signer_unauthorized', { accountLocked: true }],
  ['relay_not_connected', { relayOpen: false }],
  ['executor_disarmed', { armed: false }],
];

test.each(ROWS.map(([code], index) => [code, index] as const))('%s wins over what is below it', (code, index) => {
  const status = Object.assign({}, EXECUTOR_READY, ...ROWS.slice(index).map(([, change]) => change)) as ExecutorStatus;
  expect(refusalOf(status, units(100n), FUNDED)?.code as string).toBe(code);
});

test('nothing in the way: no refusal', () => {
  expect(refusalOf(EXECUTOR_READY, units(100n), FUNDED)).toBeNull();
});

test('before the verifier was asked for the key nothing is signed', () => {
  const refusal = refusalOf({ ...EXECUTOR_READY, keyRegistered: null, accountLocked: null }, units(100n), FUNDED);
  expect(refusal).toEqual({ code: 'signer_unauthorized', note: 'not read from the verifier yet in this run' });
});

test('an inventory that shrank since the decision is a drift, named with its numbers', () => {
  const refusal = refusalOf(EXECUTOR_READY, units(101n), FUNDED);
  expect(refusal).toEqual({ code: 'inventory_drift', note: 'needs 101, spendable 100' });
});
