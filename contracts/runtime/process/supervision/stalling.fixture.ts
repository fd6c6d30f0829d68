// For tests: a process of the common runtime whose loop stalls while a file `stall` is in the directory that it is given. During that,
// the file `stalled` has how many milliseconds of it are over.

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { HEALTHY } from '../health/health.ts';
import { runProcess } from '../run-process.ts';

const STEP_MS = 10;

const [directory = ''] = process.argv.slice(2);
const stall = join(directory, 'stall');

function stallWhileAsked(): void {
  for (let ms = 0; existsSync(stall); ms += STEP_MS) {
    writeFileSync(join(directory, 'stalled'), String(ms));
    Bun.sleepSync(STEP_MS);
  }
}

const options = {
  service: 'reconciler',
  version: 'test',
  config: {
    stateDir: join(directory, 'state'),
    controlHost: '127.0.0.1',
    controlPort: 0,
    controlTokens: { tokens: [], file: null },
    controlToken: 'token-of-the-stalling-test-0000000',
    drainLimitMs: 1000,
    logLevel: 'info',
    namespace: 'test',
  },
  secrets: [],
} as const;

rmSync(join(directory, 'stalled'), { force: true });
process.exit(
  await runProcess(options, () => ({
    instanceId: 'test',
    parts: { only: () => HEALTHY },
    startingReasons: new Set(),
    state: { schema: Type.Object({}), read: () => ({}) },
    routes: [],
    newId: () => 'id',
    audit: () => undefined,
    noteHealth: () => undefined,
    start: () => void setInterval(stallWhileAsked, 1),
    drain: async () => undefined,
    release: async () => undefined,
  })),
);
