// Each change of a reservation is one line, and what an earlier run logged is none.

import { expect, test } from 'bun:test';
import { keptLog } from '../../../contracts/runtime/log/kept-log.fixture.ts';
import { asked, DeskWorld } from './desk.fixture.ts';
import { createReservationWatch } from './watch.ts';

test('each change of a reservation is logged once', async () => {
  const world = new DeskWorld();
  await world.desk.reserve(asked('earlier', 1n));
  const { log, lines } = keptLog();
  const { watch } = createReservationWatch(world.book, log);
  watch();
  await world.desk.reserve(asked('a', 400_000n));
  for (let times = 0; times < 2; times++) watch();
  world.poll({ btc: 600_000n });
  for (let times = 0; times < 2; times++) watch();
  const changes = lines.map((text) => JSON.parse(text)).map((line) => [line.event, line.reservation_id, line.status]);
  expect(changes).toEqual([
    ['reservation_changed', 'a', 'taken'],
    ['reservation_changed', 'a', 'withdrawn'],
  ]);
});
