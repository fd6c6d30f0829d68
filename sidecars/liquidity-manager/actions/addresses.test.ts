import { expect, test } from 'bun:test';
import { bridgeFailure } from '../bridges/ask.ts';
import { ADDRESS, OLD_ADDRESS, SLOT, steps } from './actions.fixture.ts';
import { activeAddress, addressFailed, addressGiven, addressRequested, handles } from './addresses.ts';
import { applied, EMPTY_BOOK, OPEN_MAX, OVER_MAX, ofKind } from './book.ts';
import { begun } from './tracked.ts';

test('an address is requested, active, confirmed when it is asked for again, and retired by another', () => {
  const run = steps();
  run.take((book, context) => addressRequested(book, SLOT, context));
  run.take((book, context) => addressGiven(book, SLOT, OLD_ADDRESS, context));
  run.take((book, context) => addressRequested(book, SLOT, context));
  // While the bridge is asked, the known one is still followed and shown.
  expect(activeAddress(run.book, SLOT)).toBe(OLD_ADDRESS);
  run.take((book, context) => addressGiven(book, SLOT, OLD_ADDRESS, context));
  run.take((book, context) => addressRequested(book, SLOT, context));
  run.take((book, context) => addressGiven(book, SLOT, ADDRESS, context));
  expect(run.states()).toEqual(['requested', 'active', 'requested', 'active', 'requested', 'retired', 'active']);
  expect(activeAddress(run.book, SLOT)).toBe(ADDRESS);
  expect(handles(run.book)).toEqual([
    { ...SLOT, address: OLD_ADDRESS, isActive: false },
    { ...SLOT, address: ADDRESS, isActive: true },
  ]);
  // The bridge goes back to the first one.
  run.take((book, context) => addressGiven(book, SLOT, OLD_ADDRESS, context));
  expect(activeAddress(run.book, SLOT)).toBe(OLD_ADDRESS);
  expect(handles(run.book)).toHaveLength(2);
  // None of it is an amount.
  for (const record of run.records)
    expect([record.amount, record.credited_amount, record.asset_id]).toEqual([null, null, null]);
});

test.each([
  ['unreachable', 'bridge_unreachable'],
  ['malformed', 'bridge_unreachable'],
  ['refused', 'address_refused'],
  ['chain_unsupported', 'chain_unsupported'],
] as const)('a request that fails (%s) is recorded with its reason, once, and succeeds later', (reason, code) => {
  const run = steps();
  run.take((book, context) => addressRequested(book, SLOT, context));
  run.take((book, context) => addressFailed(book, SLOT, bridgeFailure(reason, 'why'), context));
  run.take((book, context) => addressFailed(book, SLOT, bridgeFailure(reason, 'why'), context));
  expect(activeAddress(run.book, SLOT)).toBeNull();
  run.take((book, context) => addressGiven(book, SLOT, ADDRESS, context));
  expect(run.states()).toEqual(['requested', `failed:${code}`, 'active']);
  expect(ofKind(run.book, 'deposit_address')).toHaveLength(1);
  // One that is active stays so, and says that asking again failed.
  run.take((book, context) => addressRequested(book, SLOT, context));
  run.take((book, context) => addressFailed(book, SLOT, bridgeFailure(reason, 'why'), context));
  expect(run.states().slice(3)).toEqual(['requested', `active:${code}`]);
  expect(activeAddress(run.book, SLOT)).toBe(ADDRESS);
});

test('the number of actions is bounded: too many open ones are left out and counted, the oldest of the others forgotten', () => {
  const make = (id: number, status: 'seen' | 'credited') =>
    begun(
      {
        liquidity_action_id: `liq-${id}`,
        account_id: 'a',
        kind: 'deposit',
        status,
        bridge: 'poa',
        chain: 'btc:mainnet',
      },
      1_767_225_600_000,
    );
  const open = applied(
    EMPTY_BOOK,
    Array.from({ length: OPEN_MAX.deposit + 3 }, (_, id) => make(id, 'seen')),
  );
  expect([open.book.size, open.refused]).toEqual([OPEN_MAX.deposit, 3]);
  const over = applied(
    open.book,
    Array.from({ length: OVER_MAX.deposit + 5 }, (_, id) => make(10_000 + id, 'credited')),
  );
  expect([over.refused, over.book.size]).toEqual([0, OPEN_MAX.deposit + OVER_MAX.deposit]);
  expect(over.book.has('deposit:liq-10004')).toBe(false);
  expect(over.book.has('deposit:liq-10005')).toBe(true);
});
