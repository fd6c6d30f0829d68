// A stop withdraws quotes and is shown, whichever of those that hear of it fails.

import { expect, test } from 'bun:test';
import { keptLog } from '../../contracts/runtime/log/kept-log.fixture.ts';
import { ManualClock } from '../../contracts/runtime/manual-clock.fixture.ts';
import { createQuietBreaker } from '../safety/breaker/breaker.fixture.ts';
import { createReporting } from './reporting.ts';

function make() {
  const reporting = createReporting({
    ...{ clock: new ManualClock(), log: keptLog().log, later: (run) => run() },
    ...{ breakerLimits: createQuietBreaker().limits, inventoryId: () => null },
  });
  const seen: string[] = [];
  reporting.follow({ see: ({ kind }) => void seen.push(kind), resolved: () => seen.push('resolved') });
  reporting.safety.executorArming.arm('operator', null);
  return { ...reporting, seen };
}

test('the part that withdraws quotes hears of stops and breaches from the safety part, and of no other event but steps of quotes', () => {
  const { safety, emit, seen } = make();
  safety.stops.breached({ code: 'balance_loss', detail: 'credited fell by 1' });
  for (const kind of ['reply', 'status'] as const) emit({ kind });
  expect(seen).toEqual(['breached', 'stopped']);
});

test('a stop reaches it also while nothing can be counted, shown or logged', () => {
  const { safety, observer, seen } = make();
  Object.assign(observer, {
    emit() {
      throw new Error('reporting is broken');
    },
  });
  expect(() => safety.stops.stop('turns_failed')).toThrow('reporting is broken');
  expect(safety.executorArming.state().armed).toBe(false);
  expect(seen).toEqual(['stopped']);
});
