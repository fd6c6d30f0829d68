import { expect, test } from 'bun:test';
import type { EventValue } from '../../../control/events.ts';
import { ManualClock } from '../../manual-clock.fixture.ts';
import { createEventFeed, type EventBatch, FEED } from './feed.ts';

const AT = '2026-01-01T00:00:00.000Z';
const asValue = (count: number): EventValue => ({ type: 'stopped', at: AT, code: 'turns_failed', detail: `${count}` });

function make() {
  const clock = new ManualClock();
  const batches: EventBatch[] = [];
  let made = 0;
  const failing = new Set<number>();
  const failures: string[] = [];
  const feed = createEventFeed<number>({
    clock,
    toValue(count) {
      made++;
      if (failing.has(count)) throw new Error(`no value of ${count}`);
      return asValue(count);
    },
    onFailed: (error) => failures.push(String(error)),
  });
  feed.attach((batch) => void batches.push(batch));
  const pushAll = (count: number): void => {
    for (let index = 0; index < count; index++) feed.push(index);
  };
  const sent = (): number => batches.reduce((sum, { events }) => sum + events.length, 0);
  return { clock, feed, batches, failing, failures, pushAll, sent, made: () => made };
}

test('nothing is wanted before somebody follows, nor when the front is gone', () => {
  const { feed } = make();
  expect(feed.isWanted).toBe(false);
  feed.setWanted(true);
  expect(feed.isWanted).toBe(true);
  feed.detach();
  expect(feed.isWanted).toBe(false);
  feed.setWanted(true);
  expect(feed.isWanted).toBe(false);
});

test('values are made when a batch is handed over, not when an event happens', () => {
  const { clock, feed, batches, pushAll, made } = make();
  feed.setWanted(true);
  pushAll(3);
  expect([made(), batches.length]).toEqual([0, 0]);
  clock.advance(FEED.everyMs);
  expect(batches).toEqual([{ events: [0, 1, 2].map(asValue), dropped: 0 }]);
});

test('an event of which no value can be made is dropped, counted and reported, and costs no other', () => {
  const { clock, feed, batches, failing, failures, pushAll } = make();
  feed.setWanted(true);
  for (const count of [1, 2, 4]) failing.add(count);
  pushAll(5);
  clock.advance(FEED.everyMs);
  expect(batches).toEqual([{ events: [0, 3].map(asValue), dropped: 3 }]);
  expect(feed.dropped()).toBe(3);
  expect(failures).toEqual(['Error: no value of 1', 'Error: no value of 4']);
});

test('a front that is behind is sent a bounded number of batches, and the rest when it has served one', () => {
  const { clock, feed, batches, pushAll } = make();
  feed.setWanted(true);
  pushAll(FEED.batchMax * (FEED.batchesMax + 1));
  clock.advance(FEED.everyMs * 100);
  expect(batches.map(({ events }) => events.length)).toEqual(Array(FEED.batchesMax).fill(FEED.batchMax));
  feed.taken();
  clock.advance(FEED.everyMs);
  expect(batches).toHaveLength(FEED.batchesMax + 1);
});

test('what does not fit is dropped, counted, and said with the next batch', () => {
  const { clock, feed, batches, pushAll, sent } = make();
  feed.setWanted(true);
  pushAll(FEED.waitingMax + 7);
  while (sent() < FEED.waitingMax) {
    clock.advance(FEED.everyMs);
    feed.taken();
  }
  expect(feed.dropped()).toBe(7);
  expect(batches.map(({ dropped }) => dropped)).toEqual([7, ...Array(batches.length - 1).fill(0)]);
});

test('what waits is forgotten when the last one stops following', () => {
  const { clock, feed, batches, pushAll } = make();
  feed.setWanted(true);
  pushAll(5);
  feed.setWanted(false);
  feed.setWanted(true);
  clock.advance(FEED.everyMs * 2);
  expect(batches).toEqual([]);
});
