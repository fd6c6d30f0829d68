import { expect, test } from 'bun:test';
import { ManualClock } from './manual-clock.fixture.ts';
import { LATE, pause, Sleeper, within } from './wait.ts';

test('work that ends in time gives its result or its failure, and leaves no timer', async () => {
  const clock = new ManualClock();
  expect(await within(clock, Promise.resolve(7), 100)).toBe(7);
  await expect(within(clock, Promise.reject(new Error('no')), 100)).rejects.toThrow('no');
  expect(clock.pending).toBe(0);
});

test('work that takes longer is late, and its failure afterwards harms nobody', async () => {
  const clock = new ManualClock();
  const work = Promise.withResolvers<number>();
  const answer = within(clock, work.promise, 100);
  clock.advance(99);
  expect(clock.pending).toBe(1);
  clock.advance(1);
  expect(await answer).toBe(LATE);
  work.reject(new Error('after the limit'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(clock.pending).toBe(0);
});

test('work that is begun by being awaited is begun once', async () => {
  let begun = 0;
  const work: PromiseLike<number> = {
    // biome-ignore lint/suspicious/noThenProperty: what a query of the database driver is
    then(onDone, onFailed) {
      begun++;
      return Promise.resolve(begun).then(onDone, onFailed);
    },
  };
  expect(await within(new ManualClock(), work, 100)).toBe(1);
  expect(begun).toBe(1);
});

test('a pause ends when its time is over', async () => {
  const clock = new ManualClock();
  let isOver = false;
  const over = pause(clock, 100).then(() => {
    isOver = true;
  });
  clock.advance(99);
  await Promise.resolve();
  expect(isOver).toBe(false);
  clock.advance(1);
  await over;
  expect(isOver).toBe(true);
});

test('a sleep ends early when it is woken, and its timer with it', async () => {
  const clock = new ManualClock();
  const sleeper = new Sleeper(clock);
  sleeper.wake();
  const slept = sleeper.sleep(100);
  expect(clock.pending).toBe(1);
  sleeper.wake();
  await slept;
  expect(clock.pending).toBe(0);
  const again = sleeper.sleep(100);
  clock.advance(100);
  await again;
});
