// How much a start rebuilt, as it is exported.

import { expect, test } from 'bun:test';
import { quote } from '../inventory/book.fixture.ts';
import { asked, DeskWorld } from '../inventory/reservations/desk.fixture.ts';
import { rebuiltFrom } from './rebuilt.ts';

test('what a start rebuilt is counted by kind', async () => {
  const world = new DeskWorld();
  quote(world.book, { quoteId: 'a', direction: 'EURe->BTC', inUnits: 7n, outUnits: 1n });
  await world.desk.reserve(asked('taken', 100n));
  await world.desk.reserve(asked('left', 200n));
  world.poll({ btc: 999_800n });
  expect(rebuiltFrom(12, world.book)).toEqual({ records: 12, open_quotes: 1, nonces: 4, reservations: 1 });
});
