// A member of the group that is no history-writer is found while it has partitions, and said at a change.

import { expect, test } from 'bun:test';
import type { Clock } from '../../../contracts/runtime/clock.ts';
import type { GroupMember } from '../../../contracts/runtime/kafka/admin/cluster.ts';
import { keptLog } from '../../../contracts/runtime/log/kept-log.fixture.ts';
import { GroupWatch } from './group-watch.ts';

const own: GroupMember = { clientId: 'writer', host: '/a', partitions: 12 };
const console_: GroupMember = { clientId: 'console', host: '/b', partitions: 13 };

function rig() {
  const { log, events } = keptLog();
  let tick: () => void = () => undefined;
  let asked: PromiseWithResolvers<readonly GroupMember[]> = Promise.withResolvers();
  let questions = 0;
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
  const watch = new GroupWatch({ clientId: 'writer', members, timers, log });
  watch.start();
  return {
    watch,
    events,
    questions: () => questions,
    tick: () => tick(),
    async look(answer: readonly GroupMember[] | Error) {
      tick();
      if (answer instanceof Error) asked.reject(answer);
      else asked.resolve(answer);
      // The watch goes on behind the answer, in a few turns of its own.
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    },
  };
}

test('a stranger in the group is found, kept while Kafka is away, and gone when it is', async () => {
  const { watch, events, look } = rig();
  await look([own, { ...console_, partitions: 0 }]);
  expect(watch.strangers).toEqual([]);
  await look([own, console_]);
  await look([own, console_]);
  expect(watch.strangers).toEqual(['console at /b has 13 partitions']);
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
