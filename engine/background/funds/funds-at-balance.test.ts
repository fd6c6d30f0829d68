// What decisions say of money on its way is that of the balance that they are made on.

import { expect, test } from 'bun:test';
import { units } from '../../../contracts/amounts.ts';
import { BTC, DEFAULT_PAIR } from '../../../contracts/assets.ts';
import { FUNDS_UNKNOWN } from '../../model/funds.ts';
import { createFundsAtBalance } from './funds-at-balance.ts';

test('is unknown before the first balance, and then that of the newest, whatever is heard in between', () => {
  let now = { ...FUNDS_UNKNOWN, pendingInboundUnits: units(5n) };
  const funds = createFundsAtBalance(DEFAULT_PAIR, () => now);
  const pending = () => funds.of(BTC.id).pendingInboundUnits;
  expect(pending()).toBeNull();
  funds.balanceTaken();
  now = { ...now, pendingInboundUnits: units(7n) };
  expect(pending()).toBe(units(5n));
  funds.balanceTaken();
  expect(pending()).toBe(units(7n));
});
