// For tests: a process of the common runtime that does nothing but log what it is asked to do. Its arguments: the state
// directory, and what is wrong with it.

import { Type } from '@sinclair/typebox';
import { Gauge } from 'prom-client';
import { HEALTHY } from './health/health.ts';
import type { ProcessBase, Program } from './program.ts';
import { ConfigRefused } from './refusal.ts';
import { runProcess } from './run-process.ts';

export const MODES = [
  'ends before it starts',
  'cannot be made',
  'is refused',
  'cannot start',
  'fails for a known cause',
  'drain fails',
  'drain hangs',
  'faults while it drains',
  'has a metric that cannot be read',
] as const;
export type Mode = (typeof MODES)[number];

const hang = (): Promise<never> => new Promise(() => undefined);

async function startOf(mode: Mode, base: ProcessBase): Promise<void> {
  base.log.info('start_called');
  if (mode === 'cannot start') throw new Error('no start today');
  if (mode === 'fails for a known cause') throw new RangeError('known: do this');
  if (mode === 'has a metric that cannot be read') await scrape(base);
  if (mode.startsWith('drain') || mode === 'faults while it drains') base.requestEnd('test');
}

async function scrape({ metrics, log, health, requestEnd }: ProcessBase): Promise<void> {
  const collect = (): never => {
    throw new Error('no value today');
  };
  new Gauge({ name: 'broken', help: 'cannot be read', registers: [metrics], collect });
  await metrics.metrics();
  await metrics.metrics();
  log.info('health_read', { notes: health().now().notes });
  metrics.removeSingleMetric('broken');
  await metrics.metrics();
  requestEnd('test');
}

async function drainOf(mode: Mode, base: ProcessBase): Promise<void> {
  base.log.info('drain_called');
  if (mode === 'drain fails') throw new Error('no drain today');
  if (mode === 'drain hangs') await hang();
  if (mode !== 'faults while it drains') return;
  const faulted = Promise.withResolvers<void>();
  process.once('uncaughtException', () => faulted.resolve());
  setImmediate(() => {
    throw new Error('thrown by the test');
  });
  await faulted.promise;
}

function make(mode: Mode, base: ProcessBase): Program {
  if (mode === 'cannot be made') throw new Error('not made today, for token-of-the-program-test-000000');
  if (mode === 'is refused')
    throw new ConfigRefused({ variable: 'SOMETHING', problem: 'is wrong', shape: null, fix: 'correct it.' });
  if (mode === 'ends before it starts') setImmediate(() => base.requestEnd('test'));
  return {
    instanceId: 'test',
    parts: { only: () => HEALTHY },
    startingReasons: new Set(),
    state: { schema: Type.Object({}), read: () => ({}) },
    routes: [],
    newId: () => 'id',
    audit: () => undefined,
    noteHealth: ({ healthy }) => base.log.info('health_noted', { healthy }),
    start: () => startOf(mode, base),
    onFault: () => base.log.info('fault_called'),
    drain: () => drainOf(mode, base),
    release: async (started) => base.log.info('release_called', { started }),
  };
}

if (import.meta.main) {
  const [stateDir = '', wanted = ''] = process.argv.slice(2);
  const mode = MODES.find((one) => one === wanted);
  if (mode === undefined) throw new Error(`no mode ${wanted}`);
  const options = {
    service: 'reconciler',
    version: 'test',
    config: {
      stateDir,
      controlHost: '127.0.0.1',
      controlPort: 0,
      controlTokens: { tokens: [], file: null },
      controlToken: 'token-of-the-program-test-000000',
      drainLimitMs: 100,
      logLevel: 'info',
      namespace: 'test',
    },
    secrets: [],
    explain: (error: unknown) =>
      error instanceof RangeError ? { event: 'program_refused', detail: error.message } : null,
  } as const;
  process.exit(await runProcess(options, (base) => make(mode, base)));
}
