import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ReceivedFrame } from '../../model/values.ts';
import { QUOTE_BYTES_MAX } from '../frame.ts';
import { BURST_US, FrameBacklog, OVER_AFTER_US, WAITING_CHARS_MAX, WAITING_MAX, WAITING_US_MAX } from './backlog.ts';

const request = (name: string | number): string => `{"defuse_asset_identifier_in":"${name}"}`;

/** Frames that each take the time that the test says; the turn after them is run by hand. */
function rig(costUs: number) {
  const world = { nowUs: 1_000_000, costUs, drainedUs: 500_000, turns: [] as (() => void)[] };
  const handled: string[] = [];
  const said: string[] = [];
  const backlog = new FrameBacklog({
    clock: { elapsedUs: () => world.nowUs },
    later: (run) => void world.turns.push(run),
    handle({ text }: ReceivedFrame) {
      handled.push(text);
      world.nowUs += world.costUs;
    },
    onOverload: () => said.push('overload'),
    onOver: (shed) => said.push(`over, ${shed} shed`),
  });
  return {
    world,
    handled,
    said,
    backlog,
    take(text: string) {
      const { nowUs, drainedUs } = world;
      backlog.take({ text, receivedAtMs: 0, receivedElapsedUs: nowUs, connectionId: 'c', drainedUs });
    },
    /** Time passes in which nothing comes. */
    rest(us: number): void {
      world.nowUs += us;
      backlog.onTick();
    },
    /** @returns whether there was anything to do */
    turn(): boolean {
      const run = world.turns.shift();
      run?.();
      return run !== undefined;
    },
  };
}

/** Uses up the time that handling may be ahead. */
function overloaded() {
  const it = rig(BURST_US);
  it.take(request('first'));
  it.handled.length = 0;
  it.world.costUs = 100;
  return it;
}

describe('requests', () => {
  test('are handled at once and in order while there is time for them', () => {
    const it = rig(100);
    for (let index = 0; index < 5_000; index++) {
      it.world.nowUs += 100;
      it.take(request(index));
    }
    expect(it.handled).toEqual(Array.from({ length: 5_000 }, (_, index) => request(index)));
    expect([it.said, it.world.turns, it.backlog.view().shed]).toEqual([[], [], 0]);
  });

  test('are handled at once while handling takes three quarters of the time', () => {
    const it = rig(750);
    for (let millisecond = 0; millisecond < 10_000; millisecond++) {
      it.take(request(millisecond));
      it.rest(250);
    }
    expect([it.handled.length, it.said, it.world.turns]).toEqual([10_000, [], []]);
  });

  test('of a burst that takes all the time there was wait, and the newest is handled first', () => {
    const it = overloaded();
    for (const name of ['a', 'b', 'c']) it.take(request(name));
    expect([it.handled, it.said]).toEqual([[], ['overload']]);
    expect(it.backlog.view()).toMatchObject({ waiting: 3, overloads: 1, overloaded: true });
    expect(it.turn()).toBe(true);
    expect(it.handled).toEqual(['c', 'b', 'a'].map(request));
    expect(it.turn()).toBe(false);
    it.rest(BURST_US);
    it.take(request('d'));
    expect(it.handled.at(-1)).toBe(request('d'));
  });

  test('that wait again and again are one overload, which is over when none has waited for a while', () => {
    const it = overloaded();
    for (let round = 0; round < 3; round++) {
      it.take(request(round));
      it.turn();
      it.rest(0);
    }
    expect([it.said, it.backlog.view().overloaded]).toEqual([['overload'], true]);
    it.rest(OVER_AFTER_US - 1);
    expect(it.said).toEqual(['overload']);
    it.rest(1);
    it.rest(OVER_AFTER_US);
    expect(it.said).toEqual(['overload', 'over, 0 shed']);
    expect(it.backlog.view()).toMatchObject({ overloads: 1, overloaded: false });
  });

  test('are handled at once soon after handling was busy, however long it was, which is reported once', () => {
    const it = rig(900);
    for (let millisecond = 0; millisecond < 30_000; millisecond++) {
      it.take(request(millisecond));
      it.turn();
      it.rest(100);
    }
    expect(it.said).toEqual(['overload']);
    it.rest(2 * BURST_US);
    it.take(request('next'));
    expect(it.handled.at(-1)).toBe(request('next'));
  });

  test('that come while others wait are handled before those', () => {
    const it = overloaded();
    it.world.costUs = 6_000;
    for (const name of ['a', 'b', 'c', 'd']) it.take(request(name));
    it.turn();
    expect(it.handled).toEqual(['d', 'c'].map(request));
    it.take(request('e'));
    it.turn();
    expect(it.handled).toEqual(['d', 'c', 'e', 'b'].map(request));
  });

  test.each([
    ['as old as the relay collects', 0, 0],
    ['older', 1, 3],
  ])('that wait until they are %s', (_name, overUs, shed) => {
    const it = overloaded();
    for (const name of ['a', 'b', 'c']) it.take(request(name));
    it.world.costUs = 0;
    it.world.nowUs += WAITING_US_MAX + overUs;
    it.turn();
    expect([it.handled.length, it.backlog.view().shed]).toEqual([3 - shed, shed]);
    it.rest(OVER_AFTER_US);
    expect(it.said).toEqual(['overload', `over, ${shed} shed`]);
  });

  test('beyond the number that may wait push the oldest out', () => {
    const it = overloaded();
    for (let index = 0; index <= WAITING_MAX; index++) it.take(request(index));
    expect(it.backlog.view()).toMatchObject({ waiting: WAITING_MAX, shed: 1 });
    it.world.costUs = 0;
    it.turn();
    expect([it.handled[0], it.handled.at(-1)]).toEqual([request(WAITING_MAX), request(1)]);
  });

  test('beyond the characters that may wait push the oldest out', () => {
    const it = overloaded();
    const padding = 'x'.repeat(QUOTE_BYTES_MAX - 100);
    const fitting = Math.floor(WAITING_CHARS_MAX / request(padding).length);
    for (let index = 0; index <= fitting; index++) it.take(request(padding));
    expect(it.backlog.view()).toMatchObject({ waiting: fitting, shed: 1 });
  });

  test('beyond the characters push out as many small ones as a large one takes the room of', () => {
    const it = overloaded();
    const large = request('x'.repeat(QUOTE_BYTES_MAX - 100));
    const largeCount = Math.floor(WAITING_CHARS_MAX / large.length);
    for (let index = 0; index < WAITING_MAX - largeCount; index++) it.take(request(index));
    for (let index = 0; index <= largeCount; index++) it.take(large);
    it.world.costUs = 0;
    it.turn();
    expect(it.handled.reduce((sum, text) => sum + text.length, 0)).toBeLessThanOrEqual(WAITING_CHARS_MAX);
    expect(it.handled.length + it.backlog.view().shed).toBe(WAITING_MAX + 1);
  });

  test('of a lost connection are shed', () => {
    const it = overloaded();
    it.take(request('a'));
    it.backlog.clear();
    it.turn();
    it.rest(OVER_AFTER_US);
    expect([it.handled, it.said]).toEqual([[], ['overload', 'over, 1 shed']]);
    expect(it.backlog.drainedUs(600_000)).toBe(600_000);
  });
});

