import { expect, test } from 'bun:test';
import { ManualClock } from '../../manual-clock.fixture.ts';
import { createSidecarDrain } from './drain.ts';
import type { Sidecar, SidecarBase } from './program.ts';

function rig(closing?: Sidecar['closing']) {
  const steps: string[] = [];
  const clock = new ManualClock();
  const base = {
    timers: clock,
    log: { warn: (event: string) => void steps.push(event) },
    health: () => ({ payload: () => ({ notes: ['ledger.withdrawals_frozen'] }) }),
    render: ({ payload }: { readonly payload: unknown }) => JSON.stringify(payload),
    sender: {
      send: (topic: string, _key: string, value: string) => {
        steps.push(`${topic} ${value}`);
        return Promise.resolve({ partition: 0, offset: 7 });
      },
      flush: () => Promise.resolve(true),
      waiting: () => 0,
    },
  } as unknown as SidecarBase;
  const sidecar = {
    drain: () => {
      steps.push('drained');
      return Promise.resolve();
    },
    ...(closing === undefined ? {} : { closing }),
  } as unknown as Sidecar;
  const drain = createSidecarDrain('liquidity-manager', sidecar, base);
  return { steps, run: () => drain({ limitMs: 10_000, stopHealth: () => void steps.push('reports stopped') }) };
}

const STOPPED = 'ops.service_health {"notes":["ledger.withdrawals_frozen","stopped"]}';

test('every sidecar says in its last report that it was stopped, after its work has ended', async () => {
  const { steps, run } = rig();
  await run();
  expect(steps).toEqual(['drained', 'reports stopped', STOPPED]);
});

test('one that keeps that report gets it with its place in Kafka', async () => {
  const places: unknown[] = [];
  const { run } = rig((record) => {
    places.push(record?.report);
    return Promise.resolve();
  });
  await run();
  expect(places).toEqual([{ partition: 0, offset: 7 }]);
});
