// One run of the start bench: simulators, a state directory that is filled once, and an engine that is started on it again and again.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { BTC, EURE } from '../../../contracts/assets.ts';
import type { AccountId } from '../../../contracts/ids.ts';
import { throwAwayKey } from '../../harness/key.ts';
import { type Service, startEngine } from '../../harness/service.ts';
import { type Sim, startSim } from '../../harness/sim.ts';
import { freePorts } from '../../stack/ports.ts';
import { waitFor } from '../../testing/wait.ts';
import { type Filled, fillJournal, QUOTE_LIFETIME_MAX_MS } from './fill.ts';

export type StartSettings = {
  readonly records: number;
  readonly quotesPerS: number;
  readonly rounds: number;
};

/** Milliseconds from the start of the process. */
type Start = {
  /** Until its control API listened: by then the journal was read. */
  readonly listeningMs: number;
  /** Until a quote that came in would have been answered, had it been armed. */
  readonly readyMs: number;
};

export type StartRun = { readonly filled: Filled; readonly starts: readonly Start[] };

export type StartRunOptions = {
  readonly settings: StartSettings;
  /** Of this run alone; emptied first. */
  readonly dir: string;
  readonly progress: (line: string) => void;
};

const BALANCES = { [BTC.id]: 10n ** 10n, [EURE.id]: 10n ** 24n };
const READY_LIMIT_MS = 120_000;
/** What each start begins with, until an operator arms. */
const DISARMED: readonly string[] = ['strategy_disarmed', 'executor_disarmed'];

const Rotated = Type.Object({ salt: Type.String() });
const Trading = Type.Object({ not_trading: Type.Array(Type.String()) });

export async function runStartBench({ settings, dir, progress }: StartRunOptions): Promise<StartRun> {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const accountId = 'bench-start.near' as AccountId;
  const key = throwAwayKey(join(dir, 'key.json'), accountId);
  const stateDir = join(dir, 'engine');
  const sim = await startSim({ dir, accountId, publicKey: key.publicKey, balances: BALANCES });
  try {
    const { salt } = await sim.ask(Rotated, '/salt/rotate', 'POST');
    progress(`a journal of ${settings.records} records`);
    const { records, quotesPerS } = settings;
    const filled = await fillJournal({ stateDir, accountId, records, quotesPerS, balances: BALANCES, salt });
    const starts: Start[] = [];
    for (let round = 1; round <= settings.rounds; round++) {
      progress(`start ${round} of ${settings.rounds}`);
      starts.push(await timeStart({ dir, stateDir, keyFile: key.file, accountId, sim }));
    }
    return { filled, starts };
  } finally {
    await sim.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

type Place = {
  readonly dir: string;
  readonly stateDir: string;
  readonly keyFile: string;
  readonly accountId: AccountId;
  readonly sim: Sim;
};

async function timeStart({ dir, stateDir, keyFile, accountId, sim }: Place): Promise<Start> {
  const beganMs = performance.now();
  const engine = await startEngine({
    ...{ dir, stateDir, keyFile, accountId },
    urls: sim.environment,
    // Nobody listens there: what Kafka has not got is kept, so that each start reads the whole journal.
    kafkaBrokers: `127.0.0.1:${freePorts(1)[0]}`,
    env: { DRAIN_LIMIT_MS: '1000', MAX_QUOTE_LIFETIME_MS: String(QUOTE_LIFETIME_MAX_MS) },
  });
  try {
    const listeningMs = performance.now() - beganMs;
    await waitFor(() => isReady(engine), { what: 'the engine to be ready to trade', limitMs: READY_LIMIT_MS });
    return { listeningMs, readyMs: performance.now() - beganMs };
  } finally {
    await engine.stop();
  }
}

async function isReady({ control }: Service): Promise<boolean> {
  const { not_trading: obstacles }: Static<typeof Trading> = Value.Decode(Trading, await control.get('/state'));
  return obstacles.every((obstacle) => DISARMED.includes(obstacle));
}
