// A member of the group whose records are not written to this database is found while it has partitions, and reported at a change.

import { expect, test } from 'bun:test';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import type { GroupMember } from '../../../contracts/runtime/kafka/admin/cluster.ts';
import { keptLog } from '../../../contracts/runtime/log/kept-log.fixture.ts';
import type { Owned } from '../postgres/store.ts';
import { clientIdOf } from './consumer-settings.ts';
import { GroupWatch } from './group-watch.ts';

const placesOf = (count: number) =>
  Array.from({ length: count }, (_, partition) => ({ topic: 'norm.swap_demand', partition }));
const own: GroupMember = { clientId: clientIdOf('me'), host: '/a', places: [{ topic: 'ops.alert', partition: 0 }] };
const other: GroupMember = { clientId: clientIdOf('other'), host: '/b', places: placesOf(6) };
const console_: GroupMember = { clientId: 'console', host: '/b', places: placesOf(6) };
/** In the table of offsets. */
const ownedBy = (owner: string, count = 6): Owned[] => placesOf(count).map((place) => ({ ...place, owner }));

function rig() {
  const { log, events } = keptLog();
  let tick: () => void = () => undefined;
  let asked: PromiseWithResolvers<readonly GroupMember[]> = Promise.withResolvers();
  let questions = 0;
  let owned: readonly Owned[] | Error = [];
  const timers: Clock = {
    nowMs: () => 0,
    elapsedUs: () => 0,
    after: () => () => undefined,
    every(_ms, run) {
      tick = run;
      return () => {
        tick = () => undefined;
      };
    },
  };
  const members = () => {
    questions++;
    asked = Promise.withResolvers();
    return asked.promise;
  };
  const owners = async (): Promise<readonly Owned[]> => {
    if (owned instanceof Error) throw owned;
    return owned;
  };
  const watch = new GroupWatch({ instanceId: 'me', members, owners, timers, log });
  watch.start();
  return {
    watch,
    events,
    questions: () => questions,
    tick: () => tick(),
    async look(answer: readonly GroupMember[] | Error, inTable: readonly Owned[] | Error = []) {
      owned = inTable;
      tick();
      if (answer instanceof Error) asked.reject(answer);
      else asked.resolve(answer);
      // The watch goes on behind the answer, in a few turns of its own.
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    },
  };
}

test('a stranger in the group is found, kept while Kafka is away, and gone when it is', async () => {
  const { watch, events, look } = rig();
  await look([own, { ...console_, places: [] }]);
  expect(watch.strangers).toEqual([]);
  await look([own, console_]);
  await look([own, console_]);
  expect(watch.strangers).toEqual(['console at /b has 6 partitions']);
  await look(new Error('away'));
  expect(watch.strangers).toHaveLength(1);
  await look([own, own]);
  expect(watch.strangers).toEqual([]);
  expect(events()).toEqual(['group_shared', 'group_unknown', 'group_own_again']);
});

test('Kafka is asked once at a time, and not after the end', async () => {
  const { watch, questions, tick, look } = rig();
  tick();
  tick();
  expect(questions()).toBe(1);
  await look([own]);
  watch.stop();
  tick();
  expect(questions()).toBe(1);
});

test('a history-writer of another database is found by partitions that it has and does not own here', async () => {
  const { watch, events, look } = rig();
  // They were owned by this process, or by nobody, before the other one joined.
  await look([own, other], ownedBy('me', 4));
  expect(watch.strangers).toEqual([]);
  await look([own, other], ownedBy('me', 4));
  expect(watch.strangers).toEqual([
    `${clientIdOf('other')} at /b has 6 partitions, of which it does not write 6 to this database`,
  ]);
  await look([own, other], new Error('PostgreSQL is away'));
  expect(watch.strangers).toHaveLength(1);
  await look([own, other], ownedBy('other'));
  expect(watch.strangers).toEqual([]);
  expect(events()).toEqual(['group_shared', 'group_unknown', 'group_own_again']);
});

test('while partitions change hands nobody is a stranger', async () => {
  const { watch, events, look } = rig();
  const share = (from: number, count: number) => ({ ...other, places: placesOf(6).slice(from, from + count) });
  await look([own, share(0, 3)], ownedBy('me'));
  await look([own, share(3, 3)], [...ownedBy('other', 3), ...ownedBy('me').slice(3)]);
  await look([own, share(0, 6)], ownedBy('other'));
  // One that was replaced and is to own what the one before it had.
  await look([own, { ...other, clientId: clientIdOf('next') }], ownedBy('other'));
  await look([own, { ...other, clientId: clientIdOf('next') }], ownedBy('next'));
  expect(watch.strangers).toEqual([]);
  expect(events()).toEqual([]);
});

test('its own partitions are not judged here, and one of a version that does not name itself is a stranger', async () => {
  const { watch, look } = rig();
  await look([{ ...own, places: placesOf(6) }], ownedBy('other'));
  await look([{ ...own, places: placesOf(6) }], ownedBy('other'));
  expect(watch.strangers).toEqual([]);
  await look([own, { ...other, clientId: 'unrip-history-writer' }], ownedBy('other'));
  expect(watch.strangers).toEqual(['unrip-history-writer at /b has 6 partitions']);
});
