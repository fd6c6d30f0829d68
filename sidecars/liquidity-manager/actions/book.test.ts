import { expect, test } from 'bun:test';
import { OLD_ADDRESS, SLOT, START_MS, steps } from './actions.fixture.ts';
import { addressGiven, handles } from './addresses.ts';
import { applied, EMPTY_BOOK, OPEN_MAX, OVER_MAX } from './book.ts';
import { type Action, begun, type Tracked } from './tracked.ts';

const action = (id: number, over: Partial<Action>): Tracked =>
  begun(
    {
      liquidity_action_id: `liq-${id}`,
      account_id: 'solver.near',
      kind: 'deposit',
      status: 'seen',
      bridge: 'poa',
      chain: 'btc:mainnet',
      ...over,
    },
    START_MS,
  );
const many = (count: number, over: Partial<Action>): Tracked[] =>
  Array.from({ length: count }, (_, id) => action(id, over));

test('deposits that strangers make keep out no withdrawal and no address', () => {
  const { book } = applied(EMPTY_BOOK, many(OPEN_MAX.deposit, {}));
  const next = applied(book, [
    action(1, { kind: 'withdrawal', status: 'requested' }),
    action(1, { kind: 'deposit_address', status: 'active' }),
  ]);
  expect([next.refused, next.steps.length]).toEqual([0, 2]);
});

test('nor do deposits that are over make an older address or a withdrawal forgotten', () => {
  const world = steps();
  world.take((book, context) => addressGiven(book, SLOT, OLD_ADDRESS, context));
  world.take((book, context) => addressGiven(book, SLOT, 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', context));
  world.take(() => [action(1, { kind: 'withdrawal', status: 'completed' })]);
  world.take(() => many(OVER_MAX.deposit + 3, { status: 'credited' }));
  expect(handles(world.book).map(({ address }) => address)).toContain(OLD_ADDRESS);
  expect(world.book.has('withdrawal:liq-1')).toBe(true);
  expect(world.book.has('deposit:liq-2')).toBe(false);
});

test('a new address never takes the place of one that is kept, however many before it were forgotten', () => {
  const world = steps();
  const given = Array.from({ length: OVER_MAX.deposit_address + 5 }, (_, number) => `address-${number}`);
  for (const address of given) world.take((book, context) => addressGiven(book, SLOT, address, context));
  const kept = handles(world.book).map(({ address }) => address);
  expect(kept).toEqual(given.slice(-(OVER_MAX.deposit_address + 1)));
  expect(new Set(world.records.map(({ liquidity_action_id: id }) => id)).size).toBeGreaterThan(
    OVER_MAX.deposit_address,
  );
});

test('dust gives way to a deposit that counts, and to nothing else', () => {
  const { book } = applied(EMPTY_BOOK, many(OPEN_MAX.deposit, { reason_code: 'below_minimum' }));
  const counted = applied(book, [action(5_000, {})]);
  expect([counted.refused, counted.book.has('deposit:liq-5000'), counted.book.has('deposit:liq-0')]).toEqual([
    0,
    true,
    false,
  ]);
  expect(applied(book, [action(5_001, { reason_code: 'below_minimum' })]).refused).toBe(1);
});
