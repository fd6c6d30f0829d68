// The reference solver against `./unrip sim`: taker traffic of a tape, and afterwards everything that both sides counted.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { BTC, EURE } from '../../contracts/assets.ts';
import { privateKeyIn, throwAwayKey } from '../harness/key.ts';
import { type Sim, startSim } from '../harness/sim.ts';
import { waitFor } from '../testing/wait.ts';
import type { Foreign } from './foreign.ts';
import { balancesOf, blockTimeOf, readAnswers, readSettlements } from './sim-reads.ts';
import { type SolverFolder, startSolver } from './solver.ts';
import {
  type Balances,
  type JudgedSettlement,
  judgeSolver,
  type SolverEvidence,
  type SolverVerdict,
} from './solver-judge.ts';
import { readSolverLog, type SolverLog } from './solver-log.ts';
import { makeWireTape } from './wire-tape.ts';

const ACCOUNT = 'reference-solver.sim.near';
/** Its price is the ratio of its reserves: here about that of the tape. */
const RESERVES: Balances = { [BTC.id]: 100_000_000n, [EURE.id]: 39_000n * 10n ** 18n };
const TOKENS = [BTC.id, EURE.id] as const;
/** Compiles itself first. */
const SUBSCRIBE_LIMIT_MS = 120_000;
/** It reads its reserves again every 15 s. */
const SETTLE_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 1_000;

export type SolverRunOptions = {
  readonly dir: string;
  readonly folder: SolverFolder;
  readonly tape: string;
  readonly speed: number;
  readonly progress: (line: string) => void;
};

export type SolverReport = SolverVerdict & { readonly playedMs: number };

export async function solverRun(options: SolverRunOptions): Promise<SolverReport> {
  const { dir, folder, progress } = options;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const tape = join(dir, 'wire.tape');
  const offered = await makeWireTape(options.tape, tape, TOKENS);
  const key = throwAwayKey(join(dir, 'key.json'), ACCOUNT);
  const sim = await startSim({ dir, accountId: ACCOUNT, publicKey: key.publicKey, balances: RESERVES });
  try {
    const before = await balancesOf(sim, ACCOUNT, TOKENS);
    const solver = startSolver({
      folder,
      accountId: ACCOUNT,
      privateKey: privateKeyIn(key.file),
      relayWsUrl: sim.environment['RELAY_WS_URL'] ?? '',
      nearRpcUrl: sim.environment['NEAR_RPC_URL'] ?? '',
      contracts: [BTC.nearToken, EURE.nearToken],
      logPath: join(dir, 'solver.log'),
      logLevel: 'debug',
    });
    try {
      await untilSubscribed(sim, solver);
      progress(`the solver is subscribed; ${offered.length} requests for its pair follow`);
      const startedMs = performance.now();
      await playAll(sim, solver, tape, options);
      const playedMs = performance.now() - startedMs;
      await untilSettled(sim, solver);
      const evidence = await gather(sim, solver);
      const quotes = offered.map((request) => ({
        quoteId: request.quote_id,
        tokenIn: request.defuse_asset_identifier_in,
        tokenOut: request.defuse_asset_identifier_out,
      }));
      const isOffered = new Set(quotes.map(({ quoteId }) => quoteId));
      const settlements = evidence.settlements.filter(({ quoteId }) => isOffered.has(quoteId));
      return { ...judgeSolver({ ...evidence, settlements, offered: quotes, before }), playedMs };
    } finally {
      await solver.stop();
    }
  } finally {
    await sim.stop();
  }
}

const logOf = ({ logPath }: Foreign): SolverLog => readSolverLog(readFileSync(logPath, 'utf8'));

const Subscribers = Type.Object({ clients: Type.Object({ relay_subscribers: Type.Integer() }) });

async function untilSubscribed(sim: Sim, solver: Foreign): Promise<void> {
  await waitFor(
    async () => {
      solver.assertRunning();
      await Bun.sleep(LOOK_EVERY_MS);
      return (await sim.ask(Subscribers, '/state')).clients.relay_subscribers > 0;
    },
    { what: `the solver to subscribe (log: ${solver.logPath})`, limitMs: SUBSCRIBE_LIMIT_MS },
  );
}

/** The ids of the tape are kept, so that each request can be followed. */
async function playAll(sim: Sim, solver: Foreign, tape: string, { speed, progress }: SolverRunOptions): Promise<void> {
  await sim.ask(Type.Unknown(), '/tape', 'POST', { path: tape, speed, quote_ids: 'recorded' });
  let saidMs = 0;
  for (;;) {
    solver.assertRunning();
    const status = await sim.tape();
    if (status.state === 'complete') return;
    if (status.state !== 'playing') throw new Error(`the tape stopped with an error: ${status.reason}`);
    if (status.elapsed_ms - saidMs >= 60_000) {
      saidMs = status.elapsed_ms;
      const { answers, settled } = await sim.counts();
      progress(`${Math.round(status.elapsed_ms / 1000)} s: ${answers} answers, ${settled} settled`);
    }
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

/** Until nothing more settles and the solver has read what it holds; at the limit the judge says what is missing. */
async function untilSettled(sim: Sim, solver: Foreign): Promise<void> {
  let settledBefore = -1;
  await waitFor(
    async () => {
      await Bun.sleep(4 * LOOK_EVERY_MS);
      const { settled } = await sim.counts();
      const wasCalm = settled === settledBefore;
      settledBefore = settled;
      const after = await balancesOf(sim, ACCOUNT, TOKENS);
      const { reserves } = logOf(solver);
      return wasCalm && TOKENS.every((token) => reserves?.[token] === String(after[token]));
    },
    { what: 'the solver to read its last reserves', limitMs: SETTLE_LIMIT_MS },
  ).catch(() => undefined);
}

async function gather(sim: Sim, solver: Foreign): Promise<Omit<SolverEvidence, 'offered' | 'before'>> {
  const answers = await readAnswers(sim);
  const after = await balancesOf(sim, ACCOUNT, TOKENS);
  const settlements: JudgedSettlement[] = [];
  for (const settlement of await readSettlements(sim)) {
    const { ok, txHash } = settlement;
    settlements.push({ ...settlement, blockAtMs: ok && txHash !== null ? await blockTimeOf(sim, txHash) : null });
  }
  return { answers, settlements, after, log: logOf(solver) };
}
