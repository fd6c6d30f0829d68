// The capital, and balances under other ids, as metrics have them.

import { expect, test } from 'bun:test';
import { DEFAULT_PAIR, otherAssets } from '../../contracts/assets.ts';
import { emptyBook, quote } from '../inventory/book.fixture.ts';
import { asked, DeskWorld } from '../inventory/reservations/desk.fixture.ts';
import { capitalUse, gaugesOf, strandedUse } from './gauges.ts';
import type { Parts } from './parts.ts';

const settings = { pair: DEFAULT_PAIR };

test('a value that cannot be read costs itself alone', () => {
  const clock = { nowMs: () => 0, elapsedUs: () => 0 };
  const known: Readonly<Record<string, unknown>> = { clock, switches: { mode: 'shadow' }, rebuilt: { records: 1 } };
  const parts = new Proxy(known, {
    get(_, name) {
      if (!Object.hasOwn(known, name)) throw new Error(`${String(name)} fails`);
      return Reflect.get(known, name);
    },
  }) as unknown as Parts;
  const health = { healthy: true, reasons: [], notes: [], sinceMs: 0, trading: null, parts: {} };
  const gauges = gaugesOf(parts, {} as never, () => health);
  expect(gauges).toMatchObject({ shadowMode: true, rebuilt: { records: 1 }, healthy: {}, trading: false });
  const failing = Object.keys(gauges).filter((name) => {
    try {
      Reflect.get(gauges, name);
      return false;
    } catch {
      return true;
    }
  });
  expect(failing).toHaveLength(Object.keys(gauges).length - 4);
  expect(() => gauges.capital).toThrow('book fails');
});

test('the capital of each asset is read bucket by bucket', async () => {
  const { book, desk } = new DeskWorld();
  quote(book, { quoteId: 'a', direction: 'EURe->BTC', inUnits: 7n, outUnits: 300_000n });
  await desk.reserve(asked('a', 200_000n));
  const [btc, eure] = capitalUse({ book, settings });
  expect(btc).toEqual({
    asset: 'BTC',
    decimals: 8,
    units: {
      credited: 1_000_000n,
      allocated: 1_000_000n,
      reserved_for_orders: 300_000n,
      reserved_for_positions: 200_000n,
      reserved_for_withdrawals: 200_000n,
      realized_pnl: 0n,
      spendable: 800_000n,
      ceilings: 800_000n,
    } as never,
  });
  expect(eure).toMatchObject({ asset: 'EURe', decimals: 18, units: { credited: 10n ** 24n } });
});

test('before the first balance there is none, which is not zero', () => {
  expect(capitalUse({ book: emptyBook(2), settings })).toEqual([]);
});

test('whether a balance is stranded is not known before the first snapshot, and known for each other id behind it', () => {
  expect(strandedUse({ verifier: { lastSnapshot: () => null }, settings })).toEqual({});
  const [other] = otherAssets(DEFAULT_PAIR);
  if (other === undefined) throw new Error('no asset has another id');
  for (const [units, expected] of [
    [0n, false],
    [1n, true],
  ] as const) {
    const lastSnapshot = () => ({ stranded: { [other.id]: units } });
    expect(strandedUse({ verifier: { lastSnapshot }, settings })[other.id]).toBe(expected);
  }
});
