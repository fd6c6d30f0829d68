import { expect, test } from 'bun:test';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import type { EngineEvent } from '../model/events.ts';
import type { Breach, Stop } from '../model/values.ts';
import { createArming } from './arming.ts';
import { BROKEN_TURNS_MAX, createFaults, LOST_FRAMES_MAX } from './faults.ts';
import { createStops } from './stops.ts';

const loss = (units: number, asset = 'nep141:btc.omft.near'): Breach => ({
  code: 'balance_loss',
  detail: `credited ${asset} fell by ${units} more than settlements explain at block ${100 + units}`,
});

/** @param failing what cannot be reported from the first arming on */
function make(failing: EngineEvent['kind'] | 'arming' | null = null) {
  const clock = new ManualClock();
  const arming = createArming(clock, ({ armed }) => {
    if (failing === 'arming' && !armed) throw new Error('the change cannot be logged');
  });
  const faults = createFaults();
  const stopped: Stop[] = [];
  const breached: Breach[] = [];
  const faulted: unknown[] = [];
  const stops = createStops({
    clock,
    arming,
    faults,
    inventoryId: () => 'inv-1',
    emit(event) {
      if (event.kind === failing) throw new Error('the event cannot be reported');
      if (event.kind === 'stopped') stopped.push(event.stop);
      else if (event.kind === 'breached') breached.push(event.breach);
      else if (event.kind === 'faulted') faulted.push(event.error);
    },
  });
  arming.arm('operator', null);
  return { clock, arming, faults, stops, stopped, breached, faulted };
}

test.each([
  ['its detail', 'no space left', 'engine: journal_failed: no space left'],
  ['its sentence', undefined, 'engine: journal_failed: the journal cannot be written any more'],
])('a stop disarms the executor with its code and %s', (_name, detail, by) => {
  const { arming, stops } = make();
  stops.stop('journal_failed', detail);
  expect(arming.state()).toMatchObject({ armed: false, by });
});

test('the first cause is kept until an operator arms, and each cause that follows from it is not counted', () => {
  const { clock, arming, stops, stopped } = make();
  const first = { code: 'capital_breach', detail: 'promised 2, credited 1', atMs: clock.nowMs() } as const;
  stops.stop('capital_breach', first.detail);
  clock.advance(5);
  stops.stop('turns_failed');
  expect(stops.first()).toEqual(first);
  expect(stopped).toEqual([first]);
  expect(stops.counts()).toMatchObject({ capital_breach: 1, turns_failed: 0 });

  arming.arm('operator', null);
  expect(stops.first()).toBeNull();
  stops.stop('turns_failed');
  expect(stops.first()).toMatchObject({ code: 'turns_failed' });
  expect(stops.counts()).toMatchObject({ capital_breach: 1, turns_failed: 1 });
});

test.each(['breached', 'stopped', 'faulted', 'arming'] as const)(
  'what is found disarms while %s cannot be reported, and the rest of it is reported',
  (failing) => {
    const { arming, stops, stopped, breached } = make(failing);
    const ignored = (run: () => void): void => {
      try {
        run();
      } catch {
        // What the report threw.
      }
    };
    ignored(() => stops.breached(loss(1)));
    expect(arming.state().armed).toBe(false);
    expect(breached).toHaveLength(failing === 'breached' ? 0 : 1);
    expect(stopped.map(({ code }) => code)).toEqual(failing === 'stopped' ? [] : ['balance_loss']);

    arming.arm('operator', null);
    for (let turn = 0; turn < BROKEN_TURNS_MAX; turn++) ignored(() => stops.faulted(new Error('broken'), 'turn'));
    expect(arming.state().armed).toBe(false);
    expect(stops.first()?.code).toBe('turns_failed');
  },
);

test('disarming keeps the cause', () => {
  const { arming, stops } = make();
  stops.stop('journal_failed');
  arming.disarm('operator');
  expect(stops.first()).toMatchObject({ code: 'journal_failed' });
});

test('a stop that finds the executor disarmed already still has its cause on record', () => {
  const { arming, stops } = make();
  arming.disarm('operator');
  stops.stop('journal_failed');
  expect(arming.state().by).toBe('operator');
  expect(stops.first()).toMatchObject({ code: 'journal_failed' });
});

test('a breach that every balance finds again with other amounts is reported once; another one as well, also in turn', () => {
  const { stops, breached } = make();
  const eure = loss(1, 'nep141:gnosis-0x420ca0f9.omft.near');
  for (let block = 1; block <= 5; block++) {
    stops.breached(loss(block));
    stops.breached(eure);
  }
  expect(breached).toEqual([loss(1), eure]);
  expect(stops.firstBreach()).toEqual(loss(1));
  expect(stops.breachCounts()).toMatchObject({ balance_loss: 2, capital_breach: 0 });
});

test('after arming the same breach is reported again, and disarms again', () => {
  const { arming, stops, breached } = make();
  stops.breached(loss(1));
  arming.arm('operator', null);
  expect(stops.firstBreach()).toBeNull();
  stops.breached(loss(1));
  expect(breached).toHaveLength(2);
  expect(arming.state().armed).toBe(false);
});

test('so many different breaches are reported and no more; each of them disarms', () => {
  const { arming, stops, breached } = make();
  for (let asset = 0; asset < 1000; asset++) stops.breached(loss(1, `nep141:x${asset}y.near`));
  expect(breached).toHaveLength(20);
  expect(arming.state().armed).toBe(false);
});

test('frames that were lost before anything was written stop nothing, however many they are', () => {
  const { clock, arming, faults, stops, faulted } = make();
  const lost = Array.from({ length: LOST_FRAMES_MAX + 100 }, (_, index) => new Error(`lost ${index}`));
  for (const error of lost) stops.faulted(error, 'frame');
  expect(arming.state().armed).toBe(true);
  expect(faults.health(clock.elapsedUs()).reasons).toEqual(['turns_failing']);
  expect(faulted).toEqual(lost);
});

test('as many broken turns as the rule of faults allows stop the executor; arming begins the count again', () => {
  const { arming, stops } = make();
  for (let turn = 1; turn < BROKEN_TURNS_MAX; turn++) stops.faulted(new Error('broken'), 'turn');
  expect(stops.first()).toBeNull();
  stops.faulted(new Error('broken'), 'turn');
  expect(stops.first()).toMatchObject({ code: 'turns_failed' });
  arming.arm('operator', null);
  stops.faulted(new Error('broken'), 'turn');
  expect(arming.state().armed).toBe(true);
});