test('the note of a shed request ends after a minute', () => {
  const it = overloaded();
  it.take(request('a'));
  it.backlog.clear();
  expect(it.turn()).toBe(true);
  it.rest(60_000_000 - 1);
  expect(it.backlog.view().overloaded).toBe(true);
  it.rest(1);
  expect(it.backlog.view().overloaded).toBe(false);
});

test.each([
  ['a reply', '{"jsonrpc":"2.0","id":1,"result":"OK"}'],
  ['a status', '{"params":{"quote_hash":"h"}}'],
  ['no JSON', 'x'],
  ['a frame too large for a request', request('x'.repeat(QUOTE_BYTES_MAX))],
])('%s never waits', (_name, text) => {
  const it = overloaded();
  it.take(request('a'));
  it.take(text);
  expect(it.handled).toEqual([text]);
});

test('each frame is handled once or shed, in every order of arrival; nothing but requests is shed', () => {
  const step = fc.oneof(
    fc.constant('turn' as const),
    fc.record({ isRequest: fc.boolean(), costUs: fc.nat({ max: 60_000 }), pauseUs: fc.nat({ max: 60_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const it = rig(0);
      let requests = 0;
      let others = 0;
      for (const one of steps) {
        if (one === 'turn') {
          it.turn();
          continue;
        }
        it.world.nowUs += one.pauseUs;
        it.world.costUs = one.costUs;
        it.take(one.isRequest ? request(requests++) : `other ${others++}`);
      }
      while (it.turn());
      const done = it.handled.filter((text) => !text.startsWith('other'));
      expect(new Set(done).size).toBe(done.length);
      expect(done.length + it.backlog.view().shed).toBe(requests);
      expect(it.handled.filter((text) => text.startsWith('other'))).toEqual(
        Array.from({ length: others }, (_, index) => `other ${index}`),
      );
      it.rest(OVER_AFTER_US);
      expect(it.said.length % 2).toBe(0);
    }),
  );
});
