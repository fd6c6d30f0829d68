import { expect, test } from 'bun:test';
import { BTC, EURE, KNOWN_ASSETS } from '../../contracts/assets.ts';
import { balanceLines } from './state-view.ts';

const OTHER_BTC = KNOWN_ASSETS.find(({ id, symbol }) => symbol === 'BTC' && id !== BTC.id) ?? BTC;

const capital = (credited: string, settling = '0') => ({
  credited,
  spendable: '2000',
  allocated: '0',
  reserved_for_orders: '500',
  reserved_for_positions: settling,
  realized_pnl: '0',
  ceilings: '0',
  pending_inbound: null,
  pending_outbound: null,
  pre_credit_inbound: null,
});

test.each([BTC.id, OTHER_BTC.id])('balances are shown under the ids that are traded, BTC as %s', (btc) => {
  const assets = { [btc]: capital('4000'), [EURE.id]: capital('2500000000000000000', '1000000000000000000') };
  expect(balanceLines({ inventory: { assets } })).toEqual([
    ['BTC', '0.00004 BTC credited, 0.00002 BTC spendable, 0.000005 BTC in quotes'],
    ['EURe', expect.stringMatching(/^2\.5 EURe credited, .* 1 EURe settling$/)],
  ]);
});

test('balances that were not read yet are unknown', () => {
  expect(balanceLines({ inventory: { assets: {} } })).toEqual([
    ['BTC', 'unknown'],
    ['EURe', 'unknown'],
  ]);
});
